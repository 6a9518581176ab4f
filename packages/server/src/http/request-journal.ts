import type { Context, MiddlewareHandler } from 'hono'
import type { Caller, RequestLog } from '../request-log/types.ts'
import { isSafe } from './access.ts'
import type { ApiEnv } from './context.ts'
import { refusalCode, routePattern } from './request-log.ts'

const accountInPath = /^\/api\/v[12]\/connectedAccounts\/([0-9a-f-]{36})(?:\/|$)/

/** Notes requests inside a project that changed something or failed, without their URL, headers and bodies. */
export function requestJournal(requests: RequestLog): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const begun = performance.now()
    await next()
    const project = c.get('project')
    const { status } = c.res
    if (!project || (status < 400 && isSafe(c.req.method))) return
    requests.note({
      projectId: project.id,
      requestId: c.get('requestId'),
      method: c.req.method,
      route: routePattern(c),
      status,
      code: refusalCode(c) ?? null,
      durationMs: performance.now() - begun,
      accountId: accountInPath.exec(c.req.path)?.[1] ?? null,
      caller: callerOf(c),
    })
  }
}

function callerOf(c: Context<ApiEnv>): Caller {
  const signedIn = c.get('signedIn')
  if (signedIn) {
    const { id, name, email } = signedIn.operator
    return { kind: 'operator', id, name: `${name} <${email}>` }
  }
  const keyId = c.get('keyId')
  return keyId === undefined ? { kind: 'operatorKey', id: null, name: null } : { kind: 'key', id: keyId, name: null }
}
