import type { AccountRow } from '../../store/index.ts'
import type { Context } from '../context.ts'

/** How long a lease outlives its holder. A live holder renews it, so an app may take longer than this to answer. */
export const leaseMs = 30_000
const renewEveryMs = 10_000

/** Keeps renewing the lease of this row's fence. @returns What ends it and gives it back. */
export function holdLease({ store, clock }: Context, row: AccountRow): () => Promise<void> {
  const done = new AbortController()
  const renewing = (async () => {
    while (!done.signal.aborted) {
      await clock.sleep(renewEveryMs, done.signal).catch(() => undefined)
      if (done.signal.aborted) return
      // A renewal that fails is tried again: the database may be away for a moment, and the lease has time left.
      await store.accounts
        .extendLease(row.project_id, row.id, row.fence, clock.now().getTime() + leaseMs)
        .catch(() => undefined)
    }
  })()
  return async () => {
    done.abort()
    await renewing
    // Left alone, the lease ends by itself.
    await store.accounts.releaseLease(row.project_id, row.id, row.fence).catch(() => undefined)
  }
}
