import type { Db, EventRow } from './database.ts'

export const eventQueries = (db: Db) => ({
  /** In the transaction that caused it: the account's counter gives the sequence number. */
  async append(event: Omit<EventRow, 'sequence'>): Promise<void> {
    const account = await db
      .updateTable('connected_accounts')
      .set((expression) => ({ sequence: expression('sequence', '+', 1) }))
      .where('project_id', '=', event.project_id)
      .where('id', '=', event.account_id)
      .returning('sequence')
      .executeTakeFirst()
    if (!account) return
    await db
      .insertInto('events')
      .values({ ...event, sequence: account.sequence })
      .execute()
  },

  ofAccount(projectId: string, accountId: string): Promise<EventRow[]> {
    return db
      .selectFrom('events')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('account_id', '=', accountId)
      .orderBy('sequence')
      .execute()
  },
})
