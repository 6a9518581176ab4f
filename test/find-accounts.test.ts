import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, ok } from './support/api.ts'
import { postgresDatabase, stopPostgres } from './support/postgres.ts'

const databases = {
  SQLite: async () => ({}),
  PostgreSQL: async () => ({
    DATABASE_URL: (await postgresDatabase()).url,
    HOLDFAST_MASTER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  }),
} satisfies Record<string, () => Promise<Record<string, string>>>

for (const [name, environment] of Object.entries(databases))
  describe(`on ${name}`, () => {
    let server: TestServer
    let api: Api

    before(async () => {
      server = await startTestServer({ loops: false, environment: await environment() })
      api = apiOf(server)
    })

    after(async () => {
      await server?.close()
      await stopPostgres()
    })

    async function find(text: string): Promise<string[]> {
      const query = new URLSearchParams({ search: text })
      const { items } = ok(await api.get<{ items: ConnectedAccount[] }>(`/api/v1/connectedAccounts?${query}`))
      return items.map(({ id }) => id)
    }

    test('an account is found by a part of its entity, its id, its name or its address at the app', async () => {
      const one = await api.connect({ app: 'github', entityId: 'Tenant-50%_off' }, { person: 1 })
      const other = await api.connect({ app: 'github', entityId: 'tenant-500_off' }, { person: 2 })
      assert.ok(one.identity?.name && other.identity?.email)
      for (const text of ['TENANT-50%', '%_', one.id.slice(-12), one.identity.name.toUpperCase()])
        assert.deepEqual(await find(text), [one.id], text)
      assert.deepEqual(await find(other.identity.email), [other.id])
      assert.deepEqual(await find('tenant-'), [other.id, one.id])
      assert.deepEqual(await find('nobody'), [])
      // The words that name its parts are not what it says.
      assert.deepEqual(await find('"email"'), [])
    })

    test('a search narrows like every other filter', async () => {
      const { id, entityId } = await api.connect({ app: 'github' })
      assert.deepEqual(await find(entityId), [id])
      const path = `/api/v1/connectedAccounts?search=${entityId}`
      for (const [filter, count] of [
        ['status=ACTIVE', 1],
        ['status=EXPIRED', 0],
        ['appNames=gmail', 0],
      ] as const)
        assert.equal(ok(await api.get<{ totalItems: number }>(`${path}&${filter}`)).totalItems, count, filter)
    })
  })
