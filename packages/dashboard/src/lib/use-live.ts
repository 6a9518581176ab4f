import { isHoldfastError } from '@holdfast/sdk'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { serverFor } from './server.ts'

const pollMs = 4000
const gatherMs = 300

/** Has what is on the screen read again when something happens in the project: told by the server's stream, else asked. */
export function useLiveUpdates(projectId: string): void {
  const queries = useQueryClient()
  useEffect(() => {
    const stop = new AbortController()
    follow(projectId, gathered(queries, projectId), stop.signal).catch(() => {
      // Aborted: the page has moved on.
    })
    return () => stop.abort()
  }, [projectId, queries])
}

async function follow(projectId: string, changed: () => void, signal: AbortSignal): Promise<void> {
  const { events } = serverFor(projectId)
  while (!signal.aborted) {
    try {
      for await (const _ of events.follow({ signal })) changed()
    } catch (error) {
      if (signal.aborted) return
      if (isHoldfastError(error) && error.status === 404) return poll(projectId, changed, signal)
      if (isHoldfastError(error) && error.status === 401) return
    }
    await pause(pollMs, signal)
    changed()
  }
}

async function poll(projectId: string, changed: () => void, signal: AbortSignal): Promise<void> {
  const { events } = serverFor(projectId)
  let cursor = (await events.list({ cursor: 'latest' }, { signal })).nextCursor
  for (;;) {
    await pause(pollMs, signal)
    if (document.visibilityState === 'hidden') continue
    try {
      const page = await events.list({ cursor }, { signal })
      cursor = page.nextCursor
      if (page.items.length > 0) changed()
    } catch (error) {
      if (signal.aborted || (isHoldfastError(error) && error.status === 401)) return
    }
  }
}

/** Many events at once are one look. */
function gathered(queries: QueryClient, projectId: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return () => {
    if (timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      for (const kind of ['accounts', 'entities', 'overview', 'webhooks', 'deliveries', 'audit'])
        void queries.invalidateQueries({ queryKey: ['project', projectId, kind] })
    }, gatherMs)
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason)
      },
      { once: true },
    )
  })
