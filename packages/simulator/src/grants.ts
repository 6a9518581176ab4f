import { createHash, randomBytes } from 'node:crypto'
import type { SimulatorOptions, SimulatorScript } from './types.ts'

/** What one person allowed one client, and every token that came of it. Times are milliseconds since 1970. */
export interface Grant {
  projectId: string
  appKey: string
  clientId: string
  personId: string
  requestedScopes: string[]
  scopes: string[]
  /** Values of names in the URLs the grant was made at: a token of one tenant is no good at another. */
  values: Record<string, string>
  codeHash: string
  accessTokens: { hash: string; expiresAt: number | null }[]
  refreshTokens: { hash: string; expiresAt: number | null; retiredAt: number | null }[]
  revoked: boolean
  rotateRefreshTokens: boolean
  failures: NonNullable<SimulatorScript['failNextTokenCalls']> | null
  /** Calls to the token endpoint on behalf of this grant, failed ones included. */
  tokenCalls: number
}

/** Enough to recognise every token that may still be in use, without growing for ever. */
const keptTokens = 50

const grantKind = 'grant'

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

export const newGrantId = (): string => randomBytes(12).toString('hex')

/** `at` access token, `rt` refresh token, `code` authorization code. Only hashes of these are kept. */
export function newToken(kind: 'at' | 'rt' | 'code', grantId: string): string {
  return `sim-${kind}-${grantId}-${randomBytes(24).toString('base64url')}`
}

/** @returns Undefined for a text that the simulator surely did not issue. */
export function grantIdOf(token: string): string | undefined {
  return /^sim-(?:at|rt|code)-([0-9a-f]{24})-[\w-]{32}$/.exec(token)?.[1]
}

export function addAccessToken(grant: Grant, token: string, expiresAt: number | null): void {
  grant.accessTokens = [...grant.accessTokens, { hash: hashOf(token), expiresAt }].slice(-keptTokens)
}

export function addRefreshToken(grant: Grant, token: string, expiresAt: number | null): void {
  const added = { hash: hashOf(token), expiresAt, retiredAt: null }
  grant.refreshTokens = [...grant.refreshTokens, added].slice(-keptTokens)
}

/** Whether two readings of an app's URLs name the same tenant, where they name the same thing at all. */
export function agrees(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  return Object.entries(right).every(([name, value]) => left[name] === undefined || left[name] === value)
}

export interface Grants {
  create(grantId: string, grant: Grant): Promise<void>
  find(grantId: string): Promise<Grant | undefined>
  /** The grant that issued this token, whatever became of either. */
  findByToken(token: string): Promise<{ grantId: string; grant: Grant } | undefined>
  /**
   * Reads, changes and writes back; begins again when another process wrote in between, so `change` may run several times.
   * A change that throws writes nothing.
   * @returns Undefined when there is no such grant.
   */
  update<Result>(grantId: string, change: (grant: Grant) => Result): Promise<Result | undefined>
}

export function createGrants(records: SimulatorOptions['records']): Grants {
  const find = async (grantId: string) => {
    const text = await records.get(grantKind, grantId)
    return text === undefined ? undefined : (JSON.parse(text) as Grant)
  }

  return {
    create: (grantId, grant) => records.put(grantKind, grantId, JSON.stringify(grant)),
    find,
    async findByToken(token) {
      const grantId = grantIdOf(token)
      const grant = grantId === undefined ? undefined : await find(grantId)
      if (grantId === undefined || !grant) return undefined
      const hash = hashOf(token)
      const known = [...grant.accessTokens, ...grant.refreshTokens].some((issued) => issued.hash === hash)
      return known ? { grantId, grant } : undefined
    },
    async update(grantId, change) {
      for (;;) {
        const text = await records.get(grantKind, grantId)
        if (text === undefined) return undefined
        const grant = JSON.parse(text) as Grant
        const result = change(grant)
        if (await records.replace(grantKind, grantId, text, JSON.stringify(grant))) return result
      }
    },
  }
}
