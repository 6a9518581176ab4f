import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { serverFor } from '../lib/server.ts'

export const entitiesQuery = (projectId: string, search: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['project', projectId, 'entities', 'list', search],
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) =>
      serverFor(projectId).entities.list({ search, pageSize: 50 }, { signal }).page(pageParam),
    getNextPageParam: ({ page, totalPages }) => (page < totalPages ? page + 1 : undefined),
  })

export const entityQuery = (projectId: string, entityId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'entities', entityId],
    queryFn: ({ signal }) => serverFor(projectId).entities.get(entityId, { signal }),
  })
