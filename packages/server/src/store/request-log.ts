import type { Db, LoggedRequestRow } from './database.ts'

export interface LoggedRequestSelection {
  failedOnly?: boolean | undefined
  code?: string | undefined
  accountId?: string | undefined
  requestId?: string | undefined
  callerId?: string | undefined
}

export interface LoggedRequestGroup {
  method: string
  route: string
  code: string | null
  status: number
  count: number
  lastAt: number
}

/** Requests by project; ids sort by time. */
export const requestLogQueries = (db: Db) => ({
  async insertMany(rows: readonly LoggedRequestRow[]): Promise<void> {
    if (rows.length > 0)
      await db
        .insertInto('logged_requests')
        .values([...rows])
        .execute()
  },

  /** Newest first. @param before The last id of the page before. */
  page(
    projectId: string,
    { failedOnly, code, accountId, requestId, callerId }: LoggedRequestSelection,
    before: string | undefined,
    limit: number,
  ): Promise<(LoggedRequestRow & { key_name: string | null })[]> {
    return db
      .selectFrom('logged_requests')
      .leftJoin('api_keys', (join) =>
        join
          .onRef('api_keys.id', '=', 'logged_requests.caller_id')
          .onRef('api_keys.project_id', '=', 'logged_requests.project_id'),
      )
      .selectAll('logged_requests')
      .select('api_keys.name as key_name')
      .where('logged_requests.project_id', '=', projectId)
      .$if(failedOnly === true, (query) => query.where('status', '>=', 400))
      .$if(code !== undefined, (query) => query.where('code', '=', code ?? ''))
      .$if(accountId !== undefined, (query) => query.where('account_id', '=', accountId ?? ''))
      .$if(requestId !== undefined, (query) => query.where('request_id', '=', requestId ?? ''))
      .$if(callerId !== undefined, (query) => query.where('caller_id', '=', callerId ?? ''))
      .$if(before !== undefined, (query) => query.where('logged_requests.id', '<', before ?? ''))
      .orderBy('logged_requests.id', 'desc')
      .limit(limit)
      .execute()
  },

  /** Failed ones since a time that are alike, the most frequent first. */
  async groups(projectId: string, since: number, limit: number): Promise<LoggedRequestGroup[]> {
    const rows = await db
      .selectFrom('logged_requests')
      .select((expression) => [
        'method',
        'route',
        'code',
        'status',
        expression.fn.countAll<number>().as('count'),
        expression.fn.max('created_at').as('lastAt'),
      ])
      .where('project_id', '=', projectId)
      .where('created_at', '>=', since)
      .where('status', '>=', 400)
      .groupBy(['method', 'route', 'code', 'status'])
      .orderBy('count', 'desc')
      .orderBy('lastAt', 'desc')
      .limit(limit)
      .execute()
    return rows.map((row) => ({ ...row, count: Number(row.count), lastAt: Number(row.lastAt) }))
  },

  async deleteOlder(before: number): Promise<number> {
    const { numDeletedRows } = await db
      .deleteFrom('logged_requests')
      .where('created_at', '<', before)
      .executeTakeFirst()
    return Number(numDeletedRows)
  },
})
