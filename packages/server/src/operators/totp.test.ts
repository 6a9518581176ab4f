import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newTotpSecret, totpCode, totpStepOf, totpUri } from './totp.ts'

/** The ASCII secret 12345678901234567890 of the RFCs, in base32. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

test('codes are those of RFC 4226, appendix D', () => {
  const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
  assert.deepEqual(
    codes.map((_, counter) => totpCode(secret, counter)),
    codes,
  )
})

test('codes are the last six digits of those of RFC 6238, appendix B', () => {
  const vectors = [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ] as const
  for (const [seconds, code] of vectors) {
    const step = totpStepOf(secret, code.slice(2), new Date(seconds * 1000))
    assert.equal(step, Math.floor(seconds / 30), String(seconds))
  }
})

test('a clock may be one step off, and no more', () => {
  const now = new Date(1_900_000_010_000)
  const current = Math.floor(now.getTime() / 30_000)
  for (const drift of [-1, 0, 1])
    assert.equal(totpStepOf(secret, totpCode(secret, current + drift), now), current + drift)
  for (const drift of [-2, 2, -120]) assert.equal(totpStepOf(secret, totpCode(secret, current + drift), now), undefined)
})

test('what is no code is none', () => {
  const now = new Date(1_900_000_010_000)
  const code = totpCode(secret, Math.floor(now.getTime() / 30_000))
  assert.ok(totpStepOf(secret, `${code.slice(0, 3)} ${code.slice(3)}`, now))
  fc.assert(
    fc.property(fc.string(), (text) => text.replace(/\s/g, '') === code || totpStepOf(secret, text, now) === undefined),
  )
})

test('a new secret has 160 random bits, and its URI carries it', () => {
  const made = newTotpSecret()
  assert.match(made, /^[A-Z2-7]{32}$/)
  assert.notEqual(made, newTotpSecret())
  const uri = new URL(totpUri(made, 'jess+1@acme.example'))
  assert.equal(uri.searchParams.get('secret'), made)
  assert.equal(decodeURIComponent(uri.pathname), '//totp/Holdfast:jess+1@acme.example'.replace('//totp', ''))
})
