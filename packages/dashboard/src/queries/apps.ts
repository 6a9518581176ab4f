import { queryOptions } from '@tanstack/react-query'
import { serverFor } from '../lib/server.ts'

/** The whole catalog: it is small enough to search in the page, and is searched in several. */
export const appsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'apps'],
    queryFn: ({ signal }) => serverFor(projectId).apps.list({}, { signal }),
    staleTime: 60_000,
  })

export const appQuery = (projectId: string, key: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'apps', key],
    queryFn: ({ signal }) => serverFor(projectId).apps.get(key, { signal }),
  })
