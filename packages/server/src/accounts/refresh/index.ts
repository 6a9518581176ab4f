/**
 * Keeps access tokens fresh without ever losing a grant: one refresh an account at a time over all processes, no
 * transaction open while an app answers, and an answer that is on disk before anything else happens with it.
 */
import { within } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import type { RefreshOutcome } from '../../metrics.ts'
import type { AccountRow } from '../../store/index.ts'
import type { Span } from '../../tracing.ts'
import type { Context } from '../context.ts'
import { refreshUnderLease } from './attempt.ts'
import { createGate } from './gate.ts'
import { holdLease, type Lease, leaseMs, takeLease } from './lease.ts'
import { putOff } from './outcome.ts'
import { createSpool } from './spool.ts'

/** How long a reader waits for a refresh of an expired token before it is told to come back. */
const maxWaitMs = 50_000
/** A reader whose token is still good waits only this long for a better one. */
const maxWaitWithGoodTokenMs = 5_000
/** A waiter looks again at least this often: the signal that wakes it may be lost. */
const recheckMs = 5_000

export interface Refresher {
  /**
   * Brings an account's access token to where it may be served.
   * @returns The row as it is afterwards; its status may have become EXPIRED. Undefined when the account is gone.
   * @throws {AppError} provider_unavailable when the token has expired and there is no new one yet.
   */
  ensureFresh(row: AccountRow): Promise<AccountRow | undefined>
  /**
   * Takes the account of an app that has been due for longest and refreshes it, ahead of its reads. What goes wrong is
   * recorded on it.
   * @returns The account as it was, and its refresh; undefined when none is due, or all that are are in other hands.
   */
  beginDue(appKey: string): Promise<{ row: AccountRow; ended: Promise<void> } | undefined>
  /** The same for an account whose holder let its lease lapse. */
  refreshLapsed(row: AccountRow): Promise<void>
  /** Uses answers that an earlier process, or a database that was away, left in the spool. @returns How many. */
  replaySpool(): Promise<number>
  /** Resolves when no refresh of this process is under way. */
  idle(): Promise<void>
}

export function createRefresher(context: Context): Refresher {
  const { store, clock } = context
  const running = new Map<string, Promise<AccountRow | undefined>>()
  const gate = createGate(clock)
  const spool = createSpool(context)

  /** One attempt of this process an account, however many ask for it. */
  function once(id: string, attempt: () => Promise<AccountRow | undefined>): Promise<AccountRow | undefined> {
    const current = running.get(id)
    if (current) return current
    const started = attempt().finally(() => running.delete(id))
    running.set(id, started)
    return started
  }

  /** @returns The row as stored; undefined when another process has the lease or another change came first. */
  const refreshOnce = (row: AccountRow, due: (row: AccountRow) => boolean) =>
    once(row.id, async () => {
      const taken = await takeLease(context, row)
      // Another holder may have refreshed between our look and our lease.
      return taken && refreshWith(taken.lease, taken.row, due)
    })

  const refreshWith = (lease: Lease, leased: AccountRow, due: (row: AccountRow) => boolean) =>
    context.tracing.span('refresh', { 'holdfast.app': leased.app_key }, (span) =>
      refreshInSpan(span, lease, leased, due),
    )

  async function refreshInSpan(
    span: Span,
    lease: Lease,
    leased: AccountRow,
    due: (row: AccountRow) => boolean,
  ): Promise<AccountRow | undefined> {
    const begun = performance.now()
    const report = (outcome: RefreshOutcome) => {
      context.metrics.refreshEnded(leased.app_key, outcome, (performance.now() - begun) / 1000)
      span.set({ 'holdfast.refresh.outcome': outcome })
    }
    let end = lease.release
    try {
      return due(leased) ? await refreshUnderLease({ context, gate, spool, lease, report }, leased) : leased
    } catch (error) {
      report('error')
      // There may be an answer that could not be stored. Whoever comes next sees by the lapsed lease to be careful.
      if (lease.mayHaveCalled() || !(await putOff(context, leased))) end = lease.stopRenewing
      throw error
    } finally {
      await end()
      await store.signals.changed(leased.id)
    }
  }

  const readIsDue = (row: AccountRow) => isActive(row) && isPast(row.refresh_after, clock.now())
  const backgroundIsDue = (row: AccountRow) =>
    isActive(row) && (readIsDue(row) || isPast(row.background_after, clock.now()))

  /** A reader with a good token has no part in what goes wrong. */
  const failingQuietly = (attempt: Promise<AccountRow | undefined>, accountId: string) =>
    attempt.catch((error: unknown) => {
      context.log.warn({ err: error, accountId }, 'a refresh failed; the token is still good')
      return undefined
    })

  return {
    async ensureFresh(seen) {
      const giveUpAt = clock.now().getTime() + maxWaitMs
      let waitingSince: number | undefined
      const endWait = (granted: boolean) => {
        if (waitingSince !== undefined) context.metrics.leaseWaited((performance.now() - waitingSince) / 1000, granted)
      }
      let row: AccountRow | undefined = seen
      while (row && readIsDue(row)) {
        const now = clock.now()
        const isGood = !isPast(goodUntil(row), now)
        if (isBackingOff(row, now) && !(await isReleased(context, row))) return serve(row, now)
        const { id } = row
        // Watched from here on, so that a change between our try and our wait is not missed.
        const changed = store.signals.next(id)
        try {
          const attempt = refreshOnce(row, readIsDue)
          if (isGood) return (await within(clock, maxWaitWithGoodTokenMs, failingQuietly(attempt, id))) ?? row
          const renewed = await within(clock, giveUpAt - now.getTime(), attempt)
          if (renewed) return serve(renewed, clock.now())
          const left = giveUpAt - clock.now().getTime()
          waitingSince ??= performance.now()
          if (left <= 0) {
            endWait(false)
            throw unavailable(row)
          }
          await clock.sleep(Math.min(recheckMs, left), changed.signal).catch(() => undefined)
        } finally {
          changed.stop()
        }
        row = await store.accounts.find(row.project_id, id)
      }
      endWait(true)
      return row
    },

    async beginDue(appKey) {
      const now = clock.now().getTime()
      const lease = { owner: context.processId, until: now + leaseMs }
      const row = await store.accounts.leaseDueForBackground(appKey, now, lease)
      if (!row) return undefined
      const attempt = refreshWith(holdLease(context, row, undefined), row, backgroundIsDue)
      // Readers of this process join it, unless one of them is just finding that the lease is taken.
      once(row.id, () => attempt).catch(() => undefined)
      const ended = attempt.then(
        () => undefined,
        (error: unknown) => context.log.warn({ err: error, accountId: row.id }, 'a background refresh failed'),
      )
      return { row, ended }
    },

    async refreshLapsed(row) {
      await refreshOnce(row, backgroundIsDue)
    },

    replaySpool: () => spool.replay(),

    async idle() {
      await Promise.allSettled(running.values())
    },
  }
}

const isActive = (row: AccountRow) => row.status === 'ACTIVE' && row.enabled === 1

const isPast = (time: number | null, now: Date) => time !== null && time <= now.getTime()

/** What a token takes on its way to the app, and what clocks that agree may differ by. */
const travelMs = 500

/** A token that will have ended when it arrives is of no use; one that lives shortly is given half of its margin. */
function goodUntil({ expires_at, refresh_after }: AccountRow): number | null {
  if (expires_at === null || refresh_after === null) return expires_at
  return expires_at - Math.max(0, Math.min(travelMs, Math.floor((expires_at - refresh_after) / 2)))
}

const isBackingOff = (row: AccountRow, now: Date) => row.retry_after !== null && !isPast(row.retry_after, now)

/** Those who waited for the operator's OAuth client need not wait on once it is accepted. */
async function isReleased({ integrations }: Context, row: AccountRow): Promise<boolean> {
  if (row.reason_code !== 'client_rejected') return false
  return (await integrations.get(row.project_id, row.integration_id)).problem === null
}

/** A token that is still valid is served although its refresh failed; an expired one never. */
function serve(row: AccountRow, now: Date): AccountRow {
  if (row.status === 'ACTIVE' && isPast(goodUntil(row), now))
    throw unavailable(row, row.retry_after === null ? undefined : row.retry_after - now.getTime())
  return row
}

const unavailable = (row: AccountRow, waitMs = recheckMs) =>
  new AppError(
    'provider_unavailable',
    row.reason_message ?? 'The access token has expired and the app has not given a new one yet.',
    {
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    },
  )
