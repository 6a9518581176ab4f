/** Which apps of the catalog are offered, under which names they are found, and when projects get their ready integrations. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { loadCatalog } from '@holdfast/catalog'
import type { App, Integration } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'

const day = 86_400_000
const unverified = [...loadCatalog({ unverified: true }).values()].find(
  (app) => app.unverified && app.authSchemes[0]?.scheme === 'API_KEY' && app.authSchemes[0].params.length === 1,
)
const leadKey = unverified?.key ?? ''

describe('an app is found', () => {
  let server: TestServer
  before(async () => {
    server = await startTestServer()
  })
  after(() => server.close())

  for (const name of ['google-sheets', 'googlesheets', 'google_sheets', 'GOOGLESHEETS'])
    test(`as ${name}`, async () => {
      const api = apiOf(server)
      assert.equal(ok(await api.get<{ key: string }>(`/api/v1/apps/${name}`)).key, 'google-sheets')
      const { items } = ok(await api.get<{ items: Integration[] }>(`/api/v1/integrations?appName=${name}`))
      assert.equal(items[0]?.appName, 'google-sheets')
      assert.equal((await api.connect({ app: name })).appName, 'google-sheets')
    })

  test('by the name it had before', async () => {
    assert.equal(ok(await apiOf(server).get<{ key: string }>('/api/v1/apps/twitter')).key, 'x')
  })

  test('not when only one source knows it and nobody asked for such apps', async () => {
    const api = apiOf(server)
    assertRefused(await api.get(`/api/v1/apps/${leadKey}`), { status: 404, code: 'not_found' })
    const { items } = ok(await api.get<{ items: { key: string }[] }>(`/api/v1/apps?search=${leadKey}`))
    assert.ok(!items.some(({ key }) => key === leadKey))
    assertRefused(await api.post('/api/v1/connectedAccounts', { app: leadKey, data: {} }), {
      status: 404,
      code: 'not_found',
    })
  })
})

describe('over several starts', () => {
  let dataDir: string
  const clock = movableClock()
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'holdfast-offered-'))
  })
  after(() => rm(dataDir, { recursive: true }))

  async function started<Result>(
    options: TestServerOptions,
    use: (api: ReturnType<typeof apiOf>) => Promise<Result>,
  ): Promise<Result> {
    const server = await startTestServer({ dataDir, clock, ...options })
    try {
      return await use(apiOf(server))
    } finally {
      await server.close()
    }
  }
  const ready = async (api: ReturnType<typeof apiOf>, app: string) =>
    ok(await api.get<{ items: Integration[] }>(`/api/v1/integrations?appName=${app}`)).items.length

  test('an old project is gone through again only when other apps are offered', async () => {
    await started({}, async (api) => {
      const { id } = await api.defaultIntegration('openai')
      ok(await api.delete(`/api/v1/integrations/${id}`))
    })
    clock.advance(2 * day)
    assert.equal(await started({}, (api) => ready(api, 'openai')), 0)
    const shown = { environment: { HOLDFAST_UNVERIFIED_APPS: 'on' } }
    assert.deepEqual(
      await started(shown, async (api) => [await ready(api, 'openai'), await ready(api, leadKey)]),
      [1, 1],
    )
    const marks = await started(shown, async (api) => {
      const { items } = ok(await api.get<{ items: App[] }>('/api/v1/apps?pageSize=10000'))
      return new Map(items.map(({ key, unverified }) => [key, unverified]))
    })
    assert.deepEqual([marks.get(leadKey), marks.get('openai')], [true, false])
  })

  test('an account of an app that is no longer offered goes on', async () => {
    const data = Object.fromEntries((unverified?.authSchemes[0]?.params ?? []).map(({ name }) => [name, 'a-good-key']))
    const shown = { environment: { HOLDFAST_UNVERIFIED_APPS: 'on' } }
    const { id } = await started(shown, (api) => api.connect({ app: leadKey, data }))
    await started({}, async (api) => {
      assert.equal((await api.account(id)).appName, leadKey)
      assert.ok(ok(await api.info(id)).params.length > 0)
      assertRefused(await api.get(`/api/v1/apps/${leadKey}`), { status: 404, code: 'not_found' })
    })
  })
})
