import type { Fetch } from '../egress/types.ts'
import type { Tracing } from '../tracing.ts'

/**
 * A fetch whose calls have spans: the host and the status, not the path or the query, where some apps carry credentials.
 * The trace does not go out with the call: what runs here is no provider's business.
 */
export const traced =
  (fetch: Fetch, tracing: Tracing): Fetch =>
  (url, init) => {
    const method = init?.method ?? 'GET'
    const { hostname, port } = new URL(url)
    const attributes = {
      'http.request.method': method,
      'server.address': hostname,
      ...(port !== '' && { 'server.port': Number(port) }),
    }
    return tracing.call(`${method} ${hostname}`, attributes, async (span) => {
      const response = await fetch(url, init)
      span.set({ 'http.response.status_code': response.status })
      if (response.status >= 500) span.failed()
      return response
    })
  }
