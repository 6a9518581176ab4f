/** The time, as a parameter: tests move it. */
export interface Clock {
  now(): Date
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal?.addEventListener('abort', stop, { once: true })
    }),
}

/** @returns What the work yields, or nothing once `ms` have passed; the work itself goes on. */
export async function within<Result>(clock: Clock, ms: number, work: Promise<Result>): Promise<Result | undefined> {
  const done = new AbortController()
  try {
    return await Promise.race([
      work,
      clock.sleep(Math.max(0, ms), done.signal).catch(() => undefined) as Promise<undefined>,
    ])
  } finally {
    done.abort()
  }
}
