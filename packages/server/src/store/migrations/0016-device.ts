import type { Migration } from 'kysely/migration'

/** Connection requests whose answer is asked for again and again, until the person has typed a code elsewhere. */
export const device = (): Migration => ({
  async up(db) {
    await db.schema.alterTable('connection_requests').addColumn('poll_after', 'bigint').execute()
    await db.schema.alterTable('connection_requests').addColumn('poll_interval_seconds', 'integer').execute()
    await db.schema
      .createIndex('connection_requests_due_polls')
      .on('connection_requests')
      .column('poll_after')
      .where('poll_after', 'is not', null)
      .execute()
  },
})
