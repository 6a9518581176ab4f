import { AppError } from '../errors.ts'
import type { Integration } from '../integrations/index.ts'
import { refreshTokens } from '../oauth/index.ts'
import { TokenError, type TokenSet } from '../oauth/types.ts'
import { Secret } from '../secret.ts'
import type { AccountChanges, AccountRow, RefreshAttemptRow } from '../store/index.ts'
import { recordEvent } from './changes.ts'
import type { Context } from './context.ts'
import {
  type Credentials,
  expiryColumns,
  openCredentials,
  type StoredTokens,
  sealCredentials,
  storedTokens,
} from './credentials.ts'
import { isOAuth, oauthProviderFor } from './providers.ts'
import { reasonColumns, statusReason } from './reasons.ts'
import type { StatusReasonCode } from './types.ts'

/** Longer than the time a token call may take, so that a live holder never loses its lease to an impatient one. */
const leaseMs = 45_000
/** How long a reader waits for another's refresh before it gives up. */
const maxWaitMs = 50_000
/** A waiter looks again at least this often: the signal that wakes it may be lost. */
const recheckMs = 5_000

const backoff = { firstMs: 5_000, maxMs: 10 * 60_000 }

/**
 * Brings an account's access token to where it may be served: refreshes it when its margin is reached, one refresh at a
 * time over all processes, and never serves an expired token.
 *
 * @returns The row as it is afterwards; its status may have become EXPIRED. Undefined when the account is gone.
 * @throws {AppError} provider_unavailable when the token has expired and the app cannot be asked now.
 */
export function createRefresher(context: Context) {
  const running = new Map<string, Promise<AccountRow | undefined>>()

  return async function ensureFresh(row: AccountRow): Promise<AccountRow | undefined> {
    if (!isDue(row, context)) return row
    const current = running.get(row.id)
    if (current) return current
    const refresh = bringUpToDate(context, row).finally(() => running.delete(row.id))
    running.set(row.id, refresh)
    return refresh
  }
}

const isDue = (row: AccountRow, { clock }: Context) =>
  row.status === 'ACTIVE' && row.refresh_after !== null && row.refresh_after <= clock.now().getTime()

const isExpired = (row: AccountRow, { clock }: Context) =>
  row.expires_at !== null && row.expires_at <= clock.now().getTime()

async function bringUpToDate(context: Context, seen: AccountRow): Promise<AccountRow | undefined> {
  const { store, clock } = context
  const giveUpAt = clock.now().getTime() + maxWaitMs
  let row: AccountRow | undefined = seen
  while (row && isDue(row, context) && row.enabled === 1) {
    const now = clock.now().getTime()
    if (row.retry_after !== null && row.retry_after > now) return served(row, context)
    const leased = await store.accounts.takeLease(row.project_id, row.id, context.processId, now, now + leaseMs)
    if (leased) return (await refreshUnderLease(context, leased)) ?? (await store.accounts.find(row.project_id, row.id))
    if (!isExpired(row, context)) return row
    if (now >= giveUpAt) throw unavailable(row)
    await changeOf(context, row, Math.min(recheckMs, giveUpAt - now))
    row = await store.accounts.find(row.project_id, row.id)
  }
  return row
}

/** A token that is still valid is served although its refresh failed; an expired one never. */
function served(row: AccountRow, context: Context): AccountRow {
  if (isExpired(row, context))
    throw unavailable(row, row.retry_after === null ? undefined : row.retry_after - context.clock.now().getTime())
  return row
}

const unavailable = (row: AccountRow, waitMs = backoff.firstMs) =>
  new AppError(
    'provider_unavailable',
    row.reason_message ?? 'The access token has expired and the app could not be asked for a new one yet.',
    {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    },
  )

async function changeOf({ store, clock }: Context, row: AccountRow, timeoutMs: number): Promise<void> {
  const woken = new AbortController()
  const stop = store.signals.watch(row.id, () => woken.abort())
  try {
    await clock.sleep(timeoutMs, woken.signal).catch(() => undefined)
  } finally {
    stop()
  }
}

/** @returns The row as stored; undefined when another change came first (a reconnect, a delete) and wins. */
async function refreshUnderLease(context: Context, seen: AccountRow): Promise<AccountRow | undefined> {
  const { store } = context
  try {
    // Another holder may have refreshed between our look and our lease.
    if (!isDue(seen, context)) return seen
    const integration = await context.integrations.get(seen.project_id, seen.integration_id)
    const credentials = await openCredentials(context, seen)
    if (!credentials?.tokens || !isOAuth(integration.scheme)) return seen
    if (credentials.tokens.refreshToken === null) return await end(context, seen, 'refresh_token_missing')
    return await attempt(context, seen, integration, { ...credentials, tokens: credentials.tokens })
  } finally {
    await store.accounts.releaseLease(seen.project_id, seen.id, seen.fence)
    await store.signals.changed(seen.id)
  }
}

async function attempt(
  context: Context,
  row: AccountRow,
  integration: Integration,
  credentials: Credentials & { tokens: StoredTokens },
): Promise<AccountRow | undefined> {
  const { store } = context
  const journal = await store.accounts.findAttempt(row.project_id, row.id)
  const unfinished = journal?.credentials_version === row.credentials_version ? journal : undefined
  if (unfinished?.reply) return useReply(context, row, unfinished.reply, credentials)
  if (unfinished && !mayCallAgain(context, integration, unfinished))
    return isExpired(row, context) ? end(context, row, 'refresh_outcome_unknown') : row

  const calls = (unfinished?.calls ?? 0) + 1
  await store.accounts.beginAttempt({
    account_id: row.id,
    project_id: row.project_id,
    credentials_version: row.credentials_version,
    fence: row.fence,
    started_at: unfinished?.started_at ?? context.clock.now().getTime(),
    calls,
  })
  let answer: TokenSet
  try {
    const provider = await oauthProviderFor(context, integration, { ...credentials.params })
    answer = await refreshTokens(provider, new Secret(credentials.tokens.refreshToken ?? ''))
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    return failed(context, row, integration, error, calls > 1)
  }
  const reply = { receivedAt: context.clock.now(), answer }
  const renewed: Credentials = {
    params: { ...credentials.params, ...answer.learned },
    tokens: storedTokens(reply.answer, reply.receivedAt, credentials.tokens),
  }
  // Sealed for the version it will have, so that the reply can become the row's credentials as it is.
  const sealed = await sealCredentials(
    context,
    { projectId: row.project_id, accountId: row.id, version: row.credentials_version + 1 },
    renewed,
  )
  await store.accounts.storeReply(row.id, row.fence, sealed)
  return useSealed(context, row, sealed, renewed.tokens)
}

/** A crash came between the reply and its use. */
async function useReply(
  context: Context,
  row: AccountRow,
  sealed: Uint8Array,
  previous: Credentials,
): Promise<AccountRow | undefined> {
  const renewed = await openCredentials(context, {
    ...row,
    credentials: sealed,
    credentials_version: row.credentials_version + 1,
  })
  return useSealed(context, row, sealed, renewed?.tokens ?? previous.tokens)
}

async function useSealed(
  context: Context,
  row: AccountRow,
  sealed: Uint8Array,
  tokens: StoredTokens | null,
): Promise<AccountRow | undefined> {
  const changes: AccountChanges & { credentials: Uint8Array } = {
    credentials: sealed,
    ...expiryColumns(tokens),
    ...(tokens?.scopes && { granted_scopes: JSON.stringify(tokens.scopes) }),
    ...reasonColumns(null),
    retry_after: null,
    refresh_failures: 0,
    updated_at: context.clock.now().getTime(),
  }
  return context.store.transaction(async (queries) => {
    const stored = await queries.accounts.replaceCredentials(row.project_id, row.id, row.credentials_version, changes)
    await queries.accounts.endAttempt(row.id, row.fence)
    return stored
  })
}

/**
 * Whether the old refresh token may be sent once more after a call whose outcome nobody knows. A provider that keeps
 * refresh tokens takes it any number of times; one that replaces them only within its grace period, once.
 */
function mayCallAgain(context: Context, integration: Integration, unfinished: RefreshAttemptRow): boolean {
  if (!isOAuth(integration.scheme)) return false
  const { rotates, graceSeconds } = integration.scheme.refresh
  if (rotates === false) return true
  if (unfinished.calls > 1) return false
  return rotates === 'unknown' || context.clock.now().getTime() - unfinished.started_at < graceSeconds * 1000
}

/** Reads what a failed call means for the account. */
async function failed(
  context: Context,
  row: AccountRow,
  integration: Integration,
  error: TokenError,
  calledBefore: boolean,
): Promise<AccountRow | undefined> {
  const { store, clock } = context
  context.log.warn(
    { accountId: row.id, app: row.app_key, kind: error.kind, status: error.status, oauthError: error.oauthError },
    'a refresh failed',
  )
  if (error.kind === 'grant_lost')
    return end(context, row, calledBefore ? 'refresh_outcome_unknown' : 'grant_revoked', error.message)
  if (error.outcomeUnknown) {
    const journal = await store.accounts.findAttempt(row.project_id, row.id)
    const lost = journal && !mayCallAgain(context, integration, journal)
    // An app that answered with an error has kept the grant as it was; one that did not answer may have replaced it.
    if (lost && error.status === null && isExpired(row, context)) return end(context, row, 'refresh_outcome_unknown')
  }
  if (!error.outcomeUnknown || error.status !== null) await store.accounts.endAttempt(row.id, row.fence)

  const failures = row.refresh_failures + 1
  const waitMs = Math.max((error.retryAfterSeconds ?? 0) * 1000, jittered(context, failures))
  const code: StatusReasonCode = error.kind === 'client_rejected' ? 'client_rejected' : 'provider_unavailable'
  const waiting = await store.accounts.updateAtVersion(row.project_id, row.id, row.credentials_version, {
    retry_after: clock.now().getTime() + waitMs,
    refresh_failures: failures,
    ...reasonColumns(statusReason(code, error.message)),
    updated_at: clock.now().getTime(),
  })
  return waiting && served(waiting, context)
}

/** Doubles with each failure in a row; between half and the whole of it, so that many accounts do not come back together. */
function jittered({ random }: Context, failures: number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(failures - 1, 20))
  return full / 2 + (full / 2) * random()
}

/** The grant is gone: the account is EXPIRED, with the reason and who must act. */
async function end(
  { store, clock }: Context,
  row: AccountRow,
  code: StatusReasonCode,
  detail?: string,
): Promise<AccountRow | undefined> {
  return store.transaction(async (queries) => {
    const expired = await queries.accounts.updateAtVersion(row.project_id, row.id, row.credentials_version, {
      status: 'EXPIRED',
      ...reasonColumns(statusReason(code, detail)),
      refresh_after: null,
      retry_after: null,
      updated_at: clock.now().getTime(),
    })
    await queries.accounts.endAttempt(row.id, row.fence)
    if (expired) await recordEvent(queries, expired, 'connected_account.expired', clock.now(), row.status)
    return expired
  })
}
