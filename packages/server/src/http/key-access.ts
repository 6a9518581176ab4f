import type { KeyAccess, KeyScope } from '../projects/types.ts'

/**
 * What a route reaches, for keys that are limited to entities, integrations or accounts:
 * - `account`, `entity`, `integration`: the one its path names; another one is not found.
 * - `listed`: its handler leaves out, or refuses, what the key does not reach.
 * - `shared`: nothing that is anybody's: the catalog, the project's own name.
 * - `project`: all of it, so a limited key may not call it.
 */
export type Reach = 'account' | 'entity' | 'integration' | 'listed' | 'shared' | 'project'

export interface RouteAccess {
  /** Null: any key of the project. */
  scope: KeyScope | null
  reach: Reach
  /** Whether the session token of an entity may call it, from a browser. */
  browser: boolean
}

type Entry = readonly [route: string, scope: KeyScope | null, reach: Reach, browser?: 'browser']

/** Every route inside a project. A test holds this against the OpenAPI document, so that none is forgotten. */
const entries: readonly Entry[] = [
  ['GET /api/v1/connectedAccounts', 'accounts:read', 'listed', 'browser'],
  ['POST /api/v1/connectedAccounts', 'accounts:write', 'listed', 'browser'],
  ['POST /api/v2/connectedAccounts/initiateConnection', 'accounts:write', 'project'],
  ['POST /api/v1/connectedAccounts/confirm', 'accounts:write', 'project'],
  ['POST /api/v1/connectedAccounts/import', 'accounts:write', 'project'],
  ['POST /api/v1/connectedAccounts/export', 'credentials:read', 'project'],
  ['POST /api/v1/connectedAccounts/bulk', 'accounts:write', 'project'],
  ['GET /api/v1/connectedAccounts/{id}', 'accounts:read', 'account', 'browser'],
  ['DELETE /api/v1/connectedAccounts/{id}', 'accounts:write', 'account'],
  ['GET /api/v1/connectedAccounts/{id}/info', 'credentials:read', 'account'],
  ['POST /api/v1/connectedAccounts/{id}/signature', 'credentials:read', 'account'],
  ['POST /api/v1/connectedAccounts/{id}/credentials/reveals', 'credentials:read', 'account'],
  ['POST /api/v1/connectedAccounts/{id}/reinitiate', 'accounts:write', 'account', 'browser'],
  ['POST /api/v1/connectedAccounts/{id}/enable', 'accounts:write', 'account'],
  ['POST /api/v1/connectedAccounts/{id}/disable', 'accounts:write', 'account'],
  ['PATCH /api/v1/connectedAccounts/{id}/data', 'accounts:write', 'account'],
  ['GET /api/v1/connectedAccounts/{id}/history', 'accounts:read', 'account'],
  ['POST /api/v1/connectedAccounts/{id}/revoke', 'accounts:write', 'account'],
  ['POST /api/v1/connectedAccounts/{id}/refresh', 'accounts:write', 'account'],
  ['POST /api/v1/connectedAccounts/{id}/check', 'accounts:write', 'account'],
  ['POST /api/v1/connectedAccounts/{id}/simulator', 'accounts:write', 'account'],
  ['POST /api/v1/killSwitches', 'admin', 'project'],
  ['GET /api/v1/killSwitches', 'admin', 'project'],
  ['GET /api/v1/killSwitches/{id}', 'admin', 'project'],
  ['GET /api/v1/revocations/{id}', 'accounts:read', 'project'],
  ['POST /api/v1/connectLinks', 'accounts:write', 'listed', 'browser'],
  ['GET /api/v1/entities', 'accounts:read', 'project'],
  ['GET /api/v1/entities/{id}', 'accounts:read', 'entity'],
  ['DELETE /api/v1/entities/{id}', 'accounts:write', 'entity'],
  ['POST /api/v1/entities/{id}/sessions', 'accounts:write', 'entity'],
  ['DELETE /api/v1/entities/{id}/sessions', 'accounts:write', 'entity'],
  ['GET /api/v1/integrations', 'accounts:read', 'listed', 'browser'],
  ['POST /api/v1/integrations', 'admin', 'project'],
  ['GET /api/v1/integrations/{id}', 'accounts:read', 'integration', 'browser'],
  ['PATCH /api/v1/integrations/{id}', 'admin', 'project'],
  ['DELETE /api/v1/integrations/{id}', 'admin', 'project'],
  ['POST /api/v2/integrations/create', 'admin', 'project'],
  ['POST /api/v2/integrations/get-or-create', 'admin', 'project'],
  ['POST /api/v2/integrations/search-by-filters', 'accounts:read', 'project'],
  ['GET /api/v1/apps', null, 'shared', 'browser'],
  ['POST /api/v1/apps', 'admin', 'project'],
  ['GET /api/v1/apps/{key}', null, 'shared', 'browser'],
  ['PATCH /api/v1/apps/{key}', 'admin', 'project'],
  ['DELETE /api/v1/apps/{key}', 'admin', 'project'],
  ['GET /api/v1/client/auth/client_info', null, 'shared'],
  ['GET /api/v1/project', null, 'shared'],
  ['GET /api/v1/project/branding', null, 'shared'],
  ['PATCH /api/v1/project/branding', 'admin', 'project'],
  ['GET /api/v1/overview', 'accounts:read', 'project'],
  ['GET /api/v1/requests', 'accounts:read', 'project'],
  ['GET /api/v1/requests/failures', 'accounts:read', 'project'],
  ['POST /api/v1/webhookEndpoints', 'admin', 'project'],
  ['GET /api/v1/webhookEndpoints', 'admin', 'project'],
  ['GET /api/v1/webhookEndpoints/{id}', 'admin', 'project'],
  ['PATCH /api/v1/webhookEndpoints/{id}', 'admin', 'project'],
  ['DELETE /api/v1/webhookEndpoints/{id}', 'admin', 'project'],
  ['GET /api/v1/webhookEndpoints/{id}/secret', 'admin', 'project'],
  ['POST /api/v1/webhookEndpoints/{id}/secret/rotations', 'admin', 'project'],
  ['POST /api/v1/webhookEndpoints/{id}/testEvents', 'admin', 'project'],
  ['GET /api/v1/webhookEndpoints/{id}/deliveries', 'admin', 'project'],
  ['POST /api/v1/webhookEndpoints/{id}/replays', 'admin', 'project'],
  ['GET /api/v1/deliveries/{id}', 'admin', 'project'],
  ['POST /api/v1/deliveries/{id}/attempts', 'admin', 'project'],
  ['POST /api/v1/event_logs/set/webhook', 'admin', 'project'],
  ['GET /api/v1/events', 'accounts:read', 'project'],
  ['GET /api/v1/events/types', null, 'shared'],
  ['GET /api/v1/stream', 'accounts:read', 'project'],
  ['GET /api/v2/actions', null, 'shared'],
  ['GET /api/v1/triggers', null, 'shared'],
]

interface Compiled extends RouteAccess {
  method: string
  pattern: RegExp
}

const compiled: readonly Compiled[] = entries.map(([route, scope, reach, browser]) => {
  const [method = '', path = ''] = route.split(' ')
  const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`)
  return { method, pattern, scope, reach, browser: browser !== undefined }
})

/** For a route that nobody listed: what needs the most. */
const closed: RouteAccess = { scope: 'admin', reach: 'project', browser: false }

/** @param path Canonical; see `paths.ts`. @returns Also the first value in the path. */
export function routeAccess(
  method: string,
  path: string,
): RouteAccess & { named: string | undefined; isListed: boolean } {
  const asked = method === 'HEAD' ? 'GET' : method
  for (const route of compiled) {
    if (route.method !== asked) continue
    const match = route.pattern.exec(path)
    if (match) return { ...route, named: match[1], isListed: true }
  }
  return { ...closed, named: undefined, isListed: false }
}

/** Whether a browser page may ask for this route with a session token, whatever the method. */
export const isForBrowsers = (path: string): boolean =>
  compiled.some(({ browser, pattern }) => browser && pattern.test(path))

/** Narrows a filter to what the key reaches. @returns Undefined: not narrowed at all. */
export const within = (
  asked: string[] | undefined,
  reached: readonly string[] | null | undefined,
): string[] | undefined => (reached ? (asked ? asked.filter((id) => reached.includes(id)) : [...reached]) : asked)

export const reaches = (reached: readonly string[] | null | undefined, id: string): boolean =>
  !reached || reached.includes(id)

export const isLimited = (access: KeyAccess): boolean =>
  access.entityIds !== null || access.integrationIds !== null || access.accountIds !== null

export const mayReadCredentials = (access: KeyAccess | undefined): boolean =>
  access === undefined ||
  (access.session === null && (access.scopes === null || access.scopes.includes('credentials:read')))
