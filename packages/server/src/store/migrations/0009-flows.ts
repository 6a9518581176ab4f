import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'
import { fenceStatements } from './0005-vault.ts'

const open = `status in ('pending', 'authorizing', 'parked', 'redeeming')`

/** Answers that wait until the developer's backend confirms who came back, how many flows are open, and answers to repeat. */
export const flows = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const [bytes, number] = kind === 'sqlite' ? ['blob', 'integer'] : ['bytea', 'bigint']
    const statements = [
      `alter table projects add column user_verification text not null default 'none'`,
      'alter table integrations add column user_verification text',
      'alter table connection_requests add column entity_id text',
      `alter table connection_requests add column verify_user ${number} not null default 0`,
      `alter table connection_requests add column handle_hash ${bytes}`,
      `alter table connection_requests add column answer ${bytes}`,
      'create unique index connection_requests_handle on connection_requests (handle_hash)',
      'drop index connection_requests_open',
      `create index connection_requests_open on connection_requests (expires_at) where ${open}`,
      `create index connection_requests_pending on connection_requests (project_id, entity_id) where ${open}`,
      `create table idempotency_keys (
         id text primary key,
         project_id text not null references projects (id) on delete cascade,
         key_hash ${bytes} not null,
         request_hash ${bytes} not null,
         status ${number},
         answer ${bytes},
         expires_at ${number} not null,
         unique (project_id, key_hash)
       )`,
      'create index idempotency_keys_expiry on idempotency_keys (expires_at)',
      ...fenceStatements(kind, 'connection_requests', 'answer'),
      ...fenceStatements(kind, 'idempotency_keys', 'answer'),
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
