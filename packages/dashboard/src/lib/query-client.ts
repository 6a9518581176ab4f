import { AuthenticationError } from '@holdfast/sdk'
import { QueryCache, QueryClient } from '@tanstack/react-query'

/** The client of the server repeats what may be repeated, so nothing is repeated here. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    // The session ended meanwhile: asking who is signed in leads to the sign-in page.
    onError: (error) => {
      if (error instanceof AuthenticationError && error.code === 'unauthorized')
        void queryClient.invalidateQueries({ queryKey: ['session'] })
    },
  }),
  defaultOptions: {
    queries: { retry: false, staleTime: 5000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
})
