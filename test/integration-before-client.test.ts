/** Apps want the redirect URI before they give a client, and the URI holds the integration's id. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Integration } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, ok } from './support/api.ts'

let server: TestServer
let api: Api

before(async () => {
  server = await startTestServer({ loops: false })
  api = apiOf(server)
})

after(() => server?.close())

const make = (settings: object) =>
  api.post<Integration>('/api/v1/integrations', { app: 'gmail', simulated: false, ...settings })

test('a disabled integration tells its redirect URI and is enabled once it has its client', async () => {
  const made = ok(await make({ enabled: false }))
  assert.deepEqual([made.enabled, made.clientId], [false, null])
  assert.equal(made.redirectUri, `${server.url}/oauth/callback/${made.id}`)
  const path = `/api/v1/integrations/${made.id}`
  const refused = { status: 400, code: 'validation_failed' }
  assertRefused(await api.patch(path, { enabled: true }), { ...refused, field: 'clientId' })
  assertRefused(await api.patch(path, { enabled: true, clientId: 'mine' }), { ...refused, field: 'clientSecret' })
  assert.equal(ok(await api.get<Integration>(path)).clientId, null)

  ok(await api.patch(path, { clientId: 'mine', clientSecret: 'secret' }))
  assert.equal(ok(await api.patch<Integration>(path, { enabled: true })).enabled, true)
})

test('nobody can connect through it before', async () => {
  const { id } = ok(await make({ enabled: false }))
  assertRefused(await api.post('/api/v1/connectedAccounts', { integrationId: id, entityId: 'jessica' }), {
    status: 400,
    code: 'integration_disabled',
  })
})

test('an enabled one needs its client from the start', async () => {
  const refused = { status: 400, code: 'validation_failed', field: 'clientId' }
  for (const settings of [{}, { enabled: true }]) assertRefused(await make(settings), refused)
})
