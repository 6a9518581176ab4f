import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Dialect, SqliteAdapter, SqliteDialect, type SqliteStatement } from 'kysely'
import { Changes, sqliteTriggers, type Told } from './changes.ts'
import { type FindCredentialRow, sqliteCredentialRows } from './credential-rows.ts'
import { StoreError, wordsOf } from './error.ts'
import { storable } from './parameters.ts'

/** What the embedded database offers besides queries. */
export interface SqliteFile {
  dialect: Dialect
  changes: Changes
  /** From now on changes are told. To be called once the tables are up to date. */
  tellChanges(): void
  findCredentialRow: FindCredentialRow
}

/** Opens (or makes) the embedded database. A commit is on disk before it is acknowledged. @throws {StoreError} */
export function openSqliteFile(dataDir: string): SqliteFile {
  const database = openFile(dataDir)
  const prepared = new Map<string, SqliteStatement>()
  const { changes, tellChanges, tellCommitted } = watchChanges(database)
  let reader: DatabaseSync | undefined
  let findRow: FindCredentialRow | undefined
  const openReader = () => {
    reader = new DatabaseSync(fileIn(dataDir), { readOnly: true, timeout: 5000 })
    reader.exec(`PRAGMA cache_size = -${readerCacheKib}`)
    return sqliteCredentialRows(reader)
  }
  const dialect = new TransactionalSqliteDialect({
    database: {
      close: () => {
        prepared.clear()
        reader?.close()
        database.close()
      },
      prepare(text) {
        // A lock taken only at the first write may come too late: then another process's write in between is an error.
        const sql = text === 'begin' ? 'begin immediate' : text
        let statement = prepared.get(sql)
        if (!statement) {
          // Few distinct statements exist; the bound guards against lists of ids of every length.
          if (prepared.size >= 500) prepared.clear()
          statement = adapt(database.prepare(sql), tellCommitted)
          prepared.set(sql, statement)
        }
        return statement
      },
    },
  })
  return {
    dialect,
    changes,
    tellChanges,
    findCredentialRow(projectId, id) {
      findRow ??= openReader()
      return findRow(projectId, id)
    },
  }
}

const readerCacheKib = 8 * 1024

/**
 * Changes of this connection are told by triggers, once they are committed and before anything else runs. Another process
 * that writes is noticed by the file's change counter; what it wrote is not known, so that is told as everything.
 */
function watchChanges(database: DatabaseSync) {
  const version = database.prepare('PRAGMA data_version')
  version.setReturnArrays(true)
  const readVersion = () => (version.get() as unknown as [number])[0]
  let seen = readVersion()
  let uncommitted: Told[] = []
  const changes = new Changes(() => {
    const now = readVersion()
    if (now === seen) return true
    seen = now
    changes.everything()
    return true
  })
  return {
    changes,
    tellChanges() {
      database.function('told', { varargs: true }, (...told) => {
        uncommitted.push(told as unknown as Told)
        return null
      })
      for (const trigger of sqliteTriggers('told')) database.exec(trigger)
    },
    /** After a rollback too: looking again costs little. */
    tellCommitted() {
      if (uncommitted.length === 0 || database.isTransaction) return
      const told = uncommitted
      uncommitted = []
      for (const change of told) changes.told(change)
    },
  }
}

const fileIn = (dataDir: string) => join(dataDir, 'holdfast.db')

function openFile(dataDir: string): DatabaseSync {
  const file = fileIn(dataDir)
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    // SQLite gives its other files the mode of this one: nobody but the owner reads any of them.
    closeSync(openSync(file, 'a', 0o600))
    const database = new DatabaseSync(file, { timeout: 5000 })
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec('PRAGMA foreign_keys = ON')
    // Deleted rows are overwritten, not only forgotten.
    database.exec('PRAGMA secure_delete = ON')
    return database
  } catch (error) {
    throw new StoreError(
      `The database file ${file} can't be opened: ${wordsOf(error)}. Check HOLDFAST_DATA_DIR, and that this user may write there.`,
      { cause: error },
    )
  }
}

/** SQLite undoes a half-made schema like any other change, though Kysely does not count on it. */
class TransactionalSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl(): boolean {
        return true
      }
    })()
  }
}

/** `node:sqlite` takes parameters one by one and does not say whether a statement returns rows. */
function adapt(statement: StatementSync, ran: () => void): SqliteStatement {
  const inputs = (parameters: readonly unknown[]) => storable(parameters) as SQLInputValue[]
  const afterwards = <Result>(run: () => Result): Result => {
    try {
      return run()
    } finally {
      ran()
    }
  }
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => afterwards(() => statement.all(...inputs(parameters))),
    run: (parameters) => afterwards(() => statement.run(...inputs(parameters))),
    iterate: (parameters) => statement.iterate(...inputs(parameters)),
  }
}
