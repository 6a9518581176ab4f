import type { AccountRow, Queries } from '../store/index.ts'
import { recordEvent } from './changes.ts'

/**
 * Enables or disables an account in a transaction of the caller's, who tells of it after the commit.
 * @returns The row as it is now, and whether it is different; undefined when the account is gone.
 */
export async function setEnabled(
  queries: Queries,
  projectId: string,
  id: string,
  enabled: boolean,
  at: Date,
): Promise<{ row: AccountRow; isChanged: boolean } | undefined> {
  const before = await queries.accounts.find(projectId, id)
  if (!before) return undefined
  if ((before.enabled === 1) === enabled) return { row: before, isChanged: false }
  const row = await queries.accounts.update(projectId, id, { enabled: enabled ? 1 : 0, updated_at: at.getTime() })
  if (!row) return undefined
  await recordEvent(queries, row, enabled ? 'connected_account.enabled' : 'connected_account.disabled', at)
  return { row, isChanged: true }
}
