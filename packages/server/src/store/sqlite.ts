import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Dialect, SqliteAdapter, SqliteDialect, type SqliteStatement } from 'kysely'
import { StoreError, wordsOf } from './error.ts'
import { storable } from './parameters.ts'

/** Opens (or makes) the embedded database. A commit is on disk before it is acknowledged. @throws {StoreError} */
export function sqliteDialect(dataDir: string): Dialect {
  const database = openFile(dataDir)
  const prepared = new Map<string, SqliteStatement>()
  return new TransactionalSqliteDialect({
    database: {
      close: () => {
        prepared.clear()
        database.close()
      },
      prepare(text) {
        // A lock taken only at the first write may come too late: then another process's write in between is an error.
        const sql = text === 'begin' ? 'begin immediate' : text
        let statement = prepared.get(sql)
        if (!statement) {
          // Few distinct statements exist; the bound guards against lists of ids of every length.
          if (prepared.size >= 500) prepared.clear()
          statement = adapt(database.prepare(sql))
          prepared.set(sql, statement)
        }
        return statement
      },
    },
  })
}

function openFile(dataDir: string): DatabaseSync {
  const file = join(dataDir, 'holdfast.db')
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
function adapt(statement: StatementSync): SqliteStatement {
  const inputs = (parameters: readonly unknown[]) => storable(parameters) as SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...inputs(parameters)),
    run: (parameters) => statement.run(...inputs(parameters)),
    iterate: (parameters) => statement.iterate(...inputs(parameters)),
  }
}
