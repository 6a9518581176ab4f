/** One request to the API that changed something or failed. It holds no URL, header or body. */
export interface LoggedRequest {
  id: string
  at: Date
  requestId: string
  method: string
  /** The route's pattern, without ids. */
  route: string
  status: number
  /** Why it was refused. */
  code: string | null
  durationMs: number
  /** The account its path names. */
  accountId: string | null
  caller: Caller
}

export interface Caller {
  kind: 'key' | 'operator' | 'operatorKey'
  id: string | null
  name: string | null
}

export type NewLoggedRequest = Omit<LoggedRequest, 'id' | 'at'> & { projectId: string }

export interface LoggedRequestFilter {
  failed?: boolean | undefined
  code?: string | undefined
  accountId?: string | undefined
  requestId?: string | undefined
  keyId?: string | undefined
}

/** Failed requests that are alike. */
export interface RequestGroup {
  method: string
  route: string
  status: number
  code: string | null
  count: number
  lastAt: Date
}

export interface RequestLog {
  /** Takes note without waiting: it is in the database within a second. */
  note(request: NewLoggedRequest): void
  /** Newest first. @throws {AppError} validation_failed for a cursor that is none. */
  list(
    projectId: string,
    filter: LoggedRequestFilter,
    paging: { cursor: string | undefined; limit: number },
  ): Promise<{ items: LoggedRequest[]; nextCursor: string | null }>
  /** Of the last day, the most frequent first; at most 50. */
  failures(projectId: string): Promise<RequestGroup[]>
}
