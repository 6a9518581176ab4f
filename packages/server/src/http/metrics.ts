import { createHash, timingSafeEqual } from 'node:crypto'
import { Hono, type MiddlewareHandler } from 'hono'
import type { Projects } from '../projects/types.ts'
import type { Secret } from '../secret.ts'
import { keyOf, operatorCaller } from './caller.ts'
import type { ApiEnv, OperationDependencies } from './context.ts'

/** Figures tell how much is going on and which apps are used, so they are not for everybody unless the operator says so. */
export function metricsRoutes(
  projects: Projects,
  { expose, metricsOpen, metricsKey }: OperationDependencies,
): Hono<ApiEnv> {
  const forOperator = operatorCaller(projects)
  const allowed: MiddlewareHandler<ApiEnv> = (c, next) =>
    metricsOpen || (metricsKey && isKey(metricsKey, keyOf(c.req.raw.headers))) ? next() : forOperator(c, next)

  return new Hono<ApiEnv>().get('/metrics', allowed, async (c) => {
    const { contentType, text } = await expose()
    return c.body(text, 200, { 'content-type': contentType })
  })
}

function isKey(key: Secret, given: string | undefined): boolean {
  return given !== undefined && timingSafeEqual(sha256(key.reveal()), sha256(given))
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
