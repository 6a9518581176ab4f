import type { Clock } from '../../clock.ts'
import type { AccountRow } from '../../store/index.ts'
import { recordEvent } from '../changes.ts'
import type { Context } from '../context.ts'
import { reasonColumns, statusReason } from '../reasons.ts'
import type { Refresher } from './index.ts'

/** Per app and process: how many refreshes run at once, and how far apart they begin unless reads are already waiting. */
const workersPerApp = 32
const spacingMs = 20
const batch = 200

/** A developer is told this long before a refresh token ends. */
const warningMs = 3 * 24 * 60 * 60_000

/** Refreshes ahead of reads. Each app has its own queue, so that a slow one holds up no other. */
export function createBackground(context: Context, refresher: Refresher) {
  const { store, clock, stopping, log } = context
  const busyApps = new Set<string>()

  /** Until nothing of the app is due that is not in other hands. */
  async function refreshApp(appKey: string): Promise<void> {
    const lapsed = await store.accounts.lapsedForBackground(appKey, clock.now().getTime(), batch)
    const pass = { pace: createPace(clock), seen: new Set<string>() }
    await Promise.all([
      ...lapsed.map((row) => refresher.refreshLapsed(row).catch((error: unknown) => complain(error, row.app_key))),
      ...Array.from({ length: workersPerApp }, () =>
        refreshAll(appKey, pass).catch((error: unknown) => complain(error, appKey)),
      ),
    ])
  }

  async function refreshAll(appKey: string, { pace, seen }: Pass): Promise<void> {
    for (let isLate = true; !stopping.aborted; ) {
      if (!isLate) await pace(stopping)
      const row = await refresher.refreshDue(appKey)
      // One that is still due after its turn is left for the next pass: it must not keep the others from theirs.
      if (!row || seen.has(row.id)) return
      seen.add(row.id)
      isLate = row.refresh_after !== null && row.refresh_after <= clock.now().getTime()
    }
  }

  const complain = (error: unknown, app: string) => log.warn({ err: error, app }, 'a background refresh failed')

  return {
    async refreshDue(): Promise<void> {
      const apps = await store.accounts.appsDueForBackground(clock.now().getTime())
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

type Pace = (signal: AbortSignal) => Promise<void>

/** From one look at what is due to the next. */
interface Pass {
  pace: Pace
  seen: Set<string>
}

/** Lets those who call it go on one after the other. */
function createPace(clock: Clock): Pace {
  let next = 0
  return async (signal) => {
    const now = clock.now().getTime()
    next = Math.max(next + spacingMs, now)
    await clock.sleep(next - now, signal).catch(() => undefined)
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
