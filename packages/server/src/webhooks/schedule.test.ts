import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readRetryAfter, waitAfterFailure } from './schedule.ts'

const hour = 60 * 60_000

test('ten attempts span about three days', () => {
  let sum = 0
  for (let retries = 0; retries < 9; retries++) sum += waitAfterFailure(retries, null, 0.5) ?? assert.fail('too few')
  assert.equal(waitAfterFailure(9, null, 0.5), null)
  assert.ok(sum > 75 * hour && sum < 76 * hour, String(sum / hour))
})

test('a receiver can ask for more patience, for a day, but not for less', () => {
  fc.assert(
    fc.property(fc.nat(8), fc.nat(100 * hour), fc.double({ min: 0, max: 1, noNaN: true }), (retries, asked, random) => {
      const plain = waitAfterFailure(retries, null, random) ?? 0
      const wait = waitAfterFailure(retries, asked, random) ?? 0
      assert.equal(wait, Math.max(plain, Math.min(asked, 24 * hour)))
    }),
  )
})

test('Retry-After is seconds or a date, and anything else is nothing', () => {
  const now = new Date('2026-11-25T10:00:00Z')
  assert.equal(readRetryAfter('120', now), 120_000)
  assert.equal(readRetryAfter('Wed, 25 Nov 2026 10:01:00 GMT', now), 60_000)
  assert.equal(readRetryAfter('Wed, 25 Nov 2026 09:00:00 GMT', now), 0)
  for (const value of [null, '', 'soon', '-5', '1e3', 'NaN']) {
    const read = readRetryAfter(value, now)
    assert.ok(read === null || read === 0, `${value}: ${read}`)
  }
})
