import { queryOptions } from '@tanstack/react-query'
import { server, serverFor } from '../lib/server.ts'

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

export const killSwitchesQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'kill-switches'],
    queryFn: ({ signal }) => serverFor(projectId).killSwitches.list({ signal }),
    // One that runs is watched.
    refetchInterval: ({ state }) => (state.data?.some(({ status }) => status === 'running') ? 1_000 : false),
  })
