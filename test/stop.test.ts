import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { type Api, apiOf, newEntity, ok, tokenIn } from './support/api.ts'
import { startProcess, temporaryFolder } from './support/server-process.ts'

async function start(t: TestContext, dataDir: string) {
  const server = await startProcess({ HOLDFAST_DATA_DIR: dataDir })
  t.after(() => server.kill('SIGKILL'))
  return server
}

async function newFolder(t: TestContext): Promise<string> {
  const { folder, remove } = await temporaryFolder()
  t.after(remove)
  return folder
}

test('SIGTERM lets what runs finish, answers those who wait, and ends with code 0', async (t) => {
  const folder = await newFolder(t)
  const server = await start(t, folder)
  const api = apiOf(server)
  const { id } = await api.connect({ app: 'jira' })
  await api.script(id, { expireNow: true, failNextTokenCalls: { times: 1, delayMs: 700 } })
  const { connectedAccountId } = await api.initiate({ app: 'gmail' })

  const reading = api.info(id)
  const waiting = api.get<ConnectedAccount>(`/api/v1/connectedAccounts/${connectedAccountId}?waitFor=ACTIVE`)
  await api.untilTokenCall(id)
  const begun = performance.now()
  server.kill('SIGTERM')

  assert.equal(ok(await waiting).status, 'INITIATED')
  const token = tokenIn(ok(await reading))
  assert.equal(await server.ended, 0)
  const tookMs = performance.now() - begun
  assert.ok(tookMs < 3_000, `took ${Math.round(tookMs)} ms`)
  await assert.rejects(fetch(`${server.url}/healthz`))

  const again = apiOf(await start(t, folder))
  assert.equal(tokenIn(ok(await again.info(id))), token, 'the refresh that ran was stored')
})

test('a stop with nothing to do takes no time', async (t) => {
  const server = await start(t, await newFolder(t))
  await (await fetch(`${server.url}/readyz`)).text()
  const begun = performance.now()
  server.kill('SIGINT')
  assert.equal(await server.ended, 0)
  assert.ok(performance.now() - begun < 1_500)
})

test('kill -9 in the middle of writing loses nothing that was acknowledged', async (t) => {
  const folder = await newFolder(t)
  const entityId = newEntity()
  /** Key by account id; null once its deletion was acknowledged, absent while a change is under way. */
  const acknowledged = new Map<string, string | null>()

  for (let round = 0; round < 2; round++) {
    const server = await start(t, folder)
    const killed = server.ended
    const writers = Array.from({ length: 8 }, (_, index) => write(apiOf(server), `key-${round}-${index}`))
    const target = acknowledged.size + 60
    while (acknowledged.size < target) await new Promise((resolve) => setImmediate(resolve))
    server.kill('SIGKILL')
    assert.equal(await killed, 'SIGKILL')
    await Promise.all(writers)
  }

  const api = apiOf(await start(t, folder))
  for (const [id, key] of acknowledged) {
    if (key === null) assert.equal((await api.info(id)).status, 404)
    else assert.equal(tokenIn(ok(await api.info(id))), key)
  }
  const { items } = ok(await api.get<{ items: ConnectedAccount[] }>(`/api/v1/connectedAccounts?entityId=${entityId}`))
  assert.ok(items.every(({ status }) => status === 'ACTIVE'))

  /** Connects accounts and deletes every third of them, until the server is gone. */
  async function write(api: Api, prefix: string): Promise<void> {
    for (let count = 0; ; count++) {
      const api_key = `${prefix}-${count}`
      try {
        const { connectedAccountId: id } = await api.initiate({ app: 'linear', entityId, data: { api_key } })
        acknowledged.set(id, api_key)
        if (count % 3 > 0) continue
        acknowledged.delete(id)
        ok(await api.delete(`/api/v1/connectedAccounts/${id}`))
        acknowledged.set(id, null)
      } catch (error) {
        if (error instanceof TypeError) return
        throw error
      }
    }
  }
})
