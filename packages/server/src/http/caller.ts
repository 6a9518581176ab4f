import type { MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import type { Caller, Projects } from '../projects/types.ts'
import type { ApiEnv } from './context.ts'

const longestKey = 512
const keyParameters = new Set(['api_key', 'apikey', 'x-api-key', 'x_api_key'])

/** Lets only a project's key in, and tells the handler whose it is. */
export function projectCaller(projects: Projects): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller = await authenticate(projects, c.req.raw)
    if (caller.kind === 'operator')
      throw new AppError('unauthorized', "This is the operator's key. This route needs the API key of a project.")
    c.set('project', caller.project)
    await next()
  }
}

/** Lets only the operator's key in. */
export function operatorCaller(projects: Projects): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller = await authenticate(projects, c.req.raw)
    if (caller.kind !== 'operator')
      throw new AppError('unauthorized', "This is a project's API key. This route needs the operator's key.")
    await next()
  }
}

async function authenticate(projects: Projects, request: Request): Promise<Caller> {
  refuseKeyInUrl(request)
  const key = keyOf(request.headers)
  if (key === undefined) throw new AppError('unauthorized', 'There is no API key in the request.')
  const caller = key.length <= longestKey ? await projects.authenticate(key) : undefined
  if (!caller) throw new AppError('unauthorized', 'The API key is not valid: unknown, expired or deleted.')
  return caller
}

/** URLs end up in logs and histories (RFC 6750 §5.3), so a key there is refused even when it is right. */
function refuseKeyInUrl(request: Request): void {
  const query = request.url.indexOf('?')
  if (query === -1) return
  for (const name of new URLSearchParams(request.url.slice(query)).keys())
    if (keyParameters.has(name.toLowerCase()))
      throw new AppError(
        'unauthorized',
        `The API key may not be in the URL (${name}). Send it in the x-api-key header, and replace this key: URLs are logged.`,
      )
}

/** The key a request carries, in either of the two headers. */
export function keyOf(headers: Headers): string | undefined {
  const key = headers.get('x-api-key')?.trim()
  if (key) return key
  return /^Bearer +(\S+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1]
}
