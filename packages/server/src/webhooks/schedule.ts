const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** How long after each failure the next attempt comes (Standard Webhooks, "Deliverability and reliability"). */
const waitsMs = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
] as const

/** A receiver may ask for more patience, within reason. */
const longestRetryAfterMs = 24 * hour

/**
 * @param retries Failures so far, without the one that just happened.
 * @param retryAfterMs What the receiver asked for.
 * @param random Between 0 and 1: a tenth less or more, so that what failed together does not come back together.
 * @returns How long to wait; null when it was the last attempt.
 */
export function waitAfterFailure(retries: number, retryAfterMs: number | null, random: number): number | null {
  const wait = waitsMs[retries]
  if (wait === undefined) return null
  return Math.max(wait * (0.9 + 0.2 * random), Math.min(retryAfterMs ?? 0, longestRetryAfterMs))
}

/** `Retry-After` is seconds or a date (RFC 9110 §10.2.3). @returns Null for anything else. */
export function readRetryAfter(value: string | null, now: Date): number | null {
  if (value === null) return null
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * second
  const date = Date.parse(value)
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime())
}
