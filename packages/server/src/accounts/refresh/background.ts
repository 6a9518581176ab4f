import type { AccountRow } from '../../store/index.ts'
import { recordEvent } from '../changes.ts'
import type { Context } from '../context.ts'
import { reasonColumns, statusReason } from '../reasons.ts'
import type { Refresher } from './index.ts'

/** Per app and process: how many refreshes run at once, and how far apart they begin. */
const workersPerApp = 16
const spacingMs = 20
const batch = 200

/** A developer is told this long before a refresh token ends. */
const warningMs = 3 * 24 * 60 * 60_000

/** Refreshes ahead of reads. Each app has its own queue, so that a slow one holds up no other. */
export function createBackground(context: Context, refresher: Refresher) {
  const { store, clock, stopping, log } = context
  const busyApps = new Set<string>()

  async function refreshApp(appKey: string): Promise<void> {
    for (;;) {
      const due = await store.accounts.dueForBackground(appKey, clock.now().getTime(), batch)
      if (due.length === 0 || stopping.aborted) return
      await inParallel(due, async (row) => {
        if (stopping.aborted) return
        await refresher
          .refreshInBackground(row)
          .catch((error: unknown) => log.warn({ err: error, accountId: row.id }, 'a background refresh failed'))
      })
      // What could not be refreshed is due again only after its backoff; another process may hold the rest.
      if (due.length < batch) return
    }
  }

  async function inParallel(rows: readonly AccountRow[], work: (row: AccountRow) => Promise<void>): Promise<void> {
    const queue = rows.values()
    const worker = async () => {
      for (const row of queue) {
        await work(row)
        await clock.sleep(spacingMs * workersPerApp, stopping).catch(() => undefined)
      }
    }
    await Promise.all(Array.from({ length: Math.min(workersPerApp, rows.length) }, worker))
  }

  return {
    async refreshDue(): Promise<void> {
      const apps = await store.accounts.appsDueForBackground(clock.now().getTime())
      for (const appKey of apps) {
        if (busyApps.has(appKey)) continue
        busyApps.add(appKey)
        refreshApp(appKey)
          .catch((error: unknown) => log.warn({ err: error, app: appKey }, 'background refreshes of an app failed'))
          .finally(() => busyApps.delete(appKey))
      }
    },

    async warnOfEnds(): Promise<number> {
      const ending = await store.accounts.endingSoon(clock.now().getTime() + warningMs, batch)
      for (const row of ending) await warn(context, row)
      return ending.length
    },
  }
}

async function warn({ store, clock }: Context, row: AccountRow): Promise<void> {
  const end = new Date(row.refresh_expires_at ?? 0)
  await store.transaction(async (queries) => {
    const warned = await queries.accounts.updateAtVersion(row.project_id, row.id, row.credentials_version, {
      warned_until: row.refresh_expires_at,
      ...reasonColumns(statusReason('expiring', `It ends on ${end.toISOString()}.`)),
      updated_at: clock.now().getTime(),
    })
    if (warned) await recordEvent(queries, warned, 'connected_account.expiring', clock.now())
  })
}
