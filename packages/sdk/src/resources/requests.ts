import type { Transport } from '../transport.ts'
import type { CallOptions } from '../types.ts'

/** A request that changed something or failed. */
export interface LoggedRequest {
  id: string
  at: string
  requestId: string
  method: string
  /** The route's pattern, without ids. */
  route: string
  status: number
  code: string | null
  durationMs: number
  connectedAccountId: string | null
  caller: { kind: 'key' | 'operator' | 'operatorKey'; id: string | null; name: string | null }
}

export interface RequestFilter {
  /** Only those that were refused or failed. */
  failed?: boolean | undefined
  code?: string | undefined
  connectedAccountId?: string | undefined
  requestId?: string | undefined
  apiKeyId?: string | undefined
}

/** Failed requests of the last 24 hours that are alike. */
export interface FailedRequestGroup {
  method: string
  route: string
  status: number
  code: string | null
  count: number
  lastAt: string
}

/** What was asked of the API in the last seven days, as far as it changed something or failed. */
export class Requests {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Newest first: a page of at most `limit`, from `cursor` on. */
  list(
    filter: RequestFilter = {},
    { cursor, limit }: { cursor?: string | undefined; limit?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<{ items: LoggedRequest[]; nextCursor: string | null }> {
    return this.#transport.get('/api/v1/requests', { ...options, query: { ...filter, cursor, limit } })
  }

  /** The most frequent first. */
  async failures(options?: CallOptions): Promise<FailedRequestGroup[]> {
    return (await this.#transport.get<{ items: FailedRequestGroup[] }>('/api/v1/requests/failures', options)).items
  }
}
