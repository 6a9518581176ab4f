import type { MiddlewareHandler } from 'hono'

/**
 * What every answer of the server carries unless its route said otherwise, answers for paths that nobody has included:
 * nothing may be loaded, framed, sniffed or kept. By https browsers hear that they are never to come by http again (RFC
 * 6797); not for hosts below this one, which are not ours to promise for.
 */
export function answerHeaders(baseUrl: string): MiddlewareHandler {
  const defaults: Record<string, string> = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...(baseUrl.startsWith('https:') && { 'strict-transport-security': 'max-age=63072000' }),
  }
  return async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(defaults)) if (!c.res.headers.has(name)) c.header(name, value)
  }
}
