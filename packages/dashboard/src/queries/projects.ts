import { queryOptions } from '@tanstack/react-query'
import { server } from '../lib/server.ts'

export const projectQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'settings'],
    queryFn: ({ signal }) => server.projects.get(projectId, { signal }),
  })

export const apiKeysQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'api-keys'],
    queryFn: ({ signal }) => server.projects.apiKeys.list(projectId, { signal }),
  })
