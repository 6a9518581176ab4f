/** Loops that look for what is due and call the services. Each runs at once, then again a while after it ended. */
import type { Clock } from '../clock.ts'

export interface Job {
  name: string
  everyMs: number
  run(): Promise<unknown>
}

export interface JobsOptions {
  jobs: readonly Job[]
  clock: Clock
  onError: (job: string, error: unknown) => void
}

/** @returns A function that stops the loops and resolves when what runs has ended. */
export function startJobs({ jobs, clock, onError }: JobsOptions): () => Promise<void> {
  const stopping = new AbortController()
  const loops = jobs.map(async ({ name, everyMs, run }) => {
    while (!stopping.signal.aborted) {
      await run().catch((error: unknown) => onError(name, error))
      await clock.sleep(everyMs, stopping.signal).catch(() => undefined)
    }
  })
  return async () => {
    stopping.abort()
    await Promise.all(loops)
  }
}
