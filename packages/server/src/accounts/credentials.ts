import type { TokenSet } from '../oauth/types.ts'
import type { AccountRow } from '../store/index.ts'
import type { SealContext } from '../vault/types.ts'
import type { Context } from './context.ts'

/** What is sealed in an account's row: the typed params, what was learned, and the tokens of OAuth schemes. */
export interface Credentials {
  params: Record<string, string>
  tokens: StoredTokens | null
}

/** Plain JSON while it is sealed or in the hands of this room; never logged, listed or put into an event. */
export interface StoredTokens {
  accessToken: string
  refreshToken: string | null
  idToken: string | null
  tokenType: string
  /** ISO 8601: expiry counts from receipt, not from any clock of the app. */
  receivedAt: string
  expiresInSeconds: number | null
  scopes: string[] | null
  extra: Record<string, string>
}

const context = (projectId: string, rowId: string, version: number): SealContext => ({
  projectId,
  table: 'connected_accounts',
  rowId,
  field: 'credentials',
  version,
})

/** Seals credentials for the version the row will have. */
export const sealCredentials = (
  { vault }: Pick<Context, 'vault'>,
  row: { projectId: string; accountId: string; version: number },
  credentials: Credentials,
): Promise<Uint8Array> => vault.seal(JSON.stringify(credentials), context(row.projectId, row.accountId, row.version))

/** @returns Null for an account that has none yet. */
export async function openCredentials({ vault }: Pick<Context, 'vault'>, row: AccountRow): Promise<Credentials | null> {
  if (row.credentials === null) return null
  return JSON.parse(
    await vault.open(row.credentials, context(row.project_id, row.id, row.credentials_version)),
  ) as Credentials
}

/** A missing new refresh token keeps the old one. */
export const storedTokens = (answer: TokenSet, receivedAt: Date, previous: StoredTokens | null): StoredTokens => ({
  accessToken: answer.accessToken.reveal(),
  refreshToken: answer.refreshToken?.reveal() ?? previous?.refreshToken ?? null,
  idToken: answer.idToken?.reveal() ?? previous?.idToken ?? null,
  tokenType: answer.tokenType,
  receivedAt: receivedAt.toISOString(),
  expiresInSeconds: answer.expiresInSeconds,
  scopes: answer.scopes ?? previous?.scopes ?? null,
  extra: { ...previous?.extra, ...answer.extra },
})

/** The margin ahead of expiry at which a read refreshes: 10 % of the lifetime, at most 5 minutes. */
const maxMarginMs = 5 * 60_000

/** The expiry columns that go with these tokens. Without a refresh token there is nothing to do before the end. */
export function expiryColumns(tokens: StoredTokens | null): {
  expires_at: number | null
  refresh_after: number | null
} {
  if (!tokens || tokens.expiresInSeconds === null) return { expires_at: null, refresh_after: null }
  const lifetimeMs = tokens.expiresInSeconds * 1000
  const expiresAt = new Date(tokens.receivedAt).getTime() + lifetimeMs
  const margin = tokens.refreshToken === null ? 0 : Math.min(maxMarginMs, Math.floor(lifetimeMs / 10))
  return { expires_at: expiresAt, refresh_after: expiresAt - margin }
}
