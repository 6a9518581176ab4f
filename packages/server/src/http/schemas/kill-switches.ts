import { z } from '@hono/zod-openapi'
import { isoDate } from './common.ts'

export const CreateKillSwitchBody = z
  .strictObject({
    action: z.enum(['disable', 'revoke']).openapi({
      description:
        'disable: they hand out nothing until they are enabled. revoke: the credentials are gone, and the grants are given back to the apps.',
    }),
    integrationId: z.string().min(1).max(200).optional().openapi({ description: 'Only accounts of this integration.' }),
    app: z.string().min(1).max(200).optional().openapi({ description: 'Only accounts of this app, by key.' }),
  })
  .openapi('CreateKillSwitch', { example: { action: 'revoke', app: 'gmail' } })

export const KillSwitchBody = z
  .object({
    id: z.string(),
    action: z.enum(['disable', 'revoke']),
    integrationId: z.string().nullable(),
    app: z.string().nullable().openapi({ description: 'Neither this nor integrationId: the whole project.' }),
    status: z.enum(['running', 'finished']),
    matched: z.number().int().openapi({ description: 'Accounts looked at so far.' }),
    changed: z.number().int(),
    failed: z.number().int(),
    failures: z
      .array(z.object({ accountId: z.string(), code: z.string(), message: z.string() }))
      .openapi({ description: 'The first hundred.' }),
    createdAt: isoDate('When it was started.'),
    updatedAt: isoDate('When it last came further.'),
    finishedAt: isoDate('When it was through.').nullable(),
  })
  .openapi('KillSwitch')

export const KillSwitchList = z.object({ items: z.array(KillSwitchBody) }).openapi('KillSwitchList')
