import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DEFAULT_MIGRATION_TABLE } from 'kysely/migration'
import pg from 'pg'
import type { Clock } from '../clock.ts'
import type { DatabaseKind } from './database.ts'
import { StoreError, wordsOf } from './error.ts'
import { listen } from './listener.ts'
import { migrations } from './migrations/index.ts'

/** What a database is like, as far as it can be told without changing it. */
export interface DatabaseFacts {
  kind: DatabaseKind
  /** For people: the file, or the database and its host. */
  name: string
  exists: boolean
  version: string
  /** Migrations that the next start will make. */
  pending: string[]
  /** Migrations that a newer version has made. */
  unknown: string[]
  /** Whether we may change the tables. */
  mayMigrate: boolean
  /** What a check of the file found; null when it is sound, or not ours to check. */
  damage: string | null
  /** Null where it is our own clock. */
  clock: { aheadMs: number; uncertaintyMs: number } | null
  roundTripMs: number | null
  /** Null where connections are not counted. */
  freeConnections: number | null
  /** Why notifications do not arrive; null when they do, or are not needed. */
  notifications: string | null
}

/** @throws {StoreError} when it can't be used. */
export function inspectDatabase({
  databaseUrl,
  dataDir,
  clock,
}: {
  databaseUrl?: string | undefined
  dataDir: string
  clock: Clock
}): Promise<DatabaseFacts> {
  return databaseUrl === undefined ? inspectSqlite(dataDir) : inspectPostgres(databaseUrl, clock)
}

async function inspectSqlite(dataDir: string): Promise<DatabaseFacts> {
  const file = join(dataDir, 'holdfast.db')
  const facts: DatabaseFacts = {
    kind: 'sqlite',
    name: file,
    exists: existsSync(file),
    version: '',
    pending: [],
    unknown: [],
    mayMigrate: true,
    damage: null,
    clock: null,
    roundTripMs: null,
    freeConnections: null,
    notifications: null,
  }
  if (!facts.exists) return facts
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
    try {
      const first = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0]
      const finding = String(first('pragma quick_check(1)'))
      const hasTable = first(`select count(*) from sqlite_master where name = '${DEFAULT_MIGRATION_TABLE}'`) === 1
      const made = hasTable ? database.prepare(`select name from ${DEFAULT_MIGRATION_TABLE}`).all() : []
      return {
        ...facts,
        version: `SQLite ${first('select sqlite_version()')}`,
        damage: finding === 'ok' ? null : finding,
        ...compared('sqlite', made as { name: string }[]),
      }
    } finally {
      database.close()
    }
  } catch (error) {
    const { errcode } = error as { errcode?: number }
    if (errcode === sqliteCorrupt || errcode === sqliteNotADatabase) return { ...facts, damage: wordsOf(error) }
    throw new StoreError(
      `The database file ${file} can't be read: ${wordsOf(error)}. Check that this user is the one that runs the server.`,
      { cause: error },
    )
  }
}

/** https://www.sqlite.org/rescode.html */
const sqliteCorrupt = 11
const sqliteNotADatabase = 26

const connectTimeoutMs = 5_000

async function inspectPostgres(url: string, clock: Clock): Promise<DatabaseFacts> {
  const quiet = () => {}
  const listener = await listen({ url, channels: {}, onGap: quiet, onBeat: quiet, onLost: quiet, onError: quiet })
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs })
  client.on('error', quiet)
  try {
    await client.connect()
    const notifications = await listener
      .check(async (channel, message) => {
        await client.query('select pg_notify($1, $2)', [channel, message])
      })
      .then(() => null, wordsOf)
    return { ...(await readPostgres(client, url, clock)), notifications }
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError(`The database can't be read: ${wordsOf(error)}.`, { cause: error })
  } finally {
    await client.end().catch(quiet)
    await listener.close()
  }
}

async function readPostgres(
  client: pg.Client,
  url: string,
  clock: Clock,
): Promise<Omit<DatabaseFacts, 'notifications'>> {
  const one = async <Row extends pg.QueryResultRow>(sql: string) => (await client.query<Row>(sql)).rows[0] as Row
  const { version, free, may_create, has_table } = await one<{
    version: string
    free: number
    may_create: boolean
    has_table: boolean
  }>(
    `select current_setting('server_version') as version,
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
              - (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as free,
            has_schema_privilege(current_schema(), 'CREATE') as may_create,
            to_regclass('${DEFAULT_MIGRATION_TABLE}') is not null as has_table`,
  )
  const sentAt = clock.now().getTime()
  const begun = performance.now()
  const { theirs } = await one<{ theirs: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as theirs',
  )
  const roundTripMs = performance.now() - begun
  const { rows } = has_table
    ? await client.query<{ name: string }>(`select name from ${DEFAULT_MIGRATION_TABLE}`)
    : { rows: [] }
  const { host, pathname } = new URL(url)
  return {
    kind: 'postgres',
    name: `${decodeURIComponent(pathname.slice(1))} at ${host}`,
    exists: true,
    version: `PostgreSQL ${version}`,
    ...compared('postgres', rows),
    mayMigrate: may_create,
    damage: null,
    clock: { aheadMs: theirs - (sentAt + roundTripMs / 2), uncertaintyMs: roundTripMs / 2 },
    roundTripMs,
    freeConnections: free,
  }
}

function compared(kind: DatabaseKind, made: readonly { name: string }[]): Pick<DatabaseFacts, 'pending' | 'unknown'> {
  const known = Object.keys(migrations(kind))
  const names = made.map(({ name }) => name)
  return {
    pending: known.filter((name) => !names.includes(name)),
    unknown: names.filter((name) => !known.includes(name)),
  }
}
