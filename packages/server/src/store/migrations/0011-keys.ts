import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** What a key may do and what it reaches, and the short-lived tokens that browsers hold. Keys made before may do all. */
export const keys = (): Migration => ({
  async up(db) {
    const statements = [
      'alter table api_keys add column scopes text',
      'alter table api_keys add column entity_ids text',
      'alter table api_keys add column integration_ids text',
      'alter table api_keys add column account_ids text',
      'alter table api_keys add column session_entity_id text',
      'alter table api_keys add column allowed_origins text',
      'alter table api_keys add column parent_id text references api_keys (id) on delete cascade',
      'create index api_keys_parent on api_keys (parent_id) where parent_id is not null',
      `create index api_keys_session on api_keys (project_id, session_entity_id)
         where session_entity_id is not null`,
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
