import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { systemClock } from '../clock.ts'
import { Secret } from '../secret.ts'
import { decrypt, encrypt } from './aead.ts'
import { createVault, type KeyServices, type KmsModule, parseMasterKeys, type SealContext } from './index.ts'
import { fakeTransit } from './testing/transit.ts'

const place: SealContext = { projectId: 'p1', table: 'accounts', rowId: 'r1', field: 'credentials', version: 1 }
const dataKeyCache = { clock: systemClock, forMs: 0 }
const vaultOf = (keys: string, services?: KeyServices) =>
  createVault({ keyRing: parseMasterKeys(new Secret(keys), services) })
const local = (id: string) => `${id}:${randomBytes(32).toString('base64')}`

describe('a key in a transit engine', () => {
  const open = (token = 'token', options: { namespace?: string } = {}) => {
    const engine = fakeTransit('token')
    const services: KeyServices = {
      transit: {
        fetch: engine.fetch,
        address: 'https://vault.example:8200/',
        mount: 'transit',
        token: new Secret(token),
        ...options,
      },
      dataKeyCache,
    }
    return { engine, services, vault: vaultOf('kept:transit:holdfast', services) }
  }

  test('seals and opens, and never sees the value', async () => {
    const { engine, vault } = open('token', { namespace: 'team' })
    const sealed = await vault.seal('a secret', place)
    assert.equal(await vault.open(sealed, place), 'a secret')
    assert.deepEqual(
      engine.calls.map(({ url }) => url),
      ['encrypt', 'decrypt'].map((verb) => `https://vault.example:8200/v1/transit/${verb}/holdfast`),
    )
    assert.equal(engine.calls[0]?.headers['x-vault-namespace'], 'team')
    assert.equal(vault.keyIdOf(sealed), 'kept')
  })

  test('binds the data key to its place there as well', async () => {
    const { vault } = open()
    const sealed = await vault.seal('a secret', place)
    await assert.rejects(vault.open(sealed, { ...place, rowId: 'r2' }), { code: 'not_authentic' })
  })

  test('opens what an earlier version of it sealed', async () => {
    const { engine, vault } = open()
    const sealed = await vault.seal('a secret', place)
    engine.rotate()
    assert.equal(await vault.open(sealed, place), 'a secret')
    assert.equal(await vault.open(await vault.seal('another', place), place), 'another')
  })

  test('takes over from a local key, value by value, and back', async () => {
    const { services } = open()
    const old = local('old')
    const sealed = await vaultOf(old).seal('a secret', place)
    const kept = await vaultOf(`kept:transit:holdfast,${old}`, services).rewrap(sealed, place)
    assert.equal(await vaultOf('kept:transit:holdfast', services).open(kept, place), 'a secret')
    const back = await vaultOf(`${old},kept:transit:holdfast`, services).rewrap(kept, place)
    assert.equal(await vaultOf(old).open(back, place), 'a secret')
  })

  test('that is away, sealed or forbidden is no broken value', async () => {
    const { engine, vault } = open()
    const sealed = await vault.seal('a secret', place)
    for (const status of [403, 404, 429, 500, 503]) {
      engine.fail(status)
      const refused = { code: 'key_service_unavailable', message: new RegExp(`status ${status}`) }
      await assert.rejects(vault.open(sealed, place), refused)
      await assert.rejects(vault.seal('another', place), refused)
    }
    engine.fail(undefined)
    assert.equal(await vault.open(sealed, place), 'a secret')
    await assert.rejects(open('wrong-token').vault.seal('x', place), /permission denied/)
    await assert.rejects(vaultOf('k:transit:other', open().services).seal('x', place), /encryption key not found/)
  })

  test('that cannot be reached says so and does not show the token', async () => {
    const fetch = async () => {
      throw new Error('connect ECONNREFUSED')
    }
    const transit = { fetch, address: 'https://vault.example', mount: 'transit', token: new Secret('hvs.very-secret') }
    const vault = vaultOf('kept:transit:holdfast', { transit, dataKeyCache })
    await assert.rejects(vault.seal('x', place), (error: Error) => {
      assert.match(error.message, /could not be reached/)
      assert.ok(!error.message.includes('very-secret'))
      return true
    })
  })

  test('is asked with the token that the file holds now', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-token-'))
    t.after(() => rm(folder, { recursive: true }))
    const tokenFile = join(folder, 'token')
    const engine = fakeTransit('second')
    const transit = { fetch: engine.fetch, address: 'https://vault.example', mount: 'transit', tokenFile }
    const vault = vaultOf('kept:transit:holdfast', { transit, dataKeyCache })
    await writeFile(tokenFile, 'first\n')
    await assert.rejects(vault.seal('x', place), { code: 'key_service_unavailable' })
    await writeFile(tokenFile, 'second\n')
    assert.equal(await vault.open(await vault.seal('x', place), place), 'x')
  })

  test('needs an address and a token, which the refusal names', () => {
    assert.throws(() => vaultOf('kept:transit:holdfast', { dataKeyCache }), /VAULT_ADDR/)
    assert.throws(() => vaultOf('kept:transit:', { dataKeyCache }), /which key of the service/)
  })
})

describe('a key in AWS KMS', () => {
  const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd'

  /** Encrypts with a key of its own per key id, and authenticates the encryption context as KMS does. */
  function fakeKms(failure?: string) {
    const key = randomBytes(32)
    const seen: { region?: string | undefined; contexts: Record<string, string>[] } = { contexts: [] }
    class Command {
      readonly input: Record<string, unknown>
      constructor(input: object) {
        this.input = input as Record<string, unknown>
      }
    }
    class EncryptCommand extends Command {}
    class DecryptCommand extends Command {}
    class KMSClient {
      constructor({ region }: { region?: string }) {
        seen.region = region
      }
      async send(command: unknown) {
        if (failure !== undefined) throw Object.assign(new Error('no'), { name: failure })
        const { input } = command as Command
        const context = input.EncryptionContext as Record<string, string>
        seen.contexts.push(context)
        const associated = Buffer.from(JSON.stringify([input.KeyId, context]))
        if (command instanceof EncryptCommand)
          return { CiphertextBlob: encrypt(key, input.Plaintext as Uint8Array, associated) }
        try {
          return { Plaintext: decrypt(key, input.CiphertextBlob as Uint8Array, associated) }
        } catch {
          throw Object.assign(new Error('no'), { name: 'InvalidCiphertextException' })
        }
      }
    }
    return { seen, kms: { KMSClient, EncryptCommand, DecryptCommand } as unknown as KmsModule }
  }

  const open = (failure?: string) => {
    const { seen, kms } = fakeKms(failure)
    return { seen, vault: vaultOf(`kept:aws-kms:${arn}`, { awsKms: { load: async () => kms }, dataKeyCache }) }
  }

  test('seals and opens in the region of its ARN, and its audit log gets no names', async () => {
    const { seen, vault } = open()
    assert.equal(await vault.open(await vault.seal('a secret', place), place), 'a secret')
    assert.equal(seen.region, 'eu-central-1')
    assert.ok(!JSON.stringify(seen.contexts).includes(place.rowId))
  })

  test('binds the data key to its place there as well', async () => {
    const { vault } = open()
    const sealed = await vault.seal('a secret', place)
    await assert.rejects(vault.open(sealed, { ...place, projectId: 'p2' }), { code: 'not_authentic' })
  })

  test('that is disabled, throttled or away is no broken value', async () => {
    for (const failure of ['DisabledException', 'ThrottlingException', 'TimeoutError', 'AccessDeniedException'])
      await assert.rejects(open(failure).vault.seal('x', place), {
        code: 'key_service_unavailable',
        message: new RegExp(failure),
      })
  })

  test('says which package is missing', async () => {
    const vault = vaultOf(`kept:aws-kms:${arn}`, { dataKeyCache })
    await assert.rejects(vault.seal('x', place), /npm install --workspace @holdfast\/server @aws-sdk\/client-kms/)
  })
})
