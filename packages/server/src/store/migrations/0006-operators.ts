import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'
import { fenceStatements } from './0005-vault.ts'

/** Who runs the installation: operators, what they sign in with, their sessions and invitations, and what they did. */
export const operators = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const [bytes, number] = kind === 'sqlite' ? ['blob', 'integer'] : ['bytea', 'bigint']
    const statements = [
      `create table operators (
         id text primary key,
         email text not null,
         email_key text not null unique,
         name text not null,
         role text not null,
         password text not null,
         totp_secret ${bytes},
         totp_version ${number} not null,
         totp_confirmed_at ${number},
         totp_step ${number} not null,
         created_at ${number} not null,
         updated_at ${number} not null
       )`,
      ...fenceStatements(kind, 'operators', 'totp_secret'),
      `create table operator_recovery_codes (
         operator_id text not null references operators (id) on delete cascade,
         hash ${bytes} not null,
         primary key (operator_id, hash)
       )`,
      `create table operator_passkeys (
         id text primary key,
         operator_id text not null references operators (id) on delete cascade,
         name text not null,
         public_key text not null,
         counter ${number} not null,
         transports text not null,
         created_at ${number} not null,
         used_at ${number}
       )`,
      'create index operator_passkeys_operator on operator_passkeys (operator_id)',
      `create table operator_challenges (
         hash ${bytes} primary key,
         operator_id text references operators (id) on delete cascade,
         expires_at ${number} not null
       )`,
      `create table operator_sessions (
         id text primary key,
         operator_id text not null references operators (id) on delete cascade,
         token_hash ${bytes} not null unique,
         user_agent text not null,
         created_at ${number} not null,
         seen_at ${number} not null,
         expires_at ${number} not null
       )`,
      'create index operator_sessions_operator on operator_sessions (operator_id)',
      `create table operator_links (
         id text primary key,
         kind text not null,
         token_hash ${bytes} not null unique,
         email text,
         role text not null,
         invited_by text,
         created_at ${number} not null,
         expires_at ${number}
       )`,
      `create table sign_in_attempts (
         key text primary key,
         attempts ${number} not null,
         until ${number} not null
       )`,
      `create table operator_actions (
         id text primary key,
         operator_id text not null,
         operator text not null,
         action text not null,
         path text not null,
         project_id text,
         status ${number},
         detail text,
         request_id text not null,
         created_at ${number} not null
       )`,
      'create index operator_actions_age on operator_actions (created_at)',
      // For the success of refreshes in the last day; other events pay nothing for it.
      `create index events_refreshes on events (project_id, created_at)
         where type in ('connected_account.credentials_refreshed', 'connected_account.expired')`,
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
