import type { Integration } from '../../integrations/index.ts'
import type { RefreshOutcome } from '../../metrics.ts'
import { TokenError, type TokenSet } from '../../oauth/types.ts'
import type { AccountRow, RefreshAttemptRow } from '../../store/index.ts'
import type { Context } from '../context.ts'
import {
  type Credentials,
  countedFrom,
  expiryColumns,
  openCredentials,
  prepareCredentialsSeal,
  storedTokens,
} from '../credentials.ts'
import { isOAuth } from '../providers.ts'
import { clearClientProblem, mayCall } from './client-problem.ts'
import type { Findings, Gate } from './gate.ts'
import type { Lease } from './lease.ts'
import { endAccount, failed, isDoubtful, isWithinGrace, mayCallAgain, postpone, waitForEnd } from './outcome.ts'
import { isRenewed, renewalFor } from './renewal.ts'
import type { Spool } from './spool.ts'

/** What an attempt works with. */
export interface Tools {
  context: Context
  gate: Gate
  spool: Spool
  lease: Lease
  /** Told once how the attempt ended, unless it ends by an exception. */
  report: (outcome: RefreshOutcome) => void
}

/** What one works with whom the gate has let in. */
type ToolsInside = Tools & { findings: Findings }

/** @returns The row as stored; undefined when another change came first (a reconnect, a delete) and wins. */
export async function refreshUnderLease(tools: Tools, row: AccountRow): Promise<AccountRow | undefined> {
  const { context, lease } = tools
  const journal = await context.store.accounts.findAttempt(row.project_id, row.id)
  const unfinished = journal?.credentials_version === row.credentials_version ? journal : undefined
  if (unfinished && lease.lastHolderMs !== undefined) {
    const { isSettled, current } = await heedLastHolder(tools, row, lease.lastHolderMs)
    if (isSettled) return current
  }
  return tools.gate(row.integration_id, (findings) => refreshUnlessVain({ ...tools, findings }, row, unfinished))
}

async function refreshUnlessVain(
  tools: ToolsInside,
  row: AccountRow,
  unfinished: RefreshAttemptRow | undefined,
): Promise<AccountRow | undefined> {
  const { context } = tools
  const integration = await context.integrations.get(row.project_id, row.integration_id)
  const credentials = await openCredentials(context, row)
  // A token of OAuth 1 that ends is renewed by nobody but the person.
  if (credentials && integration.scheme.scheme === 'OAUTH1') return endAccount(context, row, 'refresh_token_missing')
  if (!credentials || !isRenewed(integration.scheme, credentials)) return row
  if (isOAuth(integration.scheme) && !credentials.tokens?.refreshToken)
    return endAccount(context, row, 'refresh_token_missing')
  if (unfinished && !mayCallAgain(integration, unfinished, context.clock.now())) {
    const isExpired = row.expires_at === null || row.expires_at <= context.clock.now().getTime()
    return isExpired ? endAccount(context, row, 'refresh_outcome_unknown') : waitForEnd(context, row)
  }
  if (!(await mayCall(context, integration))) return postpone(context, row)
  return callAndStore(tools, row, integration, credentials, unfinished)
}

/**
 * A holder whose lease lapsed amid an attempt has died, or the database was away. Its answer may lie in the spool here;
 * or it lives, waits for its answer or has it in its own spool: then it says so by storing the answer, or by taking its
 * lease back.
 */
async function heedLastHolder(
  { context, lease, spool }: Tools,
  row: AccountRow,
  patienceMs: number,
): Promise<{ isSettled: boolean; current?: AccountRow | undefined }> {
  const { store, clock } = context
  const giveUpAt = clock.now().getTime() + patienceMs
  await spool.replay(row.id)
  for (;;) {
    const changed = store.signals.next(row.id)
    try {
      const current = await store.accounts.find(row.project_id, row.id)
      if (current?.credentials_version !== row.credentials_version) return { isSettled: true, current }
      if (current.fence !== lease.fence()) return { isSettled: true }
      const leftMs = giveUpAt - clock.now().getTime()
      if (leftMs <= 0) return { isSettled: false }
      await clock.sleep(leftMs, changed.signal).catch(() => undefined)
    } finally {
      changed.stop()
    }
  }
}

async function callAndStore(
  tools: ToolsInside,
  row: AccountRow,
  integration: Integration,
  credentials: Credentials,
  unfinished: RefreshAttemptRow | undefined,
): Promise<AccountRow | undefined> {
  const { context, spool, lease, report, findings } = tools
  const { store, clock } = context
  const renewal = await renewalFor(context, integration, credentials)
  const next = { projectId: row.project_id, accountId: row.id, version: row.credentials_version + 1 }
  const seal = await prepareCredentialsSeal(context, next)
  const journal: RefreshAttemptRow = {
    account_id: row.id,
    project_id: row.project_id,
    credentials_version: row.credentials_version,
    fence: lease.fence(),
    started_at: unfinished?.started_at ?? clock.now().getTime(),
    calls: (unfinished?.calls ?? 0) + 1,
  }
  // Nothing but the call comes after the journal, so that a crash in between is as rare as can be.
  if (!(await begin(context, journal))) return undefined
  lease.keep()
  const askedAt = clock.now()
  let answer: TokenSet
  try {
    answer = await renewal.renew()
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    if (isDoubtful(error) && !unfinished && isWithinGrace(integration, journal, clock.now()))
      return callAndStore(tools, row, integration, credentials, journal)
    report(outcomeOf(error))
    if (error.kind === 'client_rejected') findings.bad()
    else if (error.kind === 'grant_lost') findings.good()
    return failed(context, { ...row, fence: lease.fence() }, integration, journal, error)
  }
  findings.good()
  // From here to the spool nothing is awaited: no crash can come between the answer and the disk.
  const tokens = storedTokens(answer, countedFrom(answer, askedAt, clock.now()), credentials.tokens)
  const stored = await spool.store({
    projectId: row.project_id,
    accountId: row.id,
    integrationId: row.integration_id,
    appKey: row.app_key,
    credentialsVersion: row.credentials_version,
    fence: lease.fence(),
    sealed: seal({ params: { ...credentials.params, ...answer.learned }, tokens }),
    expiry: expiryColumns(tokens, renewal.rotates, context.random),
    grantedScopes: tokens.scopes,
  })
  report(stored ? 'renewed' : 'overtaken')
  await clearClientProblem(context, stored ?? row, integration)
  if (stored) return stored
  return store.accounts.find(row.project_id, row.id)
}

/** Journals a call that is about to be made. @returns False when the lease, or the race for the credentials, is lost. */
function begin({ store }: Context, attempt: RefreshAttemptRow): Promise<boolean> {
  return store.transaction(async (queries) => {
    const row = await queries.accounts.find(attempt.project_id, attempt.account_id)
    const isHeld = row?.fence === attempt.fence && row.credentials_version === attempt.credentials_version
    if (isHeld) await queries.accounts.beginAttempt(attempt)
    return isHeld
  })
}

function outcomeOf(error: TokenError): RefreshOutcome {
  if (error.kind === 'grant_lost' || error.kind === 'client_rejected') return error.kind
  if (error.status === 429) return 'rate_limited'
  return isDoubtful(error) ? 'outcome_unknown' : 'unavailable'
}
