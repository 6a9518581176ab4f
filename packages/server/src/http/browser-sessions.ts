import type { Context, MiddlewareHandler } from 'hono'
import { keyOf } from './caller.ts'
import type { ApiEnv } from './context.ts'
import { isForBrowsers, reaches } from './key-access.ts'

const sessionToken = /^hf_session_/
const preflightSeconds = '600'

/**
 * Lets pages of other origins call what a session token may (CORS, Fetch standard §3.2). Only answers to a session token may
 * be read there: a page gets nothing with a key or a cookie, and credentials mode is never allowed.
 */
export function browserSessions(): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const origin = c.req.header('origin')
    if (origin === undefined || !isForBrowsers(c.req.path)) return next()
    if (c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined)
      return c.body(null, 204, {
        ...allowing(origin),
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'x-api-key, authorization, content-type, x-request-id, idempotency-key',
        'access-control-max-age': preflightSeconds,
      })
    await next()
    c.res.headers.append('vary', 'origin')
    if (mayRead(c, origin)) for (const [name, value] of Object.entries(allowing(origin))) c.res.headers.set(name, value)
  }
}

/** A token that has ended may hear so. */
function mayRead(c: Context<ApiEnv>, origin: string): boolean {
  const access = c.get('access')
  if (access?.session) return reaches(access.session.allowedOrigins, origin)
  return c.res.status === 401 && sessionToken.test(keyOf(c.req.raw.headers) ?? '')
}

const allowing = (origin: string) => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': 'x-request-id, retry-after, ratelimit, ratelimit-policy',
  vary: 'origin',
})
