import { z } from '@hono/zod-openapi'
import { isoDate } from './common.ts'

/** As browsers send it (RFC 6454 §6.2): scheme, host and, where it is not the usual one, port. */
const origin = z
  .string()
  .max(300)
  .refine(
    (text) => URL.canParse(text) && new URL(text).origin === text && /^https?:/.test(text),
    'must be an origin such as https://app.example.com, without a path',
  )

export const CreateEntitySessionBody = z
  .strictObject({
    expiresInSeconds: z
      .number()
      .int()
      .min(60)
      .max(60 * 60)
      .default(15 * 60)
      .openapi({ description: 'How long it works.' }),
    integrationIds: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(100)
      .nullish()
      .openapi({ description: 'Limits it to these integrations.' }),
    allowedOrigins: z
      .array(origin)
      .min(1)
      .max(20)
      .nullish()
      .openapi({ description: 'The pages that may use it. Default: any.', example: ['https://app.example.com'] }),
  })
  .openapi('CreateEntitySession', { example: { allowedOrigins: ['https://app.example.com'] } })

export const EntitySessionBody = z
  .object({
    id: z.string(),
    entityId: z.string(),
    token: z.string().openapi({ description: 'For the browser, in x-api-key. Shown this once.' }),
    integrationIds: z.array(z.string()).nullable(),
    allowedOrigins: z.array(z.string()).nullable(),
    expiresAt: isoDate('When it stops working.'),
  })
  .openapi('EntitySession')
