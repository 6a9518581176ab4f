import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { Holdfast } from '../packages/sdk/src/index.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { postgresDatabase, stopPostgres } from './support/postgres.ts'

interface AnyPage {
  items: { id: string }[]
  nextCursor: string | null
  totalItems?: number
}

after(() => stopPostgres())

for (const kind of ['SQLite', 'PostgreSQL'] as const)
  test(`a list of accounts is gone through by cursor, each once, though accounts come and go meanwhile, on ${kind}`, async (t) => {
    const environment: Record<string, string> =
      kind === 'PostgreSQL' ? { DATABASE_URL: (await postgresDatabase()).url } : {}
    const server = await startTestServer({ environment, loops: false })
    t.after(() => server.close())
    const api = apiOf(server)
    const entityId = newEntity()
    const items = Array.from({ length: 25 }, (_, number) => ({
      app: 'linear',
      authScheme: 'API_KEY',
      entityId,
      externalId: `one-of-${number}`,
      params: { api_key: `key-${number}` },
    }))
    const { items: imported } = ok(
      await api.post<{ items: { connectedAccountId: string }[] }>('/api/v1/connectedAccounts/import', { items }),
    )
    const ids = new Set(imported.map(({ connectedAccountId }) => connectedAccountId))

    const path = `/api/v1/connectedAccounts?entityId=${entityId}&pageSize=10`
    const first = ok(await api.get<AnyPage>(path))
    assert.equal(first.totalItems, 25)
    await api.connect({ app: 'linear', authScheme: 'API_KEY', entityId, data: { api_key: 'newer' } })
    const gone = first.items.at(-1)?.id ?? ''
    ok(await api.delete(`/api/v1/connectedAccounts/${gone}`))
    const seen = first.items.map(({ id }) => id)
    for (let { nextCursor } = first; nextCursor !== null; ) {
      const page: AnyPage = ok(await api.get<AnyPage>(`${path}&cursor=${nextCursor}`))
      assert.equal(page.totalItems, undefined)
      seen.push(...page.items.map(({ id }) => id))
      nextCursor = page.nextCursor
    }
    assert.equal(seen.length, 25)
    assert.deepEqual(new Set(seen), ids)

    const holdfast = new Holdfast({ apiKey: server.apiKey, baseUrl: server.url })
    const all = await holdfast.connectedAccounts.list({ entityId, pageSize: 10 }).all()
    assert.equal(all.length, 25)
    assert.equal(new Set(all.map(({ id }) => id)).size, 25)
  })

describe('a cursor', () => {
  test('that is none, or comes with a page number, is refused', async (t) => {
    const server = await startTestServer({ loops: false })
    t.after(() => server.close())
    const api = apiOf(server)
    const refused = { status: 400, code: 'validation_failed', field: 'cursor' }
    for (const cursor of ['x', 'MTIz', Buffer.from('1.x').toString('base64url')])
      assertRefused(await api.get(`/api/v1/connectedAccounts?cursor=${cursor}`), refused)
    await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'a' } })
    await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'b' } })
    const { nextCursor } = ok(await api.get<AnyPage>('/api/v1/connectedAccounts?pageSize=1'))
    assertRefused(await api.get(`/api/v1/connectedAccounts?page=2&cursor=${nextCursor}`), refused)
  })
})
