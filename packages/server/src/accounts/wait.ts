import { AppError } from '../errors.ts'
import type { AccountRow } from '../store/index.ts'
import type { Context } from './context.ts'
import type { AccountStatus } from './types.ts'

/** A waiter looks again at least this often: the signal that wakes it may be lost on its way between processes. */
const recheckMs = 15_000

/** Nothing that a waiter hopes for follows these without somebody starting anew. */
const finalStatuses: readonly AccountStatus[] = ['FAILED', 'EXPIRED']

/** @returns The row at the moment it had the status, had become final, or time was up. */
export async function waitForStatus(
  { store, clock, stopping }: Pick<Context, 'store' | 'clock' | 'stopping'>,
  projectId: string,
  accountId: string,
  status: AccountStatus,
  timeoutMs: number,
  caller?: AbortSignal,
): Promise<AccountRow> {
  const gone = caller ? AbortSignal.any([stopping, caller]) : stopping
  const until = clock.now().getTime() + timeoutMs
  for (;;) {
    const woken = new AbortController()
    // Watching begins before the look, so that a change between the two is not missed.
    const stop = store.signals.watch(accountId, () => woken.abort())
    try {
      const row = await store.accounts.find(projectId, accountId)
      if (!row) throw new AppError('not_found', 'There is no such connected account.')
      const left = until - clock.now().getTime()
      if (row.status === status || finalStatuses.includes(row.status) || left <= 0 || gone.aborted) return row
      await clock.sleep(Math.min(left, recheckMs), AbortSignal.any([woken.signal, gone])).catch(() => undefined)
    } finally {
      stop()
    }
  }
}
