/** A server whose master key is in a transit engine, which it reaches over HTTP. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { startTestServer, type TestServerOptions } from '../packages/server/src/testing.ts'
import { fakeTransit } from '../packages/server/src/vault/testing/transit.ts'
import { apiOf, assertRefused, newEntity, ok, tokenIn } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { keysOf } from './support/keys.ts'
import { temporaryFolder } from './support/server-process.ts'

async function aTransitEngine(t: TestContext) {
  const engine = fakeTransit('the-token')
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = await engine.fetch(`http://localhost${request.url}`, {
      method: request.method ?? '',
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
      timeoutMs: 0,
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { ...engine, environment: { VAULT_ADDR: `http://127.0.0.1:${port}`, VAULT_TOKEN: 'the-token' } }
}

async function aFolder(t: TestContext): Promise<string> {
  const { folder, remove } = await temporaryFolder()
  t.after(remove)
  return folder
}

async function aServer(t: TestContext, options: TestServerOptions) {
  const server = await startTestServer({ loops: false, ...options })
  let isOpen = true
  const close = async () => {
    if (isOpen) await server.close()
    isOpen = false
  }
  t.after(close)
  return { api: apiOf(server), close }
}

test('each data key is asked for once while it is in use, and the engine may be away for that long', async (t) => {
  const engine = await aTransitEngine(t)
  const clock = movableClock()
  const environment = { ...engine.environment, HOLDFAST_MASTER_KEYS: 'kept:transit:holdfast' }
  const dataDir = await aFolder(t)
  const first = await aServer(t, { dataDir, environment })
  const { id } = await first.api.connect({ app: 'linear', data: { api_key: 'a-key-12345' } })
  await first.close()

  const { api } = await aServer(t, { dataDir, environment, clock })
  const decrypted = () => engine.calls.filter(({ verb }) => verb === 'decrypt').length
  const before = decrypted()
  for (const answer of await Promise.all(Array.from({ length: 20 }, () => api.info(id))))
    assert.match(tokenIn(ok(answer)), /a-key-12345/)
  assert.equal(decrypted() - before, 1)

  engine.fail(503)
  ok(await api.info(id))
  clock.advance(5 * 60_000)
  const away = assertRefused(await api.info(id), { status: 500, code: 'key_unavailable' })
  assert.ok(!JSON.stringify(away).includes('the-token'))
  const body = { app: 'linear', entityId: newEntity(), data: { api_key: 'another-12345' } }
  assertRefused(await api.post('/api/v1/connectedAccounts', body), { status: 500, code: 'key_unavailable' })
  engine.fail(undefined)
  ok(await api.info(id))
  ok(await api.post('/api/v1/connectedAccounts', body))
})

test('a start without the engine, or with another key of it, is refused with the reason', async (t) => {
  const engine = await aTransitEngine(t)
  const dataDir = await aFolder(t)
  const environment = { ...engine.environment, HOLDFAST_MASTER_KEYS: 'kept:transit:holdfast' }
  await (await aServer(t, { dataDir, environment })).close()
  const start = (more: Record<string, string>) => startTestServer({ dataDir, environment: { ...environment, ...more } })
  engine.fail(503)
  await assert.rejects(start({}), /status 503 \(Vault is sealed\)/)
  engine.fail(undefined)
  await assert.rejects(start({ VAULT_TOKEN: 'another' }), /permission denied/)
  await assert.rejects(start({ HOLDFAST_MASTER_KEYS: 'kept:transit:other' }), /encryption key not found/)
  await assert.rejects(start({ VAULT_TOKEN: '' }), /set VAULT_ADDR, and VAULT_TOKEN or VAULT_TOKEN_FILE/)
  const other = await aTransitEngine(t)
  await assert.rejects(start(other.environment), /is not the one this database was made with/)
  await (await aServer(t, { dataDir, environment })).close()
})

test('moving to the engine is a rotation, and so is moving back', async (t) => {
  const engine = await aTransitEngine(t)
  const dataDir = await aFolder(t)
  const { environment } = engine
  const keys = keysOf({ ...environment, HOLDFAST_DATA_DIR: dataDir })
  const local = await aServer(t, { dataDir })
  const { id } = await local.api.connect({ app: 'linear', data: { api_key: 'a-key-12345' } })
  await local.close()

  await assert.rejects(keys.run('rotate', '--to', 'transit:other'), /encryption key not found/)
  await assert.rejects(keys.run('rotate', '--to', 'elsewhere:key'), /transit:NAME or aws-kms:ARN/)
  for (const to of [['--to', 'transit:holdfast'], []]) {
    const [before] = (await keys.status()).keys
    assert.equal((await keys.run('rotate', ...to)).code, 0)
    assert.equal((await keys.run('rewrap')).code, 0)
    assert.equal((await keys.run('drop', before?.id ?? '')).code, 0)
    const server = await aServer(t, { dataDir, environment })
    assert.match(tokenIn(ok(await server.api.info(id))), /a-key-12345/)
    await server.close()
  }
  // Now it needs the engine no more.
  ok(await (await aServer(t, { dataDir })).api.info(id))
})
