import { type Dialect, PostgresDialect, type PostgresPool } from 'kysely'
import pg from 'pg'
import { storable } from './parameters.ts'

/** `int8` holds times and counters below 2^53, so numbers do. */
const int8 = 20

/** A transaction never waits for anything but the database; one that does nothing for so long belongs to a dead process. */
const idleInTransactionMs = 15_000
const connectTimeoutMs = 8_000
const keepAliveMs = 10_000

export interface PoolOptions {
  url: string
  max: number
  /** How long a statement may take. `null`: as long as it needs, for migrations. */
  statementTimeoutMs: number | null
  onError: (error: Error) => void
}

/** How busy the pool is. `waiting` counts work that has no connection yet. */
export interface PoolState {
  busy: number
  idle: number
  waiting: number
}

/**
 * A pool on one PostgreSQL, shared by any number of processes. A lost connection is replaced, and one that no longer
 * answers is given up: no statement hangs.
 */
export function postgresDialect({ url, max, statementTimeoutMs, onError }: PoolOptions): {
  dialect: Dialect
  pool: () => PoolState
} {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'holdfast',
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === int8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
    ...(statementTimeoutMs !== null && {
      // The server ends a slow statement itself; this is for a server that says nothing at all.
      query_timeout: statementTimeoutMs + 1_000,
      // Not as startup parameters, which poolers refuse.
      onConnect: async (client) => {
        await client.query(
          `set statement_timeout = ${statementTimeoutMs}; set idle_in_transaction_session_timeout = ${idleInTransactionMs}`,
        )
      },
    }),
  })
  pool.on('error', (error) => {
    // What becomes of connections that are being closed is no news.
    if (!pool.ending) onError(error)
  })
  // The pool listens to idle connections only. One that is lost between two statements of a transaction would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return {
    dialect: new PostgresDialect({ pool: discarding(pool) }),
    pool: () => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
  }
}

/** Gives up connections on which a statement got no answer; the pool alone would hand them out again. */
const discarding = (pool: pg.Pool): PostgresPool => ({
  options: pool.options,
  end: () => pool.end(),
  async connect() {
    const client = await pool.connect()
    let broken: Error | undefined
    const query = async (text: string, parameters: readonly unknown[] = []) => {
      if (broken) throw new Error('the connection no longer answers', { cause: broken })
      try {
        return await client.query(text, storable(parameters))
      } catch (error) {
        if (error instanceof Error && error.message === 'Query read timeout') broken = error
        throw error
      }
    }
    return { query: query as never, release: (discard?: boolean) => client.release(broken ?? discard) }
  },
})
