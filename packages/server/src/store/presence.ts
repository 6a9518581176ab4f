import { sql } from 'kysely'
import type { AccountRow, Db } from './database.ts'

/**
 * PostgreSQL: a process holds a lock under its name for as long as its session lives. The session ends with the process,
 * however that dies, so the others see at once that it is gone. Shared, so that a session which the server has not yet
 * found dead keeps nobody from the next one.
 */
export const takePresence = 'select pg_advisory_lock_shared(hashtextextended($1, 0))'

/** After the database was away everybody needs some time to be back. */
export const settledAfterMs = 10_000

/**
 * What `lease_until` says of a lease whose holder is gone: `dead`, for certain; `missing`, to all appearance, though it may
 * only have lost its session.
 */
export const leaseOf = { dead: 0, missing: 1 } as const

/** Ends the leases of missing holders: those of accounts that are due, or that of one account. @returns How many. */
export async function lapseLeasesOfMissing(
  db: Db,
  now: number,
  account: Pick<AccountRow, 'project_id' | 'id'> | undefined,
): Promise<number> {
  const isHeld = sql<boolean>`exists (
    select 1 from pg_locks
     where locktype = 'advisory' and objsubid = 1 and granted
       and database = (select oid from pg_database where datname = current_database())
       and ((classid::bigint << 32) | objid::bigint) = hashtextextended(lease_owner, 0))`
  const isDue = sql<boolean>`status = 'ACTIVE' and enabled = 1 and background_after is not null and background_after <= ${now}`
  const { numUpdatedRows } = await db
    .updateTable('connected_accounts')
    .set({ lease_until: leaseOf.missing })
    .where('lease_until', '>', now)
    .where(account ? sql<boolean>`project_id = ${account.project_id} and id = ${account.id}` : isDue)
    .where(sql<boolean>`not ${isHeld}`)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}
