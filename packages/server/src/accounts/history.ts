import { AppError, invalid } from '../errors.ts'
import type { EventRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { type AccountEvent, type AccountEventPage, type StatusReason, statusReasonCodes } from './types.ts'

/**
 * What happened to an account, newest first. It outlives the account, so that one can see who deleted it and when; it
 * ends with its entity.
 *
 * @param cursor The `nextCursor` of the page before.
 * @throws {AppError} not_found, validation_failed for a cursor that is none.
 */
export async function readHistory(
  { store }: Pick<Context, 'store'>,
  projectId: string,
  accountId: string,
  { cursor, limit }: { cursor: string | undefined; limit: number },
): Promise<AccountEventPage> {
  const before = cursor === undefined ? undefined : sequenceOf(cursor)
  const rows = await store.events.page(projectId, accountId, before, limit + 1)
  if (rows.length === 0 && before === undefined && !(await store.accounts.find(projectId, accountId)))
    throw new AppError('not_found', 'There is no such connected account.')
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items: items.map(toEvent), nextCursor: rows.length > limit && last ? String(last.sequence) : null }
}

function sequenceOf(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw invalid({ property: 'cursor', message: 'is not a nextCursor of this list' })
  return Number(cursor)
}

function toEvent(row: EventRow): AccountEvent {
  const { status, previousStatus, statusReason, revealed } = JSON.parse(row.data) as Pick<
    AccountEvent,
    'status' | 'previousStatus' | 'revealed'
  > & { statusReason: Pick<StatusReason, 'code' | 'message'> | null }
  return {
    id: row.id,
    type: row.type as AccountEvent['type'],
    timestamp: new Date(row.created_at),
    sequence: row.sequence,
    status,
    previousStatus,
    statusReason: statusReason && { ...statusReason, mustAct: statusReasonCodes[statusReason.code] },
    ...(revealed && { revealed }),
  }
}
