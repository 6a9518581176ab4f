import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Composition } from './compose.ts'

/** Who sends slower than this holds a connection and does nothing with it. Answers may take as long as they need. */
const slowest = { headersTimeout: 15_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 } as const

/** The HTTP server of a composition, not listening yet: the short way for reads of credentials, all routes for the rest. */
export function createHttpServer({ fetch, readCredentials }: Pick<Composition, 'fetch' | 'readCredentials'>): Server {
  const answer = getRequestListener(fetch)
  return createServer(slowest, (request, response) =>
    readCredentials(request, response, () => void answer(request, response)),
  )
}
