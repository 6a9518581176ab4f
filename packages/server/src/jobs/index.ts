/**
 * Loops that look for what is due and call the services. Each runs at once, then again a while after it ended, or as soon
 * as somebody says that something is due.
 */
import type { Clock } from '../clock.ts'

export interface Job {
  name: string
  everyMs: number
  run(): Promise<unknown>
  /** Calls `wake` when there may be something to do, until the returned function is called. */
  onDue?(wake: () => void): () => void
}

export interface JobsOptions {
  jobs: readonly Job[]
  clock: Clock
  onError: (job: string, error: unknown) => void
}

/** @returns A function that stops the loops and resolves when what runs has ended. */
export function startJobs({ jobs, clock, onError }: JobsOptions): () => Promise<void> {
  const stopping = new AbortController()
  const loops = jobs.map(async ({ name, everyMs, run, onDue }) => {
    let resting = new AbortController()
    const stopListening = onDue?.(() => resting.abort())
    while (!stopping.signal.aborted) {
      // Made before the look, so that what becomes due during it is not missed.
      resting = new AbortController()
      await run().catch((error: unknown) => onError(name, error))
      await clock.sleep(everyMs, AbortSignal.any([stopping.signal, resting.signal])).catch(() => undefined)
    }
    stopListening?.()
  })
  return async () => {
    stopping.abort()
    await Promise.all(loops)
  }
}
