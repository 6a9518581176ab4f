import { z } from '@hono/zod-openapi'
import { entityFields, isoDate, optionalText, redirectUri } from './common.ts'

const names = z.array(z.string().min(1).max(200)).max(100).optional()

export const CreateConnectLinkBody = z
  .strictObject({
    ...entityFields,
    integrationId: optionalText('One integration.', 200),
    integrationIds: names.openapi({ description: 'Several integrations.' }),
    app: optionalText('One app.', 200),
    apps: names.openapi({ description: 'Several apps. No app and no integration: all that are enabled.' }),
    redirectUri,
    locale: optionalText('Language of the pages, such as de or pt-BR, instead of what the browser asks for.', 35),
  })
  .openapi('CreateConnectLink', {
    example: { entityId: 'user_42', apps: ['gmail', 'linear'], redirectUri: 'https://yours.example/connected' },
  })

export const ConnectLinkBody = z
  .object({
    id: z.string(),
    url: z.string().openapi({ description: 'Send the person here.' }),
    entityId: z.string(),
    redirectUri: z.string().nullable(),
    expiresAt: isoDate('When the link stops working.'),
    createdAt: isoDate('When it was made.'),
  })
  .openapi('ConnectLink')
