import type { AppRow, Db, IntegrationRow } from './database.ts'

export const integrationQueries = (db: Db) => ({
  /** Newest first. */
  list(
    projectId: string,
    filter: { appKey?: string | undefined; authScheme?: string | undefined; enabledOnly?: boolean | undefined },
  ): Promise<IntegrationRow[]> {
    let query = db.selectFrom('integrations').selectAll().where('project_id', '=', projectId)
    if (filter.appKey !== undefined) query = query.where('app_key', '=', filter.appKey)
    if (filter.authScheme !== undefined) query = query.where('auth_scheme', '=', filter.authScheme)
    if (filter.enabledOnly) query = query.where('enabled', '=', 1)
    return query.orderBy('created_at', 'desc').orderBy('id', 'desc').execute()
  },

  find(projectId: string, id: string): Promise<IntegrationRow | undefined> {
    return db
      .selectFrom('integrations')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
  },

  async insert(row: IntegrationRow): Promise<void> {
    await db.insertInto('integrations').values(row).execute()
  },

  /** Default integrations that another process, or an earlier start, made already stay as they are. */
  async insertMissingDefaults(rows: IntegrationRow[]): Promise<void> {
    if (rows.length === 0) return
    await db
      .insertInto('integrations')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  },

  update(
    projectId: string,
    id: string,
    changes: Partial<Omit<IntegrationRow, 'id' | 'project_id'>>,
  ): Promise<IntegrationRow | undefined> {
    return db
      .updateTable('integrations')
      .set(changes)
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
  },

  async delete(projectId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('integrations')
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  async deleteOfApp(projectId: string, appKey: string): Promise<void> {
    await db.deleteFrom('integrations').where('project_id', '=', projectId).where('app_key', '=', appKey).execute()
  },

  /** The project's own apps, by key. */
  listApps(projectId: string): Promise<AppRow[]> {
    return db.selectFrom('apps').selectAll().where('project_id', '=', projectId).orderBy('key').execute()
  },

  findApp(projectId: string, key: string): Promise<AppRow | undefined> {
    return db
      .selectFrom('apps')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('key', '=', key)
      .executeTakeFirst()
  },

  /** @returns False when the project has an app of that key. */
  async insertApp(row: AppRow): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('apps')
      .values(row)
      .onConflict((conflict) => conflict.columns(['project_id', 'key']).doNothing())
      .executeTakeFirst()
    return (numInsertedOrUpdatedRows ?? 0n) > 0n
  },

  async updateApp(projectId: string, key: string, changes: { definition: string; updated_at: number }): Promise<void> {
    await db.updateTable('apps').set(changes).where('project_id', '=', projectId).where('key', '=', key).execute()
  },

  async deleteApp(projectId: string, key: string): Promise<void> {
    await db.deleteFrom('apps').where('project_id', '=', projectId).where('key', '=', key).execute()
  },
})
