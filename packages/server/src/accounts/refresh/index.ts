/**
 * Keeps access tokens fresh without ever losing a grant: one refresh an account at a time over all processes, no
 * transaction open while an app answers, and an answer that is on disk before anything else happens with it.
 */
import { within } from '../../clock.ts'
import { AppError } from '../../errors.ts'
import type { RefreshOutcome } from '../../metrics.ts'
import type { AccountRow } from '../../store/index.ts'
import type { Context } from '../context.ts'
import { refreshUnderLease } from './attempt.ts'
import { createGate } from './gate.ts'
import { holdLease, leaseMs } from './lease.ts'
import { createSpool } from './spool.ts'

/** How long a reader waits for a refresh of an expired token before it is told to come back. */
const maxWaitMs = 50_000
/** A reader whose token is still good waits only this long for a better one. */
const maxWaitWithGoodTokenMs = 5_000
/** A waiter looks again at least this often: the signal that wakes it may be lost. */
const recheckMs = 5_000

/** At most this many calls to one integration's token endpoint at once, in this process. */
const callsPerIntegration = 32

export interface Refresher {
  /**
   * Brings an account's access token to where it may be served.
   * @returns The row as it is afterwards; its status may have become EXPIRED. Undefined when the account is gone.
   * @throws {AppError} provider_unavailable when the token has expired and there is no new one yet.
   */
  ensureFresh(row: AccountRow): Promise<AccountRow | undefined>
  /** Refreshes one account ahead of its reads; what goes wrong is recorded on the account. */
  refreshInBackground(row: AccountRow): Promise<void>
  /** Uses answers that an earlier process, or a database that was away, left in the spool. @returns How many. */
  replaySpool(): Promise<number>
  /** Resolves when no refresh of this process is under way. */
  idle(): Promise<void>
}

export function createRefresher(context: Context): Refresher {
  const { store, clock } = context
  const running = new Map<string, Promise<AccountRow | undefined>>()
  const gate = createGate(callsPerIntegration)
  const spool = createSpool(context)

  /** One attempt of this process an account, however many ask for it. */
  function refreshOnce(row: AccountRow, due: (row: AccountRow) => boolean): Promise<AccountRow | undefined> {
    const current = running.get(row.id)
    if (current) return current
    const attempt = takeLeaseAndRefresh(row, due).finally(() => running.delete(row.id))
    running.set(row.id, attempt)
    return attempt
  }

  /** @returns The row as stored; undefined when another process has the lease or another change came first. */
  async function takeLeaseAndRefresh(
    row: AccountRow,
    due: (row: AccountRow) => boolean,
  ): Promise<AccountRow | undefined> {
    const now = clock.now().getTime()
    const leased = await store.accounts.takeLease(row.project_id, row.id, context.processId, now, now + leaseMs)
    if (!leased) return undefined
    const release = holdLease(context, leased)
    const begun = performance.now()
    const report = (outcome: RefreshOutcome) =>
      context.metrics.refreshEnded(row.app_key, outcome, (performance.now() - begun) / 1000)
    try {
      // Another holder may have refreshed between our look and our lease.
      return due(leased) ? await refreshUnderLease({ context, gate, spool, report }, leased) : leased
    } catch (error) {
      report('error')
      throw error
    } finally {
      await release()
      await store.signals.changed(row.id)
    }
  }

  const readIsDue = (row: AccountRow) => isActive(row) && isPast(row.refresh_after, clock.now())
  const backgroundIsDue = (row: AccountRow) =>
    isActive(row) && (readIsDue(row) || isPast(row.background_after, clock.now()))

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
        const isGood = !isPast(row.expires_at, now)
        if (row.retry_after !== null && !isPast(row.retry_after, now)) return serve(row, now)
        const attempt = refreshOnce(row, readIsDue)
        if (isGood) return (await within(clock, maxWaitWithGoodTokenMs, attempt)) ?? row
        const renewed = await within(clock, giveUpAt - now.getTime(), attempt)
        if (renewed) return serve(renewed, clock.now())
        const left = giveUpAt - clock.now().getTime()
        waitingSince ??= performance.now()
        if (left <= 0) {
          endWait(false)
          throw unavailable(row)
        }
        await changeOf(context, row, Math.min(recheckMs, left))
        row = await store.accounts.find(row.project_id, row.id)
      }
      endWait(true)
      return row
    },

    async refreshInBackground(row) {
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

/** A token that is still valid is served although its refresh failed; an expired one never. */
function serve(row: AccountRow, now: Date): AccountRow {
  if (row.status === 'ACTIVE' && isPast(row.expires_at, now))
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

async function changeOf({ store, clock }: Context, row: AccountRow, timeoutMs: number): Promise<void> {
  const woken = new AbortController()
  const stop = store.signals.watch(row.id, () => woken.abort())
  try {
    await clock.sleep(timeoutMs, woken.signal).catch(() => undefined)
  } finally {
    stop()
  }
}
