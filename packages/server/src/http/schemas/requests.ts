import { z } from '@hono/zod-openapi'
import { booleanFilter, filters, isoDate } from './common.ts'

export const RequestFilters = filters({
  failed: booleanFilter('true: only those that were refused or failed.'),
  code: z.string().max(100).optional().openapi({ description: 'Why they were refused.', example: 'validation_failed' }),
  connectedAccountId: z.string().max(100).optional().openapi({ description: 'Those whose path names this account.' }),
  requestId: z.string().max(128).optional().openapi({ description: 'As in the answer and its x-request-id header.' }),
  apiKeyId: z.string().max(100).optional().openapi({ description: 'Those of one API key.' }),
  cursor: z.string().max(50).optional().openapi({ description: 'nextCursor of the page before.' }),
  limit: z.coerce
    .number('must be a number')
    .int()
    .min(1)
    .max(200)
    .optional()
    .openapi({ type: 'integer', description: 'How many. Default 50.' }),
})

export const RequestPage = z
  .object({
    items: z.array(
      z
        .object({
          id: z.string(),
          at: isoDate('When it was answered.'),
          requestId: z.string(),
          method: z.string(),
          route: z.string().openapi({ description: 'Its pattern, without ids.' }),
          status: z.number().int(),
          code: z.string().nullable().openapi({ description: 'Why it was refused.' }),
          durationMs: z.number(),
          connectedAccountId: z.string().nullable().openapi({ description: 'The account its path names.' }),
          caller: z.object({
            kind: z.enum(['key', 'operator', 'operatorKey']),
            id: z.string().nullable(),
            name: z.string().nullable().openapi({ description: 'Null for a key that was deleted.' }),
          }),
        })
        .openapi('LoggedRequest'),
    ),
    nextCursor: z.string().nullable().openapi({ description: 'For the next page; null at the end.' }),
  })
  .openapi('LoggedRequests')

export const RequestGroups = z
  .object({
    items: z.array(
      z
        .object({
          method: z.string(),
          route: z.string(),
          status: z.number().int(),
          code: z.string().nullable(),
          count: z.number().int(),
          lastAt: isoDate('When it last happened.'),
        })
        .openapi('FailedRequestGroup'),
    ),
  })
  .openapi('FailedRequestGroups')
