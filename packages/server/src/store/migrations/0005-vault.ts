import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'

/** Sealed columns as of this migration. A later one that adds a column fences it as well, with `fenceStatements`. */
const sealed = [
  ['integrations', 'client_secret'],
  ['connected_accounts', 'credentials'],
  ['connection_requests', 'params'],
  ['connection_requests', 'code_verifier'],
  ['revocations', 'secrets'],
  ['webhook_endpoints', 'secret'],
  ['webhook_endpoints', 'previous_secret'],
] as const

/** Master keys that ever sealed, who holds which, how far re-wrapping is, and a fence around keys that were dropped. */
export const vault = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const [bytes, number] = kind === 'sqlite' ? ['blob', 'integer'] : ['bytea', 'bigint']
    const statements = [
      `create table master_keys (
         id text primary key,
         mark ${bytes} not null,
         check_value ${bytes} not null,
         state text not null,
         sealed_until ${number},
         created_at ${number} not null
       )`,
      `create table master_key_holders (
         id text primary key,
         name text not null,
         key_ids text not null,
         sealing_key_id text not null,
         seen_at ${number} not null
       )`,
      `create table rewrap_passes (
         place text primary key,
         key_id text not null,
         position text not null,
         found ${number} not null,
         finished_at ${number}
       )`,
      // Fingerprints of an earlier form; the keys are compared with the values themselves instead.
      `delete from settings where name = 'master_key_checks'`,
      ...sealed.flatMap(([table, column]) => fenceStatements(kind, table, column)),
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})

/**
 * Has the database itself refuse a value under a key that is being dropped or was: a process that has not heard of it yet
 * gets an error, and cannot write what nobody could open.
 */
export function fenceStatements(kind: DatabaseKind, table: string, column: string): string[] {
  const fence = `fence_${table}_${column}`
  const refused = 'a value is sealed with a master key that was dropped'
  const condition = (value: string) =>
    `${value} is not null and exists (
       select 1 from master_keys where state <> 'used' and substr(${value}, 1, length(mark)) = mark
     )`
  if (kind === 'sqlite')
    return [
      ['insert', 'insert'],
      ['update', `update of ${column}`],
    ].map(
      ([name, event]) =>
        `create trigger ${fence}_${name} before ${event} on ${table} when ${condition(`new.${column}`)}
         begin select raise(abort, '${refused}'); end`,
    )
  return [
    `create function ${fence}() returns trigger language plpgsql as $$
     begin
       if ${condition(`new.${column}`)} then raise exception '${refused}'; end if;
       return new;
     end $$`,
    `create trigger ${fence} before insert or update of ${column} on ${table}
       for each row execute function ${fence}()`,
  ]
}
