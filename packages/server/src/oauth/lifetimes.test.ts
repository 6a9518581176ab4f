import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { inSeconds } from './lifetimes.ts'

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** What apps give: 5 minutes to a day. */
const usual = fc.constantFrom(5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 600, 720, 1440)

describe('a lifetime', () => {
  test('in milliseconds is read as such, also when the app has begun to count down', () => {
    fc.assert(
      fc.property(usual, fc.integer({ min: 0, max: 5_000 }), (minutes, passedMs) => {
        const told = minutes * 60_000 - passedMs
        // 298800 is 83 whole hours of seconds as well as 5 minutes less 1200 ms: hours win, as the rule says.
        fc.pre(told % hour !== 0 || told % 1000 === 0)
        assert.equal(inSeconds(told, undefined, true), Math.floor(told / 1000))
      }),
      { numRuns: 2_000 },
    )
  })

  test('of whole days in seconds stays, also when the app has begun to count down', () => {
    const days = fc.integer({ min: 3, max: 400 }).filter((count) => count % 125 !== 0)
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 60 }), (count, passed) => {
        assert.equal(inSeconds(count * day - passed, undefined, true), count * day - passed)
      }),
      { numRuns: 2_000 },
    )
  })

  test('of less than 60 hours in seconds stays, whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 66 * hour }), (seconds) => {
        assert.equal(inSeconds(seconds, undefined, true), seconds)
      }),
    )
  })

  test('is never read as longer than told, and as milliseconds only where a mistake costs a request', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3650 * day }), (told) => {
        assert.ok([told, Math.floor(told / 1000)].includes(inSeconds(told, undefined, true)))
        assert.equal(inSeconds(told, undefined, false), told)
      }),
    )
  })

  test('is what comes near the documented one', () => {
    const odd = fc.integer({ min: 60, max: 90 * day })
    fc.assert(
      fc.property(odd, fc.boolean(), (documented, isRenewable) => {
        assert.equal(inSeconds(documented, documented, isRenewable), documented)
        assert.equal(inSeconds(documented * 1000 - 1, documented, isRenewable), documented - 1)
      }),
    )
  })
})
