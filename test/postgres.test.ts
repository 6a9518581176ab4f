/** Two servers on one PostgreSQL, as behind a load balancer: what one does the other knows. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { AccountEvent, ApiKey, ConnectedAccount, Project } from '../packages/sdk/src/types.ts'
import { freePort, startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, ok, tokenIn } from './support/api.ts'
import { Person } from './support/person.ts'
import { postgresDatabase, stopPostgres, type TestDatabase } from './support/postgres.ts'

let database: TestDatabase
let servers: TestServer[] = []
let one: Api
let other: Api
/** Both have the public address of the first; the second is reached here. */
let otherUrl: string

before(async () => {
  database = await postgresDatabase()
  const shared = {
    DATABASE_URL: database.url,
    HOLDFAST_MASTER_KEYS: `shared:${randomBytes(32).toString('base64')}`,
  }
  const port = String(await freePort())
  const [first, second] = await Promise.all([
    startTestServer({ environment: { ...shared, PORT: port } }),
    freePort().then((otherPort) => {
      otherUrl = `http://127.0.0.1:${otherPort}`
      const environment = { ...shared, PORT: String(otherPort), HOLDFAST_BASE_URL: `http://127.0.0.1:${port}` }
      return startTestServer({ environment })
    }),
  ])
  servers = [first, second]
  one = apiOf(first)
  other = apiOf({ url: otherUrl, apiKey: second.apiKey })
})

after(async () => {
  for (const server of servers) await server.close()
  await database?.drop()
  await stopPostgres()
})

/** The same request, taken by the second server. */
const atOther = (url: URL): URL => new URL(url.pathname + url.search, otherUrl)

describe('on PostgreSQL', () => {
  test('an account is connected, read, refreshed and deleted', async () => {
    const person = new Person()
    const begun = await one.initiate({ app: 'gmail', redirectUri: 'https://yours.example/back' })
    assert.equal(begun.connectionStatus, 'INITIATED')
    const { location } = await person.connect(begun.redirectUrl ?? '')
    assert.equal(location?.searchParams.get('status'), 'success')

    const account = await one.account(begun.connectedAccountId)
    assert.equal(account.status, 'ACTIVE')
    assert.ok(account.identity)
    const authParams = ok(await one.info(account.id))
    const call = await fetch(`${authParams.base_url}/gmail/v1/users/me/profile`, {
      headers: { authorization: tokenIn(authParams) },
    })
    assert.equal(call.status, 200)

    await one.script(account.id, { expireNow: true })
    const renewed = ok(await one.info(account.id))
    assert.notEqual(tokenIn(renewed), tokenIn(authParams))
    const { items } = ok(await one.get<{ items: AccountEvent[] }>(`/api/v1/connectedAccounts/${account.id}/history`))
    assert.deepEqual(
      items.map(({ sequence }) => sequence),
      items.map((_, index) => items.length - index),
    )

    ok(await one.delete(`/api/v1/connectedAccounts/${account.id}`))
    assertRefused(await other.get(`/api/v1/connectedAccounts/${account.id}`), { status: 404, code: 'not_found' })
  })

  test('a request that waits on one server is answered when the other finishes', async () => {
    const person = new Person()
    const begun = await one.initiate({ app: 'gmail' })
    const path = `/api/v1/connectedAccounts/${begun.connectedAccountId}?waitFor=ACTIVE&timeoutSeconds=60`
    const waiting = one.get<ConnectedAccount>(path)
    const callback = await person.consent(await person.agree(begun.redirectUrl ?? ''))
    const finished = performance.now()
    await person.open(atOther(callback))
    assert.equal(ok(await waiting).status, 'ACTIVE')
    // It looks by itself every 15 seconds; only a signal is sooner.
    assert.ok(performance.now() - finished < 5_000)
  })

  test('of 50 callbacks of one state, spread over both, exactly one connects', async () => {
    const person = new Person()
    const begun = await one.initiate({ app: 'gmail', redirectUri: 'https://yours.example/back' })
    const callback = await person.consent(await person.agree(begun.redirectUrl ?? ''))
    const visits = await Promise.all(
      Array.from({ length: 50 }, (_, index) => person.open(index % 2 ? callback : atOther(callback))),
    )
    for (const { status } of visits) assert.ok(status < 500, String(status))
    const id = begun.connectedAccountId
    assert.equal((await other.account(id)).status, 'ACTIVE')
    assert.equal((await one.script(id)).tokenCalls, 1)
    const { items } = ok(await one.get<{ items: AccountEvent[] }>(`/api/v1/connectedAccounts/${id}/history`))
    assert.equal(items.filter(({ type }) => type === 'connected_account.active').length, 1)
  })

  test('of 60 reads of an expired account, spread over both, one asks for a new token', async () => {
    const { id } = await one.connect({ app: 'jira' })
    await one.script(id, { expireNow: true, failNextTokenCalls: { times: 1, delayMs: 200 } })
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => (index % 2 ? one : other).info(id)))
    assert.equal(new Set(answers.map((answer) => tokenIn(ok(answer)))).size, 1)
    assert.equal((await one.script(id)).tokenCalls, 2)
  })

  test('an API key that is deleted on one server is dead on the other', async () => {
    const [server] = servers
    assert.ok(server)
    const operator = apiOf(server, server.adminKey)
    const { items } = ok(await operator.get<{ items: Project[] }>('/api/v1/projects'))
    const path = `/api/v1/projects/${items[0]?.id}/apiKeys`
    const made = ok(await operator.post<ApiKey & { key: string }>(path, { name: 'short-lived' }))
    const holder = apiOf({ url: otherUrl, apiKey: made.key })
    ok(await holder.get('/api/v1/project'))
    ok(await operator.delete(`${path}/${made.id}`))
    assertRefused(await holder.get('/api/v1/project'), { status: 401, code: 'unauthorized' })
  })

  test('text that no database column holds is refused or not found, and breaks nothing', async () => {
    const nul = encodeURIComponent('a\0b')
    for (const path of [`/api/v1/connectedAccounts/${nul}`, `/api/v1/connectedAccounts?entityId=${nul}`]) {
      const { status } = await one.get(path)
      assert.ok(status < 500, `${path} was answered with ${status}`)
    }
    const { status } = await one.post('/api/v1/connectedAccounts', {
      app: 'linear',
      entityId: 'a\0b',
      data: { api_key: 'key' },
    })
    assert.ok(status < 500, String(status))
  })
})
