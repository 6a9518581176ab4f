import type { OperatorRole } from '../operators/types.ts'

/**
 * Who may call what, in one place. `open`: before anybody is known. `own`: a signed-in operator, about themselves.
 * `operators`: about operators. `installation`: about projects and their keys. `project`: everything inside a project.
 */
export type Scope = 'open' | 'own' | 'operators' | 'installation' | 'project'

const scopes: readonly [RegExp, Scope][] = [
  [/^\/api\/v1\/(?:setup|operatorInvites\/[^/]+\/acceptance|session\/passkeys\/(?:options|verification))$/, 'open'],
  [/^\/api\/v1\/(?:session|operator)(?:\/|$)/, 'own'],
  [/^\/api\/v1\/(?:operators|operatorInvites|auditLog)(?:\/|$)/, 'operators'],
  [/^\/api\/v1\/projects(?:\/|$)/, 'installation'],
]

/** @param path Canonical; see `paths.ts`. */
export function scopeOf(method: string, path: string): Scope {
  if (method === 'POST' && path === '/api/v1/session') return 'open'
  return scopes.find(([pattern]) => pattern.test(path))?.[1] ?? 'project'
}

/** Reads that show a secret. Everything else that does is no GET. */
const secretReads = /^\/api\/v1\/(?:connectedAccounts\/[^/]+\/info|webhookEndpoints\/[^/]+\/secret)$/

export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

export const showsSecret = (path: string): boolean => secretReads.test(path)

/** @returns Why an operator of this role may not do this; undefined when they may. */
export function refusalOf(role: OperatorRole, scope: Scope, method: string, path: string): string | undefined {
  if (scope === 'open' || scope === 'own' || role === 'owner') return undefined
  if (role === 'viewer') {
    if (scope === 'operators') return 'A viewer does not see who the operators are.'
    if (!isSafe(method)) return 'A viewer looks and changes nothing.'
    if (secretReads.test(path)) return 'A viewer never sees credentials or secrets.'
  }
  if (scope === 'operators' && method === 'PATCH') return 'Only an owner changes the roles of operators.'
  return undefined
}
