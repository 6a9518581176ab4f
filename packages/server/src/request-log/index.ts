/**
 * The request log remembers, for a week, requests that changed something or failed. Reads that succeed are not in it: they
 * are the many, and the audit log has those of credentials. It is for finding out why something did not work, so it is
 * written behind the answers and a crash may lose its last second; what must not be lost is in the audit log.
 */
import type { Clock } from '../clock.ts'
import { invalid } from '../errors.ts'
import { isId, newId } from '../ids.ts'
import type { LoggedRequestRow, Store } from '../store/index.ts'
import type { LoggedRequest, NewLoggedRequest, RequestLog } from './types.ts'

export type * from './types.ts'

const day = 24 * 60 * 60_000
const keptMs = 7 * day
/** Rows in one statement: both databases take this many parameters. */
const batchSize = 500
/** While the database is away the oldest are let go. */
const longestBacklog = 10_000
const groupLimit = 50

export interface RequestLogOptions {
  store: Store
  clock: Clock
}

export function createRequestLog({ store, clock }: RequestLogOptions): {
  requestLog: RequestLog
  /** Writes down what was noted. Also when the server stops. */
  flush: () => Promise<void>
  forgetOld: () => Promise<void>
} {
  let noted: LoggedRequestRow[] = []

  return {
    requestLog: {
      note(request) {
        noted.push(toRow(request, clock.now()))
        if (noted.length > longestBacklog) noted.splice(0, noted.length - longestBacklog)
      },

      async list(projectId, { failed, code, accountId, requestId, keyId }, { cursor, limit }) {
        if (cursor !== undefined && !isId(cursor))
          throw invalid({ property: 'cursor', message: 'is not a nextCursor of this list' })
        const selection = { failedOnly: failed, code, accountId, requestId, callerId: keyId }
        const rows = await store.requestLog.page(projectId, selection, cursor, limit + 1)
        const page = rows.slice(0, limit)
        return {
          items: page.map((row) => toRequest(row, row.key_name)),
          nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
        }
      },

      async failures(projectId) {
        const groups = await store.requestLog.groups(projectId, clock.now().getTime() - day, groupLimit)
        return groups.map(({ lastAt, ...group }) => ({ ...group, lastAt: new Date(lastAt) }))
      },
    },

    async flush() {
      while (noted.length > 0) {
        const batch = noted.slice(0, batchSize)
        noted = noted.slice(batchSize)
        try {
          await insert(store, batch)
        } catch (error) {
          noted = [...batch, ...noted].slice(-longestBacklog)
          throw error
        }
      }
    },

    async forgetOld() {
      await store.requestLog.deleteOlder(clock.now().getTime() - keptMs)
    },
  }
}

/** A project that was deleted meanwhile takes its requests along, and no others. */
async function insert(store: Store, rows: readonly LoggedRequestRow[]): Promise<void> {
  await store.transaction(async (queries) => {
    const known = new Set<string>()
    for (const id of new Set(rows.map(({ project_id }) => project_id)))
      if (await queries.projects.find(id)) known.add(id)
    await queries.requestLog.insertMany(rows.filter(({ project_id }) => known.has(project_id)))
  })
}

const toRow = (request: NewLoggedRequest, at: Date): LoggedRequestRow => ({
  id: newId(),
  project_id: request.projectId,
  request_id: request.requestId,
  method: request.method,
  route: request.route,
  status: request.status,
  code: request.code,
  duration_us: Math.round(request.durationMs * 1000),
  account_id: request.accountId,
  caller_kind: request.caller.kind,
  caller_id: request.caller.id,
  caller_name: request.caller.name,
  created_at: at.getTime(),
})

const toRequest = (row: LoggedRequestRow, keyName: string | null): LoggedRequest => ({
  id: row.id,
  at: new Date(row.created_at),
  requestId: row.request_id,
  method: row.method,
  route: row.route,
  status: row.status,
  code: row.code,
  durationMs: row.duration_us / 1000,
  accountId: row.account_id,
  caller: { kind: row.caller_kind, id: row.caller_id, name: row.caller_name ?? keyName },
})
