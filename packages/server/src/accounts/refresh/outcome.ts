import { isMachine } from '@holdfast/catalog'
import type { Integration } from '../../integrations/index.ts'
import type { TokenError } from '../../oauth/types.ts'
import type { AccountRow, RefreshAttemptRow } from '../../store/index.ts'
import { changeStatus } from '../changes.ts'
import type { Context } from '../context.ts'
import { isOAuth } from '../providers.ts'
import { reasonColumns, statusReason } from '../reasons.ts'
import type { StatusReasonCode } from '../types.ts'
import { flagClientProblem } from './client-problem.ts'

const backoff = { firstMs: 5_000, maxMs: 10 * 60_000 }

/**
 * Whether the old refresh token may be sent once more after a call whose outcome nobody knows. A provider that keeps
 * refresh tokens takes it any number of times; one that replaces them only within its grace period, once; one of which
 * we don't know, once.
 */
export function mayCallAgain(integration: Integration, unfinished: RefreshAttemptRow, now: Date): boolean {
  const { scheme } = integration
  // Nothing is used up by fetching once more.
  if (!isOAuth(scheme)) return isMachine(scheme)
  const { rotates } = scheme.refresh
  if (rotates === false) return true
  if (unfinished.calls > 1) return false
  return rotates === 'unknown' || isWithinGrace(integration, unfinished, now)
}

/** Whether the provider still takes a refresh token that the doubtful call may have retired. */
export const isWithinGrace = ({ scheme }: Integration, { started_at }: RefreshAttemptRow, now: Date): boolean =>
  isOAuth(scheme) && now.getTime() - started_at < scheme.refresh.graceSeconds * 1000

/**
 * An app that answered, with whatever error, has said that it kept the grant as it was. One that did not answer may have
 * replaced the refresh token.
 */
export const isDoubtful = (error: TokenError): boolean => error.outcomeUnknown && error.status === null

/** Reads what a failed call means for the account, and records it. */
export async function failed(
  context: Context,
  row: AccountRow,
  integration: Integration,
  journal: RefreshAttemptRow,
  error: TokenError,
): Promise<AccountRow | undefined> {
  const { store, clock } = context
  const now = clock.now()
  const details = {
    accountId: row.id,
    app: row.app_key,
    kind: error.kind,
    status: error.status,
    oauthError: error.oauthError,
  }
  context.log.warn(details, 'a refresh failed')
  if (error.kind === 'grant_lost')
    return endAccount(context, row, journal.calls > 1 ? 'refresh_outcome_unknown' : 'grant_revoked', error.message)
  if (error.kind === 'client_rejected') await flagClientProblem(context, row, integration, error)

  // A doubtful call stays in the journal, so that whoever comes next knows of it.
  if (!isDoubtful(error)) await store.accounts.endAttempt(row.id, row.fence)
  else if (!mayCallAgain(integration, journal, now) && row.expires_at !== null && row.expires_at <= now.getTime())
    return endAccount(context, row, 'refresh_outcome_unknown')

  const failures = row.refresh_failures + 1
  const code: StatusReasonCode = error.kind === 'client_rejected' ? 'client_rejected' : 'provider_unavailable'
  return store.accounts.updateAtVersion(row.project_id, row.id, row.credentials_version, {
    retry_after: now.getTime() + Math.max((error.retryAfterSeconds ?? 0) * 1000, jittered(context, failures)),
    refresh_failures: failures,
    warned_until: null,
    ...reasonColumns(statusReason(code, error.message)),
    updated_at: now.getTime(),
  })
}

/**
 * Something of ours is broken, so that nobody could be asked: credentials that do not open, a key service that is away. A
 * read tries again; the background waits longer each time. @returns False when not even that could be stored.
 */
export async function putOff(context: Context, row: AccountRow): Promise<boolean> {
  const failures = row.refresh_failures + 1
  const later = {
    background_after: context.clock.now().getTime() + jittered(context, failures),
    refresh_failures: failures,
    warned_until: null,
  }
  return context.store.accounts.updateAtVersion(row.project_id, row.id, row.credentials_version, later).then(
    () => true,
    () => false,
  )
}

/** Nobody was asked; the account waits for the probe of another one. */
export async function postpone(context: Context, row: AccountRow): Promise<AccountRow | undefined> {
  return context.store.accounts.updateAtVersion(row.project_id, row.id, row.credentials_version, {
    retry_after: context.clock.now().getTime() + jittered(context, 4),
    warned_until: null,
    ...reasonColumns(statusReason('client_rejected')),
  })
}

/** The access token is still good, and there is nothing to be tried. */
export const waitForEnd = ({ store }: Context, row: AccountRow): Promise<AccountRow | undefined> =>
  store.accounts.updateAtVersion(row.project_id, row.id, row.credentials_version, { retry_after: row.expires_at })

/** Doubles with each failure in a row; between half and the whole of it, so that many accounts do not come back together. */
function jittered({ random }: Context, failures: number): number {
  const full = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(failures - 1, 20))
  return Math.round(full / 2 + (full / 2) * random())
}

/** The grant is gone: the account is EXPIRED, with the reason and who must act. */
export async function endAccount(
  { store, clock }: Context,
  row: AccountRow,
  code: StatusReasonCode,
  detail?: string,
): Promise<AccountRow | undefined> {
  return store.transaction(async (queries) => {
    const at = clock.now()
    const changes = {
      status: 'EXPIRED' as const,
      ...reasonColumns(statusReason(code, detail)),
      refresh_after: null,
      background_after: null,
      retry_after: null,
      updated_at: at.getTime(),
    }
    const expired = await changeStatus(queries, row, changes, { type: 'connected_account.expired', at })
    await queries.accounts.endAttempt(row.id, row.fence)
    return expired
  })
}
