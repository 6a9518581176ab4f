import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { AuditNote } from '../audit/types.ts'
import { sha256 } from '../ids.ts'
import { isSafe, scopeOf, showsSecret } from './access.ts'
import type { ApiDependencies, ApiEnv } from './context.ts'
import { addressOf } from './visit.ts'

const longestTarget = 500

/**
 * Writes down who changed what, which secrets people asked for, and who failed to sign in. It is written before the answer
 * leaves: when it can't be, the answer is an error and shows nothing. What keys read of credentials has a way of its own.
 */
export function auditLog({ audit, operators, trustedProxies }: ApiDependencies): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    await next()
    if (!isNoted(c)) return
    const { method, path } = c.req
    const pattern = matchedRoutes(c).findLast((route) => !route.path.endsWith('*'))?.path ?? 'unmatched'
    await audit.write({
      projectId: c.get('project')?.id ?? null,
      actor: await actorOf(c, operators),
      action: isSignIn(c) ? 'sign in' : `${method} ${pattern}`,
      target: targetOf(path),
      address:
        addressOf(c.env?.incoming?.socket?.remoteAddress, c.req.header('x-forwarded-for'), trustedProxies) ?? null,
      status: c.res.status,
      detail: c.get('detail') ?? null,
      requestId: c.get('requestId'),
    })
  }
}

function isNoted(c: Context<ApiEnv>): boolean {
  const { method, path } = c.req
  const { status } = c.res
  if (c.get('signedIn') || c.get('actor')) return !isSafe(method) || showsSecret(path)
  if (isSignIn(c)) return true
  // A key that is refused for its shape changed nothing; one that reaches for what it may not have is worth a line.
  if (c.get('keyId') !== undefined) {
    const asked = !isSafe(method) || (showsSecret(path) && !path.endsWith('/info'))
    return asked && (status < 400 || status === 403)
  }
  return false
}

const signInPaths = /^\/api\/v1\/(?:setup|session|session\/passkeys\/verification|operatorInvites\/[^/]+\/acceptance)$/

/** Good or not. Begun ones that ask for the code of an app are not over yet. */
const isSignIn = (c: Context<ApiEnv>): boolean =>
  c.req.method === 'POST' &&
  scopeOf(c.req.method, c.req.path) === 'open' &&
  signInPaths.test(c.req.path) &&
  [200, 401, 429].includes(c.res.status)

async function actorOf(c: Context<ApiEnv>, operators: ApiDependencies['operators']): Promise<AuditNote['actor']> {
  const operator = c.get('signedIn')?.operator ?? c.get('newcomer')
  if (operator) return { kind: 'operator', id: operator.id, name: `${operator.name} <${operator.email}>` }
  const keyId = c.get('keyId')
  if (keyId !== undefined) {
    const isSession = Boolean(c.get('access')?.session)
    return {
      kind: isSession ? 'session' : 'key',
      id: keyId,
      name: `${isSession ? 'session token' : 'API key'} ${keyId}`,
    }
  }
  if (c.get('actor')?.kind === 'key') return { kind: 'operator_key', id: null, name: "the operator's key" }
  // An address that is nobody's is not kept: people type passwords into the wrong field.
  const email = c.get('triedEmail')
  const tried = email === undefined ? undefined : await operators.nameOf(email)
  return { kind: 'nobody', id: tried?.id ?? null, name: tried ? `somebody, as ${tried.name}` : 'somebody' }
}

/** Entities are forgotten without a trace when they are deleted, so their ids stand here as a fingerprint. */
const targetOf = (path: string): string => {
  const [, entityId, rest] = /^\/api\/v1\/entities\/([^/]+)(.*)$/s.exec(path) ?? []
  if (entityId !== undefined) return `/api/v1/entities/${fingerprint(entityId)}${rest}`.slice(0, longestTarget)
  // The token of an invitation is a secret until it was used.
  return path.replace(/(\/operatorInvites\/)[^/]+(\/acceptance)/, '$1…$2').slice(0, longestTarget)
}

const fingerprint = (text: string): string => `sha256-${Buffer.from(sha256(text)).toString('hex').slice(0, 16)}`
