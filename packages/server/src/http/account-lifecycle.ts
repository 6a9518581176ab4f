import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { eventBody, revocationBody } from './present.ts'
import { answers, keyedRoute, PathId } from './schemas/common.ts'
import { HistoryPage, HistoryPaging, RevocationAnswer, RevocationBody } from './schemas/lifecycle.ts'

const tags = ['Connected accounts']

const readHistory = keyedRoute({
  method: 'get',
  path: '/api/v1/connectedAccounts/{id}/history',
  operationId: 'getConnectedAccountHistory',
  tags,
  summary: 'Get what happened to a connected account',
  description: 'Newest first. It is kept when the account is deleted, and goes with its entity.',
  request: { params: PathId, query: HistoryPaging },
  responses: answers(HistoryPage, 'The events.', 'validation_failed', 'not_found'),
})

const revokeAccount = keyedRoute({
  method: 'post',
  path: '/api/v1/connectedAccounts/{id}/revoke',
  operationId: 'revokeConnectedAccount',
  tags,
  summary: 'Give the grant of a connected account back to the app',
  description:
    'The credentials are deleted at once and the account is EXPIRED; the app is told in the background, for up to 24 hours. The person can connect it again with reinitiate.',
  request: { params: PathId },
  responses: answers(RevocationAnswer, 'The grant is on its way back.', 'not_found'),
})

const getRevocation = keyedRoute({
  method: 'get',
  path: '/api/v1/revocations/{id}',
  operationId: 'getRevocation',
  tags,
  summary: 'Get what became of a revocation',
  request: { params: PathId },
  responses: answers(RevocationBody, 'The revocation.', 'not_found'),
})

export function accountLifecycleRoutes({ accounts }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(readHistory, async (c) => {
      const { cursor, limit = 50 } = c.req.valid('query')
      const { id } = c.req.valid('param')
      const { items, nextCursor } = await accounts.history(c.var.project.id, id, { cursor, limit })
      return c.json({ items: items.map(eventBody), nextCursor }, 200)
    })
    .openapi(revokeAccount, async (c) => {
      const revocation = await accounts.revoke(c.var.project.id, c.req.valid('param').id)
      return c.json({ revocation: revocationBody(revocation) }, 200)
    })
    .openapi(getRevocation, async (c) =>
      c.json(revocationBody(await accounts.getRevocation(c.var.project.id, c.req.valid('param').id)), 200),
    )
}
