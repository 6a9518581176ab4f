import type { Context, MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import type { Actor, Operators, SignedIn } from '../operators/types.ts'
import type { Caller, Projects } from '../projects/types.ts'
import { isSafe, refusalOf, type Scope, scopeOf } from './access.ts'
import type { ApiEnv } from './context.ts'
import { requireOwnPage } from './same-origin.ts'
import { sessionTokenOf } from './session-cookie.ts'

export const longestKey = 512
const keyParameters = new Set(['api_key', 'apikey', 'x-api-key', 'x_api_key'])
const ownKey = /^hf_(?:test|live|admin|session)_\w{20,}$/
const projectHeader = 'x-holdfast-project'

export interface CallerOptions {
  projects: Projects
  operators: Operators
  baseUrl: string
}

/**
 * Lets in who may call the route, and tells the handler who it is and for which project: a project's key, the operator's
 * key, or a signed-in operator by cookie. A key counts before a cookie: whoever sends one means it.
 */
export function apiCaller(options: CallerOptions): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const request = c.req.raw
    const scope = scopeOf(request.method, c.req.path)
    refuseKeyInUrl(request)
    if (scope === 'open') {
      if (!isSafe(request.method)) requireOwnPage(request.headers, options.baseUrl)
      return next()
    }
    const key = keyOf(request.headers)
    if (key === undefined) await admitSession(c, options, scope)
    else await admitKey(c, options, scope, key)
    await next()
  }
}

/** Whether who made this request would still be let in. For answers that go on. */
export async function isStillWelcome(
  c: Context<ApiEnv>,
  { projects, operators, baseUrl }: CallerOptions,
): Promise<boolean> {
  const key = keyOf(c.req.raw.headers)
  if (key !== undefined) return (await projects.authenticate(key)) !== undefined
  const token = sessionTokenOf(c, baseUrl)
  return token !== undefined && (await operators.authenticate(token)) !== undefined
}

async function admitKey(c: Context<ApiEnv>, { projects }: CallerOptions, scope: Scope, key: string): Promise<void> {
  const caller = await callerOf(projects, key)
  if (scope === 'own')
    throw new AppError('unauthorized', 'This route is for signed-in operators; a key has no session.')
  if (caller.kind === 'operator') {
    if (scope === 'project')
      throw new AppError('unauthorized', "This is the operator's key. This route needs the API key of a project.")
    c.set('actor', { kind: 'key' })
    return
  }
  if (scope !== 'project')
    throw new AppError('unauthorized', "This is a project's API key. This route needs the operator's key.")
  c.set('project', caller.project)
  c.set('keyId', caller.keyId)
  c.set('access', caller.access)
}

async function admitSession(c: Context<ApiEnv>, options: CallerOptions, scope: Scope): Promise<void> {
  const { projects, operators, baseUrl } = options
  const request = c.req.raw
  const token = sessionTokenOf(c, baseUrl)
  const signedIn = token === undefined ? undefined : await operators.authenticate(token)
  if (!signedIn)
    throw new AppError(
      'unauthorized',
      token === undefined ? 'There is no API key in the request.' : 'The session has ended. Sign in again.',
    )
  if (!isSafe(request.method)) requireOwnPage(request.headers, baseUrl)
  const refusal = refusalOf(signedIn.operator.role, scope, request.method, c.req.path)
  if (refusal !== undefined) throw new AppError('forbidden', refusal)
  c.set('signedIn', signedIn)
  c.set('actor', { kind: 'session', operator: signedIn.operator })
  if (scope === 'project') c.set('project', await projects.get(projectNamed(request)))
}

function projectNamed(request: Request): string {
  const id = request.headers.get(projectHeader)?.trim()
  if (!id) throw new AppError('validation_failed', `Name the project in the ${projectHeader} header.`)
  return id.slice(0, 100)
}

/** For figures: lets only the operator's key in. */
export function operatorCaller(projects: Projects): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    refuseKeyInUrl(c.req.raw)
    const key = keyOf(c.req.raw.headers)
    if (key === undefined) throw new AppError('unauthorized', 'There is no API key in the request.')
    if ((await callerOf(projects, key)).kind !== 'operator')
      throw new AppError('unauthorized', "This is a project's API key. This route needs the operator's key.")
    await next()
  }
}

async function callerOf(projects: Projects, key: string): Promise<Caller> {
  const caller = key.length <= longestKey ? await projects.authenticate(key) : undefined
  if (!caller) throw new AppError('unauthorized', 'The API key is not valid: unknown, expired or deleted.')
  return caller
}

/** URLs end up in logs and histories (RFC 6750 §5.3), so a key there is refused even when it is right. */
function refuseKeyInUrl(request: Request): void {
  const query = request.url.indexOf('?')
  if (query === -1) return
  for (const [name, value] of new URLSearchParams(request.url.slice(query)))
    if (keyParameters.has(name.toLowerCase()) || ownKey.test(value))
      throw new AppError(
        'unauthorized',
        `The API key may not be in the URL (${name.slice(0, 50)}). Send it in the x-api-key header, and replace this key: URLs are logged.`,
      )
}

/** The key a request carries, in either of the two headers. */
export const keyOf = (headers: Headers): string | undefined =>
  keyIn(headers.get('x-api-key'), headers.get('authorization'))

/** @param apiKey What the `x-api-key` header says. @param authorization The header of that name. */
export function keyIn(apiKey: string | null | undefined, authorization: string | null | undefined): string | undefined {
  const key = apiKey?.trim()
  if (key) return key
  return /^Bearer +(\S+)$/i.exec(authorization?.trim() ?? '')?.[1]
}

/** For routes of scope `own`. */
export function signedInOf(c: Context<ApiEnv>): SignedIn {
  const signedIn = c.get('signedIn')
  if (!signedIn) throw new Error('a route of scope own was reached without a session')
  return signedIn
}

/** For routes of scope `operators`. */
export function actorOf(c: Context<ApiEnv>): Actor {
  const actor = c.get('actor')
  if (!actor) throw new Error('a route of scope operators was reached without an actor')
  return actor
}
