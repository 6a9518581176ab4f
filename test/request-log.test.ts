import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { Holdfast, type LoggedRequest } from '../packages/sdk/src/index.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { postgresDatabase, stopPostgres } from './support/postgres.ts'
import { until } from './support/refresh-cluster.ts'

after(() => stopPostgres())

for (const kind of ['SQLite', 'PostgreSQL'] as const)
  describe(`the request log on ${kind}`, () => {
    const start = async (t: { after: (close: () => Promise<void>) => void }, clock = movableClock()) => {
      const environment: Record<string, string> = {}
      if (kind === 'PostgreSQL') environment.DATABASE_URL = (await postgresDatabase()).url
      const server = await startTestServer({ environment, clock })
      t.after(() => server.close())
      const holdfast = new Holdfast({ apiKey: server.apiKey, baseUrl: server.url })
      const logged = async (filter = {}): Promise<LoggedRequest[]> => (await holdfast.requests.list(filter)).items
      const untilLogged = (count: number, filter = {}) =>
        until(`${count} are logged`, async () => (await logged(filter)).length === count)
      return { server, api: apiOf(server), holdfast, logged, untilLogged }
    }

    test('has what changed something or was refused, by whom and why, and no read that succeeded', async (t) => {
      const { api, logged, untilLogged } = await start(t)
      const { id } = await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'a-secret-key' } })
      ok(await api.get('/api/v1/connectedAccounts'))
      const { requestId } = assertRefused(await api.post('/api/v1/connectedAccounts', { entityId: 'x' }), {
        status: 400,
        code: 'validation_failed',
      })
      ok(await api.post(`/api/v1/connectedAccounts/${id}/disable`))
      await untilLogged(3)
      const [disable, refused, connect] = await logged()
      assert.deepEqual(
        [disable, refused, connect].map((item) => [item?.method, item?.route, item?.status, item?.code]),
        [
          ['POST', '/api/v1/connectedAccounts/:id/disable', 200, null],
          ['POST', '/api/v1/connectedAccounts', 400, 'validation_failed'],
          ['POST', '/api/v1/connectedAccounts', 200, null],
        ],
      )
      assert.equal(disable?.connectedAccountId, id)
      assert.equal(refused?.requestId, requestId)
      assert.deepEqual([refused?.caller.kind, refused?.caller.name], ['key', 'first key'])
      assert.doesNotMatch(JSON.stringify(await logged()), /a-secret-key/)
      assert.deepEqual(
        (await logged({ failed: true })).map((item) => item.id),
        [refused?.id],
      )
      assert.deepEqual(
        (await logged({ connectedAccountId: id })).map((item) => item.id),
        [disable?.id],
      )
      assert.deepEqual(
        (await logged({ requestId })).map((item) => item.id),
        [refused?.id],
      )
      assert.equal((await logged({ code: 'not_found' })).length, 0)
    })

    test('comes in pages, and puts together what fails alike', async (t) => {
      const { api, holdfast, untilLogged } = await start(t)
      for (let times = 0; times < 3; times += 1) await api.get(`/api/v1/connectedAccounts/${crypto.randomUUID()}`)
      await api.post('/api/v1/connectedAccounts', {})
      await untilLogged(4)
      const first = await holdfast.requests.list({}, { limit: 3 })
      const rest = await holdfast.requests.list({}, { limit: 3, cursor: first.nextCursor ?? '' })
      assert.deepEqual([first.items.length, rest.items.length, rest.nextCursor], [3, 1, null])
      assert.equal(new Set([...first.items, ...rest.items].map(({ id }) => id)).size, 4)
      assert.deepEqual(
        (await holdfast.requests.failures()).map(({ route, code, count }) => [route, code, count]),
        [
          ['/api/v1/connectedAccounts/:id', 'not_found', 3],
          ['/api/v1/connectedAccounts', 'validation_failed', 1],
        ],
      )
      assertRefused(await api.get('/api/v1/requests?cursor=x'), {
        status: 400,
        code: 'validation_failed',
        field: 'cursor',
      })
    })

    test('is forgotten after a week, and goes with its project', async (t) => {
      const clock = movableClock()
      const { server, api, untilLogged } = await start(t, clock)
      await api.post('/api/v1/connectedAccounts', {})
      await untilLogged(1)
      const admin = apiOf(server, server.adminKey)
      const { id } = ok(await admin.post<{ id: string }>('/api/v1/projects', { name: 'short-lived', mode: 'test' }))
      const { key } = ok(await admin.post<{ key: string }>(`/api/v1/projects/${id}/apiKeys`, { name: 'k' }))
      await apiOf(server, key).post('/api/v1/connectedAccounts', {})
      ok(await admin.delete(`/api/v1/projects/${id}`))
      await api.post('/api/v1/connectedAccounts', {})
      await untilLogged(2)
      const { store } = server.composition
      clock.advance(8 * 24 * 60 * 60_000)
      await store.requestLog.deleteOlder(clock.now().getTime() - 7 * 24 * 60 * 60_000)
      await untilLogged(0)
    })
  })
