import { queryOptions } from '@tanstack/react-query'
import { serverFor } from '../lib/server.ts'

export const overviewQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'overview'],
    queryFn: ({ signal }) => serverFor(projectId).overview({ signal }),
    refetchInterval: 60_000,
  })
