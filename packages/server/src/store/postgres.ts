import { type Dialect, PostgresDialect, type PostgresPool } from 'kysely'
import pg from 'pg'
import { storable } from './parameters.ts'
import { type RowWall, withinProject } from './row-wall.ts'

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
  /**
   * Told of every notification of this channel on each connection, before the statement or commit that caused it has
   * its answer here: PostgreSQL sends a session its own notifications first. Absent: none is listened to.
   */
  notifications?: { channel: string; onMessage: (message: string) => void } | undefined
  /** Absent: work is not kept to the rows of its project. */
  wall?: Pick<RowWall, 'enter'> | undefined
}

/** A statement that each connection prepares once, with its rows as lists of values. */
export type RunPrepared = (
  projectId: string,
  statement: { name: string; text: string; values: unknown[] },
) => Promise<unknown[][]>

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
export function postgresDialect({ url, max, statementTimeoutMs, onError, notifications, wall }: PoolOptions): {
  dialect: Dialect
  pool: () => PoolState
  runPrepared: RunPrepared
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
        if (!notifications) return
        client.on('notification', ({ channel, payload = '' }) => {
          if (channel === notifications.channel) notifications.onMessage(payload)
        })
        await client.query(`listen ${notifications.channel}`)
      },
    }),
  })
  pool.on('error', (error) => {
    // What becomes of connections that are being closed is no news.
    if (!pool.ending) onError(error)
  })
  // The pool listens to idle connections only. One that is lost between two statements of a transaction would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  const connections = discarding(pool, wall)
  return {
    dialect: new PostgresDialect({ pool: connections as unknown as PostgresPool }),
    pool: () => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    runPrepared: async (projectId, { name, text, values }) => {
      const connection = await withinProject(projectId, () => connections.connect())
      try {
        return (await connection.query({ name, text, rowMode: 'array' }, values)).rows
      } finally {
        connection.release()
      }
    },
  }
}

/** Gives up connections on which a statement got no answer; the pool alone would hand them out again. */
const discarding = (pool: pg.Pool, wall: Pick<RowWall, 'enter'> | undefined) => ({
  options: pool.options,
  end: () => pool.end(),
  async connect() {
    const client = await pool.connect()
    try {
      await wall?.enter(client)
    } catch (error) {
      client.release(true)
      throw error
    }
    let broken: Error | undefined
    const query = async (statement: string | pg.QueryArrayConfig, parameters: readonly unknown[] = []) => {
      if (broken) throw new Error('the connection no longer answers', { cause: broken })
      try {
        return await client.query(statement as pg.QueryArrayConfig, storable(parameters))
      } catch (error) {
        if (error instanceof Error && error.message === 'Query read timeout') broken = error
        throw error
      }
    }
    return { query, release: (discard?: boolean) => client.release(broken ?? discard) }
  },
})
