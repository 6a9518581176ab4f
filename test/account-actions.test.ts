import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { Holdfast } from '../packages/sdk/src/index.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, newEntity, ok, tokenIn } from './support/api.ts'
import { postgresDatabase, stopPostgres } from './support/postgres.ts'

interface Check {
  result: string
  checkedAt: string
}

after(() => stopPostgres())

for (const kind of ['SQLite', 'PostgreSQL'] as const)
  describe(`actions on accounts on ${kind}`, () => {
    const servers: TestServer[] = []
    const start = async () => {
      const environment: Record<string, string> = {}
      if (kind === 'PostgreSQL') environment.DATABASE_URL = (await postgresDatabase()).url
      const server = await startTestServer({ environment, loops: false })
      servers.push(server)
      return { server, api: apiOf(server), holdfast: new Holdfast({ apiKey: server.apiKey, baseUrl: server.url }) }
    }
    after(() => Promise.all(servers.map((server) => server.close())))

    test('a refresh that is asked for brings another token although the old one is good', async () => {
      const { api, holdfast } = await start()
      const { id } = await api.connect({ app: 'gmail' })
      const before = tokenIn(ok(await api.info(id)))
      const answer = await holdfast.connectedAccounts.refresh(id)
      assert.equal(answer.status, 'ACTIVE')
      assert.deepEqual(answer.connectionParams, {})
      assert.notEqual(tokenIn(ok(await api.info(id))), before)
    })

    test('a refresh that is asked for finds out that the grant is lost', async () => {
      const { api } = await start()
      const { id } = await api.connect({ app: 'gmail' })
      await api.script(id, { revoke: true })
      const { status, statusReason } = ok(
        await api.post<{ status: string; statusReason: { code: string } }>(`/api/v1/connectedAccounts/${id}/refresh`),
      )
      assert.deepEqual([status, statusReason.code], ['EXPIRED', 'grant_revoked'])
      assertRefused(await api.post(`/api/v1/connectedAccounts/${id}/refresh`), {
        status: 400,
        code: 'reconnect_required',
      })
    })

    test('an account whose key does not end is left as it is', async () => {
      const { api, holdfast } = await start()
      const { id } = await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'a-key' } })
      const before = ok(await api.info(id))
      await holdfast.connectedAccounts.refresh(id)
      assert.deepEqual(ok(await api.info(id)), before)
    })

    test('a check asks the app, and changes nothing whatever it says', async () => {
      const { api, holdfast } = await start()
      const { id } = await api.connect({ app: 'gmail' })
      assert.equal((await holdfast.connectedAccounts.check(id)).result, 'accepted')
      await api.script(id, { revoke: true })
      const { result, checkedAt } = ok(await api.post<Check>(`/api/v1/connectedAccounts/${id}/check`))
      assert.equal(result, 'refused')
      assert.ok(Math.abs(Date.now() - Date.parse(checkedAt)) < 60_000)
      assert.equal((await api.account(id)).status, 'ACTIVE')
    })

    test('a key that cannot be checked stays unverified, and one that is good is verified by a check', async () => {
      const { server, api } = await start()
      const check = async (id: string) => {
        const { result } = ok(await api.post<Check>(`/api/v1/connectedAccounts/${id}/check`))
        return [result, (await api.account(id)).verification]
      }
      const away = await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'unreachable-key' } })
      assert.deepEqual(await check(away.id), ['unreachable', 'unverified'])
      const good = await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'a-key' } })
      const { store, readiness } = server.composition
      await store.accounts.update(readiness.project?.id ?? '', good.id, { verification: 'unverified' })
      assert.deepEqual(await check(good.id), ['accepted', 'verified'])
    })

    test('everything that matches is changed, step by step, with an event each, and nothing else', async () => {
      const { api, holdfast } = await start()
      const count = 450
      const entityId = newEntity()
      const items = Array.from({ length: count }, (_, number) => ({
        app: 'linear',
        authScheme: 'API_KEY',
        entityId,
        externalId: `bulk-${number}`,
        params: { api_key: `key-${number}` },
      }))
      for (let from = 0; from < count; from += 100)
        ok(await api.post('/api/v1/connectedAccounts/import', { items: items.slice(from, from + 100) }))
      const other = await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'of-somebody' } })

      const steps = await Array.fromAsync(holdfast.connectedAccounts.changeMany('disable', { entityIds: [entityId] }))
      assert.deepEqual(
        steps.map(({ matched, changed, failed }) => [matched, changed, failed.length]),
        [
          [200, 200, 0],
          [200, 200, 0],
          [50, 50, 0],
        ],
      )
      const enabledOnes = `/api/v1/connectedAccounts?entityId=${entityId}&showDisabled=false&pageSize=1`
      assert.equal(ok(await api.get<{ totalItems: number }>(enabledOnes)).totalItems, 0)
      assert.equal((await api.account(other.id)).enabled, true)
      const again = await Array.fromAsync(holdfast.connectedAccounts.changeMany('disable', { entityIds: [entityId] }))
      assert.equal(
        again.reduce((sum, { changed }) => sum + changed, 0),
        0,
      )
      const page = `/api/v1/connectedAccounts?entityId=${entityId}&pageSize=2`
      for (const { id } of ok(await api.get<{ items: { id: string }[] }>(page)).items) {
        const history = ok(
          await api.get<{ items: { type: string }[] }>(`/api/v1/connectedAccounts/${id}/history`),
        ).items.map(({ type }) => type)
        assert.equal(history.filter((type) => type === 'connected_account.disabled').length, 1)
      }

      const deleted = await Array.fromAsync(holdfast.connectedAccounts.changeMany('delete', { entityIds: [entityId] }))
      assert.equal(
        deleted.reduce((sum, { changed }) => sum + changed, 0),
        count,
      )
      assert.equal(ok(await api.get<{ totalItems: number }>('/api/v1/connectedAccounts')).totalItems, 1)
    })

    test('an account that cannot be refreshed keeps no other from it and is told of', async () => {
      const { api, holdfast } = await start()
      const entityId = newEntity()
      const good = await api.connect({ app: 'gmail', entityId })
      const { connectedAccountId } = await api.initiate({ app: 'gmail', entityId })
      const [step] = await Array.fromAsync(holdfast.connectedAccounts.changeMany('refresh', { entityIds: [entityId] }))
      assert.deepEqual(
        [step?.matched, step?.changed, step?.failed.map(({ accountId, code }) => [accountId, code])],
        [2, 1, [[connectedAccountId, 'account_not_active']]],
      )
      assert.equal((await api.account(good.id)).status, 'ACTIVE')
    })

    test('what is asked wrongly is refused with the field', async () => {
      const { api } = await start()
      const path = '/api/v1/connectedAccounts/bulk'
      const refused = { status: 400, code: 'validation_failed' }
      assertRefused(await api.post(path, { action: 'burn', filter: {} }), { ...refused, field: 'action' })
      assertRefused(await api.post(path, { action: 'delete' }), { ...refused, field: 'filter' })
      assertRefused(await api.post(path, { action: 'delete', filter: { entityId: 'x' } }), refused)
      assertRefused(await api.post(path, { action: 'delete', filter: {}, cursor: 'x' }), {
        ...refused,
        field: 'cursor',
      })
    })
  })
