import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { serverFor } from '../lib/server.ts'

export interface RequestLogFilter {
  failed?: true
  code?: string
  account?: string
  request?: string
}

export const requestsQuery = (projectId: string, { failed, code, account, request }: RequestLogFilter) =>
  infiniteQueryOptions({
    queryKey: ['project', projectId, 'requests', { failed, code, account, request }],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      serverFor(projectId).requests.list(
        { failed, code, connectedAccountId: account, requestId: request },
        { cursor: pageParam, limit: 50 },
        { signal },
      ),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    refetchInterval: 5_000,
  })

export const failuresQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'requests', 'failures'],
    queryFn: ({ signal }) => serverFor(projectId).requests.failures({ signal }),
    refetchInterval: 15_000,
  })
