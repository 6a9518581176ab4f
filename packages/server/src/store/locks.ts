import type { DatabaseKind, Db } from './database.ts'

/**
 * Whether a row that is read in order to be changed must be locked. On SQLite a transaction has the whole database to itself;
 * PostgreSQL lets others change what it has read, unless told.
 */
export const locks = (db: Db, kind: DatabaseKind): boolean => kind === 'postgres' && db.isTransaction
