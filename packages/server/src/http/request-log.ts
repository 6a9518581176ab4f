import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { ErrorCode } from '../errors.ts'
import type { ApiEnv, Log } from './context.ts'

const saneRequestId = /^[A-Za-z0-9._-]{1,128}$/
const notLogged = new Set(['/healthz', '/readyz'])
const errorCodeOf = new WeakMap<Context, ErrorCode>()

/** Remembers why a request was refused, for its line in the log. */
export const noticeError = (c: Context, code: ErrorCode): void => {
  errorCodeOf.set(c, code)
}

export const refusalCode = (c: Context): ErrorCode | undefined => errorCodeOf.get(c)

/**
 * Gives the request its id (the caller's own when that is harmless) and writes one line when it ends. The line names
 * the route's pattern: never the URL, a header or a body, since those hold ids of people, keys and credentials.
 */
export function requestLog(log: Log): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const requestId = requestIdFrom(c.req.header('x-request-id'))
    c.set('requestId', requestId)
    const begun = performance.now()
    await next()
    c.header('x-request-id', requestId)
    if (notLogged.has(c.req.path)) return
    logRequest(log, {
      requestId,
      method: c.req.method,
      route: routePattern(c),
      status: c.res.status,
      seconds: (performance.now() - begun) / 1000,
      projectId: c.get('project')?.id,
      code: errorCodeOf.get(c),
    })
  }
}

/** @param given The caller's own id for it: kept when that is harmless. */
export const requestIdFrom = (given: string | undefined): string =>
  given !== undefined && saneRequestId.test(given) ? given : crypto.randomUUID()

export interface AnsweredRequest {
  requestId: string
  method: string
  /** The pattern. */
  route: string
  status: number
  seconds: number
  projectId: string | undefined
  code: ErrorCode | undefined
}

export const logRequest = (log: Log, { seconds, ...request }: AnsweredRequest): void =>
  log.info({ ...request, durationMs: Math.round(seconds * 10_000) / 10 }, 'request')

/** @returns The pattern of the route that answered, without ids. */
export function routePattern(c: Context): string {
  const pattern = matchedRoutes(c).findLast((route) => !route.path.endsWith('*'))?.path
  return pattern ?? 'unmatched'
}
