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

  async delete(projectId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('connected_accounts')
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  /**
   * Takes the refresh lease unless another holder's is still good. One statement, so that of all processes one gets it.
   * @returns The row with its new fence; undefined when the lease is held, or the row is gone.
   */
  takeLease(projectId: string, id: string, owner: string, now: number, until: number): Promise<AccountRow | undefined> {
    return db
      .updateTable('connected_accounts')
      .set((expression) => ({ lease_owner: owner, lease_until: until, fence: expression('fence', '+', 1) }))
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where((expression) =>
        expression.or([expression('lease_until', 'is', null), expression('lease_until', '<=', now)]),
      )
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

  /** Journals an attempt before the provider is called. */
  async beginAttempt(attempt: Omit<RefreshAttemptRow, 'reply'>): Promise<void> {
    await db
      .insertInto('refresh_attempts')
      .values({ ...attempt, reply: null })
      .onConflict((conflict) => conflict.column('account_id').doUpdateSet({ ...attempt, reply: null }))
      .execute()
  },

  /** Stores the provider's answer: the first statement after it arrived. */
  async storeReply(accountId: string, fence: number, reply: Uint8Array): Promise<void> {
    await db
      .updateTable('refresh_attempts')
      .set({ reply })
      .where('account_id', '=', accountId)
      .where('fence', '=', fence)
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
      .onConflict((conflict) => conflict.columns(['project_id', 'id']).doNothing())
      .execute()
  },
})

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
  if (selection.labels) conditions.push(expression.or(selection.labels.map((label) => carries(kind, label))))
  return expression.and(conditions)
}

/** Labels are a JSON list. Each is compared as JSON text, in which every character has a form that both databases take. */
const carries = (kind: DatabaseKind, label: string) =>
  kind === 'postgres'
    ? sql<boolean>`exists (select 1 from json_array_elements(labels::json) as item (label) where item.label::text = ${JSON.stringify(label)})`
    : sql<boolean>`exists (select 1 from json_each(labels) as item where labels -> item.fullkey = ${JSON.stringify(label)})`
