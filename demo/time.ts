import { type Clock, systemClock } from '../packages/server/src/clock.ts'
import type { StoryClock } from './fill.ts'

const hour = 60 * 60_000

/** A clock that can be put back once and then only forward; it runs on from where it was put. */
export function movableTime(): StoryClock & { clock: Clock } {
  let behindMs = 0
  let started = false
  return {
    clock: { now: () => new Date(Date.now() - behindMs), sleep: systemClock.sleep },
    moveTo(hoursAgo) {
      behindMs = started ? Math.min(behindMs, hoursAgo * hour) : hoursAgo * hour
      started = true
    },
  }
}
