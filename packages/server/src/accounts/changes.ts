import type { EventType } from '../events.ts'
import { newId } from '../ids.ts'
import type { AccountRow, Queries } from '../store/index.ts'
import type { AccountStatus } from './types.ts'

/** Which status may follow which. A reconnect brings FAILED and EXPIRED back through INITIATED. */
const transitions: Record<AccountStatus, readonly AccountStatus[]> = {
  INITIATED: ['ACTIVE', 'FAILED'],
  ACTIVE: ['ACTIVE', 'EXPIRED'],
  EXPIRED: ['ACTIVE', 'INITIATED'],
  FAILED: ['ACTIVE', 'INITIATED'],
}

export const mayBecome = (from: AccountStatus, to: AccountStatus): boolean => transitions[from].includes(to)

/** Writes what happened, in the transaction that made it happen. */
export async function recordEvent(
  queries: Queries,
  row: AccountRow,
  type: EventType,
  at: Date,
  previousStatus: AccountStatus | null = row.status,
): Promise<void> {
  await queries.events.append({
    id: newId(),
    project_id: row.project_id,
    account_id: row.id,
    type,
    data: JSON.stringify({
      connectedAccountId: row.id,
      integrationId: row.integration_id,
      appKey: row.app_key,
      entityId: row.entity_id,
      status: row.status,
      previousStatus,
      statusReason: row.reason_code === null ? null : { code: row.reason_code, message: row.reason_message },
    }),
    created_at: at.getTime(),
  })
}
