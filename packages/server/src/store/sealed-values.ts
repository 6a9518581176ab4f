import { sql } from 'kysely'
import type { DatabaseKind, Db } from './database.ts'

/** A column whose values the vault seals, and what their seal is bound to. */
export interface SealedColumn {
  table: string
  /** The table's primary key. It is also the `rowId` of the seal. */
  id: string
  column: string
  /** Where the row's version stands; null for values that are written once, sealed at version 0. */
  version: string | null
  /** The column that names the connected account, for tables whose rows belong to one. */
  account: string | null
  /** False: the rows are of the installation, and their seals name the empty project. Default true. */
  ofProject?: boolean
}

/**
 * Every sealed column there is: what is not listed is neither counted nor re-wrapped, and is lost with its master key. A
 * test compares this list with the database.
 */
export const sealedColumns: readonly SealedColumn[] = [
  { table: 'connected_accounts', id: 'id', column: 'credentials', version: 'credentials_version', account: 'id' },
  { table: 'integrations', id: 'id', column: 'client_secret', version: 'version', account: null },
  { table: 'integrations', id: 'id', column: 'params', version: 'params_version', account: null },
  { table: 'connection_requests', id: 'id', column: 'params', version: null, account: 'account_id' },
  { table: 'connection_requests', id: 'id', column: 'code_verifier', version: null, account: 'account_id' },
  { table: 'connection_requests', id: 'id', column: 'answer', version: null, account: 'account_id' },
  { table: 'idempotency_keys', id: 'id', column: 'answer', version: null, account: null },
  { table: 'revocations', id: 'id', column: 'secrets', version: null, account: 'account_id' },
  { table: 'webhook_endpoints', id: 'id', column: 'secret', version: 'secret_version', account: null },
  { table: 'webhook_endpoints', id: 'id', column: 'previous_secret', version: 'secret_version', account: null },
  { table: 'operators', id: 'id', column: 'totp_secret', version: 'totp_version', account: null, ofProject: false },
]

export const placeOf = ({ table, column }: Pick<SealedColumn, 'table' | 'column'>): string => `${table}.${column}`

export interface SealedValue {
  sealed: Uint8Array
  /** As the vault wants it. */
  context: { projectId: string; table: string; rowId: string; field: string; version: number }
}

/** How far the search for values under older keys is, in one column, for all processes together. */
export interface RewrapPass {
  place: string
  /** The key that the values are to be under. */
  key_id: string
  /** Everything up to this primary key was claimed by some process. */
  position: string
  /** 1: something was found in this pass, so there will be another. */
  found: 0 | 1
  finished_at: number | null
}

/** What no other query does: these go over the rows of all projects, and of tables by their name. */
export const sealedValueQueries = (db: Db, kind: DatabaseKind) => ({
  /** @returns The id that ends the next stretch of at most `size` rows; undefined when there are no more rows. */
  async stretchEnd({ table, id }: SealedColumn, after: string, size: number): Promise<string | undefined> {
    const ids = sql<{ id: string }>`
      select ${sql.ref(id)} as id from ${sql.table(table)} where ${sql.ref(id)} > ${after} order by ${sql.ref(id)} limit ${size}`
    const { rows } = await sql<{ last: string | null }>`select max(id) as last from (${ids}) as stretch`.execute(db)
    return rows[0]?.last ?? undefined
  },

  /** Values in a stretch that are not under the key of this mark. */
  async notUnder(
    { table, id, column, version, ofProject = true }: SealedColumn,
    stretch: { after: string; upTo: string },
    mark: Uint8Array,
  ): Promise<SealedValue[]> {
    const { rows } = await sql<{ id: string; project_id: string; version: number; sealed: Uint8Array }>`
      select ${sql.ref(id)} as id, ${ofProject ? sql.ref('project_id') : sql.lit('')} as project_id,
             ${version === null ? sql.lit(0) : sql.ref(version)} as version,
             ${sql.ref(column)} as sealed
        from ${sql.table(table)}
       where ${sql.ref(id)} > ${stretch.after} and ${sql.ref(id)} <= ${stretch.upTo}
         and ${sql.ref(column)} is not null
         and substr(${sql.ref(column)}, 1, ${sql.lit(mark.length)}) <> ${mark}
       order by ${sql.ref(id)}`.execute(db)
    return rows.map((row) => ({
      sealed: row.sealed,
      context: { projectId: row.project_id, table, rowId: row.id, field: column, version: row.version },
    }))
  },

  /**
   * Compare-and-set on the bytes, in one statement: values that were changed meanwhile stay as they are.
   * @returns How many were replaced.
   */
  async replace(
    { table, id, column }: SealedColumn,
    replacements: readonly { value: SealedValue; by: Uint8Array }[],
  ): Promise<number> {
    if (replacements.length === 0) return 0
    const bytes = sql.raw(kind === 'sqlite' ? 'blob' : 'bytea')
    const rows = replacements.map(
      ({ value, by }) =>
        sql`select cast(${value.context.rowId} as text) as row_id, cast(${value.sealed} as ${bytes}) as seen, cast(${by} as ${bytes}) as next`,
    )
    const { numAffectedRows } = await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = replacements.next
        from (${sql.join(rows, sql` union all `)}) as replacements
       where ${sql.ref(`${table}.${id}`)} = replacements.row_id and ${sql.ref(`${table}.${column}`)} = replacements.seen`.execute(
      db,
    )
    return Number(numAffectedRows ?? 0n)
  },

  /** The first bytes of each value in a stretch: enough to tell its key. */
  async heads(
    { table, id, column }: SealedColumn,
    stretch: { after: string; upTo: string },
    length: number,
  ): Promise<Uint8Array[]> {
    const { rows } = await sql<{ head: Uint8Array }>`
      select substr(${sql.ref(column)}, 1, ${sql.lit(length)}) as head from ${sql.table(table)}
       where ${sql.ref(id)} > ${stretch.after} and ${sql.ref(id)} <= ${stretch.upTo} and ${sql.ref(column)} is not null`.execute(
      db,
    )
    return rows.map(({ head }) => head)
  },

  /** @returns Undefined when the row is gone, or belongs to no account. */
  async accountOf(place: { table: string; rowId: string }): Promise<string | undefined> {
    const column = sealedColumns.find(({ table }) => table === place.table)
    if (!column || column.account === null) return undefined
    const { rows } = await sql<{ account: string }>`
      select ${sql.ref(column.account)} as account from ${sql.table(column.table)}
       where ${sql.ref(column.id)} = ${place.rowId}`.execute(db)
    return rows[0]?.account
  },

  passes(): Promise<RewrapPass[]> {
    return db.selectFrom('rewrap_passes').selectAll().execute()
  },

  findPass(place: string): Promise<RewrapPass | undefined> {
    return db.selectFrom('rewrap_passes').selectAll().where('place', '=', place).executeTakeFirst()
  },

  /** Begins at the first row, unless another process began a pass for this key in between. */
  async beginPass(place: string, keyId: string, seen: RewrapPass | undefined): Promise<void> {
    const first = { key_id: keyId, position: '', found: 0, finished_at: null } as const
    if (seen) await this.movePass(seen, first)
    else
      await db
        .insertInto('rewrap_passes')
        .values({ place, ...first })
        .onConflict((conflict) => conflict.column('place').doNothing())
        .execute()
  },

  /** Compare-and-set: of the processes that saw this state one moves it on. */
  async movePass(seen: RewrapPass, changes: Partial<Omit<RewrapPass, 'place'>>): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('rewrap_passes')
      .set(changes)
      .where('place', '=', seen.place)
      .where('key_id', '=', seen.key_id)
      .where('position', '=', seen.position)
      .where('found', '=', seen.found)
      .where((expression) =>
        seen.finished_at === null
          ? expression('finished_at', 'is', null)
          : expression('finished_at', '=', seen.finished_at),
      )
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },
})
