import { z } from '@hono/zod-openapi'
import { accountStatuses, revocationStatuses } from '../../accounts/types.ts'
import { eventTypeNames } from '../../events.ts'
import { RevealedBody, StatusField, StatusReasonBody } from './accounts.ts'
import { filters, isoDate, pageFields, pagingFilters } from './common.ts'

export const RevocationBody = z
  .object({
    id: z.string(),
    connectedAccountId: z.string().openapi({ description: 'The account may be deleted.' }),
    appName: z.string().openapi({ description: 'App key.' }),
    status: z.enum(revocationStatuses).openapi({
      description:
        'pending: still being tried. revoked: nothing works any more at the app. unsupported: the app cannot take it back. failed: it could, but did not.',
    }),
    tokens: z.array(
      z.object({
        type: z
          .enum(['refresh_token', 'access_token', 'credential'])
          .openapi({ description: 'credential: the key that the person typed in.' }),
        status: z.enum(revocationStatuses),
        message: z.string().nullable(),
      }),
    ),
    attempts: z.number().int(),
    nextAttemptAt: isoDate('When it is tried next.').nullable(),
    createdAt: isoDate('When the account was ended.'),
    updatedAt: isoDate('When the app was last asked.'),
  })
  .openapi('Revocation', { description: 'A grant on its way back to the app. It holds no token.' })

export const RevocationAnswer = z.object({ revocation: RevocationBody }).openapi('RevocationAnswer')

export const AccountDeleted = z
  .object({ status: z.literal('success'), count: z.number().int(), revocation: RevocationBody })
  .openapi('AccountDeleted')

export const HistoryPaging = filters({
  cursor: z.string().max(50).optional().openapi({ description: 'nextCursor of the page before.' }),
  limit: z.coerce
    .number('must be a number')
    .int()
    .min(1)
    .max(200)
    .optional()
    .openapi({ type: 'integer', description: 'How many. Default 50.' }),
})

export const HistoryPage = z
  .object({
    items: z.array(
      z
        .object({
          id: z.string(),
          type: z.enum(eventTypeNames),
          timestamp: isoDate('When it happened.'),
          sequence: z.number().int().openapi({ description: 'Counts the events of the account from 1.' }),
          status: StatusField.openapi({ description: 'Of the account, after it.' }),
          previousStatus: z
            .union([StatusField, z.null()])
            .openapi({ description: 'Before it; null where there was none.' }),
          statusReason: StatusReasonBody.nullable(),
          revealed: RevealedBody.optional(),
        })
        .openapi('AccountEvent'),
    ),
    nextCursor: z.string().nullable().openapi({ description: 'For the next page; null at the end.' }),
  })
  .openapi('AccountHistory')

export const EntityFilters = filters({
  search: z.string().max(200).optional().openapi({ description: 'A part of the id, in any case.' }),
  ...pagingFilters,
})

export const EntityPathId = z.object({
  id: z.string().openapi({
    param: { name: 'id', in: 'path' },
    description: 'Your id of the user or tenant, URL-encoded.',
    example: 'user_42',
  }),
})

export const EntityBody = z
  .object({
    id: z.string(),
    accounts: z.object({
      total: z.number().int(),
      byStatus: z.object(
        Object.fromEntries(accountStatuses.map((status) => [status, z.number().int()])) as Record<
          (typeof accountStatuses)[number],
          z.ZodInt | z.ZodNumber
        >,
      ),
    }),
    createdAt: isoDate('When it was first named.'),
  })
  .openapi('Entity')

export const EntityPage = z.object({ items: z.array(EntityBody), ...pageFields }).openapi('EntityPage')

export const EntityDeleted = z
  .object({
    status: z.literal('success'),
    count: z.number().int().openapi({ description: 'How many accounts went with it.' }),
    accounts: z.array(z.object({ id: z.string(), appName: z.string(), revocation: RevocationBody })),
  })
  .openapi('EntityDeleted')
