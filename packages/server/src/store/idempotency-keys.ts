import type { Db, IdempotencyKeyRow } from './database.ts'

/** Of writes that may be sent again: who claimed the key, and what was answered. */
export const idempotencyKeyQueries = (db: Db) => ({
  /** Of any number of requests with one key, one claims it. @returns False when it is taken. */
  async claim(row: Omit<IdempotencyKeyRow, 'status' | 'answer'>, now: number): Promise<boolean> {
    await db
      .deleteFrom('idempotency_keys')
      .where('project_id', '=', row.project_id)
      .where('key_hash', '=', row.key_hash)
      .where('expires_at', '<=', now)
      .execute()
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('idempotency_keys')
      .values({ ...row, status: null, answer: null })
      .onConflict((conflict) => conflict.columns(['project_id', 'key_hash']).doNothing())
      .executeTakeFirst()
    return numInsertedOrUpdatedRows === 1n
  },

  find(projectId: string, keyHash: Uint8Array): Promise<IdempotencyKeyRow | undefined> {
    return db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('key_hash', '=', keyHash)
      .executeTakeFirst()
  },

  async answer(projectId: string, id: string, answer: { status: number; answer: Uint8Array }): Promise<void> {
    await db
      .updateTable('idempotency_keys')
      .set(answer)
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .execute()
  },

  async release(projectId: string, id: string): Promise<void> {
    await db.deleteFrom('idempotency_keys').where('project_id', '=', projectId).where('id', '=', id).execute()
  },

  async deleteExpired(now: number): Promise<void> {
    await db.deleteFrom('idempotency_keys').where('expires_at', '<=', now).execute()
  },
})
