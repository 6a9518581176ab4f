import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type {
  AccountChanges,
  AccountRow,
  Database,
  DatabaseKind,
  Db,
  NewAccountRow,
  RefreshAttemptRow,
} from './database.ts'
import { locks } from './locks.ts'

export interface AccountSelection {
  entityIds?: readonly string[] | undefined
  integrationIds?: readonly string[] | undefined
  accountIds?: readonly string[] | undefined
  appKeys?: readonly string[] | undefined
  statuses?: readonly AccountRow['status'][] | undefined
  /** Accounts that carry any of these. */
  labels?: readonly string[] | undefined
  enabledOnly?: boolean | undefined
  /** Part of the entity's id, of the account's own id, or of the name or address at the app; in any case. */
  search?: string | undefined
}

/** Every query carries the project id, but for those that jobs and the integration's own cascade make. */
export const accountQueries = (db: Db, kind: DatabaseKind) => ({
  async insert(row: NewAccountRow): Promise<void> {
    await db.insertInto('connected_accounts').values(row).execute()
  },

  /** In a transaction nobody else changes the row until its end, so that what was read is still so when it is acted on. */
  find(projectId: string, id: string): Promise<AccountRow | undefined> {
    return db
      .selectFrom('connected_accounts')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .$if(locks(db, kind), (query) => query.forUpdate())
      .executeTakeFirst()
  },

  /** Newest first. */
  list(
    projectId: string,
    selection: AccountSelection,
    paging: { offset: number; limit: number },
  ): Promise<AccountRow[]> {
    return db
      .selectFrom('connected_accounts')
      .selectAll()
      .where((expression) => selected(expression, kind, projectId, selection))
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .offset(paging.offset)
      .limit(paging.limit)
      .execute()
  },

  /** The newest that are older than the last of the page before, however many pages there were. */
  listBefore(
    projectId: string,
    selection: AccountSelection,
    last: { createdAt: number; id: string },
    limit: number,
  ): Promise<AccountRow[]> {
    return db
      .selectFrom('connected_accounts')
      .selectAll()
      .where((expression) => selected(expression, kind, projectId, selection))
      .where(sql<SqlBool>`(created_at, id) < (${last.createdAt}, ${last.id})`)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  },

  async count(projectId: string, selection: AccountSelection): Promise<number> {
    const { total } = await db
      .selectFrom('connected_accounts')
      .select((expression) => expression.fn.countAll<number>().as('total'))
      .where((expression) => selected(expression, kind, projectId, selection))
      .executeTakeFirstOrThrow()
    return Number(total)
  },

  async countByIntegration(projectId: string, integrationIds: readonly string[]): Promise<Map<string, number>> {
    if (integrationIds.length === 0) return new Map()
    const rows = await db
      .selectFrom('connected_accounts')
      .select((expression) => ['integration_id', expression.fn.countAll<number>().as('total')])
      .where('project_id', '=', projectId)
      .where('integration_id', 'in', integrationIds)
      .groupBy('integration_id')
      .execute()
    return new Map(rows.map((row) => [row.integration_id, Number(row.total)]))
  },

  /** Changes what is not a credential. @returns The row as it is now; undefined when it is gone. */
  update(
    projectId: string,
    id: string,
    changes: Omit<AccountChanges, 'credentials' | 'credentials_version'>,
  ): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set(changes)
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
  },

  /**
   * Compare-and-set: replaces the credentials only while they are still those of `expectedVersion`, so that a late
   * answer never overwrites a newer one and a deleted row never comes back.
   * @returns The row as it is now; undefined when another change was first.
   */
  replaceCredentials(
    projectId: string,
    id: string,
    expectedVersion: number,
    changes: AccountChanges & { credentials: Uint8Array },
  ): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set({ ...changes, credentials_version: expectedVersion + 1 })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('credentials_version', '=', expectedVersion)
      .returningAll()
      .executeTakeFirst()
  },

  /** Like `update`, but only while the credentials are those of `expectedVersion`. */
  updateAtVersion(
    projectId: string,
    id: string,
    expectedVersion: number,
    changes: Omit<AccountChanges, 'credentials' | 'credentials_version'>,
  ): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set(changes)
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('credentials_version', '=', expectedVersion)
      .returningAll()
      .executeTakeFirst()
  },

  /**
   * Takes the credentials away, ciphertext and all: to any late answer the row is a newer one.
   * @returns The row as it is now; undefined when another change was first.
   */
  dropCredentials(
    projectId: string,
    id: string,
    expectedVersion: number,
    changes: Omit<AccountChanges, 'credentials' | 'credentials_version'>,
  ): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set({ ...changes, credentials: null, credentials_version: expectedVersion + 1 })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('credentials_version', '=', expectedVersion)
      .returningAll()
      .executeTakeFirst()
  },

  /** Only while the credentials are those of `expectedVersion`. @returns Whether it is gone now. */
  async deleteAtVersion(projectId: string, id: string, expectedVersion: number): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('connected_accounts')
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('credentials_version', '=', expectedVersion)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  /** Other accounts of the same person or tenant at the same app, oldest first. */
  async idsWithIdentity(
    projectId: string,
    account: Pick<AccountRow, 'id' | 'app_key' | 'identity_id'>,
    limit: number,
  ): Promise<string[]> {
    if (account.identity_id === null) return []
    const rows = await db
      .selectFrom('connected_accounts')
      .select('id')
      .where('project_id', '=', projectId)
      .where('app_key', '=', account.app_key)
      .where('identity_id', '=', account.identity_id)
      .where('id', '!=', account.id)
      .orderBy('id')
      .limit(limit)
      .execute()
    return rows.map((row) => row.id)
  },

  findByExternalIds(projectId: string, externalIds: readonly string[]): Promise<AccountRow[]> {
    if (externalIds.length === 0) return Promise.resolve([])
    return db
      .selectFrom('connected_accounts')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('external_id', 'in', externalIds)
      .execute()
  },

  /** By id, for going through all of them. @param after The last id of the page before. */
  pageById(
    projectId: string,
    selection: AccountSelection,
    after: string | undefined,
    limit: number,
  ): Promise<AccountRow[]> {
    return db
      .selectFrom('connected_accounts')
      .selectAll()
      .where((expression) => selected(expression, kind, projectId, selection))
      .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
      .orderBy('id')
      .limit(limit)
      .execute()
  },

  async delete(projectId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('connected_accounts')
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  /**
   * Takes the refresh lease if nobody has it. One statement, so that of all processes one gets it.
   * @returns The row with its new fence; undefined when the lease is held or lapsed, or the row is gone.
   */
  takeFreeLease(
    projectId: string,
    id: string,
    lease: { owner: string; until: number },
  ): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set((expression) => leaseColumns(expression, lease))
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('lease_until', 'is', null)
      .returningAll()
      .executeTakeFirst()
  },

  /**
   * Takes the refresh lease unless another holder's is still good. One statement, so that of all processes one gets it.
   * One that ends much later than a new one is of a clock that is ahead. It counts as lapsed, or it would outlive a holder
   * that is gone by as much as its clock was wrong.
   * @returns The row with its new fence; undefined when the lease is held, or the row is gone.
   */
  takeLease(projectId: string, id: string, owner: string, now: number, until: number): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set((expression) => leaseColumns(expression, { owner, until }))
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where((expression) =>
        expression.or([
          expression('lease_until', 'is', null),
          expression('lease_until', '<=', now),
          expression('lease_until', '>', until + (until - now)),
        ]),
      )
      .returningAll()
      .executeTakeFirst()
  },

  /**
   * Takes the lease from whoever has it, for the holder of a call that was already on its way when its lease was lost.
   * @returns The row with its new fence; undefined when the credentials are no longer those of `version`.
   */
  retakeLease(
    projectId: string,
    id: string,
    version: number,
    lease: { owner: string; until: number },
  ): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set((expression) => leaseColumns(expression, lease))
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('credentials_version', '=', version)
      .returningAll()
      .executeTakeFirst()
  },

  /** Only the holder of this fence gives the lease back; a later holder keeps it. */
  async releaseLease(projectId: string, id: string, fence: number): Promise<void> {
    await db
      .updateTable('connected_accounts')
      .set({ lease_owner: null, lease_until: null })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('fence', '=', fence)
      .execute()
  },

  /** The lease of a call that takes long goes on. @returns False when it was lost. */
  async extendLease(projectId: string, id: string, fence: number, until: number): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('connected_accounts')
      .set({ lease_until: until })
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where('fence', '=', fence)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  /** Apps, of all projects, that have accounts the background loop should refresh. */
  async appsDueForBackground(now: number): Promise<string[]> {
    const rows = await db
      .selectFrom('connected_accounts')
      .select('app_key')
      .distinct()
      .where((expression) => isDueForBackground(expression, now))
      .execute()
    return rows.map((row) => row.app_key)
  },

  /**
   * Takes the lease of the account of one app that has been due for longest, over all projects. Of several processes each
   * gets another one.
   */
  leaseDueForBackground(
    appKey: string,
    now: number,
    lease: { owner: string; until: number },
  ): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set((expression) => leaseColumns(expression, lease))
      .where('lease_until', 'is', null)
      .where('id', '=', (expression) =>
        expression
          .selectFrom('connected_accounts')
          .select('id')
          .where('app_key', '=', appKey)
          .where('lease_until', 'is', null)
          .where((where) => isDueForBackground(where, now))
          .orderBy('background_after')
          .limit(1)
          .$if(kind === 'postgres', (query) => query.forUpdate().skipLocked()),
      )
      .returningAll()
      .executeTakeFirst()
  },

  /** When the next account of one app that is in nobody's hands comes due, over all projects, after `now`. */
  async nextForBackground(appKey: string, now: number): Promise<number | undefined> {
    const row = await db
      .selectFrom('connected_accounts')
      .select('background_after')
      .where('app_key', '=', appKey)
      .where('status', '=', sql.lit('ACTIVE'))
      .where('enabled', '=', sql.lit(1))
      .where('background_after', '>', now)
      .where('lease_until', 'is', null)
      .where((expression) =>
        expression.or([
          expression('retry_after', 'is', null),
          expression('retry_after', '<=', expression.ref('background_after')),
        ]),
      )
      .orderBy('background_after')
      .limit(1)
      .executeTakeFirst()
    return row?.background_after ?? undefined
  },

  /** Due accounts of one app whose holder let its lease lapse, over all projects. */
  lapsedForBackground(appKey: string, now: number, limit: number): Promise<AccountRow[]> {
    return db
      .selectFrom('connected_accounts')
      .selectAll()
      .where('app_key', '=', appKey)
      .where('lease_until', 'is not', null)
      .where((expression) => isDueForBackground(expression, now))
      .orderBy('background_after')
      .limit(limit)
      .execute()
  },

  /** Accounts whose refresh token ends before `before` and whose developer was not warned of that end. */
  endingSoon(before: number, limit: number): Promise<AccountRow[]> {
    return db
      .selectFrom('connected_accounts')
      .selectAll()
      .where('status', '=', 'ACTIVE')
      .where('refresh_expires_at', '<=', before)
      .where((expression) =>
        expression.or([
          expression('warned_until', 'is', null),
          expression('warned_until', '!=', expression.ref('refresh_expires_at')),
        ]),
      )
      .orderBy('refresh_expires_at')
      .limit(limit)
      .execute()
  },

  /** Journals an attempt before the provider is called. */
  async beginAttempt(attempt: RefreshAttemptRow): Promise<void> {
    await db
      .insertInto('refresh_attempts')
      .values(attempt)
      .onConflict((conflict) => conflict.column('account_id').doUpdateSet(attempt))
      .execute()
  },

  findAttempt(projectId: string, accountId: string): Promise<RefreshAttemptRow | undefined> {
    return db
      .selectFrom('refresh_attempts')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('account_id', '=', accountId)
      .executeTakeFirst()
  },

  async endAttempt(accountId: string, fence: number): Promise<void> {
    await db.deleteFrom('refresh_attempts').where('account_id', '=', accountId).where('fence', '<=', fence).execute()
  },

  async ensureEntity(projectId: string, id: string, createdAt: number): Promise<void> {
    await db
      .insertInto('entities')
      .values({ project_id: projectId, id, created_at: createdAt })
      // An update that changes nothing waits for whoever deletes the entity just now; nothing at all would not.
      .onConflict((conflict) =>
        conflict.columns(['project_id', 'id']).doUpdateSet((expression) => ({
          created_at: expression.ref('entities.created_at'),
        })),
      )
      .execute()
  },
})

const leaseColumns = (
  expression: ExpressionBuilder<Database, 'connected_accounts'>,
  { owner, until }: { owner: string; until: number },
) => ({ lease_owner: owner, lease_until: until, fence: expression('fence', '+', 1) })

/** Due, not waiting after a failure, and in nobody's hands. */
const isDueForBackground = (expression: ExpressionBuilder<Database, 'connected_accounts'>, now: number) =>
  expression.and([
    expression('status', '=', sql.lit('ACTIVE')),
    expression('enabled', '=', sql.lit(1)),
    expression('background_after', 'is not', null),
    expression('background_after', '<=', now),
    expression.or([expression('retry_after', 'is', null), expression('retry_after', '<=', now)]),
    expression.or([expression('lease_until', 'is', null), expression('lease_until', '<=', now)]),
  ])

function selected(
  expression: ExpressionBuilder<Database, 'connected_accounts'>,
  kind: DatabaseKind,
  projectId: string,
  selection: AccountSelection,
) {
  const conditions: Expression<SqlBool>[] = [expression('project_id', '=', projectId)]
  if (selection.entityIds) conditions.push(expression('entity_id', 'in', selection.entityIds))
  if (selection.integrationIds) conditions.push(expression('integration_id', 'in', selection.integrationIds))
  if (selection.accountIds) conditions.push(expression('id', 'in', selection.accountIds))
  if (selection.appKeys) conditions.push(expression('app_key', 'in', selection.appKeys))
  if (selection.statuses) conditions.push(expression('status', 'in', selection.statuses))
  if (selection.enabledOnly) conditions.push(expression('enabled', '=', 1))
  if (selection.search !== undefined) conditions.push(mentions(kind, selection.search))
  if (selection.labels) conditions.push(expression.or(selection.labels.map((label) => carries(kind, label))))
  return expression.and(conditions)
}

function mentions(kind: DatabaseKind, search: string) {
  const pattern = `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  const name = kind === 'postgres' ? sql`identity::json ->> 'name'` : sql`identity ->> 'name'`
  const email = kind === 'postgres' ? sql`identity::json ->> 'email'` : sql`identity ->> 'email'`
  const texts = [sql`entity_id`, sql`id`, name, email, sql`identity_id`]
  return sql<boolean>`(${sql.join(
    texts.map((text) => sql`lower(${text}) like ${pattern} escape '\\'`),
    sql` or `,
  )})`
}

/** Labels are a JSON list. Each is compared as JSON text, in which every character has a form that both databases take. */
const carries = (kind: DatabaseKind, label: string) =>
  kind === 'postgres'
    ? sql<boolean>`exists (select 1 from json_array_elements(labels::json) as item (label) where item.label::text = ${JSON.stringify(label)})`
    : sql<boolean>`exists (select 1 from json_each(labels) as item where labels -> item.fullkey = ${JSON.stringify(label)})`
