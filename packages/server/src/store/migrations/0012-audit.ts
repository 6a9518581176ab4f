import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { type AuditEntry, auditHash, installationChain, noHash } from '../audit-chain.ts'
import type { DatabaseKind } from '../database.ts'

interface OldAction {
  id: string
  operator_id: string
  operator: string
  action: string
  path: string
  project_id: string | null
  status: number | null
  detail: string | null
  request_id: string
  created_at: number | string
}

/** The audit log: entries that are only ever added, each with the hash of the one before. What operators did moves over. */
export const audit = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const [bytes, number] = kind === 'sqlite' ? ['blob', 'integer'] : ['bytea', 'bigint']
    const statements = [
      `create table audit_chains (
         chain text primary key,
         sequence ${number} not null,
         hash ${bytes} not null,
         kept_from ${number} not null,
         kept_hash ${bytes} not null
       )`,
      `create table audit_entries (
         chain text not null,
         sequence ${number} not null,
         id text not null unique,
         at ${number} not null,
         actor_kind text not null,
         actor_id text,
         actor text not null,
         action text not null,
         target text not null,
         address text,
         status ${number},
         detail text,
         request_id text,
         hash ${bytes} not null,
         primary key (chain, sequence)
       )`,
      ...(kind === 'sqlite' ? sqliteWalls : postgresWalls),
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
    const { rows } = await sql<OldAction>`select * from operator_actions order by created_at, id`.execute(db)
    const heads = new Map<string, { sequence: number; hash: Uint8Array }>()
    for (const row of rows) {
      const chain = row.project_id ?? installationChain
      const head = heads.get(chain) ?? { sequence: 0, hash: noHash }
      const entry: AuditEntry = {
        chain,
        sequence: head.sequence + 1,
        id: row.id,
        at: Number(row.created_at),
        actor_kind: 'operator',
        actor_id: row.operator_id,
        actor: row.operator,
        action: row.action,
        target: row.path,
        address: null,
        status: row.status === null ? null : Number(row.status),
        detail: row.detail,
        request_id: row.request_id,
      }
      const hash = auditHash(entry, head.hash)
      heads.set(chain, { sequence: entry.sequence, hash })
      await sql`insert into audit_entries (chain, sequence, id, at, actor_kind, actor_id, actor, action, target, address,
        status, detail, request_id, hash) values (${entry.chain}, ${entry.sequence}, ${entry.id}, ${entry.at},
        ${entry.actor_kind}, ${entry.actor_id}, ${entry.actor}, ${entry.action}, ${entry.target}, ${entry.address},
        ${entry.status}, ${entry.detail}, ${entry.request_id}, ${hash})`.execute(db)
    }
    for (const [chain, { sequence, hash }] of heads)
      await sql`insert into audit_chains (chain, sequence, hash, kept_from, kept_hash)
        values (${chain}, ${sequence}, ${hash}, 1, ${noHash})`.execute(db)
    await sql.raw('drop table operator_actions').execute(db)
  },
})

const sqliteWalls = [
  `create trigger audit_entries_unchanged before update on audit_entries
     begin select raise(abort, 'an audit entry is never changed'); end`,
  `create trigger audit_entries_kept before delete on audit_entries
     when old.sequence >= coalesce((select kept_from from audit_chains where chain = old.chain), 0)
     begin select raise(abort, 'an audit entry goes only when its time is over'); end`,
  `create trigger audit_chains_forward before update on audit_chains
     when new.chain <> old.chain or new.sequence < old.sequence or new.kept_from < old.kept_from
       or new.kept_from > new.sequence + 1
     begin select raise(abort, 'an audit chain only grows'); end`,
  `create trigger audit_chains_kept before delete on audit_chains
     begin select raise(abort, 'an audit chain is never deleted'); end`,
]

const postgresWalls = [
  `create function audit_refuse() returns trigger language plpgsql as $$
     begin raise exception 'the audit log only grows'; end $$`,
  `create function audit_keep() returns trigger language plpgsql as $$
     begin
       if old.sequence >= coalesce((select kept_from from audit_chains where chain = old.chain), 0) then
         raise exception 'an audit entry goes only when its time is over';
       end if;
       return old;
     end $$`,
  `create trigger audit_entries_unchanged before update on audit_entries
     for each row execute function audit_refuse()`,
  'create trigger audit_entries_kept before delete on audit_entries for each row execute function audit_keep()',
  `create trigger audit_entries_whole before truncate on audit_entries
     for each statement execute function audit_refuse()`,
  `create trigger audit_chains_forward before update on audit_chains for each row
     when (new.chain <> old.chain or new.sequence < old.sequence or new.kept_from < old.kept_from
       or new.kept_from > new.sequence + 1)
     execute function audit_refuse()`,
  'create trigger audit_chains_kept before delete on audit_chains for each row execute function audit_refuse()',
  `create trigger audit_chains_whole before truncate on audit_chains
     for each statement execute function audit_refuse()`,
]
