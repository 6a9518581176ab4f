import type { LogEvent, Logger } from 'kysely'
import type { Metrics, QueryKind } from '../metrics.ts'
import type { Tracing } from '../tracing.ts'
import type { DatabaseKind } from './database.ts'

const kinds: Readonly<Record<string, QueryKind>> = {
  SelectQueryNode: 'select',
  InsertQueryNode: 'insert',
  UpdateQueryNode: 'update',
  DeleteQueryNode: 'delete',
}

/** Reports each statement by its kind; neither its text nor its parameters. */
export const timedQueries =
  (metrics: Metrics): Logger =>
  ({ level, query, queryDurationMillis }: LogEvent) =>
    metrics.queryEnded(kinds[query.query.kind] ?? 'other', level === 'query', queryDurationMillis / 1000)

/** Reports a transaction with all its runs, and gives it a span. */
export async function timedTransaction<Result>(
  { metrics, tracing, kind }: { metrics: Metrics; tracing: Tracing; kind: DatabaseKind },
  run: () => Promise<Result>,
): Promise<Result> {
  const begun = performance.now()
  let ok = false
  try {
    const system = kind === 'postgres' ? 'postgresql' : 'sqlite'
    const result = await tracing.span('transaction', { 'db.system.name': system }, run)
    ok = true
    return result
  } finally {
    metrics.queryEnded('transaction', ok, (performance.now() - begun) / 1000)
  }
}
