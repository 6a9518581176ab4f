import { queryOptions } from '@tanstack/react-query'
import { serverFor } from '../lib/server.ts'

export const integrationsQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'integrations'],
    queryFn: ({ signal }) => serverFor(projectId).integrations.list({}, { signal }).all(2000),
    staleTime: 30_000,
  })

export const integrationQuery = (projectId: string, integrationId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'integrations', integrationId],
    queryFn: ({ signal }) => serverFor(projectId).integrations.get(integrationId, { signal }),
  })
