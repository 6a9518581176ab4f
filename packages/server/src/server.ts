import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Composition } from './compose.ts'

/** The HTTP server of a composition, not listening yet: the short way for reads of credentials, all routes for the rest. */
export function createHttpServer({ fetch, readCredentials }: Pick<Composition, 'fetch' | 'readCredentials'>): Server {
  const answer = getRequestListener(fetch)
  return createServer((request, response) => readCredentials(request, response, () => void answer(request, response)))
}
