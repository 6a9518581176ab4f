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

  /** Without the tokens of sessions. */
  listKeys(projectId: string): Promise<ApiKeyRow[]> {
    return db
      .selectFrom('api_keys')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('session_entity_id', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  },

  async deleteKey(projectId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('api_keys')
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('session_entity_id', 'is', null)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  findKey(projectId: string, id: string): Promise<ApiKeyRow | undefined> {
    return db
      .selectFrom('api_keys')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('session_entity_id', 'is', null)
      .executeTakeFirst()
  },

  /** In a transaction: puts `next` in the place of a key, which ends at `endsAt`; its sessions are those of the next one. */
  async replaceKey(previous: ApiKeyRow, next: ApiKeyRow, endsAt: number): Promise<void> {
    await db.insertInto('api_keys').values(next).execute()
    await db.updateTable('api_keys').set({ parent_id: next.id }).where('parent_id', '=', previous.id).execute()
    await db.updateTable('api_keys').set({ expires_at: endsAt }).where('id', '=', previous.id).execute()
  },

  /** Ends the sessions of an entity. @returns How many there were. */
  async deleteSessions(projectId: string, entityId: string): Promise<number> {
    const { numDeletedRows } = await db
      .deleteFrom('api_keys')
      .where('project_id', '=', projectId)
      .where('session_entity_id', '=', entityId)
      .executeTakeFirst()
    return Number(numDeletedRows)
  },

  /** Forgets tokens of sessions that have ended. */
  async deleteEndedSessions(now: number): Promise<void> {
    await db.deleteFrom('api_keys').where('session_entity_id', 'is not', null).where('expires_at', '<=', now).execute()
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
