import { type Dialect, PostgresDialect } from 'kysely'
import pg from 'pg'

/** `int8` holds times and counters below 2^53, so numbers do. */
const int8 = 20

/** A pool on one PostgreSQL, shared by any number of processes. A lost connection is replaced by the pool. */
export function postgresDialect(url: string, onError: (error: Error) => void): { dialect: Dialect; pool: pg.Pool } {
  const types = {
    getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
      oid === int8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
  }
  const pool = new pg.Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 10_000, types })
  pool.on('error', onError)
  return { dialect: new PostgresDialect({ pool }), pool }
}
