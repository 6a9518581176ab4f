import { sql } from 'kysely'
import type { AccountRow, Db, IntegrationRow, WebhookEndpointRow } from './database.ts'

/** What an operator sees first of a project. Each query reads an index, or the project's rows once. */
export const overviewQueries = (db: Db) => ({
  async accountsByStatus(
    projectId: string,
  ): Promise<{ status: AccountRow['status']; enabled: boolean; count: number }[]> {
    const rows = await db
      .selectFrom('connected_accounts')
      .select((expression) => ['status', 'enabled', expression.fn.countAll<number>().as('total')])
      .where('project_id', '=', projectId)
      .groupBy(['status', 'enabled'])
      .execute()
    return rows.map(({ status, enabled, total }) => ({ status, enabled: enabled === 1, count: Number(total) }))
  },

  /**
   * Refreshes since a time, by stretches of `everyMs`: those that brought a token, and those after which an account that had
   * worked was lost.
   */
  async refreshes(projectId: string, since: number, everyMs: number) {
    const rows = await sql<{ stretch: number; succeeded: number; failed: number }>`
      select cast((created_at - ${since}) / ${sql.lit(everyMs)} as integer) as stretch,
             sum(case when type = 'connected_account.credentials_refreshed' then 1 else 0 end) as succeeded,
             sum(case when type = 'connected_account.expired' then 1 else 0 end) as failed
        from events
       where project_id = ${projectId} and created_at >= ${since}
         and type in ('connected_account.credentials_refreshed', 'connected_account.expired')
       group by 1 order by 1`.execute(db)
    return rows.rows.map(({ stretch, succeeded, failed }) => ({
      stretch: Number(stretch),
      succeeded: Number(succeeded),
      failed: Number(failed),
    }))
  },

  /** Active accounts of which `column` lies between two times, the earliest first. */
  async due(
    projectId: string,
    column: 'background_after' | 'refresh_expires_at',
    { from, until }: { from: number; until: number },
    limit: number,
  ): Promise<{ total: number; rows: AccountRow[] }> {
    const due = db
      .selectFrom('connected_accounts')
      .where('project_id', '=', projectId)
      .where('status', '=', 'ACTIVE')
      .where('enabled', '=', 1)
      .where(column, '>', from)
      .where(column, '<=', until)
    const { total } = await due
      .select((expression) => expression.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    return { total: Number(total), rows: await due.selectAll().orderBy(column).limit(limit).execute() }
  },

  /** Newest change first. */
  async expired(projectId: string, limit: number): Promise<{ total: number; rows: AccountRow[] }> {
    const found = db
      .selectFrom('connected_accounts')
      .where('project_id', '=', projectId)
      .where('status', '=', 'EXPIRED')
      .where('enabled', '=', 1)
    const { total } = await found
      .select((expression) => expression.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    return { total: Number(total), rows: await found.selectAll().orderBy('updated_at', 'desc').limit(limit).execute() }
  },

  /** Accounts whose token is not renewed for a passing reason, the worst first. */
  async failing(projectId: string, limit: number): Promise<{ total: number; rows: AccountRow[] }> {
    const found = db
      .selectFrom('connected_accounts')
      .where('project_id', '=', projectId)
      .where('status', '=', 'ACTIVE')
      .where('enabled', '=', 1)
      .where('refresh_failures', '>', 0)
    const { total } = await found
      .select((expression) => expression.fn.countAll<number>().as('total'))
      .executeTakeFirstOrThrow()
    return {
      total: Number(total),
      rows: await found.selectAll().orderBy('refresh_failures', 'desc').orderBy('id').limit(limit).execute(),
    }
  },

  /** Integrations whose OAuth client the app refuses. */
  troubledIntegrations(projectId: string): Promise<IntegrationRow[]> {
    return db
      .selectFrom('integrations')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('problem_since', 'is not', null)
      .orderBy('problem_since')
      .execute()
  },

  /** Endpoints that we disabled, or that are failing. */
  troubledEndpoints(projectId: string): Promise<WebhookEndpointRow[]> {
    return db
      .selectFrom('webhook_endpoints')
      .selectAll()
      .where('project_id', '=', projectId)
      .where((expression) =>
        expression.or([expression('disabled_reason', 'is not', null), expression('failing_since', 'is not', null)]),
      )
      .orderBy('id')
      .execute()
  },
})
