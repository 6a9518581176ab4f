import type { AccountStatus, ConnectedAccount, CursorPage } from '@holdfast/sdk'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { serverFor } from '../lib/server.ts'

/** What the list of accounts is narrowed to, as it stands in the address. */
export interface AccountFilter {
  search?: string
  entity?: string
  app?: string[]
  integration?: string
  status?: AccountStatus[]
  disabled?: 'hide'
}

const pageSize = 50

export const accountsQuery = (projectId: string, filter: AccountFilter) =>
  infiniteQueryOptions({
    queryKey: ['project', projectId, 'accounts', 'list', filter],
    initialPageParam: undefined as string | undefined,
    // The first page counts them all; the others go on from where the one before ended.
    queryFn: async ({ pageParam, signal }): Promise<CursorPage<ConnectedAccount> & { totalItems?: number }> => {
      const list = serverFor(projectId).connectedAccounts.list({ ...wireFilter(filter), pageSize }, { signal })
      if (pageParam !== undefined) return list.after(pageParam)
      const { items, totalItems, nextCursor = null } = await list.page()
      return { items, totalItems, nextCursor }
    },
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  })

/** The filter in the words of the client. */
export const wireFilter = ({ search, entity, app, integration, status, disabled }: AccountFilter) => ({
  search,
  entityId: entity,
  app,
  integrationId: integration,
  status,
  showDisabled: disabled === 'hide' ? false : undefined,
})

export const accountQuery = (projectId: string, accountId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'accounts', accountId],
    queryFn: ({ signal }) => serverFor(projectId).connectedAccounts.get(accountId, { signal }),
  })

export const historyQuery = (projectId: string, accountId: string) =>
  infiniteQueryOptions({
    queryKey: ['project', projectId, 'accounts', accountId, 'history'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      serverFor(projectId).connectedAccounts.history(accountId, { cursor: pageParam, limit: 25 }, { signal }),
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  })
