import { AuthenticationError, type OperatorSession } from '@holdfast/sdk'
import { queryOptions } from '@tanstack/react-query'
import { server } from '../lib/server.ts'

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<OperatorSession | null> => {
    try {
      return await server.session.get({ signal })
    } catch (error) {
      if (error instanceof AuthenticationError) return null
      throw error
    }
  },
  staleTime: 5 * 60_000,
})

export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => server.session.setupNeeded({ signal }),
})
