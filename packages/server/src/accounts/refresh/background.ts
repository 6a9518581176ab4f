import type { AccountRow } from '../../store/index.ts'
import { recordEvent } from '../changes.ts'
import type { Context } from '../context.ts'
import { reasonColumns, statusReason } from '../reasons.ts'
import type { Refresher } from './index.ts'

/** Per app and process: how many refreshes run at once, and how far apart they begin unless reads are already waiting. */
const atOnce = 32
const spacingMs = 20
const batch = 200

/** What comes due within this time is waited for, so that it begins when it is due and not when somebody looks. */
const lookAheadMs = 1_000

/** A developer is told this long before a refresh token ends. */
const warningMs = 3 * 24 * 60 * 60_000

/** Refreshes ahead of reads. Each app has its own queue, so that a slow one holds up no other. */
export function createBackground(context: Context, refresher: Refresher) {
  const { store, clock, stopping, log } = context
  const busyApps = new Set<string>()

  /** Until nothing of the app is due, or soon, that is not in other hands. */
  async function refreshApp(appKey: string): Promise<void> {
    const lapsed = await store.accounts.lapsedForBackground(appKey, clock.now().getTime(), batch)
    await Promise.all([
      ...lapsed.map((row) => refresher.refreshLapsed(row).catch((error: unknown) => complain(error, row.app_key))),
      refreshAll(appKey),
    ])
  }

  /** One after the other is begun, so that processes which look at the same time share what there is. */
  async function refreshAll(appKey: string): Promise<void> {
    const running = new Set<Promise<void>>()
    const seen = new Set<string>()
    while (!stopping.aborted) {
      if (running.size >= atOnce) await Promise.race(running)
      const begun = await refresher.beginDue(appKey)
      if (!begun) {
        if (await nextIsSoon(appKey)) continue
        break
      }
      const { row, ended } = begun
      running.add(ended)
      ended.finally(() => running.delete(ended))
      // One that is due again after its turn is left for the next pass: it must not keep the others from theirs.
      if (seen.has(row.id)) break
      seen.add(row.id)
      const isLate = row.refresh_after !== null && row.refresh_after <= clock.now().getTime()
      if (!isLate) await rest(spacingMs)
    }
    await Promise.all(running)
  }

  /** @returns Once the next account of the app is due; false when there is none, or not soon. */
  async function nextIsSoon(appKey: string): Promise<boolean> {
    const now = clock.now().getTime()
    const next = await store.accounts.nextForBackground(appKey, now)
    if (next === undefined || next > now + lookAheadMs) return false
    await rest(next - now)
    return true
  }

  const rest = (ms: number) => clock.sleep(ms, stopping).catch(() => undefined)

  const complain = (error: unknown, app: string) => log.warn({ err: error, app }, 'a background refresh failed')

  return {
    async refreshDue(): Promise<void> {
      await store.lapseLeasesOfMissing(clock.now().getTime())
      const apps = await store.accounts.appsDueForBackground(clock.now().getTime() + lookAheadMs)
      for (const appKey of apps) {
        if (busyApps.has(appKey)) continue
        busyApps.add(appKey)
        refreshApp(appKey)
          .catch((error: unknown) => complain(error, appKey))
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
