import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { entityBody, revocationBody } from './present.ts'
import { answers, keyedRoute, pagingOf } from './schemas/common.ts'
import { EntityBody, EntityDeleted, EntityFilters, EntityPage, EntityPathId } from './schemas/lifecycle.ts'

const tags = ['Entities']

const listEntities = keyedRoute({
  method: 'get',
  path: '/api/v1/entities',
  operationId: 'listEntities',
  tags,
  summary: 'List entities',
  request: { query: EntityFilters },
  responses: answers(EntityPage, 'The entities, newest first.', 'validation_failed'),
})

const getEntity = keyedRoute({
  method: 'get',
  path: '/api/v1/entities/{id}',
  operationId: 'getEntity',
  tags,
  summary: 'Get an entity',
  request: { params: EntityPathId },
  responses: answers(EntityBody, 'The entity, with how many accounts it has.', 'not_found'),
})

const deleteEntity = keyedRoute({
  method: 'delete',
  path: '/api/v1/entities/{id}',
  operationId: 'deleteEntity',
  tags,
  summary: 'Delete an entity and all it owns',
  description:
    'Its accounts are revoked and deleted, and with them its connect links and its history: nothing that names it is left.',
  request: { params: EntityPathId },
  responses: answers(EntityDeleted, 'What was revoked, and what the apps cannot take back.', 'not_found'),
})

export function entityRoutes({ entities }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(listEntities, async (c) => {
      const query = c.req.valid('query')
      const page = await entities.list(c.var.project.id, { search: query.search || undefined }, pagingOf(query))
      return c.json({ ...page, items: page.items.map(entityBody) }, 200)
    })
    .openapi(getEntity, async (c) =>
      c.json(entityBody(await entities.get(c.var.project.id, c.req.valid('param').id)), 200),
    )
    .openapi(deleteEntity, async (c) => {
      const deleted = await entities.delete(c.var.project.id, c.req.valid('param').id)
      const accounts = deleted.map(({ accountId, appKey, revocation }) => ({
        id: accountId,
        appName: appKey,
        revocation: revocationBody(revocation),
      }))
      return c.json({ status: 'success' as const, count: accounts.length, accounts }, 200)
    })
}
