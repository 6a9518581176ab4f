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

  /** The app refuses the OAuth client. The time of the first refusal stays. */
  async flag(
    projectId: string,
    id: string,
    problem: { code: string; message: string },
    now: number,
    probeAfter: number,
  ): Promise<boolean> {
    const isNew = await db
      .updateTable('integrations')
      .set({ problem_since: now })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('problem_since', 'is', null)
      .executeTakeFirst()
    await db
      .updateTable('integrations')
      .set({ problem_code: problem.code, problem_message: problem.message, probe_after: probeAfter })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .execute()
    return isNew.numUpdatedRows > 0n
  },

  /** @returns False when it was not flagged any more. */
  async clearFlag(projectId: string, id: string): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('integrations')
      .set({ problem_code: null, problem_message: null, problem_since: null, probe_after: null })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('problem_since', 'is not', null)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  /** Of all who want to ask a flagged app again, one may, and nobody else before `next`. */
  async takeProbe(projectId: string, id: string, now: number, next: number): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('integrations')
      .set({ probe_after: next })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('probe_after', '<=', now)
      .executeTakeFirst()
    return numUpdatedRows > 0n
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
