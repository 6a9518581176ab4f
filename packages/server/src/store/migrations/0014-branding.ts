import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

/** How a project's connect pages look, what a person may leave out there, and how an integration's last connections went. */
export const branding = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const number = kind === 'sqlite' ? 'integer' : 'bigint'
    for (const statement of [
      `create table project_branding (
         project_id text primary key references projects (id) on delete cascade,
         name text,
         color text,
         logo text,
         logo_type text,
         privacy_url text,
         embed_origins text not null,
         help_urls text not null,
         show_account ${number} not null,
         updated_at ${number} not null
       )`,
      'alter table connection_requests add column optional_scopes text',
      'create index connection_requests_lately on connection_requests (integration_id, created_at)',
    ])
      await sql.raw(statement).execute(db)
  },
})
