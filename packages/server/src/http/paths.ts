import { getPath } from 'hono/utils/url'

/**
 * Published clients disagree on what a base URL holds: one appends `/api/v1`, another `/v1` to a base that may already
 * end in `/api`. All of `/v1…`, `/api/v1…` and `/api/api/v1…` are one path, with or without a trailing slash, and so is
 * what a base URL that ends in a slash makes of them: `//v1…`, `/api//v1…`.
 *
 * @returns The path the routes are written for: `/api/v1…`, `/api/v2…`, or the path itself when it is none of these.
 */
export function canonicalPath(path: string): string {
  const bare = path.length > 1 ? path.replace(/\/+$/, '') || '/' : path
  const match = /^(?:\/+api){0,2}\/*(\/v[12](?:\/.*)?)$/s.exec(bare)
  return match ? `/api${match[1]}` : bare
}

/** How the API's router reads the path of a request. */
export const routingPath = (request: Request): string => canonicalPath(getPath(request))

/** What belongs to the API when other parts of the server are mounted beside it. */
export const apiPaths = [
  '/v1/*',
  '/v2/*',
  '/api/*',
  '//*',
  '/openapi.json',
  '/docs/*',
  '/healthz',
  '/readyz',
  '/metrics',
] as const
