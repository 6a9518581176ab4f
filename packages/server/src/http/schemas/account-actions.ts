import { z } from '@hono/zod-openapi'
import { accountStatuses, bulkActions } from '../../accounts/types.ts'
import { isoDate } from './common.ts'

export const CheckBody = z
  .object({
    result: z.enum(['accepted', 'refused', 'unreachable', 'not_available']).openapi({
      description: 'not_available: the app has no cheap call that would tell.',
    }),
    checkedAt: isoDate('When the app answered.'),
  })
  .openapi('CredentialCheck')

const ids = (description: string) =>
  z.array(z.string().min(1).max(500)).min(1).max(1000).optional().openapi({ description })

export const BulkBody = z
  .strictObject({
    action: z.enum(bulkActions),
    filter: z
      .strictObject({
        entityIds: ids('Only of these entities.'),
        integrationIds: ids('Only of these integrations.'),
        accountIds: ids('Only these accounts.'),
        apps: ids('Only of these apps, by key in any case.'),
        statuses: z.array(z.enum(accountStatuses)).min(1).optional(),
        labels: ids('Only those with one of these labels.'),
        search: z.string().min(1).max(200).optional().openapi({
          description: "Part of the entity's or the account's id, or of the name or address at the app; in any case.",
        }),
        showDisabled: z.boolean().optional().openapi({ description: 'false: only enabled ones.' }),
      })
      .openapi({ description: 'All that is given must match. {} means every account of the project.' }),
    cursor: z.string().max(50).nullish().openapi({ type: 'string', description: 'nextCursor of the answer before.' }),
  })
  .openapi('BulkChange', { example: { action: 'disable', filter: { apps: ['slack'], statuses: ['ACTIVE'] } } })

export const BulkAnswer = z
  .object({
    matched: z.number().int().openapi({ description: 'Accounts this call looked at; at most 200.' }),
    changed: z.number().int().openapi({ description: 'Of these, how many are different now.' }),
    failed: z.array(z.object({ accountId: z.string(), code: z.string(), message: z.string() })),
    nextCursor: z.string().nullable().openapi({ description: 'For the next call; null when all have been looked at.' }),
  })
  .openapi('BulkAnswer')
