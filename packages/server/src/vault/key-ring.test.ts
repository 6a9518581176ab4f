import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../secret.ts'
import { createMasterKeyFile, createVault, parseMasterKeys, readMasterKeyFile, VaultError } from './index.ts'

const base64Key = () => randomBytes(32).toString('base64')
const place = { projectId: 'p', table: 't', rowId: 'r', field: 'f', version: 1 }
const idsOf = (text: string) => parseMasterKeys(new Secret(text)).map(({ id }) => id)

async function temporaryFolder(t: { after(cleanUp: () => unknown): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-keys-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

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

test('a new key file is for its owner only and opens what it sealed', async (t) => {
  const path = join(await temporaryFolder(t), 'data', 'master-keys')
  assert.equal(await createMasterKeyFile(path), true)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const sealed = await createVault({ keyRing: await readMasterKeyFile(path) }).seal('secret', place)
  assert.equal(await createVault({ keyRing: await readMasterKeyFile(path) }).open(sealed, place), 'secret')
})

test('a key file that is there is never replaced', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await createMasterKeyFile(path)
  const before = await readFile(path, 'utf8')
  assert.equal(await createMasterKeyFile(path), false)
  assert.equal(await readFile(path, 'utf8'), before)
})

test('of many starts at once exactly one makes the key file, and none leaves another file', async (t) => {
  const folder = await temporaryFolder(t)
  const made = await Promise.all(Array.from({ length: 8 }, () => createMasterKeyFile(join(folder, 'master-keys'))))
  assert.equal(made.filter(Boolean).length, 1)
  assert.deepEqual(await readdir(folder), ['master-keys'])
})

test('a damaged key file is named in the refusal', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await writeFile(path, 'key-1:dGhpcyBpcyBub3QgYSBrZXk=\n')
  await assert.rejects(readMasterKeyFile(path), (error: unknown) => {
    assert.ok(error instanceof VaultError)
    assert.ok(error.message.startsWith(`${path}: `))
    assert.equal(error.message.includes('dGhpcyBpcyB'), false)
    return true
  })
})
