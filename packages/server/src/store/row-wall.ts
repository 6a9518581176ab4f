import { AsyncLocalStorage } from 'node:async_hooks'
import { type Kysely, sql } from 'kysely'
import type { Database } from './database.ts'
import { wordsOf } from './error.ts'

/**
 * The second wall between projects, on PostgreSQL: row-level security. Every query names its project in a `where`; should
 * one forget to, the database still shows it, and lets it change, that project's rows only.
 *
 * A query whose first parameter is the project's id runs on a connection whose setting `holdfast.project` names that
 * project. Everything else (jobs, keys, operators, and transactions, whose statements go by rows that were found before)
 * runs with the setting empty, for which the policies hold nothing back.
 *
 * @see docs/decisions/0007-second-wall.md
 */
const current = new AsyncLocalStorage<string>()

const setting = 'holdfast.project'
const policy = 'of_project'
/** Superusers are above all policies, so they step down to this role. Owners are bound by `force row level security`. */
const role = 'holdfast_rows'

export interface RowWall {
  /** Puts a connection where this piece of work belongs. A connection is asked only when it stands elsewhere. */
  enter(client: Connection): Promise<void>
  /** Has the database hold it up. Until then nothing is held back. @param setUp False: only if it stands already. */
  raise(db: Kysely<Database>, setUp: boolean): Promise<void>
}

interface Connection {
  query(text: string, values: unknown[]): Promise<unknown>
}

export function createRowWall(onError: (error: Error) => void): RowWall {
  let stepsDown: boolean | undefined
  const places = new WeakMap<object, string>()

  return {
    async enter(client) {
      if (stepsDown === undefined) return
      const place = current.getStore() ?? ''
      if ((places.get(client) ?? '') === place) return
      // For the session: what runs next may be a single statement, and a transaction around it would be two more.
      const values: unknown[] = [setting, place]
      if (stepsDown) values.push(place === '' ? 'none' : role)
      await client.query(
        `select set_config($1, $2, false)${stepsDown ? `, set_config('role', $3, false)` : ''}`,
        values,
      )
      places.set(client, place)
    },

    async raise(db, setUp) {
      const { isSuperuser, isExempt } = await standing(db)
      try {
        if (setUp) await db.transaction().execute((inside) => build(inside, isSuperuser))
      } catch (error) {
        onError(new Error(`row-level security could not be set up: ${wordsOf(error)}`, { cause: error }))
        return
      }
      if (!isExempt && (await stands(db, isSuperuser))) stepsDown = isSuperuser
    },
  }
}

/** The queries, each that is about one project behind the wall. On a database without one they are as they were. */
export function walled<Queries extends Record<string, object>>(groups: Queries): Queries {
  const behind = (group: object) =>
    Object.fromEntries(
      Object.entries(group).map(([name, query]) => [name, isOfProject(query) ? withinItsProject(query) : query]),
    )
  return Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, behind(group)])) as Queries
}

/** What runs inside is about this project and no other. */
export const withinProject = <Result>(projectId: string, work: () => Result): Result => current.run(projectId, work)

type Query = (projectId: string, ...more: unknown[]) => unknown

/** By its first parameter's name: in this room a parameter called `projectId` is the project a query is about. */
export const isOfProject = (query: unknown): query is Query =>
  typeof query === 'function' && /^(?:async\s+)?(?:function\s*)?\w*\s*\(?\s*projectId\b/.test(String(query))

const withinItsProject =
  (query: Query): Query =>
  (projectId, ...more) =>
    withinProject(projectId, () => query(projectId, ...more))

const tables = sql`
  select c.oid, c.relname as name, c.relrowsecurity and c.relforcerowsecurity as secured,
         exists (select from pg_policy p where p.polrelid = c.oid and p.polname = ${sql.lit(policy)}) as has_policy,
         exists (select from pg_attribute a
                  where a.attrelid = c.oid and a.attname = 'project_id' and not a.attisdropped) as of_project
    from pg_class c
   where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'`

/** Who connects. A user that an administrator has exempted from policies, and who is no superuser, has no way to step down. */
async function standing(db: Kysely<Database>): Promise<{ isSuperuser: boolean; isExempt: boolean }> {
  const { rows } = await sql<{ super: boolean; bypasses: boolean }>`
    select rolsuper as super, rolbypassrls as bypasses from pg_roles where rolname = current_user`.execute(db)
  const isSuperuser = rows[0]?.super ?? false
  return { isSuperuser, isExempt: !isSuperuser && (rows[0]?.bypasses ?? false) }
}

/** Several processes may start at once, and a later version may bring more tables: whatever is missing is added. */
async function build(db: Kysely<Database>, isSuperuser: boolean): Promise<void> {
  if (await stands(db, isSuperuser)) return
  await sql`select pg_advisory_xact_lock(hashtext('holdfast row wall'))`.execute(db)
  const { rows } = await sql<{ name: string; secured: boolean; has_policy: boolean }>`
    select * from (${tables}) as t where of_project`.execute(db)
  for (const { name, secured, has_policy: hasPolicy } of rows) {
    const table = sql.table(name)
    if (!hasPolicy)
      await sql`create policy ${sql.raw(policy)} on ${table}
        using (coalesce(current_setting(${sql.lit(setting)}, true), '') in ('', project_id))`.execute(db)
    if (!secured) {
      await sql`alter table ${table} enable row level security`.execute(db)
      await sql`alter table ${table} force row level security`.execute(db)
    }
  }
  if (isSuperuser) await makeRole(db)
}

/** Roles belong to the whole server, so another database's process may make it at the same moment. */
async function makeRole(db: Kysely<Database>): Promise<void> {
  await sql`do $$ begin
    if not exists (select from pg_roles where rolname = ${sql.lit(role)}) then
      create role ${sql.raw(role)} nologin;
    end if;
  exception when duplicate_object or unique_violation then null;
  end $$`.execute(db)
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(db)
  const schema = sql.id(rows[0]?.schema ?? 'public')
  await sql`grant usage on schema ${schema} to ${sql.raw(role)}`.execute(db)
  await sql`grant select, insert, update, delete on all tables in schema ${schema} to ${sql.raw(role)}`.execute(db)
  await sql`grant usage on all sequences in schema ${schema} to ${sql.raw(role)}`.execute(db)
}

async function stands(db: Kysely<Database>, isSuperuser: boolean): Promise<boolean> {
  const { rows } = await sql<{ open: boolean }>`
    select coalesce(bool_or(of_project and not (secured and has_policy)), true) as open from (${tables}) as t`.execute(
    db,
  )
  if (rows[0]?.open !== false) return false
  if (!isSuperuser) return true
  const granted = await sql<{ all: boolean }>`
    select bool_and(has_table_privilege(r.oid, t.oid, 'select') and has_table_privilege(r.oid, t.oid, 'update')) as all
      from (${tables}) as t, pg_roles r where r.rolname = ${sql.lit(role)}`.execute(db)
  return granted.rows[0]?.all === true
}
