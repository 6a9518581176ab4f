import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

export const initial = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const bytes = kind === 'sqlite' ? 'blob' : 'bytea'
    const number = kind === 'sqlite' ? 'integer' : 'bigint'
    const statements = `
create table settings (name text primary key, value text not null);

create table projects (
  id text primary key,
  name text not null,
  mode text not null,
  allowed_redirect_urls text not null,
  created_at ${number} not null,
  updated_at ${number} not null
);

create table api_keys (
  id text primary key,
  project_id text references projects (id) on delete cascade,
  name text not null,
  hash ${bytes} not null unique,
  hint text not null,
  created_at ${number} not null,
  expires_at ${number}
);
create index api_keys_project on api_keys (project_id);

create table apps (
  project_id text not null references projects (id) on delete cascade,
  key text not null,
  definition text not null,
  created_at ${number} not null,
  updated_at ${number} not null,
  primary key (project_id, key)
);

create table integrations (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  app_key text not null,
  auth_scheme text not null,
  name text not null,
  enabled ${number} not null,
  scopes text,
  client_id text,
  client_secret ${bytes},
  version ${number} not null,
  simulated ${number} not null,
  is_default ${number} not null,
  created_at ${number} not null,
  updated_at ${number} not null
);
create index integrations_project_app on integrations (project_id, app_key);
create unique index integrations_default on integrations (project_id, app_key, auth_scheme) where is_default = 1;

create table entities (
  project_id text not null references projects (id) on delete cascade,
  id text not null,
  created_at ${number} not null,
  primary key (project_id, id)
);

create table connected_accounts (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  integration_id text not null references integrations (id) on delete cascade,
  entity_id text not null,
  app_key text not null,
  auth_scheme text not null,
  status text not null,
  reason_code text,
  reason_message text,
  enabled ${number} not null,
  verification text not null,
  identity text,
  labels text not null,
  requested_scopes text,
  granted_scopes text,
  simulated ${number} not null,
  credentials ${bytes},
  credentials_version ${number} not null,
  expires_at ${number},
  refresh_after ${number},
  retry_after ${number},
  refresh_failures ${number} not null,
  lease_owner text,
  lease_until ${number},
  fence ${number} not null,
  sequence ${number} not null,
  created_at ${number} not null,
  updated_at ${number} not null
);
create index connected_accounts_newest on connected_accounts (project_id, created_at, id);
create index connected_accounts_entity on connected_accounts (project_id, entity_id, created_at, id);
create index connected_accounts_app on connected_accounts (project_id, app_key, created_at, id);
create index connected_accounts_status on connected_accounts (project_id, status, created_at, id);
create index connected_accounts_integration on connected_accounts (integration_id, created_at, id);

create table refresh_attempts (
  account_id text primary key references connected_accounts (id) on delete cascade,
  project_id text not null,
  credentials_version ${number} not null,
  fence ${number} not null,
  started_at ${number} not null,
  calls ${number} not null,
  reply ${bytes}
);

create table connect_links (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  entity_id text not null,
  token_hash ${bytes} not null unique,
  integration_ids text,
  redirect_uri text,
  expires_at ${number} not null,
  created_at ${number} not null
);
create index connect_links_expiry on connect_links (expires_at);

create table connection_requests (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  account_id text not null references connected_accounts (id) on delete cascade,
  integration_id text not null,
  link_id text,
  token_hash ${bytes} not null unique,
  state_hash ${bytes} unique,
  cookie_hash ${bytes},
  code_verifier ${bytes},
  params ${bytes},
  scopes text,
  status text not null,
  failure_code text,
  redirect_uri text,
  expires_at ${number} not null,
  created_at ${number} not null
);
create index connection_requests_account on connection_requests (account_id);
create index connection_requests_link on connection_requests (link_id);
create index connection_requests_open on connection_requests (expires_at) where status in ('pending', 'authorizing', 'redeeming');

create table events (
  id text primary key,
  project_id text not null references projects (id) on delete cascade,
  account_id text not null,
  sequence ${number} not null,
  type text not null,
  data text not null,
  created_at ${number} not null,
  unique (account_id, sequence)
);
create index events_project on events (project_id, created_at, id);

create table simulator_records (
  kind text not null,
  key text not null,
  value text not null,
  expires_at ${number},
  primary key (kind, key)
);
create index simulator_records_expiry on simulator_records (expires_at) where expires_at is not null;
`
    for (const statement of statements.split(';').filter((text) => text.trim() !== ''))
      await sql.raw(statement).execute(db)
  },
})
