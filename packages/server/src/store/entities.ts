import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { AccountRow, Database, DatabaseKind, Db, EntityRow } from './database.ts'
import { locks } from './locks.ts'

export const entityQueries = (db: Db, kind: DatabaseKind) => ({
  /** In a transaction nobody connects an account of the entity until its end. */
  find(projectId: string, id: string): Promise<EntityRow | undefined> {
    return db
      .selectFrom('entities')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .$if(locks(db, kind), (query) => query.forUpdate())
      .executeTakeFirst()
  },

  /** Newest first. @param search A part of the id, in any case. */
  list(projectId: string, search: string | undefined, paging: { offset: number; limit: number }): Promise<EntityRow[]> {
    return db
      .selectFrom('entities')
      .selectAll()
      .where((expression) => matching(expression, projectId, search))
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .offset(paging.offset)
      .limit(paging.limit)
      .execute()
  },

  async count(projectId: string, search: string | undefined): Promise<number> {
    const { total } = await db
      .selectFrom('entities')
      .select((expression) => expression.fn.countAll<number>().as('total'))
      .where((expression) => matching(expression, projectId, search))
      .executeTakeFirstOrThrow()
    return Number(total)
  },

  /** How many accounts each of these entities has, by status. */
  async accountCounts(
    projectId: string,
    ids: readonly string[],
  ): Promise<{ entity_id: string; status: AccountRow['status']; total: number }[]> {
    if (ids.length === 0) return []
    const rows = await db
      .selectFrom('connected_accounts')
      .select((expression) => ['entity_id', 'status', expression.fn.countAll<number>().as('total')])
      .where('project_id', '=', projectId)
      .where('entity_id', 'in', ids)
      .groupBy(['entity_id', 'status'])
      .execute()
    return rows.map((row) => ({ ...row, total: Number(row.total) }))
  },

  async accountIds(projectId: string, id: string): Promise<string[]> {
    const rows = await db
      .selectFrom('connected_accounts')
      .select('id')
      .where('project_id', '=', projectId)
      .where('entity_id', '=', id)
      .orderBy('id')
      .execute()
    return rows.map((row) => row.id)
  },

  /** What names the entity beside its accounts: links, sessions, events, and the entity itself. @returns False when there was no row. */
  async delete(projectId: string, id: string): Promise<boolean> {
    await db.deleteFrom('connect_links').where('project_id', '=', projectId).where('entity_id', '=', id).execute()
    await db.deleteFrom('api_keys').where('project_id', '=', projectId).where('session_entity_id', '=', id).execute()
    await db.deleteFrom('events').where('project_id', '=', projectId).where('entity_id', '=', id).execute()
    const { numDeletedRows } = await db
      .deleteFrom('entities')
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },
})

function matching(expression: ExpressionBuilder<Database, 'entities'>, projectId: string, search: string | undefined) {
  const conditions: Expression<SqlBool>[] = [expression('project_id', '=', projectId)]
  if (search !== undefined) {
    const pattern = `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
    conditions.push(sql<boolean>`lower(id) like ${pattern} escape '\\'`)
  }
  return expression.and(conditions)
}
