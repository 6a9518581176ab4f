import type { Db, WebhookEndpointChanges, WebhookEndpointRow } from './database.ts'

export const webhookEndpointQueries = (db: Db) => ({
  async insert(row: WebhookEndpointRow): Promise<void> {
    await db.insertInto('webhook_endpoints').values(row).execute()
  },

  find(projectId: string, id: string): Promise<WebhookEndpointRow | undefined> {
    return db
      .selectFrom('webhook_endpoints')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
  },

  /** Oldest first. */
  list(projectId: string): Promise<WebhookEndpointRow[]> {
    return db.selectFrom('webhook_endpoints').selectAll().where('project_id', '=', projectId).orderBy('id').execute()
  },

  update(projectId: string, id: string, changes: WebhookEndpointChanges): Promise<WebhookEndpointRow | undefined> {
    return db
      .updateTable('webhook_endpoints')
      .set(changes)
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
  },

  /** Rotates only while the secret is that of `version`: of two rotations at once one wins. */
  replaceSecret(
    projectId: string,
    id: string,
    version: number,
    changes: WebhookEndpointChanges,
  ): Promise<WebhookEndpointRow | undefined> {
    return db
      .updateTable('webhook_endpoints')
      .set({ ...changes, secret_version: version + 1 })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('secret_version', '=', version)
      .returningAll()
      .executeTakeFirst()
  },

  /** A secret that no longer signs is not kept. */
  async dropPreviousSecrets(now: number): Promise<void> {
    await db
      .updateTable('webhook_endpoints')
      .set({ previous_secret: null, previous_secret_until: null })
      .where('previous_secret_until', '<=', now)
      .execute()
  },

  async delete(projectId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('webhook_endpoints')
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  /** Enabled endpoints of all projects that something is due for. One look into the index an endpoint, however long its queue. */
  withDueDeliveries(now: number): Promise<WebhookEndpointRow[]> {
    return db
      .selectFrom('webhook_endpoints')
      .selectAll()
      .where('enabled', '=', 1)
      .where(
        (expression) =>
          expression
            .selectFrom('webhook_deliveries')
            .select('webhook_deliveries.id')
            .whereRef('webhook_deliveries.endpoint_id', '=', 'webhook_endpoints.id')
            .where('webhook_deliveries.due_at', '<=', now)
            .orderBy('webhook_deliveries.due_at')
            .limit(1),
        'is not',
        null,
      )
      .execute()
  },

  async succeeded(ids: readonly string[]): Promise<void> {
    await db
      .updateTable('webhook_endpoints')
      .set({ failing_since: null })
      .where('id', 'in', ids)
      .where('failing_since', 'is not', null)
      .execute()
  },

  /** The first failure since the last success begins the time after which an endpoint is disabled. */
  async failed(id: string, at: number): Promise<void> {
    await db
      .updateTable('webhook_endpoints')
      .set({ failing_since: at })
      .where('id', '=', id)
      .where('failing_since', 'is', null)
      .execute()
  },

  /** @param failingSince With it, only an endpoint that has failed since before. @returns The row, if this disabled it. */
  disable(
    id: string,
    reason: 'gone' | 'failing',
    at: number,
    failingSince?: number,
  ): Promise<WebhookEndpointRow | undefined> {
    return db
      .updateTable('webhook_endpoints')
      .set({ enabled: 0, disabled_reason: reason, updated_at: at })
      .where('id', '=', id)
      .where('enabled', '=', 1)
      .$if(failingSince !== undefined, (query) => query.where('failing_since', '<=', failingSince ?? 0))
      .returningAll()
      .executeTakeFirst()
  },
})
