import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { overviewBody } from './present-operators.ts'
import { answers, keyedRoute } from './schemas/common.ts'
import { OverviewBody } from './schemas/operators.ts'

const readOverview = keyedRoute({
  method: 'get',
  path: '/api/v1/overview',
  operationId: 'getOverview',
  tags: ['Project'],
  summary: 'Get how the project is doing',
  description: 'Figures over all its accounts, and the first of what needs somebody.',
  responses: answers(OverviewBody, 'The overview.'),
})

export const overviewRoutes = ({ operators }: ApiDependencies): Routes =>
  new OpenAPIHono<ApiEnv>().openapi(readOverview, async (c) =>
    c.json(overviewBody(await operators.overview(c.var.project.id)), 200),
  )
