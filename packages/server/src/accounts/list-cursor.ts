import { invalid } from '../errors.ts'
import { isId } from '../ids.ts'
import type { AccountRow } from '../store/index.ts'

/** Where a page of the list ended: its last account's time and id. Callers hand it back and read nothing in it. */
export function cursorAfter(rows: readonly AccountRow[]): string | null {
  const last = rows.at(-1)
  return last ? Buffer.from(`${last.created_at}.${last.id}`).toString('base64url') : null
}

/** Of what goes through accounts by id: the last id of the part before. @throws {AppError} validation_failed. */
export function checkedIdCursor(cursor: string | undefined): string | undefined {
  if (cursor !== undefined && !isId(cursor))
    throw invalid({ property: 'cursor', message: 'is not a nextCursor of this call' })
  return cursor
}

/** @throws {AppError} validation_failed. */
export function readCursor(cursor: string): { createdAt: number; id: string } {
  const [, time, id] = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (time === undefined || id === undefined)
    throw invalid({ property: 'cursor', message: 'is not a nextCursor of this list' })
  return { createdAt: Number(time), id }
}
