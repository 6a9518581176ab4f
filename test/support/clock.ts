import { type Clock, systemClock } from '../../packages/server/src/clock.ts'

export interface MovableClock extends Clock {
  advance(ms: number): void
}

/** Runs like any clock and can be put forward. Sleeps are real: what ends them in tests is a signal. */
export function movableClock(): MovableClock {
  let aheadMs = 0
  return {
    now: () => new Date(Date.now() + aheadMs),
    sleep: systemClock.sleep,
    advance(ms) {
      aheadMs += ms
    },
  }
}
