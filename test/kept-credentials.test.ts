/**
 * Two servers, each a process of its own, on one database, and each keeps what it read: whatever one of them acknowledged,
 * neither serves what was before. On SQLite and within a process at once, between processes on PostgreSQL as soon as the
 * notification has arrived, and never later than two seconds.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { Integration } from '../packages/sdk/src/types.ts'
import { type Answer, type Api, apiOf, newEntity, ok, tokenIn } from './support/api.ts'
import { postgresDatabase, stopPostgres, type TestDatabase } from './support/postgres.ts'
import { startProcess, temporaryFolder } from './support/server-process.ts'

const apiKey = 'hf_test_key_of_these_servers'
const adminKey = 'operator-key-of-these-servers'
const masterKeys = `k1:${Buffer.alloc(32, 7).toString('base64')}`
/** What another process changed is seen by then. */
const boundMs = 2_000

interface Servers {
  one: Api
  two: Api
  /** With the operator's key, on the first. */
  operator: Api
  /** Another key of the same project, on either. */
  withKey(key: string): [Api, Api]
  integration: Integration
}

for (const kind of ['SQLite', 'PostgreSQL'] as const)
  describe(`two processes on one ${kind}`, () => {
    const boundBetween = kind === 'SQLite' ? 0 : boundMs
    let servers: Servers
    let database: TestDatabase | undefined
    const ending: (() => Promise<unknown>)[] = []

    before(async () => {
      const { folder, remove } = await temporaryFolder()
      ending.push(remove)
      if (kind === 'PostgreSQL') database = await postgresDatabase()
      const environment = {
        // Not there yet: the first start makes it.
        HOLDFAST_DATA_DIR: join(folder, 'data'),
        HOLDFAST_MASTER_KEYS: masterKeys,
        HOLDFAST_API_KEY: apiKey,
        HOLDFAST_ADMIN_KEY: adminKey,
        ...(database && { DATABASE_URL: database.url }),
      }
      const urls: string[] = []
      for (const _ of ['one', 'two']) {
        const server = await startProcess(environment)
        urls.push(server.url)
        ending.push(async () => {
          server.kill('SIGTERM')
          await server.ended
        })
      }
      const [url = '', otherUrl = ''] = urls
      const [one, two] = [apiOf({ url, apiKey }), apiOf({ url: otherUrl, apiKey })]
      servers = {
        one,
        two,
        operator: apiOf({ url, apiKey: adminKey }),
        withKey: (key) => [apiOf({ url, apiKey: key }), apiOf({ url: otherUrl, apiKey: key })],
        integration: await one.defaultIntegration('linear'),
      }
    })

    after(async () => {
      for (const end of ending.reverse()) await end()
      await database?.drop()
      if (kind === 'PostgreSQL') await stopPostgres()
    })

    /** Reads until what was expected is there. The process that made the change has no time for it. */
    async function sees<Body>(
      read: () => Promise<Answer<Body>>,
      isRight: (answer: Answer<Body>) => boolean,
      ms: number,
    ) {
      const until = performance.now() + ms
      for (;;) {
        const begun = performance.now()
        const answer = await read()
        if (isRight(answer)) return
        if (begun >= until) assert.fail(`after ${ms} ms still ${JSON.stringify(answer.body).slice(0, 300)}`)
      }
    }

    const connect = async (key: string, entityId = newEntity()) => {
      const { one, integration } = servers
      return (await one.initiate({ integrationId: integration.id, entityId, data: { api_key: key } }))
        .connectedAccountId
    }

    /** Both have it in memory then. */
    const warm = async (id: string) => {
      for (const api of [servers.one, servers.two])
        for (let times = 0; times < 2; times++) {
          ok(await api.info(id))
          await api.account(id)
        }
    }

    const givesToken = (id: string, token: string) => (answer: Answer<unknown>) =>
      answer.status === 200 && tokenIn(answer.body as never) === token && id !== ''

    test('whatever is changed by whichever of them, neither serves what was before', async () => {
      type Step = { change: 'disable' | 'enable' | 'renew' | 'label'; by: 0 | 1 } | { change: 'delete'; by: 0 | 1 }
      const step: fc.Arbitrary<Step> = fc.record({
        change: fc.constantFrom('disable', 'enable', 'renew', 'renew', 'label', 'delete'),
        by: fc.constantFrom(0, 1),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
          const apis = [servers.one, servers.two] as const
          let token = `token-${newEntity()}`
          const id = await connect(token)
          let state = { enabled: true, exists: true, labels: [] as string[] }
          await warm(id)
          for (const [index, { change, by }] of steps.entries()) {
            if (!state.exists) return
            const path = `/api/v1/connectedAccounts/${id}`
            if (change === 'delete') ok(await apis[by].delete(path))
            else if (change === 'label') ok(await apis[by].patch(`${path}/data`, { labels: [`label-${index}`] }))
            else if (change === 'renew') {
              token = `token-${newEntity()}`
              ok(await apis[by].post(`${path}/reinitiate`, { data: { api_key: token } }))
            } else ok(await apis[by].post(`${path}/${change}`))
            state = {
              exists: change !== 'delete',
              enabled: change === 'enable' || (change !== 'disable' && state.enabled),
              labels: change === 'label' ? [`label-${index}`] : state.labels,
            }
            for (const [reader, api] of apis.entries()) {
              const ms = reader === by ? 0 : boundBetween
              const isGone = ({ status }: Answer<unknown>) => status === 404
              const isRefused = ({ body }: Answer<unknown>) => (body as { code?: string }).code === 'account_disabled'
              const rightInfo = !state.exists ? isGone : state.enabled ? givesToken(id, token) : isRefused
              await sees(() => api.info<unknown>(id), rightInfo, ms)
              const shows = ({ body }: Answer<unknown>) => {
                const { enabled, labels, connectionParams } = body as Record<string, never>
                const isShown = JSON.stringify(connectionParams).includes(token)
                return enabled === state.enabled && isShown === state.enabled && String(labels) === String(state.labels)
              }
              await sees(() => api.get<unknown>(path), state.exists ? shows : isGone, ms)
            }
          }
        }),
        { numRuns: 12 },
      )
    })

    test('a refresh by one of them reaches the other', async () => {
      const { one, two } = servers
      const { id: integrationId } = await one.defaultIntegration('gmail')
      const { id } = await one.connect({ integrationId })
      await warm(id)
      const before = tokenIn(ok(await two.info(id)))
      await one.script(id, { expireNow: true })
      const renewed = tokenIn(ok(await one.info(id)))
      assert.notEqual(renewed, before)
      await sees(() => two.info<unknown>(id), givesToken(id, renewed), boundBetween)
    })

    test('a key that was deleted opens nothing, in neither of them', async () => {
      const { operator, withKey, one } = servers
      const id = await connect('any-token')
      const { id: projectId } = ok(await one.get<{ id: string }>('/api/v1/project'))
      const made = ok(
        await operator.post<{ id: string; key: string }>(`/api/v1/projects/${projectId}/apiKeys`, { name: 'k' }),
      )
      const apis = withKey(made.key)
      for (const api of apis) for (let times = 0; times < 3; times++) ok(await api.info(id))
      ok(await operator.delete(`/api/v1/projects/${projectId}/apiKeys/${made.id}`))
      const isRefused = ({ status }: Answer<unknown>) => status === 401
      await sees(() => apis[0].info<unknown>(id), isRefused, 0)
      await sees(() => apis[1].info<unknown>(id), isRefused, boundBetween)
    })

    test('a project that was deleted takes its accounts along, and a new name shows', async () => {
      const { operator, withKey } = servers
      const project = ok(await operator.post<{ id: string }>('/api/v1/projects', { name: 'Before', mode: 'test' }))
      const path = `/api/v1/projects/${project.id}`
      const { key } = ok(await operator.post<{ key: string }>(`${path}/apiKeys`, { name: 'k' }))
      const apis = withKey(key)
      const { id: integrationId } = await apis[0].defaultIntegration('linear')
      const { connectedAccountId: id } = await apis[0].initiate({ integrationId, data: { api_key: 'one' } })
      const name = ({ body }: Answer<unknown>) => (body as { member?: { name?: string } }).member?.name
      for (const api of apis)
        for (let times = 0; times < 3; times++)
          assert.equal(name(await api.get(`/api/v1/connectedAccounts/${id}`)), 'Before')
      ok(await operator.patch(path, { name: 'After' }))
      for (const [reader, api] of apis.entries())
        await sees(
          () => api.get<unknown>(`/api/v1/connectedAccounts/${id}`),
          (answer) => name(answer) === 'After',
          reader === 0 ? 0 : boundBetween,
        )
      ok(await operator.delete(path))
      for (const [reader, api] of apis.entries())
        await sees(
          () => api.info<unknown>(id),
          ({ status }) => status === 401,
          reader === 0 ? 0 : boundBetween,
        )
    })

    test('an account of another project is not found, however warm it is', async (t: TestContext) => {
      const { operator, withKey } = servers
      const id = await connect('any-token')
      await warm(id)
      const project = ok(await operator.post<{ id: string }>('/api/v1/projects', { name: 'Other', mode: 'test' }))
      t.after(() => operator.delete(`/api/v1/projects/${project.id}`))
      const { key } = ok(await operator.post<{ key: string }>(`/api/v1/projects/${project.id}/apiKeys`, { name: 'k' }))
      for (const api of withKey(key))
        for (let times = 0; times < 3; times++) {
          assert.equal((await api.info(id)).status, 404)
          assert.equal((await api.get(`/api/v1/connectedAccounts/${id}`)).status, 404)
        }
    })

    if (kind === 'PostgreSQL')
      test('when notifications stop coming, what was kept is not used for longer than two seconds', async () => {
        const { one, two } = servers
        for (let times = 0; times < 3; times++) {
          const id = await connect('any-token')
          await warm(id)
          await database?.query(
            `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast signals'`,
          )
          ok(await one.delete(`/api/v1/connectedAccounts/${id}`))
          await sees(
            () => two.info<unknown>(id),
            ({ status }) => status === 404,
            boundMs,
          )
        }
      })
  })
