import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

/** Requests that changed something or failed, for whoever looks for the reason. */
export const requestLog = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const number = kind === 'sqlite' ? 'integer' : 'bigint'
    const statements = [
      `create table logged_requests (
         id text primary key,
         project_id text not null references projects (id) on delete cascade,
         request_id text not null,
         method text not null,
         route text not null,
         status ${number} not null,
         code text,
         duration_us ${number} not null,
         account_id text,
         caller_kind text not null,
         caller_id text,
         caller_name text,
         created_at ${number} not null
       )`,
      'create index logged_requests_project on logged_requests (project_id, id)',
      'create index logged_requests_age on logged_requests (created_at)',
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
