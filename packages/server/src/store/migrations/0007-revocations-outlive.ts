import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

/** A revocation no longer goes with its project: what was granted is given back after the project is gone. */
export const revocationsOutlive = (kind: DatabaseKind): Migration => ({
  async up(db) {
    if (kind === 'postgres') {
      await sql`alter table revocations drop constraint revocations_project_id_fkey`.execute(db)
      return
    }
    // SQLite changes no constraint of a table, so there is a new one. Its indexes and triggers are made again.
    const { rows } = await sql<{ type: string; sql: string }>`
      select type, sql from sqlite_master where tbl_name = 'revocations' and sql is not null`.execute(db)
    const table = rows.find(({ type }) => type === 'table')?.sql ?? ''
    const statements = [
      table
        .replace(/^create table "?revocations"?/i, 'create table revocations_next')
        .replace('references projects (id) on delete cascade', ''),
      'insert into revocations_next select * from revocations',
      'drop table revocations',
      'alter table revocations_next rename to revocations',
      ...rows.filter(({ type }) => type !== 'table').map((row) => row.sql),
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
