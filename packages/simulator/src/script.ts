import type { Grant, Grants } from './grants.ts'
import type { SimulatorScript, SimulatorState } from './types.ts'

/**
 * Applies a script to the grant that issued the token; an empty script only reads the state.
 * @throws {RangeError} when a scripted status is none that an answer can have.
 */
export async function applyScript(
  grants: Grants,
  now: Date,
  token: string,
  script: SimulatorScript,
): Promise<SimulatorState | undefined> {
  const status = script.failNextTokenCalls?.status ?? 503
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError('status must be 200 to 599')
  const found = await grants.findByToken(token)
  if (!found) return undefined
  return grants.update(found.grantId, (grant) => {
    if (script.expireNow) {
      const expired = (expiresAt: number | null) => Math.min(expiresAt ?? now.getTime(), now.getTime())
      grant.accessTokens = grant.accessTokens.map((issued) => ({ ...issued, expiresAt: expired(issued.expiresAt) }))
    }
    if (script.revoke) grant.revoked = true
    if (script.rotateRefreshTokens !== undefined) grant.rotateRefreshTokens = script.rotateRefreshTokens
    if (script.failNextTokenCalls)
      grant.failures = script.failNextTokenCalls.times > 0 ? script.failNextTokenCalls : null
    return stateOf(grant)
  })
}

function stateOf(grant: Grant): SimulatorState {
  const expiresAt = grant.accessTokens.at(-1)?.expiresAt ?? null
  return {
    accessTokenExpiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    revoked: grant.revoked,
    rotateRefreshTokens: grant.rotateRefreshTokens,
    pendingFailures: grant.failures?.times ?? 0,
    tokenCalls: grant.tokenCalls,
  }
}
