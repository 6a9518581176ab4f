import { AppError } from '../errors.ts'
import type { AccountRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { setEnabled } from './enabling.ts'
import { deleteAccount } from './endings.ts'
import { checkedIdCursor } from './list-cursor.ts'
import { selectionOf } from './selection.ts'
import type { AccountFilter, BulkChange, BulkResult } from './types.ts'

/** As many as one call changes: it answers soon, and whoever shows progress has something to show. */
const stepSize = 200
/** Apps are asked side by side, but not so many that other refreshes wait. */
const refreshesAtOnce = 8

type Outcome = Pick<BulkResult, 'changed' | 'failed'>

/**
 * Changes the next accounts that match. @param refresh Gets a new token for one.
 * @throws {AppError} validation_failed.
 */
export const changeMany = (
  context: Context,
  refresh: (projectId: string, id: string) => Promise<unknown>,
  projectId: string,
  { action, filter, cursor }: BulkChange,
): Promise<BulkResult> =>
  takeStep(context, projectId, { filter, cursor }, (rows) => {
    switch (action) {
      case 'enable':
      case 'disable':
        return setAllEnabled(context, projectId, rows, action === 'enable')
      case 'delete':
        return changeEach(rows, 1, (id) => deleteAccount(context, projectId, id))
      case 'refresh':
        return changeEach(rows, refreshesAtOnce, (id) => refresh(projectId, id))
    }
  })

/**
 * Hands over the next accounts that match, in order of their ids; `nextCursor` goes on from there. A step that was lost can be
 * taken again: what is changed already stays as it is.
 */
export async function takeStep(
  context: Context,
  projectId: string,
  { filter, cursor }: { filter: AccountFilter; cursor: string | undefined },
  change: (rows: readonly AccountRow[]) => Promise<Outcome>,
): Promise<BulkResult> {
  const selection = selectionOf(filter)
  const rows = await context.store.accounts.pageById(projectId, selection, checkedIdCursor(cursor), stepSize + 1)
  const step = rows.slice(0, stepSize)
  const outcome = await change(step)
  return { matched: step.length, ...outcome, nextCursor: rows.length > stepSize ? (step.at(-1)?.id ?? null) : null }
}

/** One transaction for all: ten thousand accounts are fifty commits. */
export async function setAllEnabled(
  context: Context,
  projectId: string,
  rows: readonly AccountRow[],
  enabled: boolean,
): Promise<Outcome> {
  const at = context.clock.now()
  const changed = await context.store.transaction(async (queries) => {
    const ids: string[] = []
    for (const { id } of rows) if ((await setEnabled(queries, projectId, id, enabled, at))?.isChanged) ids.push(id)
    return ids
  })
  await Promise.all(changed.map((id) => context.store.signals.changed(id)))
  return { changed: changed.length, failed: [] }
}

/** An account that could not be changed is told of and keeps no other from its change; one that is gone meanwhile is neither. */
export async function changeEach(
  rows: readonly AccountRow[],
  atOnce: number,
  change: (id: string) => Promise<unknown>,
): Promise<Outcome> {
  const outcome: Outcome = { changed: 0, failed: [] }
  const waiting = rows.map(({ id }) => id)
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
      try {
        await change(id)
        outcome.changed += 1
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        if (error.code !== 'not_found') outcome.failed.push({ accountId: id, code: error.code, message: error.message })
      }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return outcome
}
