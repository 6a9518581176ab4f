import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { server } from '../lib/server.ts'

export const operatorsQuery = queryOptions({
  queryKey: ['operators'],
  queryFn: ({ signal }) => server.operators.list({ signal }),
})

export const invitesQuery = queryOptions({
  queryKey: ['operator-invites'],
  queryFn: ({ signal }) => server.operators.invites({ signal }),
})

export const passkeysQuery = queryOptions({
  queryKey: ['passkeys'],
  queryFn: ({ signal }) => server.session.passkeys({ signal }),
})

export const browsersQuery = queryOptions({
  queryKey: ['browsers'],
  queryFn: ({ signal }) => server.session.browsers({ signal }),
})

export const actionsQuery = infiniteQueryOptions({
  queryKey: ['actions'],
  initialPageParam: undefined as string | undefined,
  queryFn: ({ pageParam, signal }) => server.operators.actions({ cursor: pageParam, limit: 50 }, { signal }),
  getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
})
