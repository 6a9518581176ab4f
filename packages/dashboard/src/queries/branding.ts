import { queryOptions } from '@tanstack/react-query'
import { serverFor } from '../lib/server.ts'

export const brandingQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['project', projectId, 'branding'],
    queryFn: ({ signal }) => serverFor(projectId).projects.branding({ signal }),
  })
