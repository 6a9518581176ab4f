import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

/** Whose account it is upstream, revocations at the app, events by entity, and where imported accounts came from. */
export const lifecycle = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const [bytes, number] = kind === 'sqlite' ? ['blob', 'integer'] : ['bytea', 'bigint']
    const textIn = (column: string, name: string) =>
      kind === 'sqlite' ? `json_extract(${column}, '$.${name}')` : `${column}::json ->> '${name}'`
    const statements = [
      'alter table connected_accounts add column identity_id text',
      'alter table connected_accounts add column external_id text',
      `update connected_accounts set identity_id = ${textIn('identity', 'id')} where identity is not null`,
      `create index connected_accounts_identity on connected_accounts (project_id, app_key, identity_id)
         where identity_id is not null`,
      `create unique index connected_accounts_external on connected_accounts (project_id, external_id)
         where external_id is not null`,
      `alter table connection_requests add column allow_identity_change ${number} not null default 0`,
      'alter table events add column entity_id text',
      `update events set entity_id = ${textIn('data', 'entityId')}`,
      'create index events_entity on events (project_id, entity_id)',
      'create index connect_links_entity on connect_links (project_id, entity_id)',
      `create table revocations (
         id text primary key,
         project_id text not null references projects (id) on delete cascade,
         account_id text not null,
         integration_id text not null,
         app_key text not null,
         status text not null,
         tokens text not null,
         secrets ${bytes},
         attempts ${number} not null,
         due_at ${number},
         give_up_at ${number} not null,
         lease_owner text,
         lease_until ${number},
         created_at ${number} not null,
         updated_at ${number} not null
       )`,
      'create index revocations_due on revocations (due_at) where due_at is not null',
      'create index revocations_project on revocations (project_id)',
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
