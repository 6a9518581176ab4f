import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Dialect, SqliteDialect, type SqliteStatement } from 'kysely'

/** Opens (or makes) the embedded database file. A commit is on disk before it is acknowledged. */
export function sqliteDialect(file: string): Dialect {
  // SQLite gives its other files the mode of this one: nobody but the owner reads any of them.
  closeSync(openSync(file, 'a', 0o600))
  const database = new DatabaseSync(file, { timeout: 5000 })
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec('PRAGMA foreign_keys = ON')
  const prepared = new Map<string, SqliteStatement>()
  return new SqliteDialect({
    database: {
      close: () => {
        prepared.clear()
        database.close()
      },
      prepare(sql) {
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

/** `node:sqlite` takes parameters one by one and does not say whether a statement returns rows. */
function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
