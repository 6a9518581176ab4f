/** A key that is revoked in one process is dead in all of them within five seconds, though each remembers good keys. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, ok } from './support/api.ts'
import { postgresDatabase, stopPostgres, type TestDatabase } from './support/postgres.ts'

let database: TestDatabase
let here: TestServer
let there: TestServer
let keysPath: string

before(async () => {
  database = await postgresDatabase()
  const environment = { DATABASE_URL: database.url }
  here = await startTestServer({ environment })
  there = await startTestServer({ environment, dataDir: here.dataDir })
  keysPath = `/api/v1/projects/${ok(await apiOf(here).get<{ id: string }>('/api/v1/project')).id}/apiKeys`
})
after(async () => {
  await there?.close()
  await here?.close()
  await database?.drop()
  await stopPostgres()
})

const operator = () => apiOf(here, here.adminKey)
const path = '/api/v1/connectedAccounts'
/** In use, so that the other process remembers it. */
const usedThere = async (key: string): Promise<Api> => {
  const api = apiOf(there, key)
  for (let count = 0; count < 3; count++) ok(await api.get(path))
  return api
}

async function assertDeadSoon(api: Api): Promise<void> {
  const begun = performance.now()
  while ((await api.get(path)).status !== 401)
    assert.ok(performance.now() - begun < 5000, 'the key still works after five seconds')
}

test('a deleted key, and the token that it made for a browser', async () => {
  const { id, key } = ok(await operator().post<{ id: string; key: string }>(keysPath))
  const { token } = ok(await apiOf(here, key).post<{ token: string }>('/api/v1/entities/somebody/sessions'))
  const [remembered, browser] = [await usedThere(key), await usedThere(token)]
  ok(await operator().delete(`${keysPath}/${id}`))
  await assertDeadSoon(remembered)
  await assertDeadSoon(browser)
})

test('a key that was replaced without an overlap', async () => {
  const { id, key } = ok(await operator().post<{ id: string; key: string }>(keysPath))
  const remembered = await usedThere(key)
  const next = ok(await operator().post<{ key: string }>(`${keysPath}/${id}/rotate`, { overlapSeconds: 0 }))
  await assertDeadSoon(remembered)
  await usedThere(next.key)
})
