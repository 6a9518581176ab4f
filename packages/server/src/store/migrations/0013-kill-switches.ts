import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

/** Stops of many accounts at once: how far each has come, so that any process goes on with it. */
export const killSwitches = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const number = kind === 'sqlite' ? 'integer' : 'bigint'
    const statements = [
      `create table kill_switches (
         id text primary key,
         project_id text not null references projects (id) on delete cascade,
         action text not null,
         integration_id text,
         app_key text,
         status text not null,
         position text,
         matched ${number} not null,
         changed ${number} not null,
         failed ${number} not null,
         failures text not null,
         claim ${number} not null,
         due_at ${number},
         created_at ${number} not null,
         updated_at ${number} not null,
         finished_at ${number}
       )`,
      'create index kill_switches_project on kill_switches (project_id, id)',
      'create index kill_switches_due on kill_switches (due_at) where due_at is not null',
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
