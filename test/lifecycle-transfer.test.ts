import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { compactDecrypt, decodeProtectedHeader } from 'jose'
import type {
  AccountEvent,
  AccountItem,
  ExportedAccounts,
  ImportedAccount,
  Integration,
  Project,
} from '../packages/sdk/src/types.ts'
import { type Answer, type Api, apiOf, assertRefused, newEntity, ok, tokenIn } from './support/api.ts'
import { startScriptedApp } from './support/scripted-app.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-transfer-'))
const app = await startScriptedApp({}, { dataDir, loops: false })
after(async () => {
  await app.close()
  await rm(dataDir, { recursive: true, force: true })
})
const { api } = app
const { id: integrationId } = app.integration

const send = (items: unknown[], to: Api = api) =>
  to.post<{ imported: number; items: ImportedAccount[] }>('/api/v1/connectedAccounts/import', { items })

async function importOne(item: Partial<AccountItem>): Promise<ImportedAccount> {
  const [imported] = ok(await send([{ integrationId, entityId: newEntity(), ...item }])).items
  assert.ok(imported)
  return imported
}

const refusedFields = async (answer: Promise<Answer<unknown>>) =>
  assertRefused(await answer, { status: 400, code: 'validation_failed' }).errors.map(({ property }) => property)

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

const exportTo = (publicKey: unknown, more: object = {}, from: Api = api) =>
  from.post<ExportedAccounts>('/api/v1/connectedAccounts/export', { recipientPublicKey: publicKey, ...more })

async function decrypted(jwe: string, key: KeyObject = rsa.privateKey): Promise<AccountItem[]> {
  const { plaintext } = await compactDecrypt(jwe, key)
  return (JSON.parse(new TextDecoder().decode(plaintext)) as { items: AccountItem[] }).items
}

async function exported(from: Api, filter: object): Promise<AccountItem[]> {
  return decrypted(ok(await exportTo(pem(rsa.publicKey), { filter }, from)).jwe)
}

describe('importing', () => {
  test('takes tokens that work: they are tried at the app and served', async () => {
    const { connectedAccountId: id, ...answer } = await importOne({
      accessToken: 'brought-1',
      refreshToken: 'refresh-brought-1',
      expiresIn: 3600,
      scope: 'read',
      labels: ['moved'],
      externalId: 'old-1',
    })
    assert.deepEqual(answer, {
      externalId: 'old-1',
      isNew: true,
      status: 'ACTIVE',
      statusReason: null,
      verification: 'verified',
    })
    const account = await api.account(id)
    assert.deepEqual(
      [account.identity?.id, account.labels, account.grantedScopes, account.connectionParams?.refresh_token],
      ['ada', ['moved'], ['read'], 'refresh-brought-1'],
    )
    assert.equal(tokenIn(ok(await api.info(id))), 'Bearer brought-1')
    const { items } = ok(await api.get<{ items: AccountEvent[] }>(`/api/v1/connectedAccounts/${id}/history`))
    assert.deepEqual(
      items.map(({ type, previousStatus, status }) => [type, previousStatus, status]),
      [['connected_account.imported', null, 'ACTIVE']],
    )
  })

  test('takes a refresh token alone, which the first read uses', async () => {
    const { connectedAccountId: id, status } = await importOne({ refreshToken: 'only-refresh' })
    assert.equal(status, 'ACTIVE')
    const before = app.seen.token.length
    assert.match(tokenIn(ok(await api.info(id))), /^Bearer access-/)
    assert.deepEqual(
      app.seen.token.slice(before).map((form) => [form.get('grant_type'), form.get('refresh_token')]),
      [['refresh_token', 'only-refresh']],
    )
  })

  test('refreshes a token of unknown age before its first use, and leaves one that never ends', async () => {
    const unknown = await importOne({ accessToken: 'of-unknown-age', refreshToken: 'r' })
    assert.match(tokenIn(ok(await api.info(unknown.connectedAccountId))), /^Bearer access-/)
    const endless = await importOne({ accessToken: 'endless', refreshToken: 'r', expiresAt: null })
    assert.equal(tokenIn(ok(await api.info(endless.connectedAccountId))), 'Bearer endless')
    const alone = await importOne({ accessToken: 'alone' })
    assert.equal(tokenIn(ok(await api.info(alone.connectedAccountId))), 'Bearer alone')
  })

  test('keeps what the app cannot check now as unverified', async () => {
    const usual = app.answers.me
    app.answers.me = () => ({ status: 503 })
    const { status, statusReason, verification } = await importOne({ accessToken: 'a', expiresIn: 60 })
    app.answers.me = usual
    assert.deepEqual([status, statusReason?.code, verification], ['ACTIVE', 'unverified', 'unverified'])
  })

  test('ends what the app refuses, unless it can be refreshed', async () => {
    const usual = app.answers.me
    app.answers.me = () => ({ status: 401 })
    const ended = await importOne({ accessToken: 'bad', expiresIn: 60 })
    const due = await importOne({ accessToken: 'bad', refreshToken: 'good', expiresIn: 60 })
    app.answers.me = usual
    assert.deepEqual([ended.status, ended.statusReason?.code], ['EXPIRED', 'credential_refused'])
    assert.equal(due.status, 'ACTIVE')
    assert.match(tokenIn(ok(await api.info(due.connectedAccountId))), /^Bearer access-/)
  })

  test('takes keys', async () => {
    const keys = ok(await api.post<Integration>('/api/v1/integrations', { app: 'scripted', authScheme: 'API_KEY' }))
    const { connectedAccountId: id, verification } = await importOne({
      integrationId: keys.id,
      params: { key: 'k-1', tenant: 't' },
    })
    assert.equal(verification, 'verified')
    assert.equal((await api.account(id)).connectionParams?.key, 'k-1')
    assert.deepEqual(
      await refusedFields(send([{ integrationId: keys.id, entityId: 'e', params: { tenant: 't' }, accessToken: 'a' }])),
      ['items.0.accessToken', 'items.0.params.key'],
    )
  })

  test('names every field that is wrong by its place, and then stores nothing', async () => {
    const entityId = newEntity()
    const good = { integrationId, entityId, accessToken: 'a' }
    const wrong = [
      [{ ...good, accessToken: undefined }, 'accessToken'],
      [{ ...good, refreshToken: 'with\nbreak' }, 'refreshToken'],
      [{ ...good, refreshToken: '' }, 'refreshToken'],
      [{ ...good, expiresIn: 1, expiresAt: '2030-01-01T00:00:00Z' }, 'expiresAt'],
      [{ ...good, integrationId: 'nothing' }, 'integrationId'],
      [{ ...good, integrationId: undefined }, 'integrationId'],
      [{ ...good, integrationId: undefined, app: 'no-such-app' }, 'app'],
      [{ ...good, params: { unknown: 'x' } }, 'params.unknown'],
      [{ ...good, entityId: ' ' }, 'entityId'],
    ] as const
    for (const [item, field] of wrong)
      assert.deepEqual(await refusedFields(send([good, item])), [`items.1.${field}`], field)
    assert.deepEqual(
      await refusedFields(
        send([
          { ...good, externalId: 'x' },
          { ...good, externalId: 'x' },
        ]),
      ),
      ['items.1.externalId'],
    )
    for (const [item, field] of [
      [{ ...good, secret: 'x' }, 'secret'],
      [{ ...good, expiresIn: -1 }, 'expiresIn'],
      [{ ...good, expiresAt: 'tomorrow' }, 'expiresAt'],
      [{ integrationId, accessToken: 'a' }, 'entityId'],
    ] as const)
      assert.deepEqual(await refusedFields(send([good, item])), [`items.1.${field}`], field)
    assert.equal((await send([])).status, 400)
    assert.equal((await send(Array.from({ length: 101 }, () => good))).status, 400)
    assert.deepEqual(
      ok(await api.get<{ items: unknown[] }>(`/api/v1/connectedAccounts?entityId=${entityId}`)).items,
      [],
    )
    assert.equal((await api.get(`/api/v1/entities/${entityId}`)).status, 404)
  })

  test('sent twice, also at once, makes each account once', async () => {
    const items = Array.from({ length: 10 }, (_, index) => ({
      integrationId,
      entityId: newEntity(),
      accessToken: `twice-${index}`,
      externalId: `twice-${index}`,
    }))
    const answers = await Promise.all([send(items), send(items), send(items)])
    const ids = answers.map((answer) => ok(answer).items.map(({ connectedAccountId }) => connectedAccountId))
    assert.deepEqual(ids[0], ids[1])
    assert.deepEqual(ids[0], ids[2])
    assert.equal(
      answers.reduce((sum, answer) => sum + ok(answer).imported, 0),
      10,
    )
  })

  test('writes no token in the clear', async () => {
    await importOne({
      accessToken: 'MARKER-access',
      refreshToken: 'MARKER-refresh',
      idToken: 'MARKER-id',
      expiresAt: null,
    })
    for (const file of await readdir(dataDir, { recursive: true, withFileTypes: true }))
      if (file.isFile()) {
        const bytes = await readFile(join(file.parentPath, file.name))
        for (const text of ['MARKER', Buffer.from('MARKER-').toString('base64').slice(0, 8)])
          assert.ok(!bytes.includes(text), file.name)
      }
  })
})

describe('exporting', () => {
  test('encrypts to the key given, and says so in each history', async () => {
    const entityId = newEntity()
    const { connectedAccountId: id } = await importOne({ entityId, accessToken: 'to-export', expiresAt: null })
    const keys = [
      ['RSA-OAEP-256', rsa],
      ['ECDH-ES', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
      ['ECDH-ES', generateKeyPairSync('x25519')],
    ] as const
    for (const [alg, { publicKey, privateKey }] of keys)
      for (const given of [pem(publicKey), publicKey.export({ format: 'jwk' })]) {
        const { jwe, count, skipped, nextCursor } = ok(await exportTo(given, { filter: { entityIds: [entityId] } }))
        assert.deepEqual([count, skipped, nextCursor], [1, [], null])
        assert.deepEqual([decodeProtectedHeader(jwe).alg, decodeProtectedHeader(jwe).enc], [alg, 'A256GCM'])
        assert.ok(!JSON.stringify(jwe).includes('to-export'))
        assert.equal((await decrypted(jwe, privateKey))[0]?.accessToken, 'to-export')
      }
    const { items } = ok(await api.get<{ items: AccountEvent[] }>(`/api/v1/connectedAccounts/${id}/history`))
    assert.equal(items.filter(({ type }) => type === 'connected_account.exported').length, 6)
  })

  test('refuses what is no public key', async () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
    for (const given of [
      'nothing',
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      rsa.privateKey.export({ format: 'jwk' }),
      pem(small.publicKey),
      pem(generateKeyPairSync('ed25519').publicKey),
      { kty: 'oct', k: 'AAAA' },
      {},
    ]) {
      const refusal = assertRefused(await exportTo(given), { status: 400, code: 'validation_failed' })
      assert.equal(refusal.errors[0]?.property, 'recipientPublicKey')
    }
    assert.equal((await exportTo(undefined)).status, 400)
  })

  test('goes through many accounts page by page', async () => {
    const entityId = newEntity()
    for (const part of [0, 1])
      ok(
        await send(
          Array.from({ length: 60 }, (_, index) => ({ integrationId, entityId, accessToken: `many-${part}-${index}` })),
        ),
      )
    const filter = { entityIds: [entityId] }
    const first = ok(await exportTo(pem(rsa.publicKey), { filter }))
    assert.equal(first.count, 100)
    const second = ok(await exportTo(pem(rsa.publicKey), { filter, cursor: first.nextCursor }))
    assert.deepEqual([second.count, second.nextCursor], [20, null])
    const all = [...(await decrypted(first.jwe)), ...(await decrypted(second.jwe))]
    assert.equal(new Set(all.map(({ accessToken }) => accessToken)).size, 120)
  })

  test('leaves out what is not ACTIVE and what is not asked for', async () => {
    const entityId = newEntity()
    const revoked = await importOne({ entityId, accessToken: 'a' })
    ok(await api.post(`/api/v1/connectedAccounts/${revoked.connectedAccountId}/revoke`))
    assert.deepEqual(await exported(api, { entityIds: [entityId] }), [])
    assert.deepEqual(await exported(api, { entityIds: [entityId], apps: ['gmail'] }), [])
    assert.equal((await exportTo(pem(rsa.publicKey), { filter: { status: ['ACTIVE'] } })).status, 400)
  })
})

describe('a round trip', () => {
  /** Another project with the same apps. */
  async function otherProject(): Promise<{ api: Api; integrationId: string; keysId: string }> {
    const operator = apiOf(app.server, app.server.adminKey)
    const made = ok(
      await operator.post<Project & { apiKey: string }>('/api/v1/projects', { name: 'Other', mode: 'live' }),
    )
    const other = apiOf(app.server, made.apiKey)
    const { definition } = ok(await api.get<{ definition: Record<string, unknown> }>('/api/v1/apps/scripted'))
    ok(await other.post('/api/v1/apps', definition))
    const oauth = ok(
      await other.post<Integration>('/api/v1/integrations', { app: 'scripted', clientId: 'us', clientSecret: 'hush' }),
    )
    const keys = ok(await other.post<Integration>('/api/v1/integrations', { app: 'scripted', authScheme: 'API_KEY' }))
    return { api: other, integrationId: oauth.id, keysId: keys.id }
  }

  test('brings every account across as it was', async () => {
    const entityId = newEntity()
    const keys = ok(await api.post<Integration>('/api/v1/integrations', { app: 'scripted', authScheme: 'API_KEY' }))
    await api.connect({ integrationId, entityId, labels: ['a', 'b'] })
    await api.connect({ integrationId: keys.id, entityId, data: { key: 'k', tenant: 't' } })
    const disabled = await api.connect({ integrationId, entityId })
    ok(await api.post(`/api/v1/connectedAccounts/${disabled.id}/disable`))
    await importOne({ entityId, refreshToken: 'alone' })
    await importOne({
      entityId,
      accessToken: 'a',
      refreshToken: 'r',
      idToken: 'i',
      tokenType: 'bearer',
      expiresAt: '2035-06-01T12:00:00.123Z',
      refreshExpiresAt: '2036-06-01T12:00:00.000Z',
      scope: 'read',
      requestedScopes: ['read', 'write', 'more'],
      extra: { team: 'x' },
    })
    const before = await exported(api, { entityIds: [entityId] })
    assert.equal(before.length, 5)

    const other = await otherProject()
    // Integrations have other ids there; the app and its scheme find them.
    ok(
      await send(
        before.map(({ integrationId: _, ...item }) => item),
        other.api,
      ),
    )
    const after = await exported(other.api, { entityIds: [entityId] })
    const comparable = (items: AccountItem[]) =>
      items
        .map(({ integrationId: _, ...item }) => item)
        .sort((one, two) => ((one.externalId ?? '') < (two.externalId ?? '') ? -1 : 1))
    assert.deepEqual(comparable(after), comparable(before))
    const moved = after.find(({ tokenType }) => tokenType === 'bearer')
    assert.equal(moved?.expiresAt, '2035-06-01T12:00:00.123Z')
  })
})
