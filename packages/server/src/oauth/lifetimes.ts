/** How long tokens live, from what apps say of it. */

const minute = 60
const hour = 60 * minute
const day = 24 * hour
const tenYears = 10 * 365 * day

/** No lifetime, in seconds, is longer than ten years. */
export const isLifetime = (seconds: number): boolean => seconds >= 1 && seconds <= tenYears

/**
 * A lifetime in seconds, from a number or its digits.
 *
 * Nothing, zero, a negative number or other text mean that the lifetime is unknown. More than ten years of seconds are
 * taken for milliseconds, if that makes less than ten years; else they are unknown too.
 */
export function lifetime(value: unknown): number | undefined {
  const isDigits = typeof value === 'string' && /^\s*\d+(?:\.\d+)?\s*$/.test(value)
  const number = Math.floor(typeof value === 'number' || isDigits ? Number(value) : Number.NaN)
  const seconds = number > tenYears ? Math.floor(number / 1000) : number
  return isLifetime(seconds) ? seconds : undefined
}

/** Below, a number is of seconds: no app gives tokens for less than four minutes and counts them in milliseconds. */
const leastInMs = 4 * minute * 1000
/** An app that counts down from a whole lifetime has counted no further when it answers. */
const counted = 5 * minute

/**
 * Some apps count milliseconds. Seconds of so long a lifetime are whole days, as a rule, or a little less; what is neither
 * that nor whole hours is of milliseconds, and so is a round number that would be either. In doubt it is milliseconds: a
 * token that is renewed too early costs a request, one that is held good for weeks after its end costs the connection.
 *
 * @param documented The lifetime that the definition names. The reading that comes near it is the right one.
 * @param isRenewable False: there is no second chance, so only a documented lifetime speaks for milliseconds.
 */
export function inSeconds(told: number, documented: number | null | undefined, isRenewable: boolean): number {
  const milliseconds = Math.floor(told / 1000)
  if (documented) {
    if (isNear(told, documented)) return told
    if (isNear(milliseconds, documented)) return milliseconds
  }
  return isRenewable && told >= leastInMs && !isPlausible(told) ? milliseconds : told
}

const isNear = (one: number, other: number) => one <= 2 * other && other <= 2 * one

/** Whether a number is more likely of seconds. 10800000 is 125 days, or three hours in milliseconds. */
function isPlausible(seconds: number): boolean {
  if (isJustBelow(seconds, hour * 1000)) return false
  if (isJustBelow(seconds, day)) return true
  return seconds % hour === 0 && seconds % 1000 !== 0
}

const isJustBelow = (value: number, unit: number) => (unit - (value % unit)) % unit <= counted
