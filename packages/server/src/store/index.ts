/**
 * SQL, transactions, leases and migrations, on the embedded SQLite or on PostgreSQL. Nothing above this room writes SQL,
 * and everything secret that arrives here is sealed or hashed already.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Dialect, type Driver, Kysely, type Logger, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { type Metrics, noMetrics } from '../metrics.ts'
import { noTracing, type Tracing } from '../tracing.ts'
import { AccountSignals } from './account-signals.ts'
import { accountQueries } from './accounts.ts'
import type { Database, DatabaseKind, Db } from './database.ts'
import { entityQueries } from './entities.ts'
import { StoreError, wordsOf } from './error.ts'
import { eventQueries } from './events.ts'
import { figureQueries } from './figures.ts'
import { integrationQueries } from './integrations.ts'
import { listen } from './listener.ts'
import { masterKeyQueries } from './master-keys.ts'
import { migrations } from './migrations/index.ts'
import { timedQueries, timedTransaction } from './observing.ts'
import { type PoolState, postgresDialect } from './postgres.ts'
import { projectQueries } from './projects.ts'
import { requestQueries } from './requests.ts'
import { revocationQueries } from './revocations.ts'
import { sealedValueQueries } from './sealed-values.ts'
import { settingQueries } from './settings.ts'
import { simulatorRecordQueries } from './simulator-records.ts'
import { sqliteDialect } from './sqlite.ts'
import { deliveriesDue, webhookDeliveryQueries } from './webhook-deliveries.ts'
import { webhookEndpointQueries } from './webhook-endpoints.ts'

export type { AccountSignals } from './account-signals.ts'
export type { AccountSelection } from './accounts.ts'
export type * from './database.ts'
export { StoreError } from './error.ts'
export { type DatabaseFacts, inspectDatabase } from './inspect.ts'
export type { PoolState } from './postgres.ts'
export { placeOf, type RewrapPass, type SealedColumn, type SealedValue, sealedColumns } from './sealed-values.ts'
export { type DeliverySelection, deliveriesDue } from './webhook-deliveries.ts'

/** @param onQueued Called when a webhook delivery was queued. */
const queries = (db: Db, kind: DatabaseKind, onQueued: () => void) => ({
  accounts: accountQueries(db, kind),
  requests: requestQueries(db, kind),
  projects: projectQueries(db),
  integrations: integrationQueries(db),
  events: eventQueries(db),
  entities: entityQueries(db),
  revocations: revocationQueries(db),
  webhookEndpoints: webhookEndpointQueries(db),
  webhookDeliveries: webhookDeliveryQueries(db, kind, onQueued),
  simulatorRecords: simulatorRecordQueries(db),
  settings: settingQueries(db),
  masterKeys: masterKeyQueries(db, kind),
  sealedValues: sealedValueQueries(db),
  figures: figureQueries(db),
})

/** The queries, on the database or inside a transaction. */
export type Queries = ReturnType<typeof queries>

export interface Store extends Queries {
  /**
   * All or nothing. Inside, use only the queries handed in; others throw. `work` may run more than once, when the database
   * undoes it for the sake of another transaction, so it does nothing but queries.
   */
  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>
  /** Wakes those who wait for an account to change, in every process. */
  signals: AccountSignals
  /** @throws when the database does not answer. */
  ping(): Promise<void>
  /** Undefined on SQLite, where there is one connection. */
  pool(): PoolState | undefined
  close(): Promise<void>
}

export interface StoreOptions {
  /** `postgres://…`; absent: SQLite in `dataDir`. */
  databaseUrl?: string | undefined
  dataDir: string
  /** PostgreSQL: how long a statement may take before it fails. */
  statementTimeoutMs?: number | undefined
  /** False: the tables are taken as they are, for commands that only look. */
  upgrade?: boolean | undefined
  /** Told of lost connections; they are made anew. */
  onError: (error: Error) => void
  metrics?: Metrics | undefined
  tracing?: Tracing | undefined
}

/** What the two databases do differently. */
interface Opened {
  kind: DatabaseKind
  db: Kysely<Database>
  signals: AccountSignals
  pool: () => PoolState | undefined
  close(): Promise<void>
}

/**
 * Opens the database and brings it up to date. Several processes may do so at once.
 * @throws {StoreError} when it can't be used.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, metrics = noMetrics, tracing = noTracing } = options
  const log = timedQueries(metrics)
  const { kind, db, signals, pool, close } =
    databaseUrl === undefined ? await openSqlite(options, log) : await openPostgres(databaseUrl, options, log)
  const deliveriesQueued = () => void signals.changed(deliveriesDue)
  const transaction = async <Result>(work: (queries: Queries) => Promise<Result>) => {
    let queued = false
    const onQueued = () => {
      queued = true
    }
    const result = await db
      .transaction()
      .execute((transaction) => insideTransaction(() => work(queries(transaction, kind, onQueued))))
    // Only now: who looked before the commit would find nothing.
    if (queued) deliveriesQueued()
    return result
  }
  return {
    ...queries(db, kind, deliveriesQueued),
    transaction: (work) => timedTransaction({ metrics, tracing, kind }, () => retried(() => transaction(work))),
    signals,
    async ping() {
      await sql`select 1`.execute(db)
    },
    pool,
    close,
  }
}

async function openSqlite({ dataDir, upgrade = true }: StoreOptions, log: Logger): Promise<Opened> {
  const db = new Kysely<Database>({ dialect: guarded(sqliteDialect(dataDir)), log })
  try {
    if (upgrade) await migrate(db, 'sqlite')
  } catch (error) {
    await db.destroy()
    throw error
  }
  return { kind: 'sqlite', db, signals: new AccountSignals(), pool: () => undefined, close: () => db.destroy() }
}

const channel = 'holdfast_account'
const poolSize = 10
const defaultStatementTimeoutMs = 8_000

async function openPostgres(
  url: string,
  { statementTimeoutMs = defaultStatementTimeoutMs, upgrade = true, onError }: StoreOptions,
  log: Logger,
): Promise<Opened> {
  const { dialect, pool } = postgresDialect({ url, max: poolSize, statementTimeoutMs, onError })
  const db = new Kysely<Database>({ dialect: guarded(dialect), log })
  const notify = async (channel: string, message: string) => {
    await sql`select pg_notify(${channel}, ${message})`.execute(db)
  }
  const signals = new AccountSignals((accountId) => notify(channel, accountId).catch(onError))
  const listener = await listen({
    url,
    channel,
    onMessage: (accountId) => signals.received(accountId),
    onGap: () => signals.wakeAll(),
    onError,
  })
  const close = async () => {
    await listener.close()
    await db.destroy()
  }
  try {
    await listener.check(notify)
    if (upgrade) await migratePostgres(url, onError)
  } catch (error) {
    await close()
    throw error
  }
  return { kind: 'postgres', db, signals, pool, close }
}

/** A migration takes as long as it takes, and so does waiting for another process to finish its own. */
async function migratePostgres(url: string, onError: (error: Error) => void) {
  const { dialect } = postgresDialect({ url, max: 1, statementTimeoutMs: null, onError })
  const unhurried = new Kysely<Database>({ dialect })
  await migrate(unhurried, 'postgres').finally(() => unhurried.destroy())
}

async function migrate(db: Kysely<Database>, kind: DatabaseKind) {
  const known = migrations(kind)
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } })
  const { error } = await migrator.migrateToLatest()
  if (!error) return
  throw new StoreError(`The database could not be brought up to date, and was left as it was: ${wordsOf(error)}.`, {
    cause: error,
  })
}

/** Set while the work of a transaction runs, and what it calls. */
const running = new AsyncLocalStorage<{ over: boolean }>()

async function insideTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
  const transaction = { over: false }
  try {
    return await running.run(transaction, work)
  } finally {
    transaction.over = true
  }
}

/** A query past the open transaction would wait for its end, which waits for the query: an error is better than silence. */
function guarded(dialect: Dialect): Dialect {
  const createDriver = (): Driver => {
    const driver = dialect.createDriver()
    const acquireConnection = driver.acquireConnection.bind(driver)
    driver.acquireConnection = async (options) => {
      if (running.getStore()?.over === false) throw new Error('inside a transaction use only the queries handed in')
      return acquireConnection(options)
    }
    return driver
  }
  return {
    createDriver,
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
  }
}

/** SQLSTATE serialization_failure and deadlock_detected: PostgreSQL undid the transaction so that another could go on. */
const undone = ['40001', '40P01']
const maxRuns = 5

async function retried<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let count = 1; ; count++) {
    try {
      return await run()
    } catch (error) {
      if (count === maxRuns || !undone.includes((error as { code?: string }).code ?? '')) throw error
    }
  }
}
