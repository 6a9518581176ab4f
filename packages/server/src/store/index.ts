/**
 * SQL, transactions, leases and migrations, on the embedded SQLite or on PostgreSQL. Nothing above this room writes SQL,
 * and everything secret that arrives here is sealed or hashed already.
 */
import { Kysely, type Logger, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { type Metrics, noMetrics } from '../metrics.ts'
import { noTracing, type Tracing } from '../tracing.ts'
import { AccountSignals } from './account-signals.ts'
import { accountQueries } from './accounts.ts'
import { auditQueries } from './audit.ts'
import { brandingQueries } from './branding.ts'
import { Changes, changesChannel, readTold } from './changes.ts'
import { type FindCredentialRow, postgresCredentialRows } from './credential-rows.ts'
import type { AccountRow, Database, DatabaseKind, Db, MasterKeyRow } from './database.ts'
import { entityQueries } from './entities.ts'
import { StoreError, wordsOf } from './error.ts'
import { eventQueries, eventsOf } from './events.ts'
import { figureQueries } from './figures.ts'
import { idempotencyKeyQueries } from './idempotency-keys.ts'
import { integrationQueries } from './integrations.ts'
import { killSwitchQueries } from './kill-switches.ts'
import { listen } from './listener.ts'
import { masterKeyQueries } from './master-keys.ts'
import { migrations } from './migrations/index.ts'
import { timedQueries, timedTransaction } from './observing.ts'
import { operatorQueries } from './operators.ts'
import { overviewQueries } from './overview.ts'
import { type PoolState, postgresDialect } from './postgres.ts'
import { lapseLeasesOfMissing, leaseOf, settledAfterMs } from './presence.ts'
import { projectQueries } from './projects.ts'
import { requestLogQueries } from './request-log.ts'
import { requestQueries } from './requests.ts'
import { revocationQueries } from './revocations.ts'
import { createRowWall, walled } from './row-wall.ts'
import { sealedValueQueries } from './sealed-values.ts'
import { settingQueries } from './settings.ts'
import { simulatorRecordQueries } from './simulator-records.ts'
import { openSqliteFile } from './sqlite.ts'
import { databaseTime, pullDeadlines } from './times.ts'
import { transactionsOn } from './transactions.ts'
import { deliveriesDue, webhookDeliveryQueries } from './webhook-deliveries.ts'
import { webhookEndpointQueries } from './webhook-endpoints.ts'

export type { AccountSignals } from './account-signals.ts'
export type { AccountSelection } from './accounts.ts'
export { auditHash, installationChain } from './audit-chain.ts'
export type { AccountChange, ChangeListener, Changes } from './changes.ts'
export type { CredentialRow } from './credential-rows.ts'
export type * from './database.ts'
export { StoreError } from './error.ts'
export { eventsOf } from './events.ts'
export { type DatabaseFacts, inspectDatabase } from './inspect.ts'
export type { PoolState } from './postgres.ts'
export { leaseOf } from './presence.ts'
export { placeOf, type RewrapPass, type SealedColumn, type SealedValue, sealedColumns } from './sealed-values.ts'
export { type DeliverySelection, deliveriesDue } from './webhook-deliveries.ts'

/** What others are told once it is committed. */
interface Notices {
  /** A webhook delivery was queued. */
  onQueued: () => void
  /** The project has a new event. */
  onAppended: (projectId: string) => void
}

const queries = (db: Db, kind: DatabaseKind, { onQueued, onAppended }: Notices) => ({
  accounts: accountQueries(db, kind),
  requests: requestQueries(db, kind),
  projects: projectQueries(db),
  branding: brandingQueries(db),
  integrations: integrationQueries(db),
  events: eventQueries(db, onAppended),
  entities: entityQueries(db, kind),
  revocations: revocationQueries(db),
  webhookEndpoints: webhookEndpointQueries(db),
  webhookDeliveries: webhookDeliveryQueries(db, kind, onQueued),
  idempotencyKeys: idempotencyKeyQueries(db),
  simulatorRecords: simulatorRecordQueries(db),
  settings: settingQueries(db),
  masterKeys: masterKeyQueries(db, kind),
  sealedValues: sealedValueQueries(db, kind),
  figures: figureQueries(db),
  operators: operatorQueries(db),
  overview: overviewQueries(db),
  audit: auditQueries(db, kind),
  killSwitches: killSwitchQueries(db),
  requestLog: requestLogQueries(db),
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
  /** For those who keep what they read. */
  changes: Changes
  /** The one statement of a credential read. @returns Undefined unless the account is ACTIVE, enabled and has credentials. */
  findCredentialRow: FindCredentialRow
  /** @throws when the database does not answer. */
  ping(): Promise<void>
  /** What time it is for the database, in milliseconds. Undefined on SQLite, which has no clock but that of this machine. */
  time(): Promise<number | undefined>
  /**
   * Ends the leases of processes that are gone from PostgreSQL: of all accounts that the background should refresh, or of
   * one account. On SQLite there are none. @returns How many.
   */
  lapseLeasesOfMissing(now: number, account?: Pick<AccountRow, 'project_id' | 'id'>): Promise<number>
  /** Every stored deadline comes earlier by so much: the clock it was set by was put back. */
  pullDeadlines(byMs: number): Promise<void>
  /** Undefined on SQLite, where there is one connection. */
  pool(): PoolState | undefined
  close(): Promise<void>
}

export interface StoreOptions {
  /** `postgres://…`; absent: SQLite in `dataDir`. */
  databaseUrl?: string | undefined
  dataDir: string
  /** PostgreSQL: names this process to the others. */
  processId?: string | undefined
  /** PostgreSQL: how long a statement may take before it fails. */
  statementTimeoutMs?: number | undefined
  /** False: the tables are taken as they are, for commands that only look. */
  upgrade?: boolean | undefined
  /** Told which master keys the database was made with, before anything in it is changed. What it throws is thrown on. */
  beforeUpgrade?: ((masterKeys: readonly MasterKeyRow[]) => Promise<void>) | undefined
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
  changes: Changes
  findCredentialRow: FindCredentialRow
  pool: () => PoolState | undefined
  /** How long this process has been seen by the others without a break; 0 where there are none. */
  presentForMs(): number
  close(): Promise<void>
}

/**
 * Opens the database and brings it up to date. Several processes may do so at once.
 * @throws {StoreError} when it can't be used.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { databaseUrl, metrics = noMetrics, tracing = noTracing } = options
  const log = timedQueries(metrics)
  const { kind, db, signals, changes, findCredentialRow, pool, presentForMs, close } =
    databaseUrl === undefined ? await openSqlite(options, log) : await openPostgres(databaseUrl, options, log)
  const deliveriesQueued = () => void signals.changed(deliveriesDue)
  const eventsAppended = (projectId: string) => signals.changedOften(eventsOf(projectId))
  const { outside, transaction: runInside } = transactionsOn(db)
  const transaction = async <Result>(work: (queries: Queries) => Promise<Result>) => {
    let queued = false
    const projectIds = new Set<string>()
    const onAppended = (projectId: string) => void projectIds.add(projectId)
    const onQueued = () => {
      queued = true
    }
    const result = await runInside((inside) => work(queries(inside, kind, { onQueued, onAppended })))
    // Only now: who looked before the commit would find nothing.
    if (queued) deliveriesQueued()
    for (const projectId of projectIds) eventsAppended(projectId)
    return result
  }
  return {
    ...walled(queries(outside, kind, { onQueued: deliveriesQueued, onAppended: eventsAppended })),
    transaction: (work) => timedTransaction({ metrics, tracing, kind }, () => transaction(work)),
    signals,
    changes,
    async findCredentialRow(projectId, id) {
      const begun = performance.now()
      const row = await findCredentialRow(projectId, id)
      metrics.queryEnded('select', true, (performance.now() - begun) / 1000)
      return row
    },
    async ping() {
      await sql`select 1`.execute(outside)
    },
    time: async () => (kind === 'postgres' ? databaseTime(outside) : undefined),
    lapseLeasesOfMissing: async (now, account) =>
      presentForMs() >= settledAfterMs ? lapseLeasesOfMissing(outside, now, account) : 0,
    pullDeadlines: (byMs) => runInside((inside) => pullDeadlines(inside, byMs)),
    pool,
    close,
  }
}

async function openSqlite({ dataDir, upgrade = true, beforeUpgrade }: StoreOptions, log: Logger): Promise<Opened> {
  const { dialect, changes, tellChanges, findCredentialRow } = openSqliteFile(dataDir)
  const db = new Kysely<Database>({ dialect, log })
  try {
    if (upgrade) {
      await beforeUpgrade?.(await recordedMasterKeys(db, 'sqlite'))
      await migrate(db, 'sqlite')
      // The file has one process. Whoever held a lease is gone, and nobody need wait for its end.
      await db
        .updateTable('connected_accounts')
        .set({ lease_until: leaseOf.dead })
        .where('lease_until', 'is not', null)
        .execute()
      tellChanges()
    }
  } catch (error) {
    await db.destroy()
    throw error
  }
  return {
    kind: 'sqlite',
    db,
    signals: new AccountSignals(),
    changes,
    findCredentialRow,
    pool: () => undefined,
    presentForMs: () => 0,
    close: () => db.destroy(),
  }
}

const channel = 'holdfast_account'
/** What another process changed is told within this time, or nothing that was kept is used. */
const maxUntoldMs = 2_000
const poolSize = 10
const defaultStatementTimeoutMs = 8_000

async function openPostgres(
  url: string,
  { statementTimeoutMs = defaultStatementTimeoutMs, upgrade = true, processId, beforeUpgrade, onError }: StoreOptions,
  log: Logger,
): Promise<Opened> {
  let toldUntil = 0
  let presentSince = Number.POSITIVE_INFINITY
  const changes = new Changes(() => performance.now() < toldUntil)
  const onTold = (message: string) => changes.told(readTold(message))
  const wall = createRowWall(onError)
  const { dialect, pool, runPrepared } = postgresDialect({
    url,
    max: poolSize,
    statementTimeoutMs,
    onError,
    wall,
    notifications: { channel: changesChannel, onMessage: onTold },
  })
  const db = new Kysely<Database>({ dialect, log })
  const notify = async (channel: string, message: string) => {
    await sql`select pg_notify(${channel}, ${message})`.execute(db)
  }
  const signals = new AccountSignals((accountId) => notify(channel, accountId).catch(onError))
  const listener = await listen({
    url,
    presence: processId,
    channels: { [channel]: (accountId) => signals.received(accountId), [changesChannel]: onTold },
    onGap() {
      presentSince = performance.now()
      signals.wakeAll()
      changes.everything()
    },
    onBeat(sentAt) {
      toldUntil = sentAt + maxUntoldMs
    },
    onLost() {
      presentSince = Number.POSITIVE_INFINITY
      toldUntil = 0
      changes.everything()
    },
    onError,
  })
  presentSince = performance.now()
  const close = async () => {
    signals.close()
    await listener.close()
    await db.destroy()
  }
  try {
    await listener.check(notify)
    if (upgrade) {
      await beforeUpgrade?.(await recordedMasterKeys(db, 'postgres'))
      await migratePostgres(url, onError)
    }
    await wall.raise(db, upgrade)
  } catch (error) {
    await close()
    throw error
  }
  return {
    kind: 'postgres',
    db,
    signals,
    changes,
    findCredentialRow: postgresCredentialRows(runPrepared),
    pool,
    presentForMs: () => performance.now() - presentSince,
    close,
  }
}

/** A migration takes as long as it takes, and so does waiting for another process to finish its own. */
async function migratePostgres(url: string, onError: (error: Error) => void) {
  const { dialect } = postgresDialect({ url, max: 1, statementTimeoutMs: null, onError })
  const unhurried = new Kysely<Database>({ dialect })
  await migrate(unhurried, 'postgres').finally(() => unhurried.destroy())
}

/** None on a database that is new, or older than the record. */
const recordedMasterKeys = (db: Kysely<Database>, kind: DatabaseKind): Promise<MasterKeyRow[]> =>
  masterKeyQueries(db, kind)
    .list()
    .catch(() => [])

async function migrate(db: Kysely<Database>, kind: DatabaseKind) {
  const known = migrations(kind)
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } })
  const { error } = await migrator.migrateToLatest()
  if (!error) return
  if (/previously executed migration \S+ is missing/.test(wordsOf(error)))
    throw new StoreError(
      'The database was made by a newer version of Holdfast, and was left as it was. Start that version, or restore a backup from before the upgrade.',
      { cause: error },
    )
  throw new StoreError(`The database could not be brought up to date, and was left as it was: ${wordsOf(error)}.`, {
    cause: error,
  })
}
