import type { AccountRow } from '../store/index.ts'
import type { Context } from './context.ts'
import type { Operators, Overview, OverviewAccount } from './types.ts'

const hour = 60 * 60_000
const hours = 24
const endingWithinMs = 7 * 24 * hour
/** How many of a kind are listed; the total says how many there are. */
const listed = 10

export const createOverview = ({ store, clock }: Context): Pick<Operators, 'overview'> => ({
  async overview(projectId) {
    const now = clock.now().getTime()
    const { overview } = store
    const [counts, refreshed, refreshes, ending, expired, failing, integrations, endpoints] = await Promise.all([
      overview.accountsByStatus(projectId),
      overview.refreshes(projectId, now - hours * hour, hour),
      overview.due(projectId, 'background_after', { from: 0, until: now + hour }, 0),
      overview.due(projectId, 'refresh_expires_at', { from: now, until: now + endingWithinMs }, listed),
      overview.expired(projectId, listed),
      overview.failing(projectId, listed),
      overview.troubledIntegrations(projectId),
      overview.troubledEndpoints(projectId),
    ])
    return {
      accounts: accountFigures(counts),
      refreshes: refreshFigures(refreshed, now),
      refreshesDue: refreshes.total,
      ending: { total: ending.total, items: ending.rows.map(toOverviewAccount) },
      attention: {
        total: expired.total + failing.total,
        items: [...expired.rows, ...failing.rows].map(toOverviewAccount),
      },
      integrations: integrations.map((row) => ({
        id: row.id,
        appKey: row.app_key,
        name: row.name,
        code: row.problem_code,
        message: row.problem_message ?? 'The app refuses the OAuth client of this integration.',
        since: new Date(row.problem_since ?? row.updated_at),
      })),
      webhookEndpoints: endpoints.map((row) => ({
        id: row.id,
        url: row.url,
        disabledReason: row.disabled_reason,
        since: new Date(row.failing_since ?? row.updated_at),
      })),
    }
  },
})

function accountFigures(
  counts: readonly { status: AccountRow['status']; enabled: boolean; count: number }[],
): Overview['accounts'] {
  const byStatus = { INITIATED: 0, ACTIVE: 0, FAILED: 0, EXPIRED: 0 }
  let disabled = 0
  for (const { status, enabled, count } of counts) {
    byStatus[status] += count
    if (!enabled) disabled += count
  }
  return { total: Object.values(byStatus).reduce((sum, count) => sum + count, 0), byStatus, disabled }
}

function refreshFigures(
  counted: readonly { stretch: number; succeeded: number; failed: number }[],
  now: number,
): Overview['refreshes'] {
  const series = Array.from({ length: hours }, (_, index) => {
    const { succeeded = 0, failed = 0 } = counted.find(({ stretch }) => stretch === index) ?? {}
    return { start: new Date(now - (hours - index) * hour), succeeded, failed }
  })
  const succeeded = series.reduce((sum, stretch) => sum + stretch.succeeded, 0)
  const failed = series.reduce((sum, stretch) => sum + stretch.failed, 0)
  const all = succeeded + failed
  return { succeeded, failed, successRate: all === 0 ? null : succeeded / all, hours: series }
}

const toOverviewAccount = (row: AccountRow): OverviewAccount => ({
  id: row.id,
  appKey: row.app_key,
  entityId: row.entity_id,
  status: row.status,
  reason: row.reason_code === null ? null : { code: row.reason_code, message: row.reason_message ?? '' },
  refreshFailures: row.refresh_failures,
  grantEndsAt: row.refresh_expires_at === null ? null : new Date(row.refresh_expires_at),
  updatedAt: new Date(row.updated_at),
})
