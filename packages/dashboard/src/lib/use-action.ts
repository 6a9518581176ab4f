import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { toast } from '../ui/toast.tsx'

/**
 * Something that changes the server: says when it failed, and has what it changed read again.
 *
 * @param invalidates Beginnings of query keys.
 */
export function useAction<Input, Result>(
  run: (input: Input) => Promise<Result>,
  { invalidates = [], done }: { invalidates?: readonly QueryKey[]; done?: string | ((result: Result) => string) } = {},
) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: run,
    onError: toast.failed,
    onSuccess: (result) => {
      if (done !== undefined) toast.done(typeof done === 'string' ? done : done(result))
    },
    onSettled: () => Promise.all(invalidates.map((queryKey) => queries.invalidateQueries({ queryKey }))),
  })
}
