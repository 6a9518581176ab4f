/** What an app wants of the operator beside an OAuth client: the slug of an install page, a developer token. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'

const app = {
  key: 'own-market',
  name: 'Own Market',
  baseUrl: 'https://api.market.example/v1',
  headers: { 'developer-token': '{developer_token}' },
  identity: { url: '/me', id: 'id' },
  authSchemes: [
    {
      scheme: 'OAUTH2',
      label: 'Install',
      integrationParams: [
        { name: 'slug', label: 'Slug', role: 'path', pattern: '^[a-z0-9-]{1,40}$', example: 'my-app' },
        { name: 'developer_token', label: 'Developer token', role: 'credential' },
      ],
      authorizationEndpoint: 'https://market.example/integrations/{slug}/new',
      tokenEndpoint: 'https://market.example/token',
    },
  ],
}

interface Shown {
  id: string
  params: Record<string, string>
}

let server: TestServer
let api: Api
let live: Api

before(async () => {
  server = await startTestServer({ loops: false })
  api = apiOf(server)
  const operator = apiOf(server, server.adminKey)
  const { apiKey } = ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'Live', mode: 'live' }))
  live = apiOf(server, apiKey)
  for (const each of [api, live]) ok(await each.post('/api/v1/apps', app))
})
after(() => server.close())

const client = { clientId: 'client-1', clientSecret: 'secret-1' }
const params = { slug: 'acme-7', developer_token: 'very-secret-developer-token' }

describe('params of an integration', () => {
  it('are shown, the secret ones blank, and stored sealed', async () => {
    const body = { app: app.key, ...client, params }
    const created = ok(await live.post<Shown>('/api/v1/integrations', body))
    assert.deepEqual(created.params, { slug: 'acme-7', developer_token: '' })
    const changed = ok(await live.patch<Shown>(`/api/v1/integrations/${created.id}`, { params: { slug: 'acme-8' } }))
    assert.deepEqual(changed.params, { slug: 'acme-8', developer_token: '' })
    for (const file of ['holdfast.db', 'holdfast.db-wal']) {
      const stored = await readFile(join(server.dataDir, file)).catch(() => Buffer.alloc(0))
      assert.equal(stored.includes(params.developer_token), false, file)
    }
  })

  it('stand where the definition says: in the address of the consent page and in each API call', async () => {
    const { id } = ok(await api.post<Shown>('/api/v1/integrations', { app: app.key, simulated: true, params }))
    const account = await api.connect({ integrationId: id })
    const sent = ok(await api.info(account.id)).params
    assert.equal(sent.find(({ name }) => name === 'developer-token')?.value, params.developer_token)
    assert.equal(account.identity?.id, 'sim-person-1')
  })

  it('are wanted before a live integration is used, and may follow while it is disabled', async () => {
    const without = { app: app.key, ...client, params: { slug: 'acme-7' } }
    const refused = await live.post('/api/v1/integrations', without)
    assertRefused(refused, { status: 400, code: 'validation_failed', field: 'params.developer_token' })
    const { id } = ok(await live.post<Shown>('/api/v1/integrations', { ...without, enabled: false }))
    const early = await live.patch(`/api/v1/integrations/${id}`, { enabled: true })
    assertRefused(early, { status: 400, code: 'validation_failed', field: 'params.developer_token' })
    ok(await live.patch(`/api/v1/integrations/${id}`, { enabled: true, params }))
    ok(await live.post('/api/v1/connectedAccounts', { integrationId: id, entityId: newEntity() }))
  })

  for (const [what, bad, field] of [
    ['of an unknown name', { other: 'x' }, 'params.other'],
    ['that leave their place in the address', { slug: '../admin' }, 'params.slug'],
    ['that are no text', { slug: 7 }, 'params.slug'],
  ] as const)
    it(`are refused when they are ${what}`, async () => {
      const answer = await live.post('/api/v1/integrations', { app: app.key, ...client, params: { ...params, ...bad } })
      assertRefused(answer, { status: 400, code: 'validation_failed', field })
    })

  it('are ready in test mode without anybody filling them in', async () => {
    assert.equal((await api.connect({ app: app.key })).status, 'ACTIVE')
  })
})
