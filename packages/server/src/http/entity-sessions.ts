import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { answers, Done, jsonContent, keyedRoute } from './schemas/common.ts'
import { CreateEntitySessionBody, EntitySessionBody } from './schemas/entity-sessions.ts'
import { EntityPathId } from './schemas/lifecycle.ts'

const tags = ['Entities']

const createSession = keyedRoute({
  method: 'post',
  path: '/api/v1/entities/{id}/sessions',
  operationId: 'createEntitySession',
  tags,
  summary: "Make a token for the entity's own browser",
  description:
    'It starts connections of this entity and lists its accounts, and nothing else: it never reads a credential. It reaches no more than the key that makes it, and ends with it. The entity need not exist yet.',
  request: { params: EntityPathId, body: jsonContent(CreateEntitySessionBody, false) },
  responses: answers(EntitySessionBody, 'The token.', 'validation_failed', 'not_found'),
})

const endSessions = keyedRoute({
  method: 'delete',
  path: '/api/v1/entities/{id}/sessions',
  operationId: 'endEntitySessions',
  tags,
  summary: 'End all sessions of an entity',
  request: { params: EntityPathId },
  responses: answers(Done, 'They have ended.', 'not_found'),
})

export function entitySessionRoutes({ projects }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(createSession, async (c) => {
      const { expiresInSeconds, integrationIds, allowedOrigins } = c.req.valid('json')
      const session = await projects.createSession(
        c.var.project.id,
        {
          entityId: c.req.valid('param').id,
          integrationIds: integrationIds ?? undefined,
          allowedOrigins: allowedOrigins ?? undefined,
          expiresInSeconds,
        },
        { keyId: c.get('keyId'), access: c.get('access') },
      )
      return c.json(
        {
          id: session.id,
          entityId: session.entityId,
          token: session.token.reveal(),
          integrationIds: session.integrationIds && [...session.integrationIds],
          allowedOrigins: session.allowedOrigins && [...session.allowedOrigins],
          expiresAt: session.expiresAt.toISOString(),
        },
        200,
      )
    })
    .openapi(endSessions, async (c) => {
      const count = await projects.endSessions(c.var.project.id, c.req.valid('param').id)
      return c.json({ status: 'success' as const, count }, 200)
    })
}
