import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { TokenSet } from '../oauth/types.ts'
import { Secret } from '../secret.ts'
import { countedFrom, expiryColumns, storedTokens } from './credentials.ts'

const hour = 60 * 60
const day = 24 * hour
const asked = new Date('2026-11-22T12:00:00.000Z')
const later = (seconds: number) => new Date(asked.getTime() + seconds * 1000)

const answer = (fields: Partial<TokenSet> = {}): TokenSet => ({
  accessToken: new Secret('at'),
  refreshToken: new Secret('rt'),
  idToken: null,
  tokenType: 'Bearer',
  expiresInSeconds: hour,
  refreshExpiresInSeconds: null,
  scopes: null,
  extra: {},
  learned: {},
  ...fields,
})

describe('the life of a token', () => {
  test('counts from the question, for the app may have made it then, but never loses half of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 * day }), fc.integer({ min: 0, max: 120 }), (lifetime, took) => {
        const from = countedFrom({ ...answer(), expiresInSeconds: lifetime }, asked, later(took))
        assert.ok(from >= asked && from <= later(took))
        assert.ok(from.getTime() === asked.getTime() || took > lifetime / 2)
        assert.ok(from.getTime() + lifetime * 1000 - later(took).getTime() >= (lifetime * 1000) / 2)
      }),
    )
  })
})

describe('the background', () => {
  test('acts one to two margins ahead, and early enough for a second try where a token lives shortly', () => {
    const aheadOf = (seconds: number, random: number) => {
      const tokens = storedTokens(answer({ expiresInSeconds: seconds }), asked, null)
      const { expires_at, background_after } = expiryColumns(tokens, true, () => random)
      return ((expires_at ?? 0) - (background_after ?? 0)) / 1000
    }
    assert.deepEqual([aheadOf(hour, 0), aheadOf(hour, 1)], [300, 600])
    assert.deepEqual([aheadOf(600, 0), aheadOf(600, 1)], [60, 120])
    assert.deepEqual([aheadOf(100, 0), aheadOf(100, 1)], [30, 40])
    assert.deepEqual([aheadOf(15, 0), aheadOf(15, 1)], [4.5, 6])
  })
})

describe('the end of a refresh token', () => {
  const columns = (rotates: boolean, previous: TokenSet | null, next: TokenSet) => {
    const before = previous && storedTokens(previous, asked, null)
    const tokens = storedTokens(next, later(day), before)
    return expiryColumns(tokens, rotates, () => 0)
  }

  test('is no news while each renewal puts it off', () => {
    const next = answer({ refreshExpiresInSeconds: day })
    const { refresh_expires_at, warned_until, background_after } = columns(true, null, next)
    assert.equal(refresh_expires_at, later(2 * day).getTime())
    assert.equal(warned_until, refresh_expires_at)
    assert.ok((background_after ?? 0) < (refresh_expires_at ?? 0))
  })

  test('is to be told where no renewal changes it', () => {
    const next = answer({ refreshExpiresInSeconds: day })
    assert.equal(columns(false, null, next).warned_until, null)
  })

  test('of a token that is kept stays, and moves when the app tells a new one', () => {
    const first = answer({ refreshExpiresInSeconds: 10 * day })
    const kept = answer({ refreshToken: null })
    assert.equal(columns(false, first, kept).refresh_expires_at, later(10 * day).getTime())
    const told = answer({ refreshToken: null, refreshExpiresInSeconds: 10 * day })
    assert.equal(columns(false, first, told).refresh_expires_at, later(11 * day).getTime())
  })
})
