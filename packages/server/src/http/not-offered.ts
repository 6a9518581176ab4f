import { OpenAPIHono, z } from '@hono/zod-openapi'
import { AppError } from '../errors.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { answers, keyedRoute } from './schemas/common.ts'

/** Published clients fill a cache from these when they start; empty lists let them go on. */
const listActions = keyedRoute({
  method: 'get',
  path: '/api/v2/actions',
  operationId: 'listActions',
  tags: ['Not offered'],
  summary: 'List actions',
  description: 'Always empty: this server connects accounts, your code calls the apps.',
  responses: answers(
    z
      .object({ items: z.array(z.unknown()), page: z.number().int(), totalPages: z.number().int() })
      .openapi('NoActions'),
    'No actions.',
  ),
})

const listTriggers = keyedRoute({
  method: 'get',
  path: '/api/v1/triggers',
  operationId: 'listTriggers',
  tags: ['Not offered'],
  summary: 'List triggers',
  description: 'Always empty.',
  responses: answers(z.array(z.unknown()).openapi('NoTriggers'), 'No triggers.'),
})

export function notOfferedRoutes(_: ApiDependencies): Routes {
  const routes = new OpenAPIHono<ApiEnv>()
    .openapi(listActions, (c) => c.json({ items: [], page: 1, totalPages: 0 }, 200))
    .openapi(listTriggers, (c) => c.json([], 200))
  const noActions = () => {
    throw new AppError(
      'not_found',
      'This server does not run actions. Read base_url and params with GET /api/v1/connectedAccounts/{id}/info and call the app yourself.',
    )
  }
  return routes.post('/api/v2/actions/proxy', noActions).post('/api/v2/actions/:id/execute', noActions) as Routes
}
