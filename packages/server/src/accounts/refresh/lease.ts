import { type AccountRow, leaseOf } from '../../store/index.ts'
import type { Context } from '../context.ts'

/** How long a lease outlives its holder. A live holder renews it, so an app may take longer than this to answer. */
export const leaseMs = 15_000
const renewEveryMs = 4_000
/** A renewal that fails is soon tried again: the database may be away for a moment. */
const renewAgainMs = 1_000

/** One attempt's hold on an account. */
export interface Lease {
  /** How long the holder that it was taken from, and that may yet be alive, gets to say so. Undefined: nobody had it. */
  lastHolderMs: number | undefined
  /** Grows when the lease was lost and taken back. */
  fence(): number
  /** From here on a call may be on its way, of which only this holder will know the outcome: a lost lease is taken back. */
  keep(): void
  /** Whether a call of this holder, or of the one it took the lease from, may have gone out. */
  mayHaveCalled(): boolean
  /** Left alone, it ends by itself. */
  stopRenewing(): Promise<void>
  release(): Promise<void>
}

/** Takes the lease of an account. @returns Undefined when somebody else has it, or the account is gone. */
export async function takeLease(
  context: Context,
  { project_id, id }: AccountRow,
): Promise<{ row: AccountRow; lease: Lease } | undefined> {
  const { accounts } = context.store
  const now = context.clock.now().getTime()
  const free = await accounts.takeFreeLease(project_id, id, { owner: context.processId, until: now + leaseMs })
  if (free) return { row: free, lease: holdLease(context, free, undefined) }
  await context.store.lapseLeasesOfMissing(now, { project_id, id })
  const lapsedAt = (await accounts.find(project_id, id))?.lease_until
  const row = await accounts.takeLease(project_id, id, context.processId, now, now + leaseMs)
  return row && { row, lease: holdLease(context, row, patienceWith(lapsedAt)) }
}

/** Longer than a process takes to find that the database is back. */
const lastHolderMs = 8_000
/** One that has no session left, but lives, renews its lease in this time. */
const missingHolderMs = 5_000

function patienceWith(lapsedAt: number | null | undefined): number {
  if (lapsedAt === leaseOf.dead) return 0
  return lapsedAt === leaseOf.missing ? missingHolderMs : lastHolderMs
}

/** Keeps renewing a lease that was just taken. */
export function holdLease(
  { store, clock, processId, log }: Context,
  row: AccountRow,
  lastHolderMs: number | undefined,
): Lease {
  const done = new AbortController()
  let { fence } = row
  let isKept = false

  async function renew(): Promise<void> {
    const until = clock.now().getTime() + leaseMs
    if (await store.accounts.extendLease(row.project_id, row.id, fence, until)) return
    if (!isKept) return done.abort()
    const own = { owner: processId, until }
    const retaken = await store.accounts.retakeLease(row.project_id, row.id, row.credentials_version, own)
    if (!retaken) return done.abort()
    fence = retaken.fence
    log.warn({ accountId: row.id }, 'a lapsed refresh lease was taken back: its call is still under way')
  }

  const renewing = (async () => {
    let waitMs = renewEveryMs
    while (!done.signal.aborted) {
      await clock.sleep(waitMs, done.signal).catch(() => undefined)
      if (done.signal.aborted) return
      waitMs = await renew().then(
        () => renewEveryMs,
        () => renewAgainMs,
      )
    }
  })()
  const stopRenewing = async () => {
    done.abort()
    await renewing
  }
  return {
    lastHolderMs,
    fence: () => fence,
    keep() {
      isKept = true
    },
    mayHaveCalled: () => isKept || lastHolderMs !== undefined,
    stopRenewing,
    async release() {
      await stopRenewing()
      await store.accounts.releaseLease(row.project_id, row.id, fence).catch(() => undefined)
    },
  }
}
