import { sql } from 'kysely'
import type { AccountRow, Db } from './database.ts'

/** Figures over all projects, for whoever watches the installation. */
export const figureQueries = (db: Db) => ({
  /** Reads every account's row or an index of them: not for every second. */
  async accounts(): Promise<{ status: AccountRow['status']; enabled: boolean; count: number }[]> {
    const rows = await db
      .selectFrom('connected_accounts')
      .select((expression) => ['status', 'enabled', expression.fn.countAll<number>().as('total')])
      .groupBy(['status', 'enabled'])
      .execute()
    return rows.map(({ status, enabled, total }) => ({ status, enabled: enabled === 1, count: Number(total) }))
  },

  /** How late the oldest due refresh is. An account in its backoff is due at the end of that. */
  async refreshLagMs(now: number): Promise<number> {
    const { due } = await db
      .selectFrom('connected_accounts')
      .select(
        sql<number | null>`min(case when retry_after > background_after then retry_after else background_after end)`.as(
          'due',
        ),
      )
      .where('status', '=', 'ACTIVE')
      .where('enabled', '=', 1)
      .where('background_after', '<=', now)
      .where((expression) =>
        expression.or([expression('retry_after', 'is', null), expression('retry_after', '<=', now)]),
      )
      .executeTakeFirstOrThrow()
    return due === null ? 0 : now - Number(due)
  },
})
