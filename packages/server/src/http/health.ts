import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'

const Health = z.object({ status: z.string() }).openapi('Health', { example: { status: 'ok' } })
const healthContent = { 'application/json': { schema: Health } }

const live = createRoute({
  method: 'get',
  path: '/healthz',
  operationId: 'isAlive',
  tags: ['Health'],
  summary: 'Is the process alive',
  responses: { 200: { description: 'Yes.', content: healthContent } },
})

const ready = createRoute({
  method: 'get',
  path: '/readyz',
  operationId: 'isReady',
  tags: ['Health'],
  summary: 'Can it do its work',
  responses: {
    200: { description: 'Yes.', content: healthContent },
    500: { description: 'Not now; the reason is in the log.', content: healthContent },
  },
})

/** Says which installation answers: `holdfast doctor` asks the base URL and compares. */
export const installationHeader = 'holdfast-installation'

export function healthRoutes({ ready: check, log, operation }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(live, (c) => {
      if (operation) c.header(installationHeader, operation.installation)
      return c.json({ status: 'ok' }, 200)
    })
    .openapi(ready, async (c) => {
      try {
        await check()
        return c.json({ status: 'ok' }, 200)
      } catch (err) {
        log.warn({ requestId: c.var.requestId, err }, 'not ready')
        return c.json({ status: 'unavailable' }, 500)
      }
    })
}
