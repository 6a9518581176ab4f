import { AppError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { KillSwitchRow } from '../store/index.ts'
import { changeEach, setAllEnabled, takeStep } from './bulk.ts'
import type { Context } from './context.ts'
import { revokeAccount } from './endings.ts'
import type { BulkResult, KillSwitch, KillSwitches } from './types.ts'

/** A process that has not come further by then is taken for dead. */
const claimMs = 60_000
/** Enough to see a pattern; `failed` counts them all. */
const mostFailures = 100
const longestList = 100

/** Stops every account of a project, an integration or an app, in steps that any process takes up again after a crash. */
export function createKillSwitches(context: Context): KillSwitches & {
  /** Takes the steps of what is due. @returns How many accounts were looked at. */
  runDue(): Promise<number>
} {
  const { store, clock, integrations } = context

  return {
    async start(projectId, { action, integrationId, appKey }) {
      if (integrationId !== undefined) await integrations.get(projectId, integrationId)
      if (appKey !== undefined) await integrations.getApp(projectId, appKey)
      const at = clock.now().getTime()
      const row: KillSwitchRow = {
        id: newId(),
        project_id: projectId,
        action,
        integration_id: integrationId ?? null,
        app_key: appKey ?? null,
        status: 'running',
        position: null,
        matched: 0,
        changed: 0,
        failed: 0,
        failures: '[]',
        claim: 0,
        due_at: at,
        created_at: at,
        updated_at: at,
        finished_at: null,
      }
      await store.killSwitches.insert(row)
      return toKillSwitch(row)
    },

    async get(projectId, id) {
      const row = await store.killSwitches.find(projectId, id)
      if (!row) throw new AppError('not_found', 'There is no such kill switch.')
      return toKillSwitch(row)
    },

    async list(projectId) {
      return (await store.killSwitches.list(projectId, longestList)).map(toKillSwitch)
    },

    async runDue() {
      const now = clock.now().getTime()
      let row = await store.killSwitches.claim(now, now + claimMs)
      let matched = 0
      while (row?.status === 'running' && !context.stopping.aborted) {
        const step = await stopNext(context, row)
        matched += step.matched
        const next = advanced(row, step, clock.now().getTime())
        row = (await store.killSwitches.progress(row.id, row.claim, next)) ? { ...row, ...next } : undefined
      }
      return matched
    },
  }
}

function stopNext(context: Context, row: KillSwitchRow): Promise<BulkResult> {
  const { project_id: projectId } = row
  const filter = {
    integrationIds: row.integration_id === null ? undefined : [row.integration_id],
    appKeys: row.app_key === null ? undefined : [row.app_key],
  }
  return takeStep(context, projectId, { filter, cursor: row.position ?? undefined }, (rows) =>
    row.action === 'disable'
      ? setAllEnabled(context, projectId, rows, false)
      : changeEach(rows, 1, (id) => revokeAccount(context, projectId, id)),
  )
}

function advanced(row: KillSwitchRow, { matched, changed, failed, nextCursor }: BulkResult, at: number) {
  const isOver = nextCursor === null
  const failures = [...(JSON.parse(row.failures) as BulkResult['failed']), ...failed].slice(0, mostFailures)
  return {
    status: isOver ? ('finished' as const) : ('running' as const),
    position: nextCursor ?? row.position,
    matched: Number(row.matched) + matched,
    changed: Number(row.changed) + changed,
    failed: Number(row.failed) + failed.length,
    failures: JSON.stringify(failures),
    due_at: isOver ? null : at + claimMs,
    updated_at: at,
    finished_at: isOver ? at : null,
  }
}

const toKillSwitch = (row: KillSwitchRow): KillSwitch => ({
  id: row.id,
  action: row.action,
  integrationId: row.integration_id,
  appKey: row.app_key,
  status: row.status,
  matched: Number(row.matched),
  changed: Number(row.changed),
  failed: Number(row.failed),
  failures: JSON.parse(row.failures) as KillSwitch['failures'],
  createdAt: new Date(Number(row.created_at)),
  updatedAt: new Date(Number(row.updated_at)),
  finishedAt: row.finished_at === null ? null : new Date(Number(row.finished_at)),
})
