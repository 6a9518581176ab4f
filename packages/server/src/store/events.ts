import { sql } from 'kysely'
import type { Db, EventRow, NewEventRow } from './database.ts'

/** The name of the signal that says: the project has new events. */
export const eventsOf = (projectId: string): string => `events of ${projectId}`

/** @param onAppended Called with the project when an event was written. */
export const eventQueries = (db: Db, onAppended: (projectId: string) => void) => ({
  /**
   * In the transaction that caused it: the account's counter gives the sequence number.
   * @returns False when the account is gone, and nothing was written.
   */
  async append(event: Omit<NewEventRow, 'sequence'>): Promise<boolean> {
    const account = await db
      .updateTable('connected_accounts')
      .set((expression) => ({ sequence: expression('sequence', '+', 1) }))
      .where('project_id', '=', event.project_id)
      .where('id', '=', event.account_id)
      .returning('sequence')
      .executeTakeFirst()
    if (!account) return false
    await db
      .insertInto('events')
      .values({ ...event, sequence: account.sequence })
      .execute()
    onAppended(event.project_id)
    return true
  },

  findMany(ids: readonly string[]): Promise<EventRow[]> {
    return db.selectFrom('events').selectAll().where('id', 'in', ids).execute()
  },

  /** A busy installation refreshes a million times a day: what is that old nobody asks for. @returns How many went. */
  async deleteRefreshes(projectId: string, before: number, limit: number): Promise<number> {
    // Both types, and as text, so that the index over just these is used.
    const { numAffectedRows } = await sql`
      delete from events where id in (
        select id from events
         where project_id = ${projectId} and created_at < ${before}
           and type in ('connected_account.credentials_refreshed', 'connected_account.expired')
           and type = 'connected_account.credentials_refreshed'
         limit ${limit})`.execute(db)
    return Number(numAffectedRows ?? 0)
  },

  /** The feed from `after` on, as far as it is numbered. */
  feed(projectId: string, after: number, types: readonly string[] | undefined, limit: number): Promise<EventRow[]> {
    return db
      .selectFrom('events')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('position', '>', after)
      .$if(types !== undefined, (query) => query.where('type', 'in', types ?? []))
      .orderBy('position')
      .limit(limit)
      .execute()
  },

  /** The highest number in the feed. */
  async feedEnd(projectId: string): Promise<number> {
    const feed = await db
      .selectFrom('event_feeds')
      .select('position')
      .where('project_id', '=', projectId)
      .executeTakeFirst()
    return feed?.position ?? 0
  },

  /**
   * Gives the next numbers of the feed to events that have none. Only in a transaction: it holds the project's counter until
   * its end.
   *
   * Numbers given while an event is written would be seen out of order: a transaction that took 7 may commit after one
   * that took 8, when a reader has gone past both. Here only committed events get numbers, from one transaction at a
   * time, so whoever sees a number has seen all below it. Writers wait for nobody.
   *
   * @returns How many got one.
   */
  async number(projectId: string, limit: number): Promise<number> {
    const waiting = await db
      .selectFrom('events')
      .select('id')
      .where('project_id', '=', projectId)
      .where('position', 'is', null)
      .limit(1)
      .executeTakeFirst()
    if (!waiting) return 0
    await db
      .insertInto('event_feeds')
      .values({ project_id: projectId, position: 0 })
      .onConflict((conflict) => conflict.column('project_id').doNothing())
      .execute()
    const { position } = await db
      .updateTable('event_feeds')
      .set((expression) => ({ position: expression.ref('position') }))
      .where('project_id', '=', projectId)
      .returning('position')
      .executeTakeFirstOrThrow()
    const { numUpdatedRows } = await db
      .updateTable('events')
      .from((expression) =>
        expression
          .selectFrom('events as unnumbered')
          .select(['unnumbered.id', sql<number>`row_number() over (order by created_at, id)`.as('place')])
          .where('unnumbered.project_id', '=', projectId)
          .where('unnumbered.position', 'is', null)
          .orderBy('unnumbered.created_at')
          .orderBy('unnumbered.id')
          .limit(limit)
          .as('next'),
      )
      .set({ position: sql<number>`${position} + next.place` })
      .whereRef('events.id', '=', 'next.id')
      .executeTakeFirst()
    await db
      .updateTable('event_feeds')
      .set({ position: position + Number(numUpdatedRows) })
      .where('project_id', '=', projectId)
      .execute()
    return Number(numUpdatedRows)
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
