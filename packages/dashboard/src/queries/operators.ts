import { queryOptions } from '@tanstack/react-query'
import { server } from '../lib/server.ts'

export const operatorsQuery = queryOptions({
  queryKey: ['operators'],
  queryFn: ({ signal }) => server.operators.list({ signal }),
})

export const invitesQuery = queryOptions({
  queryKey: ['operator-invites'],
  queryFn: ({ signal }) => server.operators.invites({ signal }),
})
