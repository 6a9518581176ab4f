import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { answers, keyedRoute } from './schemas/common.ts'
import { RequestFilters, RequestGroups, RequestPage } from './schemas/requests.ts'

const tags = ['Project']

const listRequests = keyedRoute({
  method: 'get',
  path: '/api/v1/requests',
  operationId: 'listRequests',
  tags,
  summary: 'List requests that changed something or failed',
  description:
    'Kept for seven days, without URLs, headers and bodies. Reads that succeed are not among them. A request is listed within a second.',
  request: { query: RequestFilters },
  responses: answers(RequestPage, 'The requests, newest first.', 'validation_failed'),
})

const listFailures = keyedRoute({
  method: 'get',
  path: '/api/v1/requests/failures',
  operationId: 'listFailedRequests',
  tags,
  summary: 'List what fails, by how often',
  description: 'Requests of the last 24 hours that were refused alike count as one; at most 50.',
  responses: answers(RequestGroups, 'The most frequent first.'),
})

export const requestRoutes = ({ requestLog }: ApiDependencies): Routes =>
  new OpenAPIHono<ApiEnv>()
    .openapi(listRequests, async (c) => {
      const { failed, code, connectedAccountId, requestId, apiKeyId, cursor, limit = 50 } = c.req.valid('query')
      const filter = { failed, code, accountId: connectedAccountId, requestId, keyId: apiKeyId }
      const { items, nextCursor } = await requestLog.list(c.var.project.id, filter, { cursor, limit })
      return c.json(
        {
          items: items.map(({ at, accountId, ...item }) => ({
            ...item,
            at: at.toISOString(),
            connectedAccountId: accountId,
          })),
          nextCursor,
        },
        200,
      )
    })
    .openapi(listFailures, async (c) => {
      const groups = await requestLog.failures(c.var.project.id)
      return c.json({ items: groups.map(({ lastAt, ...group }) => ({ ...group, lastAt: lastAt.toISOString() })) }, 200)
    })
