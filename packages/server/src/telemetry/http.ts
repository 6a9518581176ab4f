import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Metrics } from '../metrics.ts'
import type { Tracing } from '../tracing.ts'

/**
 * Counts and times each request and gives it a span. Both are named by the route's pattern, never by the URL, which holds
 * ids of people and the tokens of links.
 */
export function observed({ metrics, tracing }: { metrics: Metrics; tracing: Tracing }): MiddlewareHandler {
  return async (c, next) => {
    const { method } = c.req
    const route = routePattern(c)
    const begun = performance.now()
    await tracing.request(
      `${method} ${route}`,
      { 'http.request.method': method, 'http.route': route },
      c.req.raw.headers,
      async (span) => {
        await next()
        span.set({ 'http.response.status_code': c.res.status })
        if (c.res.status >= 500) span.failed()
      },
    )
    metrics.requestEnded(method, route, c.res.status, (performance.now() - begun) / 1000)
  }
}

function routePattern(c: Context): string {
  const pattern = matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path
  return pattern ?? 'unmatched'
}
