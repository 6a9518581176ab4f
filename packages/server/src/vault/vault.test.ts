import assert from 'node:assert/strict'
import { createCipheriv, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../secret.ts'
import { decrypt } from './aead.ts'
import { createVault, type KeyRing, type KeyWrapper, parseMasterKeys, type SealContext, VaultError } from './index.ts'

const newKey = (id: string): KeyWrapper => parseMasterKeys(new Secret(`${id}:${randomBytes(32).toString('base64')}`))[0]
const vaultOf = (...keyRing: [KeyWrapper, ...KeyWrapper[]]) => createVault({ keyRing: keyRing satisfies KeyRing })
const vault = vaultOf(newKey('k1'))
const place: SealContext = { projectId: 'p1', table: 'accounts', rowId: 'r1', field: 'credentials', version: 1 }

const text = fc.string({ unit: 'binary', maxLength: 200 })
const name = fc.string({ unit: 'binary', maxLength: 30 })
const context = fc.record({ projectId: name, table: name, rowId: name, field: name, version: fc.maxSafeNat() })

const refusal = (code: VaultError['code']) => (error: unknown) => {
  assert.ok(error instanceof VaultError, String(error))
  assert.equal(error.code, code)
  return true
}

test('any text comes back from any place as it went in', () =>
  fc.assert(
    fc.asyncProperty(text, context, async (plaintext, where) => {
      assert.equal(await vault.open(await vault.seal(plaintext, where), where), plaintext)
    }),
  ))

test('the same text in the same place is sealed differently each time', async () => {
  assert.notDeepEqual(await vault.seal('secret', place), await vault.seal('secret', place))
})

test('neither the text nor its data key can be seen in the sealed bytes', async () => {
  const sealed = Buffer.from(await vault.seal('a very recognisable text', place))
  assert.equal(sealed.includes('recognisable'), false)
})

test('a sealed value opens in no other place', () =>
  fc.assert(
    fc.asyncProperty(context, context, async (here, there) => {
      fc.pre(JSON.stringify(here) !== JSON.stringify(there))
      const sealed = await vault.seal('secret', here)
      await assert.rejects(vault.open(sealed, there), refusal('not_authentic'))
    }),
  ))

test('a change of any one field of the place is noticed', async () => {
  const sealed = await vault.seal('secret', place)
  for (const other of [{ projectId: 'p2' }, { table: 'links' }, { rowId: 'r2' }, { field: 'code' }, { version: 2 }]) {
    await assert.rejects(vault.open(sealed, { ...place, ...other }), refusal('not_authentic'))
  }
})

test('characters moved from one field of the place to the next are noticed', () =>
  fc.assert(
    fc.asyncProperty(name, name, name, async (start, middle, end) => {
      fc.pre(middle !== '')
      const sealed = await vault.seal('secret', { ...place, projectId: start + middle, table: end })
      const moved = { ...place, projectId: start, table: middle + end }
      await assert.rejects(vault.open(sealed, moved), refusal('not_authentic'))
    }),
  ))

test('a change of any one byte is noticed', async () => {
  const sealed = await vault.seal('secret', place)
  for (let index = 0; index < sealed.length; index += 1) {
    for (const bit of [1, 0x80]) {
      const changed = Uint8Array.from(sealed)
      changed[index]! ^= bit
      await assert.rejects(vault.open(changed, place), VaultError, `byte ${index}`)
    }
  }
})

test('a value that was cut short or prolonged does not open', async () => {
  const sealed = await vault.seal('secret', place)
  for (let length = 0; length < sealed.length; length += 1) {
    await assert.rejects(vault.open(sealed.subarray(0, length), place), VaultError, `${length} bytes`)
  }
  await assert.rejects(vault.open(Buffer.concat([sealed, Buffer.from([0])]), place), refusal('not_authentic'))
})

test('the wrapped data key of one value does not fit another', async () => {
  const one = Buffer.from(await vault.seal('one', place))
  const other = Buffer.from(await vault.seal('two', place))
  const headerEnd = 1 + 1 + 1 + 'k1'.length + 2 + 60
  const mixed = Buffer.concat([one.subarray(0, headerEnd), other.subarray(headerEnd)])
  await assert.rejects(vault.open(mixed, place), refusal('not_authentic'))
})

test('bytes that are no sealed value are called malformed', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
      fc.pre(bytes[0] !== 0x48)
      await assert.rejects(vault.open(bytes, place), refusal('malformed'))
      assert.throws(() => vault.keyIdOf(bytes), refusal('malformed'))
    }),
  ))

test('no bytes at all crash the reader', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
      await assert.rejects(vault.open(Uint8Array.from([0x48, 1, ...bytes]), place), VaultError)
    }),
  ))

test('a format of a later release is named', async () => {
  const sealed = Uint8Array.from(await vault.seal('secret', place))
  sealed[1] = 2
  await assert.rejects(vault.open(sealed, place), /its format is 2/)
})

test('a genuine tag shortened to four bytes is refused', () => {
  const key = randomBytes(32)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: 4 })
  const ciphertext = Buffer.concat([cipher.update('a text longer than the tag'), cipher.final()])
  const box = Buffer.concat([iv, cipher.getAuthTag(), ciphertext])
  assert.throws(() => decrypt(key, box, Buffer.alloc(0)), refusal('not_authentic'))
})

test('the published test case of AES-256-GCM opens', () => {
  // NIST's example with 96-bit IV and 20 bytes of associated data (the GCM specification, test case 16).
  const hex = (digits: string) => Buffer.from(digits, 'hex')
  const plaintext =
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'
  const box = Buffer.concat([
    hex('cafebabefacedbaddecaf888'),
    hex('76fc6ece0f4e1768cddf8853bb2d551b'),
    hex(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    ),
  ])
  const key = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308')
  const associatedData = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2')
  assert.equal(decrypt(key, box, associatedData).toString('hex'), plaintext)
})

test('after a rotation the old key still opens and the new one seals', async () => {
  const [older, newer] = [newKey('k1'), newKey('k2')]
  const sealedBefore = await vaultOf(older).seal('secret', place)
  const rotated = vaultOf(newer, older)
  assert.equal(await rotated.open(sealedBefore, place), 'secret')
  assert.equal(rotated.keyIdOf(sealedBefore), 'k1')
  assert.equal(rotated.keyIdOf(await rotated.seal('secret', place)), 'k2')
  assert.equal(rotated.currentKeyId, 'k2')
})

test('a rewrapped value needs the old key no more', async () => {
  const [older, newer] = [newKey('k1'), newKey('k2')]
  const sealedBefore = await vaultOf(older).seal('secret', place)
  const rewrapped = await vaultOf(newer, older).rewrap(sealedBefore, place)
  assert.equal(await vaultOf(newer).open(rewrapped, place), 'secret')
  await assert.rejects(vaultOf(newer).open(rewrapped, { ...place, version: 2 }), refusal('not_authentic'))
})

test('rewrapping leaves a value of the current key as it is', async () => {
  const sealed = await vault.seal('secret', place)
  assert.equal(await vault.rewrap(sealed, place), sealed)
})

test('rewrapping for another place is refused', async () => {
  const [older, newer] = [newKey('k1'), newKey('k2')]
  const sealed = await vaultOf(older).seal('secret', place)
  await assert.rejects(vaultOf(newer, older).rewrap(sealed, { ...place, rowId: 'r2' }), refusal('not_authentic'))
})

test('a value of a key that is gone says which key is missing', async () => {
  const sealed = await vaultOf(newKey('gone')).seal('secret', place)
  await assert.rejects(vaultOf(newKey('k2')).open(sealed, place), (error: unknown) => {
    refusal('unknown_key')(error)
    assert.match(String(error), /"gone"/)
    return true
  })
})

test('a different key under a known id opens nothing', async () => {
  const sealed = await vaultOf(newKey('k1')).seal('secret', place)
  await assert.rejects(vaultOf(newKey('k1')).open(sealed, place), refusal('not_authentic'))
})

test('text and places that UTF-8 cannot carry are refused before anything is sealed', async () => {
  await assert.rejects(vault.seal('\ud800', place), refusal('malformed'))
  await assert.rejects(vault.seal('secret', { ...place, rowId: '\udc00' }), refusal('malformed'))
  await assert.rejects(vault.seal('secret', { ...place, version: 0.5 }), refusal('malformed'))
})

test('a key that is kept elsewhere may take its time and use its own form', async () => {
  const wrapped = new Map<string, Uint8Array>()
  const remote: KeyWrapper = {
    id: 'remote',
    async wrap(dataKey, where) {
      const handle = randomBytes(300)
      wrapped.set(handle.toString('hex') + Buffer.from(where).toString('hex'), Uint8Array.from(dataKey))
      return handle
    },
    async unwrap(handle, where) {
      const found = wrapped.get(Buffer.from(handle).toString('hex') + Buffer.from(where).toString('hex'))
      if (!found) throw new VaultError('not_authentic', 'no such handle')
      return Uint8Array.from(found)
    },
  }
  const remoteVault = vaultOf(remote)
  const sealed = await remoteVault.seal('secret', place)
  assert.equal(await remoteVault.open(sealed, place), 'secret')
  await assert.rejects(remoteVault.open(sealed, { ...place, rowId: 'r2' }), refusal('not_authentic'))
})

test('keys change while values are sealed and opened', async () => {
  const [older, newer] = [newKey('k1'), newKey('k2')]
  const changing = createVault({ keyRing: [older] })
  const before = await changing.seal('before', place)
  changing.useKeys([newer, older], 'k1')
  assert.equal(changing.currentKeyId, 'k1')
  changing.useKeys([newer, older], 'k2')
  assert.deepEqual([changing.currentKeyId, changing.keyIds], ['k2', ['k2', 'k1']])
  assert.equal(changing.keyIdOf(await changing.seal('after', place)), 'k2')
  assert.equal(await changing.open(before, place), 'before')
  assert.throws(() => changing.useKeys([older], 'k2'))
  assert.equal(changing.currentKeyId, 'k2')
})

test('a key that the ring does not hold is looked for once more', async () => {
  const [older, newer] = [newKey('k1'), newKey('k2')]
  const sealed = await vaultOf(newer).seal('secret', place)
  let looked = 0
  const follower = createVault({
    keyRing: [older],
    lookForKeys: async () => {
      looked += 1
      follower.useKeys([newer, older], 'k1')
    },
  })
  assert.equal(await follower.open(sealed, place), 'secret')
  assert.equal(await follower.open(sealed, place), 'secret')
  assert.equal(looked, 1)
})

test('a seal that was prepared seals one text, at once', async () => {
  const seal = await vault.prepareSeal(place)
  assert.throws(() => seal('\ud800'), refusal('malformed'))
  assert.equal(await vault.open(seal('secret'), place), 'secret')
  assert.throws(() => seal('another'), /seals one value/)
})
