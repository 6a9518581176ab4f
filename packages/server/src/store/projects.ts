import type { ApiKeyRow, Db, ProjectRow } from './database.ts'

export const projectQueries = (db: Db) => ({
  async insert(row: ProjectRow): Promise<void> {
    await db.insertInto('projects').values(row).execute()
  },

  find(id: string): Promise<ProjectRow | undefined> {
    return db.selectFrom('projects').selectAll().where('id', '=', id).executeTakeFirst()
  },

  /** Oldest first. */
  list(): Promise<ProjectRow[]> {
    return db.selectFrom('projects').selectAll().orderBy('created_at').orderBy('id').execute()
  },

  update(id: string, changes: Partial<Omit<ProjectRow, 'id'>>): Promise<ProjectRow | undefined> {
    return db.updateTable('projects').set(changes).where('id', '=', id).returningAll().executeTakeFirst()
  },

  async delete(id: string): Promise<boolean> {
    const { numDeletedRows } = await db.deleteFrom('projects').where('id', '=', id).executeTakeFirst()
    return numDeletedRows > 0n
  },

  async insertKey(row: ApiKeyRow): Promise<void> {
    await db.insertInto('api_keys').values(row).execute()
  },

  /** A key that is no longer good is not found. */
  findKeyByHash(hash: Uint8Array, now: number): Promise<ApiKeyRow | undefined> {
    return db
      .selectFrom('api_keys')
      .selectAll()
      .where('hash', '=', hash)
      .where((expression) => expression.or([expression('expires_at', 'is', null), expression('expires_at', '>', now)]))
      .executeTakeFirst()
  },

  listKeys(projectId: string): Promise<ApiKeyRow[]> {
    return db
      .selectFrom('api_keys')
      .selectAll()
      .where('project_id', '=', projectId)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  },

  async deleteKey(projectId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('api_keys')
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  /** Makes this the operator's one key. Several processes that start with the same key may do so at once. */
  async setOperatorKey(row: ApiKeyRow): Promise<void> {
    await db.deleteFrom('api_keys').where('project_id', 'is', null).where('hash', '!=', row.hash).execute()
    await db
      .insertInto('api_keys')
      .values(row)
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute()
  },
})
