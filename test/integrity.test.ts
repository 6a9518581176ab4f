/** Whoever can write the database can't make the server serve one person's secret in another's place. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import type { AccountEvent, ConnectedAccount } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok, tokenIn } from './support/api.ts'
import { Person } from './support/person.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-integrity-'))
const server = await startTestServer({ dataDir, loops: false })
const database = new DatabaseSync(join(dataDir, 'holdfast.db'), { timeout: 5000 })
after(async () => {
  database.close()
  await server.close()
  await rm(dataDir, { recursive: true, force: true })
})
const api = apiOf(server)

const run = (sql: string, ...values: SQLInputValue[]) => database.prepare(sql).run(...values)
const bytes = (sql: string, ...values: SQLInputValue[]) =>
  Object.values(database.prepare(sql).get(...values) ?? {})[0] as Uint8Array

const credentialsOf = (id: string) => bytes('select credentials from connected_accounts where id = ?', id)
const putCredentials = (id: string, credentials: Uint8Array) =>
  run('update connected_accounts set credentials = ? where id = ?', credentials, id)

const withKey = (own: Api = api, key = '1234567890') => own.connect({ app: 'linear', data: { api_key: key } })

async function anotherProject(): Promise<Api> {
  const { apiKey } = ok(
    await apiOf(server, server.adminKey).post<{ apiKey: string }>('/api/v1/projects', {
      name: 'Another',
      mode: 'test',
    }),
  )
  return apiOf(server, apiKey)
}

const eventsOf = async (id: string, own = api) =>
  ok(await own.get<{ items: AccountEvent[] }>(`/api/v1/connectedAccounts/${id}/history`)).items.map(({ type }) => type)

/** Nothing of it is served by any of the ways to read an account's credentials. */
async function assertNotServed(id: string, own: Api = api) {
  const failed = { status: 500, code: 'integrity_failed' }
  assertRefused(await own.info(id), failed)
  assertRefused(await own.get(`/api/v1/connectedAccounts/${id}`), failed)
  await server.composition.idle()
  assert.equal((await eventsOf(id, own)).filter((type) => type === 'connected_account.integrity_failed').length, 1)
}

describe('sealed credentials', () => {
  test('that two accounts exchange are served for neither', async () => {
    const [one, other] = [await withKey(api, 'one-1234567'), await withKey(api, 'other-12345')]
    const [ofOne, ofOther] = [credentialsOf(one.id), credentialsOf(other.id)]
    putCredentials(one.id, ofOther)
    putCredentials(other.id, ofOne)
    await assertNotServed(one.id)
    await assertNotServed(other.id)
    putCredentials(one.id, ofOne)
    assert.match(tokenIn(ok(await api.info(one.id))), /one-1234567/)
  })

  test('of another project are not served', async () => {
    const theirs = await withKey(await anotherProject())
    const ours = await withKey()
    putCredentials(ours.id, credentialsOf(theirs.id))
    await assertNotServed(ours.id)
  })

  test('of an account that was moved to another project are not served there', async () => {
    const thief = await anotherProject()
    const project = ok(await thief.get<{ id: string }>('/api/v1/project')).id
    const { id: integrationId } = await thief.defaultIntegration('linear')
    const { id } = await withKey()
    run('update connected_accounts set project_id = ?, integration_id = ? where id = ?', project, integrationId, id)
    await assertNotServed(id, thief)
  })

  test('of an earlier version are not served again', async () => {
    const { id } = await withKey(api, 'before-12345')
    const before = credentialsOf(id)
    ok(await api.post(`/api/v1/connectedAccounts/${id}/reinitiate`, { data: { api_key: 'after-123456' } }))
    assert.match(tokenIn(ok(await api.info(id))), /after-123456/)
    putCredentials(id, before)
    await assertNotServed(id)
  })

  test('with one byte changed anywhere are not served', async () => {
    const { id } = await withKey()
    const sealed = credentialsOf(id)
    // Header, wrapped data key, its tag, the text's tag, the text.
    for (const index of [0, 1, 2, 20, 40, 90, sealed.length - 1]) {
      const changed = Uint8Array.from(sealed)
      changed[index]! ^= 1
      putCredentials(id, changed)
      const { status, body } = await api.get<{ code?: string }>(`/api/v1/connectedAccounts/${id}`)
      assert.equal(status, 500, `byte ${index}`)
      // A changed key id is a key that we do not have; everything else is a value that was changed.
      assert.match(body.code ?? '', /^(integrity_failed|key_unavailable)$/)
      assert.ok(!JSON.stringify(body).includes('1234567890'))
    }
  })

  test('that are no sealed value at all are not served', async () => {
    for (const junk of ['', 'H', '{"params":{"api_key":"planted"},"tokens":null}']) {
      const { id } = await withKey()
      putCredentials(id, Buffer.from(junk))
      await assertNotServed(id)
    }
  })

  test('that no longer open hold up nothing but their reading', async () => {
    const entityId = newEntity()
    const { id } = await api.connect({ app: 'linear', entityId, data: { api_key: '1234567890' } })
    putCredentials(id, Buffer.from('junk'))
    const path = `/api/v1/connectedAccounts?user_uuid=${entityId}`
    assert.equal(ok(await api.get<{ items: ConnectedAccount[] }>(path)).items.length, 1)
    ok(await api.post(`/api/v1/connectedAccounts/${id}/disable`))
    ok(await api.post(`/api/v1/connectedAccounts/${id}/enable`))
    ok(await api.delete(`/api/v1/connectedAccounts/${id}`))
    assertRefused(await api.get(`/api/v1/connectedAccounts/${id}`), { status: 404, code: 'not_found' })
  })

  test('that no longer open are mended by connecting anew, with a key or with OAuth', async () => {
    const { id } = await withKey()
    putCredentials(id, Buffer.from('junk'))
    await assertNotServed(id)
    ok(await api.post(`/api/v1/connectedAccounts/${id}/reinitiate`, { data: { api_key: 'mended-12345' } }))
    assert.match(tokenIn(ok(await api.info(id))), /mended-12345/)

    const oauth = await api.connect({ app: 'gmail' })
    putCredentials(oauth.id, Buffer.from('junk'))
    await assertNotServed(oauth.id)
    const { redirectUrl } = ok(
      await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${oauth.id}/reinitiate`),
    )
    await new Person().connect(redirectUrl)
    ok(await api.info(oauth.id))
  })
})

describe('other secrets', () => {
  const requestOf = (accountId: string) =>
    String(
      Object.values(
        database.prepare('select id from connection_requests where account_id = ?').get(accountId) ?? {},
      )[0],
    )

  test('a value moved to another field of its row completes no connection', async () => {
    const { connectedAccountId, redirectUrl } = await api.initiate({ app: 'gmail' })
    const person = new Person()
    const callback = await person.consent(await person.agree(redirectUrl ?? ''))
    const id = requestOf(connectedAccountId)
    run('update connection_requests set code_verifier = params where id = ? and params is not null', id)
    run('update connection_requests set params = code_verifier where id = ?', id)
    await person.open(callback)
    await server.composition.idle()
    assert.notEqual((await api.account(connectedAccountId)).status, 'ACTIVE')
    assert.ok((await eventsOf(connectedAccountId)).includes('connected_account.integrity_failed'))
  })

  test("an integration's client secret exchanged with another's reaches no provider", async () => {
    const make = async (clientSecret: string) =>
      ok(
        await api.post<{ id: string }>('/api/v1/integrations', {
          app: 'gmail',
          authScheme: 'OAUTH2',
          clientId: 'client',
          clientSecret,
        }),
      ).id
    const [one, other] = [await make('first-secret'), await make('other-secret')]
    const secret = bytes('select client_secret from integrations where id = ?', other)
    run('update integrations set client_secret = ? where id = ?', secret, one)
    const connect = () => api.post('/api/v1/connectedAccounts', { integrationId: one, entityId: newEntity(), data: {} })
    assertRefused(await connect(), { status: 500, code: 'integrity_failed' })
    ok(await api.patch(`/api/v1/integrations/${one}`, { clientSecret: 'entered-again' }))
    ok(await connect())
  })
})
