import { sql } from 'kysely'
import type { DatabaseKind, Db, MasterKeyHolderRow, MasterKeyRow } from './database.ts'
import { sealedColumns } from './sealed-values.ts'

/** Which master keys ever sealed here, and which process holds which. */
export const masterKeyQueries = (db: Db, kind: DatabaseKind) => ({
  /** Oldest first. */
  list(): Promise<MasterKeyRow[]> {
    return db.selectFrom('master_keys').selectAll().orderBy('created_at').orderBy('id').execute()
  },

  /** From here to the end of the transaction nobody else records a key or joins the holders. */
  async alone(): Promise<void> {
    // On SQLite a transaction has the whole database to itself.
    if (kind === 'postgres') await sql`lock table master_keys in share row exclusive mode`.execute(db)
  },

  async insert(row: MasterKeyRow): Promise<void> {
    await db
      .insertInto('master_keys')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
  },

  async setState(id: string, state: MasterKeyRow['state']): Promise<void> {
    await db.updateTable('master_keys').set({ state }).where('id', '=', id).execute()
  },

  /** A process seals with another key from now on. */
  async sealedUntil(id: string, at: number): Promise<void> {
    await db.updateTable('master_keys').set({ sealed_until: at }).where('id', '=', id).execute()
  },

  /** Waits for the transactions that are writing sealed values; those that begin later see what this one changed. */
  async settleWriters(): Promise<void> {
    if (kind === 'sqlite') return
    const tables = [...new Set(sealedColumns.map(({ table }) => table))].sort()
    await sql`lock table ${sql.join(tables.map((table) => sql.table(table)))} in share mode`.execute(db)
  },

  holders(): Promise<MasterKeyHolderRow[]> {
    return db.selectFrom('master_key_holders').selectAll().orderBy('name').execute()
  },

  async report(row: MasterKeyHolderRow): Promise<void> {
    await db
      .insertInto('master_key_holders')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute()
  },

  async forgetHolder(id: string): Promise<void> {
    await db.deleteFrom('master_key_holders').where('id', '=', id).execute()
  },

  async forgetHoldersBefore(seenAt: number): Promise<void> {
    await db.deleteFrom('master_key_holders').where('seen_at', '<', seenAt).execute()
  },
})
