import { AppError, invalid } from '../errors.ts'
import type { AccountRow } from '../store/index.ts'
import { recordEvent } from './changes.ts'
import type { Context } from './context.ts'
import { deleteAccount } from './endings.ts'
import type { BulkChange, BulkResult } from './types.ts'

/** As many as one call changes: it answers soon, and whoever shows progress has something to show. */
const stepSize = 200
/** Apps are asked side by side, but not so many that other refreshes wait. */
const refreshesAtOnce = 8

export interface BulkVerbs {
  refresh(projectId: string, id: string): Promise<unknown>
}

/**
 * Changes the next accounts that match, in order of their ids; `nextCursor` goes on from there. An account that could not be
 * changed is told of and keeps no other from its change. A call that was lost can be made again: what is changed already
 * stays as it is.
 *
 * @throws {AppError} validation_failed.
 */
export async function changeMany(
  context: Context,
  verbs: BulkVerbs,
  projectId: string,
  { action, filter, cursor }: BulkChange,
): Promise<BulkResult> {
  const { showDisabled, ...selection } = filter
  const selected = { ...selection, enabledOnly: showDisabled === false }
  const rows = await context.store.accounts.pageById(projectId, selected, checkedCursor(cursor), stepSize + 1)
  const step = rows.slice(0, stepSize)
  const outcome =
    action === 'enable' || action === 'disable'
      ? await setEnabled(context, projectId, step, action === 'enable')
      : action === 'delete'
        ? await each(step, 1, (row) => deleteAccount(context, projectId, row.id))
        : await each(step, refreshesAtOnce, (row) => verbs.refresh(projectId, row.id))
  const last = step.at(-1)
  return { matched: step.length, ...outcome, nextCursor: rows.length > stepSize && last ? last.id : null }
}

type Outcome = Pick<BulkResult, 'changed' | 'failed'>

/** One transaction for all: ten thousand accounts are fifty commits. */
async function setEnabled(
  context: Context,
  projectId: string,
  rows: readonly AccountRow[],
  enabled: boolean,
): Promise<Outcome> {
  const at = context.clock.now()
  const type = enabled ? 'connected_account.enabled' : 'connected_account.disabled'
  const changed = await context.store.transaction(async (queries) => {
    const ids: string[] = []
    for (const { id } of rows) {
      const before = await queries.accounts.find(projectId, id)
      if (!before || (before.enabled === 1) === enabled) continue
      const after = await queries.accounts.update(projectId, id, {
        enabled: enabled ? 1 : 0,
        updated_at: at.getTime(),
      })
      if (!after) continue
      await recordEvent(queries, after, type, at)
      ids.push(id)
    }
    return ids
  })
  await Promise.all(changed.map((id) => context.store.signals.changed(id)))
  return { changed: changed.length, failed: [] }
}

async function each(
  rows: readonly AccountRow[],
  atOnce: number,
  change: (row: AccountRow) => Promise<unknown>,
): Promise<Outcome> {
  const outcome: Outcome = { changed: 0, failed: [] }
  const waiting = [...rows]
  const work = async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      try {
        await change(row)
        outcome.changed += 1
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        outcome.failed.push({ accountId: row.id, code: error.code, message: error.message })
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return outcome
}

function checkedCursor(cursor: string | undefined): string | undefined {
  if (cursor !== undefined && !/^[0-9a-f-]{36}$/.test(cursor))
    throw invalid({ property: 'cursor', message: 'is not a nextCursor of this call' })
  return cursor
}
