import type { Db, RevocationRow } from './database.ts'

/** Tokens on their way back to the app. Jobs look over all projects, so their queries need no project id. */
export const revocationQueries = (db: Db) => ({
  async insert(row: RevocationRow): Promise<void> {
    await db.insertInto('revocations').values(row).execute()
  },

  find(projectId: string, id: string): Promise<RevocationRow | undefined> {
    return db
      .selectFrom('revocations')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
  },

  /** Those of one integration that still have something to give back. */
  unfinished(projectId: string, integrationId: string): Promise<RevocationRow[]> {
    return db
      .selectFrom('revocations')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('integration_id', '=', integrationId)
      .where('secrets', 'is not', null)
      .execute()
  },

  /** Unless an attempt has begun or ended since `row` was read. */
  async replaceSecrets(row: Pick<RevocationRow, 'id' | 'attempts'>, secrets: Uint8Array): Promise<void> {
    await db
      .updateTable('revocations')
      .set({ secrets })
      .where('id', '=', row.id)
      .where('attempts', '=', row.attempts)
      .where('secrets', 'is not', null)
      .execute()
  },

  /** Those whose time has come and that no process works on, longest due first. */
  async dueIds(now: number, limit: number): Promise<string[]> {
    const rows = await db
      .selectFrom('revocations')
      .select('id')
      .where('due_at', '<=', now)
      .where((expression) =>
        expression.or([expression('lease_until', 'is', null), expression('lease_until', '<=', now)]),
      )
      .orderBy('due_at')
      .limit(limit)
      .execute()
    return rows.map(({ id }) => id)
  },

  /** One statement, so that of all processes one gets it. @returns Undefined when another did, or there is nothing to do. */
  claim(id: string, owner: string, now: number, until: number): Promise<RevocationRow | undefined> {
    return db
      .updateTable('revocations')
      .set((expression) => ({
        lease_owner: owner,
        lease_until: until,
        attempts: expression('attempts', '+', 1),
      }))
      .where('id', '=', id)
      .where('due_at', '<=', now)
      .where((expression) =>
        expression.or([expression('lease_until', 'is', null), expression('lease_until', '<=', now)]),
      )
      .returningAll()
      .executeTakeFirst()
  },

  /** Ends an attempt and gives the lease back. A later holder has a higher count of attempts, and keeps it. */
  async settle(
    { id, attempts }: Pick<RevocationRow, 'id' | 'attempts'>,
    outcome: Pick<RevocationRow, 'status' | 'tokens' | 'secrets' | 'due_at' | 'updated_at'>,
  ): Promise<void> {
    await db
      .updateTable('revocations')
      .set({ ...outcome, lease_owner: null, lease_until: null })
      .where('id', '=', id)
      .where('attempts', '=', attempts)
      .execute()
  },

  /** Ended ones are kept for whoever asks what became of them; after `before`, and without their project, they go. */
  async deleteEnded(before: number): Promise<void> {
    await db
      .deleteFrom('revocations')
      .where('due_at', 'is', null)
      .where((expression) =>
        expression.or([
          expression('updated_at', '<', before),
          expression('project_id', 'not in', expression.selectFrom('projects').select('id')),
        ]),
      )
      .execute()
  },
})
