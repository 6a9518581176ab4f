import type { EventType } from '../events.ts'
import { newId } from '../ids.ts'
import type { AccountChanges, AccountRow, Queries } from '../store/index.ts'
import { eventData } from './event-data.ts'
import type { AccountStatus } from './types.ts'

/**
 * Which status may follow which. A reconnect brings FAILED and EXPIRED back, an OAuth one through INITIATED; taking the
 * grant back ends an account whatever its status.
 */
const transitions: Record<AccountStatus, readonly AccountStatus[]> = {
  INITIATED: ['ACTIVE', 'FAILED', 'EXPIRED'],
  ACTIVE: ['ACTIVE', 'EXPIRED'],
  EXPIRED: ['ACTIVE', 'INITIATED', 'EXPIRED'],
  FAILED: ['ACTIVE', 'INITIATED', 'EXPIRED'],
}

export const mayBecome = (from: AccountStatus, to: AccountStatus): boolean => transitions[from].includes(to)

/** Credentials: new ones, null to take them away, absent to leave them. */
export type StatusChange = Omit<AccountChanges, 'status' | 'credentials' | 'credentials_version'> & {
  status: AccountStatus
  credentials?: Uint8Array | null
}

/**
 * The one way in which an account gets a status: from a status that it may follow, while the credentials are still those
 * that `seen` has, and with an event in the same transaction.
 *
 * @returns The row as it is now; undefined when another change was first, or the account is gone.
 */
export async function changeStatus(
  queries: Queries,
  seen: AccountRow,
  { credentials, ...changes }: StatusChange,
  event: { type: EventType; at: Date },
): Promise<AccountRow | undefined> {
  const { project_id: projectId, id, credentials_version: version } = seen
  // In a transaction the row that was found stays as it is until the end, so what is checked here still holds below.
  const before = await queries.accounts.find(projectId, id)
  if (!before || !mayBecome(before.status, changes.status)) return undefined
  const changed =
    credentials === undefined
      ? await queries.accounts.updateAtVersion(projectId, id, version, changes)
      : credentials === null
        ? await queries.accounts.dropCredentials(projectId, id, version, changes)
        : await queries.accounts.replaceCredentials(projectId, id, version, { ...changes, credentials })
  if (changed) await recordEvent(queries, changed, event.type, event.at, before.status)
  return changed
}

/**
 * Writes what happened, and the webhook deliveries that will tell of it, in the transaction that made it happen.
 * @param more What the event says besides.
 */
export async function recordEvent(
  queries: Queries,
  row: AccountRow,
  type: EventType,
  at: Date,
  previousStatus: AccountStatus | null = row.status,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const event = {
    id: newId(),
    project_id: row.project_id,
    account_id: row.id,
    entity_id: row.entity_id,
    type,
    data: eventData(row, previousStatus, more),
    created_at: at.getTime(),
  }
  if (await queries.events.append(event)) await queries.webhookDeliveries.fanOut(event)
}
