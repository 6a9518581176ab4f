import type { MiddlewareHandler } from 'hono'

/**
 * What every answer of the server carries unless its route said otherwise: answers may hold credentials, so nothing may be
 * loaded, framed, sniffed or kept, and without CORS headers no other origin reads them. By https browsers hear that they
 * are never to come by http again (RFC 6797); not for hosts below this one, which are not ours to promise for.
 */
export const answerHeaderValues = (baseUrl: string): Readonly<Record<string, string>> => ({
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  ...(baseUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=63072000' }),
})

/** Sets them on all answers, those for paths that nobody has included. */
export function answerHeaders(baseUrl: string): MiddlewareHandler {
  const defaults = Object.entries(answerHeaderValues(baseUrl))
  return async (c, next) => {
    await next()
    for (const [name, value] of defaults) if (!c.res.headers.has(name)) c.header(name, value)
  }
}
