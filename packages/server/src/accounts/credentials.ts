import type { OAuth2Scheme } from '@holdfast/catalog'
import { AppError } from '../errors.ts'
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
  /** ISO 8601: expiry counts from here, not from any clock of the app. */
  receivedAt: string
  expiresInSeconds: number | null
  /** ISO 8601: when the refresh token ends, as far as the app tells. */
  refreshExpiresAt: string | null
  /** Each use of the refresh token puts its end off. */
  refreshDiesUnused?: true
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

/** Like `sealCredentials`, with the waiting done before the credentials are there. */
export async function prepareCredentialsSeal(
  { vault }: Pick<Context, 'vault'>,
  row: { projectId: string; accountId: string; version: number },
): Promise<(credentials: Credentials) => Uint8Array> {
  const seal = await vault.prepareSeal(context(row.projectId, row.accountId, row.version))
  return (credentials) => seal(JSON.stringify(credentials))
}

/** @returns Null for an account that has none yet. */
export async function openCredentials(
  { vault }: Pick<Context, 'vault'>,
  row: Pick<AccountRow, 'project_id' | 'id' | 'credentials' | 'credentials_version'>,
): Promise<Credentials | null> {
  if (row.credentials === null) return null
  const opened = await vault.open(row.credentials, context(row.project_id, row.id, row.credentials_version))
  return JSON.parse(opened) as Credentials
}

/** What a reconnect takes over from before. It is also what mends credentials that no longer open, so those count as none. */
export async function previousCredentials(
  context: Pick<Context, 'vault'>,
  row: AccountRow,
): Promise<Credentials | null> {
  try {
    return await openCredentials(context, row)
  } catch (error) {
    if (error instanceof AppError && error.code === 'integrity_failed') return null
    throw error
  }
}

/**
 * From when the lifetime in an answer counts. An app may have made the tokens the moment it was asked, and sent them long
 * after; so much is not held against it that less than half of their life would be left.
 */
export function countedFrom({ expiresInSeconds }: TokenSet, askedAt: Date, receivedAt: Date): Date {
  if (expiresInSeconds === null) return receivedAt
  return new Date(Math.max(askedAt.getTime(), receivedAt.getTime() - expiresInSeconds * 500))
}

/** A missing new refresh token keeps the old one, and with it the end of the old one; a missing lifetime the old one's. */
export function storedTokens(answer: TokenSet, receivedAt: Date, previous: StoredTokens | null): StoredTokens {
  const isNewRefreshToken = answer.refreshToken !== null
  const refreshEnd =
    answer.refreshExpiresInSeconds === null
      ? null
      : new Date(receivedAt.getTime() + answer.refreshExpiresInSeconds * 1000).toISOString()
  return {
    accessToken: answer.accessToken.reveal(),
    refreshToken: answer.refreshToken?.reveal() ?? previous?.refreshToken ?? null,
    idToken: answer.idToken?.reveal() ?? previous?.idToken ?? null,
    tokenType: answer.tokenType,
    receivedAt: receivedAt.toISOString(),
    expiresInSeconds: answer.expiresInSeconds ?? lifetimeBefore(previous),
    refreshExpiresAt: isNewRefreshToken ? refreshEnd : (refreshEnd ?? previous?.refreshExpiresAt ?? null),
    ...(answer.refreshIdleSeconds && { refreshDiesUnused: true as const }),
    scopes: answer.scopes ?? previous?.scopes ?? null,
    extra: { ...previous?.extra, ...answer.extra },
  }
}

/** What is left of an imported token may be less than its lifetime. */
const leastLifetimeSeconds = 5 * 60

/** An app that does not say how long a token lives this time gives it no other life than before. */
const lifetimeBefore = (previous: StoredTokens | null): number | null =>
  previous === null || previous.expiresInSeconds === null
    ? null
    : Math.max(leastLifetimeSeconds, previous.expiresInSeconds)

/** The margin ahead of expiry at which a read refreshes: 10 % of the lifetime, at most 5 minutes. */
const maxMarginMs = 5 * 60_000

/**
 * What a refresh in the background has until the end for an app that is slow, or to be asked again; of a token that lives
 * less than a few minutes 30 % of its life.
 */
const retryTimeMs = 30_000

/** A refresh token that a refresh renews is used a week before it ends, but not in the first half of its life. */
const keepAliveMs = 7 * 24 * 60 * 60_000

export type ExpiryColumns = Pick<
  AccountRow,
  'expires_at' | 'refresh_after' | 'background_after' | 'refresh_expires_at' | 'warned_until'
>

/**
 * When these tokens end and when to act: a read refreshes from one margin before the end, the background loop from one
 * to two margins before (earlier still where margins are short), spread by `random` so that accounts which were connected together are not refreshed together.
 * Without a refresh token there is nothing to do before the end, unless the server itself fetches the next one.
 */
export function expiryColumns(
  tokens: StoredTokens | null,
  rotates: OAuth2Scheme['refresh']['rotates'] | 'by_fetching',
  random: () => number,
): ExpiryColumns {
  if (!tokens)
    return {
      expires_at: null,
      refresh_after: null,
      background_after: null,
      refresh_expires_at: null,
      warned_until: null,
    }
  const receivedAt = new Date(tokens.receivedAt).getTime()
  const isFetched = rotates === 'by_fetching'
  const hasRefreshToken = tokens.refreshToken !== null || isFetched
  const refreshEnd =
    hasRefreshToken && tokens.refreshExpiresAt !== null ? new Date(tokens.refreshExpiresAt).getTime() : null
  const lifetimeMs = tokens.expiresInSeconds === null ? null : tokens.expiresInSeconds * 1000
  const expiresAt = lifetimeMs === null ? null : receivedAt + lifetimeMs
  const margin = lifetimeMs === null || !hasRefreshToken ? 0 : Math.min(maxMarginMs, Math.floor(lifetimeMs / 10))
  const refreshAfter = expiresAt === null ? null : expiresAt - margin
  const early = lifetimeMs === null ? 0 : Math.max(0, Math.min(retryTimeMs, Math.floor(lifetimeMs * 0.3)) - margin)
  const ahead = refreshAfter === null ? null : refreshAfter - early - Math.floor(margin * random())
  // A token that renewing does not replace gains nothing from being used early.
  const halfLife = refreshEnd === null ? 0 : receivedAt + Math.floor((refreshEnd - receivedAt) / 2)
  const keepAlive =
    refreshEnd === null || (rotates === false && !tokens.refreshDiesUnused)
      ? null
      : Math.max(halfLife, refreshEnd - keepAliveMs)
  const background = [ahead, keepAlive].filter((time) => time !== null)
  return {
    expires_at: expiresAt,
    refresh_after: refreshAfter,
    // Who needs such a token fetches it; nobody logs in over and over for an account that is not used.
    background_after: isFetched
      ? null
      : hasRefreshToken && background.length > 0
        ? Math.min(...background)
        : refreshAfter,
    refresh_expires_at: refreshEnd,
    // One that is renewed in time is no news; a renewal that fails takes this back.
    warned_until: keepAlive === null ? null : refreshEnd,
  }
}
