/**
 * SQL, transactions, leases and migrations, on the embedded SQLite or on PostgreSQL. Nothing above this room writes SQL,
 * and everything secret that arrives here is sealed or hashed already.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { AccountSignals } from './account-signals.ts'
import { accountQueries } from './accounts.ts'
import type { Database, Db } from './database.ts'
import { eventQueries } from './events.ts'
import { integrationQueries } from './integrations.ts'
import { migrations } from './migrations/index.ts'
import { postgresDialect } from './postgres.ts'
import { projectQueries } from './projects.ts'
import { requestQueries } from './requests.ts'
import { settingQueries } from './settings.ts'
import { simulatorRecordQueries } from './simulator-records.ts'
import { sqliteDialect } from './sqlite.ts'

export type { AccountSignals } from './account-signals.ts'
export type { AccountSelection } from './accounts.ts'
export type * from './database.ts'

const queries = (db: Db) => ({
  accounts: accountQueries(db),
  requests: requestQueries(db),
  projects: projectQueries(db),
  integrations: integrationQueries(db),
  events: eventQueries(db),
  simulatorRecords: simulatorRecordQueries(db),
  settings: settingQueries(db),
})

/** The queries, on the database or inside a transaction. */
export type Queries = ReturnType<typeof queries>

export interface Store extends Queries {
  /** All or nothing. Inside, use only the queries handed in: the embedded database has one connection. */
  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>
  /** Wakes those who wait for an account to change, in every process. */
  signals: AccountSignals
  /** @throws when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface StoreOptions {
  /** `postgres://…`; absent: SQLite in `dataDir`. */
  databaseUrl?: string | undefined
  dataDir: string
  /** Told of lost connections; the pool makes new ones. */
  onError: (error: Error) => void
}

/** Opens the database and brings it up to date. Several processes may do so at once. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const kind = options.databaseUrl === undefined ? 'sqlite' : 'postgres'
  const { db, signals } =
    options.databaseUrl === undefined
      ? openSqlite(options.dataDir)
      : await openPostgres(options.databaseUrl, options.onError)
  try {
    await migrate(db, kind)
  } catch (error) {
    await signals.close()
    await db.destroy()
    throw error
  }
  return {
    ...queries(db),
    transaction: (work) => db.transaction().execute((transaction) => work(queries(transaction))),
    signals,
    async ping() {
      await sql`select 1`.execute(db)
    },
    async close() {
      await signals.close()
      await db.destroy()
    },
  }
}

function openSqlite(dataDir: string) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  return {
    db: new Kysely<Database>({ dialect: sqliteDialect(join(dataDir, 'holdfast.db')) }),
    signals: AccountSignals.local(),
  }
}

async function openPostgres(url: string, onError: (error: Error) => void) {
  const { dialect } = postgresDialect(url, onError)
  return { db: new Kysely<Database>({ dialect }), signals: await AccountSignals.overPostgres(url, onError) }
}

async function migrate(db: Kysely<Database>, kind: 'sqlite' | 'postgres') {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations(kind) } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new Error('the database could not be brought up to date', { cause: error })
}
