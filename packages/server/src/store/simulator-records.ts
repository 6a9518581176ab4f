import type { Db } from './database.ts'

/** What the simulator remembers: small JSON texts by kind and key. */
export const simulatorRecordQueries = (db: Db) => ({
  async get(kind: string, key: string, now: number): Promise<string | undefined> {
    const row = await db
      .selectFrom('simulator_records')
      .select('value')
      .where('kind', '=', kind)
      .where('key', '=', key)
      .where((expression) => expression.or([expression('expires_at', 'is', null), expression('expires_at', '>', now)]))
      .executeTakeFirst()
    return row?.value
  },

  async put(kind: string, key: string, value: string, expiresAt: number | null): Promise<void> {
    await db
      .insertInto('simulator_records')
      .values({ kind, key, value, expires_at: expiresAt })
      .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet({ value, expires_at: expiresAt }))
      .execute()
  },

  async take(kind: string, key: string, now: number): Promise<string | undefined> {
    const row = await db
      .deleteFrom('simulator_records')
      .where('kind', '=', kind)
      .where('key', '=', key)
      .returning(['value', 'expires_at'])
      .executeTakeFirst()
    return row && (row.expires_at === null || row.expires_at > now) ? row.value : undefined
  },

  async replace(kind: string, key: string, expected: string, value: string): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('simulator_records')
      .set({ value })
      .where('kind', '=', kind)
      .where('key', '=', key)
      .where('value', '=', expected)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  async deleteExpired(now: number): Promise<void> {
    await db.deleteFrom('simulator_records').where('expires_at', '<=', now).execute()
  },
})
