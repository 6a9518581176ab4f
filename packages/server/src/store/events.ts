import type { Db, EventRow, NewEventRow } from './database.ts'

export const eventQueries = (db: Db) => ({
  /** In the transaction that caused it: the account's counter gives the sequence number. */
  async append(event: Omit<NewEventRow, 'sequence'>): Promise<void> {
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

  /** Newest first. @param before The sequence number to begin below. */
  page(projectId: string, accountId: string, before: number | undefined, limit: number): Promise<EventRow[]> {
    return db
      .selectFrom('events')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('account_id', '=', accountId)
      .$if(before !== undefined, (query) => query.where('sequence', '<', before ?? 0))
      .orderBy('sequence', 'desc')
      .limit(limit)
      .execute()
  },
})
