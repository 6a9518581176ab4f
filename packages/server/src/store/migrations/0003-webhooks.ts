import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

/** Webhook endpoints, the outbox of deliveries with their attempts, and the order in which events are read as a feed. */
export const webhooks = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const bytes = kind === 'sqlite' ? 'blob' : 'bytea'
    const number = kind === 'sqlite' ? 'integer' : 'bigint'
    const statements = [
      `create table webhook_endpoints (
         id text primary key,
         project_id text not null references projects (id) on delete cascade,
         url text not null,
         description text not null,
         format text not null,
         event_types text,
         enabled ${number} not null,
         disabled_reason text,
         failing_since ${number},
         secret ${bytes} not null,
         secret_version ${number} not null,
         previous_secret ${bytes},
         previous_secret_until ${number},
         created_at ${number} not null,
         updated_at ${number} not null
       )`,
      'create index webhook_endpoints_project on webhook_endpoints (project_id, id)',
      `create table webhook_deliveries (
         id text primary key,
         project_id text not null references projects (id) on delete cascade,
         endpoint_id text not null references webhook_endpoints (id) on delete cascade,
         event_id text references events (id) on delete cascade,
         event_type text not null,
         test_body text,
         status text not null,
         due_at ${number},
         claim ${number} not null,
         claimed ${number} not null,
         attempts ${number} not null,
         retries ${number} not null,
         created_at ${number} not null,
         updated_at ${number} not null,
         unique (endpoint_id, event_id)
       )`,
      'create index webhook_deliveries_due on webhook_deliveries (endpoint_id, due_at) where due_at is not null',
      'create index webhook_deliveries_newest on webhook_deliveries (endpoint_id, id)',
      "create index webhook_deliveries_failed on webhook_deliveries (endpoint_id, id) where status = 'failed'",
      'create index webhook_deliveries_event on webhook_deliveries (event_id)',
      'create index webhook_deliveries_age on webhook_deliveries (created_at)',
      `create table webhook_attempts (
         delivery_id text not null references webhook_deliveries (id) on delete cascade,
         number ${number} not null,
         started_at ${number} not null,
         duration_ms ${number} not null,
         status_code ${number},
         error text,
         response text,
         primary key (delivery_id, number)
       )`,
      `create table event_feeds (
         project_id text primary key references projects (id) on delete cascade,
         position ${number} not null
       )`,
      `alter table events add column position ${number}`,
      'create unique index events_feed on events (project_id, position) where position is not null',
      'create index events_unnumbered on events (project_id, created_at, id) where position is null',
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
