import { OpenAPIHono, type z } from '@hono/zod-openapi'
import type { KillSwitch } from '../accounts/types.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { answers, jsonContent, keyedRoute, noFilters, PathId } from './schemas/common.ts'
import { CreateKillSwitchBody, KillSwitchBody, KillSwitchList } from './schemas/kill-switches.ts'

const tags = ['Connected accounts']

const start = keyedRoute({
  method: 'post',
  path: '/api/v1/killSwitches',
  operationId: 'startKillSwitch',
  tags,
  summary: 'Stop every account of the project, an integration or an app',
  description:
    'Goes on in the background, across restarts; each account has its event. Accounts connected after it is through are not touched: disable the integration to keep new ones away.',
  request: { body: jsonContent(CreateKillSwitchBody) },
  responses: answers(KillSwitchBody, 'It has begun.', 'validation_failed', 'not_found'),
})

const list = keyedRoute({
  method: 'get',
  path: '/api/v1/killSwitches',
  operationId: 'listKillSwitches',
  tags,
  summary: 'List kill switches',
  request: { query: noFilters },
  responses: answers(KillSwitchList, 'The last hundred, newest first.', 'validation_failed'),
})

const get = keyedRoute({
  method: 'get',
  path: '/api/v1/killSwitches/{id}',
  operationId: 'getKillSwitch',
  tags,
  summary: 'Read what a kill switch has done',
  request: { params: PathId },
  responses: answers(KillSwitchBody, 'The report, as far as it has come.', 'not_found'),
})

export function killSwitchRoutes({ killSwitches }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(start, async (c) => {
      const { action, integrationId, app } = c.req.valid('json')
      const started = await killSwitches.start(c.var.project.id, {
        action,
        integrationId,
        appKey: app?.toLowerCase(),
      })
      return c.json(body(started), 200)
    })
    .openapi(list, async (c) => c.json({ items: (await killSwitches.list(c.var.project.id)).map(body) }, 200))
    .openapi(get, async (c) => c.json(body(await killSwitches.get(c.var.project.id, c.req.valid('param').id)), 200))
}

const body = ({
  appKey,
  createdAt,
  updatedAt,
  finishedAt,
  ...killSwitch
}: KillSwitch): z.output<typeof KillSwitchBody> => ({
  ...killSwitch,
  app: appKey,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
  finishedAt: finishedAt?.toISOString() ?? null,
})
