import type { Context, MiddlewareHandler } from 'hono'
import { tryDecodeURIComponent } from 'hono/utils/url'
import { AppError } from '../errors.ts'
import type { KeyAccess } from '../projects/types.ts'
import { scopeOf } from './access.ts'
import type { ApiDependencies, ApiEnv } from './context.ts'
import { isLimited, type RouteAccess, reaches, routeAccess } from './key-access.ts'

/**
 * Holds a key to its scopes and limits. What it does not reach is not found, like what does not exist; a scope that it lacks
 * is 403, since that tells of the key only. Keys that may do all pass without a look.
 */
export function keyLimits(dependencies: ApiDependencies): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const access = c.get('access')
    if (access && scopeOf(c.req.method, c.req.path) === 'project') await hold(c, dependencies, access)
    await next()
  }
}

async function hold(c: Context<ApiEnv>, { accounts }: ApiDependencies, access: KeyAccess): Promise<void> {
  const route = routeAccess(c.req.method, c.req.path)
  if (access.session) checkSession(access.session.allowedOrigins, c.req.header('origin'), route)
  if (route.scope !== null && access.scopes !== null && !access.scopes.includes(route.scope))
    throw new AppError('insufficient_scope', `This key has not the scope ${route.scope}.`)
  if (!isLimited(access) || route.reach === 'shared' || route.reach === 'listed') return
  // The same decoding as of the parameter that the handler gets.
  const named = tryDecodeURIComponent(route.named ?? '')
  if (route.reach === 'project')
    throw new AppError(
      'insufficient_scope',
      'This key is limited to a part of the project, and this route is about all of it.',
    )
  if (route.reach === 'entity') {
    if (access.integrationIds || access.accountIds)
      throw new AppError(
        'insufficient_scope',
        'This key is limited to some accounts, and this route is about a whole entity.',
      )
    if (!reaches(access.entityIds, named)) throw new AppError('not_found', 'There is no such entity.')
  }
  if (route.reach === 'integration' && !reaches(access.integrationIds, named))
    throw new AppError('not_found', 'There is no such integration.')
  if (route.reach === 'account') {
    const account = await accounts.get(c.var.project.id, named)
    if (
      !reaches(access.accountIds, account.id) ||
      !reaches(access.integrationIds, account.integrationId) ||
      !reaches(access.entityIds, account.entityId)
    )
      throw new AppError('not_found', 'There is no such connected account.')
  }
}

function checkSession(allowedOrigins: readonly string[] | null, origin: string | undefined, route: RouteAccess): void {
  if (!route.browser)
    throw new AppError('insufficient_scope', 'A session token starts connections and lists accounts, and nothing else.')
  if (origin !== undefined && !reaches(allowedOrigins, origin))
    throw new AppError('insufficient_scope', 'This session token is for pages of another origin.')
}

/** Refuses to begin what a limited key would not see afterwards. */
export function requireReach(
  access: KeyAccess | undefined,
  { entityId, integrationId }: { entityId: string; integrationId: string | undefined },
): void {
  if (access?.accountIds)
    throw new AppError('insufficient_scope', 'This key is limited to accounts that exist, and begins no new ones.')
  if (!reaches(access?.entityIds, entityId))
    throw new AppError('insufficient_scope', 'This key is limited to other entities.')
  if (integrationId !== undefined && !reaches(access?.integrationIds, integrationId))
    throw new AppError('not_found', 'There is no such integration.')
}
