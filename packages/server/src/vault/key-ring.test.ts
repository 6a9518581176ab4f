import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../secret.ts'
import { createVault, parseMasterKeys, VaultError } from './index.ts'

const base64Key = () => randomBytes(32).toString('base64')
const place = { projectId: 'p', table: 't', rowId: 'r', field: 'f', version: 1 }
const idsOf = (text: string) => parseMasterKeys(new Secret(text)).map(({ id }) => id)

test('keys are read newest first, from a line or from many', () => {
  assert.deepEqual(idsOf(`new:${base64Key()},old:${base64Key()}`), ['new', 'old'])
  assert.deepEqual(idsOf(`# two keys\nnew:${base64Key()}\r\n\n  old:${base64Key()}  \n`), ['new', 'old'])
})

test('the URL-safe spelling of base64 is the same key', async () => {
  const bytes = randomBytes(32)
  const standard = createVault({ keyRing: parseMasterKeys(new Secret(`k:${bytes.toString('base64')}`)) })
  const urlSafe = createVault({ keyRing: parseMasterKeys(new Secret(`k:${bytes.toString('base64url')}`)) })
  assert.equal(await urlSafe.open(await standard.seal('secret', place), place), 'secret')
})

test('every problem is reported at once, and no key with it', () => {
  const key = base64Key()
  const text = `k1:${key},${key},k1:${base64Key()},short:${randomBytes(16).toString('base64')},slip:!${base64Key()}`
  assert.throws(
    () => parseMasterKeys(new Secret(text)),
    (error: unknown) => {
      assert.ok(error instanceof VaultError)
      assert.equal(error.code, 'malformed')
      for (const part of [/key 2 must begin with its id/, /k1 appears twice/, /short is not 32 bytes/, /slip is not/])
        assert.match(error.message, part)
      assert.equal(error.message.includes(key), false)
      return true
    },
  )
})

test('an empty key ring is refused', () => {
  for (const text of ['', ' , ', '# only a comment\n']) assert.throws(() => idsOf(text), /there is no key/)
})

test('whatever is written in place of keys, the refusal is a clear one', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.throws(() => idsOf(text), VaultError)
    }),
  ))

test('a check value is good for its key only', async () => {
  const [one, other] = [base64Key(), base64Key()]
  const vaultOf = (text: string) => createVault({ keyRing: parseMasterKeys(new Secret(text)) })
  const checkValue = await vaultOf(`new:${other},k:${one}`).makeCheckValue('k')
  await vaultOf(`k:${one}`).verifyCheckValue('k', checkValue)
  for (const [ring, code] of [
    [`k:${other}`, 'not_authentic'],
    [`other:${one}`, 'unknown_key'],
  ] as const)
    await assert.rejects(vaultOf(ring).verifyCheckValue('k', checkValue), { code })
})
