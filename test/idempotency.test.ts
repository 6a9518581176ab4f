import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Answer, apiOf, assertRefused, type Initiated, newEntity, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'

const clock = movableClock()
const server = await startTestServer({ clock, loops: false })
after(() => server.close())
const api = apiOf(server)
const operator = apiOf(server, server.adminKey)
const accounts = '/api/v1/connectedAccounts'

async function send<Body>(path: string, body: unknown, idempotencyKey: string, key = server.apiKey) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    body: JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body } as Answer<Body>
}

const accountsOf = async (entityId: string) =>
  ok(await api.get<{ items: ConnectedAccount[] }>(`${accounts}?entityId=${entityId}`)).items

const linear = (entityId: string) => ({ app: 'linear', entityId, data: { api_key: 'a-good-key' } })

describe('a write with an Idempotency-Key', () => {
  test('that is sent again is carried out once and answered alike', async () => {
    const entityId = newEntity()
    const first = await send<Initiated>(accounts, linear(entityId), 'again')
    const second = await send<Initiated>(accounts, linear(entityId), 'again')
    assert.deepEqual(ok(second), ok(first))
    assert.deepEqual(
      [first, second].map(({ headers }) => headers.get('idempotent-replayed')),
      [null, 'true'],
    )
    assert.equal((await accountsOf(entityId)).length, 1)
  })

  test('that is sent many times at once is carried out once', async () => {
    const entityId = newEntity()
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => send<Initiated>(accounts, linear(entityId), 'many')),
    )
    assert.equal((await accountsOf(entityId)).length, 1)
    const made = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.connectedAccountId))
    assert.equal(made.size, 1)
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      assertRefused(answer, { status: 400, code: 'conflict' })
      assert.equal(answer.headers.get('retry-after'), '1')
    }
  })

  test('with another body is refused, and is another request at another route', async () => {
    const entityId = newEntity()
    ok(await send(accounts, linear(entityId), 'mixed'))
    assertRefused(await send(accounts, linear('somebody else'), 'mixed'), {
      status: 400,
      code: 'idempotency_key_reused',
    })
    ok(await send('/api/v1/connectLinks', { entityId }, 'mixed'))
  })

  test('that was refused may be put right under the same key', async () => {
    const entityId = newEntity()
    const wrong = await send(accounts, { app: 'linear', entityId, data: {} }, 'mended')
    assertRefused(wrong, { status: 400, code: 'validation_failed', field: 'data.api_key' })
    ok(await send(accounts, linear(entityId), 'mended'))
    assert.equal((await accountsOf(entityId)).length, 1)
  })

  test('is nothing to another project, nor to another key of the project', async () => {
    const made = ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'Other' }))
    const { items } = ok(await operator.get<{ items: { id: string; name: string }[] }>('/api/v1/projects'))
    const own = items.find(({ name }) => name !== 'Other')
    const { key } = ok(await operator.post<{ key: string }>(`/api/v1/projects/${own?.id}/apiKeys`, { name: 'second' }))
    const ids = []
    for (const apiKey of [server.apiKey, made.apiKey, key]) {
      const answer = await send<Initiated>(accounts, linear('same-name'), 'shared', apiKey)
      assert.equal(answer.headers.get('idempotent-replayed'), null)
      ids.push(ok(answer).connectedAccountId)
    }
    assert.equal(new Set(ids).size, 3)
  })

  test('is forgotten after a day', async () => {
    const entityId = newEntity()
    const first = ok(await send<Initiated>(accounts, linear(entityId), 'old'))
    clock.advance(24 * 60 * 60_000)
    assert.notEqual(
      ok(await send<Initiated>(accounts, linear(entityId), 'old')).connectedAccountId,
      first.connectedAccountId,
    )
  })

  test('never shows a credential from memory', async () => {
    const { id } = await api.connect(linear(newEntity()))
    for (let count = 0; count < 2; count++) {
      const answer = await send(`${accounts}/${id}/credentials/reveals`, { reason: 'r' }, 'reveal')
      assert.equal(answer.headers.get('idempotent-replayed'), null)
    }
  })

  test('keeps what was answered sealed', async () => {
    const url = 'https://receiver.example/hook'
    const { secret } = ok(await send<{ secret: string }>('/api/v1/webhookEndpoints', { url }, 'endpoint'))
    assert.ok(secret)
    assert.equal(ok(await send<{ secret: string }>('/api/v1/webhookEndpoints', { url }, 'endpoint')).secret, secret)
    for (const file of ['holdfast.db', 'holdfast.db-wal'])
      assert.ok(!readFileSync(join(server.dataDir, file)).includes(secret), file)
  })

  for (const key of ['', ' '.repeat(3), 'with blank', 'x'.repeat(256)])
    test(`that is ${JSON.stringify(key.slice(0, 12))} is refused or none`, async () => {
      const answer = await send(accounts, linear(newEntity()), key)
      if (key.trim() === '') assert.equal(answer.status, 400)
      else assertRefused(answer, { status: 400, code: 'validation_failed', field: 'Idempotency-Key' })
    })
})
