import type { MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { Operators } from '../operators/types.ts'
import { isNoted } from './access.ts'
import type { ApiEnv } from './context.ts'

const longestPath = 500

/**
 * Writes down what a signed-in operator changed and which secrets they asked for. It is written before the answer leaves:
 * when it can't be, the answer is an error and shows nothing.
 */
export function auditLog(operators: Operators): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    await next()
    const signedIn = c.get('signedIn')
    const { method, path } = c.req
    if (!signedIn || !isNoted(method, path)) return
    const { operator } = signedIn
    const pattern = matchedRoutes(c).findLast((route) => !route.path.endsWith('*'))?.path ?? 'unmatched'
    await operators.noteAction({
      operatorId: operator.id,
      operator: `${operator.name} <${operator.email}>`,
      action: `${method} ${pattern}`,
      path: path.slice(0, longestPath),
      projectId: c.get('project')?.id ?? null,
      status: c.res.status,
      detail: c.get('detail') ?? null,
      requestId: c.get('requestId'),
    })
  }
}
