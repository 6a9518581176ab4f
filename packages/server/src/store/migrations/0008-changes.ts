import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

/**
 * PostgreSQL tells every process of changes to what they keep in memory; SQLite does so without being part of the file. And
 * lists of accounts by two filters that single indexes would have to search through.
 */
export const changes = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const indexes = [
      `create index connected_accounts_app_status on connected_accounts (project_id, app_key, status, created_at, id)`,
      `create index connected_accounts_integration_status on connected_accounts (integration_id, status, created_at, id)`,
    ]
    for (const statement of indexes) await sql.raw(statement).execute(db)
    if (kind === 'postgres') for (const statement of triggers()) await sql.raw(statement).execute(db)
  },
})

/** As of this migration. A later one that adds a column on which answers depend makes the trigger anew. */
const accountColumns = [
  'status',
  'reason_code',
  'reason_message',
  'enabled',
  'verification',
  'identity',
  'identity_id',
  'labels',
  'requested_scopes',
  'granted_scopes',
  'credentials',
  'credentials_version',
  'expires_at',
  'refresh_after',
  'updated_at',
].join(', ')

/** So many deleted accounts at once are told as everything. */
const manyRows = 100
/** A notification holds less than 8000 bytes. */
const maxPayloadBytes = 7_900

const triggers = (): string[] => {
  const trigger = (table: string, event: string, call: string, when = '') =>
    `create trigger told_${table}_${event.split(' ')[0]} after ${event} on ${table} ${when} execute function ${call}`
  return [
    `create function holdfast_tell(told json) returns void language sql as $$
       select pg_notify('holdfast_changes',
         case when octet_length(told::text) < ${maxPayloadBytes} then told::text else '["everything"]' end)
     $$`,
    `create function holdfast_tell_everything() returns trigger language plpgsql as $$
     begin
       perform holdfast_tell('["everything"]');
       return null;
     end $$`,
    `create function holdfast_tell_key() returns trigger language plpgsql as $$
     begin
       perform holdfast_tell(json_build_array('key', old.id));
       return null;
     end $$`,
    `create function holdfast_tell_account() returns trigger language plpgsql as $$
     begin
       if tg_op = 'INSERT' then
         perform holdfast_tell(
           json_build_array('account', new.id, new.project_id, new.app_key, null, new.identity_id));
       else
         perform holdfast_tell(
           json_build_array('account', new.id, new.project_id, new.app_key, old.identity_id, new.identity_id));
       end if;
       return null;
     end $$`,
    `create function holdfast_tell_accounts_gone() returns trigger language plpgsql as $$
     begin
       if (select count(*) from gone) > ${manyRows} then
         perform holdfast_tell('["everything"]');
       else
         perform holdfast_tell(json_build_array('account', id, project_id, app_key, identity_id, null)) from gone;
       end if;
       return null;
     end $$`,
    trigger(
      'connected_accounts',
      'insert',
      'holdfast_tell_account()',
      'for each row when (new.identity_id is not null)',
    ),
    trigger('connected_accounts', `update of ${accountColumns}`, 'holdfast_tell_account()', 'for each row'),
    trigger(
      'connected_accounts',
      'delete',
      'holdfast_tell_accounts_gone()',
      'referencing old table as gone for each statement',
    ),
    trigger('api_keys', 'update', 'holdfast_tell_key()', 'for each row'),
    trigger('api_keys', 'delete', 'holdfast_tell_key()', 'for each row'),
    ...['projects', 'integrations', 'apps'].flatMap((table) => [
      trigger(table, 'update', 'holdfast_tell_everything()', 'for each statement'),
      trigger(table, 'delete', 'holdfast_tell_everything()', 'for each statement'),
    ]),
    trigger('apps', 'insert', 'holdfast_tell_everything()', 'for each statement'),
  ]
}
