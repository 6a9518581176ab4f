/** What operators watch: the overview, the audit log, credentials that are shown, and events as they happen. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Clock } from '../packages/server/src/clock.ts'
import { freePort, startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { EventStream } from './support/event-stream.ts'
import { invited, OperatorBrowser, owner } from './support/operator.ts'
import { postgresDatabase, stopPostgres, type TestDatabase } from './support/postgres.ts'

const hour = 60 * 60_000

let server: TestServer
let api: Api
let boss: OperatorBrowser

before(async () => {
  server = await startTestServer({ loops: false })
  api = apiOf(server)
  boss = await owner(server)
})
after(() => server?.close())

const key = { data: { api_key: 'secret-of-linear' }, app: 'linear' }

describe('a reveal', () => {
  test('shows the credentials once it is written who sees them, and why', async () => {
    const account = await api.connect(key)
    const path = `/api/v1/connectedAccounts/${account.id}/credentials/reveals`
    const { status, body } = await boss.post(path, { reason: 'ticket 4711' })
    assert.equal(status, 200)
    assert.equal(body.params.api_key, 'secret-of-linear')
    const [event] = (await boss.get(`/api/v1/connectedAccounts/${account.id}/history`)).body.items
    assert.equal(event.type, 'connected_account.credentials_revealed')
    assert.deepEqual(event.revealed, { by: 'Olga Owner <owner@acme.example>', reason: 'ticket 4711' })
    const [action] = (await boss.get('/api/v1/auditLog')).body.items
    assert.equal(action.action, 'POST /api/v1/connectedAccounts/:id/credentials/reveals')
    assert.deepEqual([action.path, action.status, action.detail], [path, 200, 'ticket 4711'])
    assert.equal(action.projectId, boss.projectId)
    assert.ok(!JSON.stringify([event, action]).includes('secret-of-linear'))
  })

  test('is what reading auth params is, for somebody who is signed in', async () => {
    const account = await api.connect(key)
    const { body } = await boss.get(`/api/v1/connectedAccounts/${account.id}/info`)
    assert.ok(JSON.stringify(body).includes('secret-of-linear'))
    const [event] = (await boss.get(`/api/v1/connectedAccounts/${account.id}/history`)).body.items
    assert.equal(event.type, 'connected_account.credentials_revealed')
    await api.info(account.id)
    const { items } = (await boss.get(`/api/v1/connectedAccounts/${account.id}/history`)).body
    assert.equal(items[0].id, event.id, 'a key reads them for its work: no reveal')
  })

  test('shows nothing when it cannot be written', async (t) => {
    const account = await api.connect(key)
    const { store } = server.composition
    t.mock.method(store, 'transaction', () => Promise.reject(new Error('the disk is full')))
    const { status, body } = await boss.post(`/api/v1/connectedAccounts/${account.id}/credentials/reveals`)
    assert.equal(status, 500)
    assert.ok(!JSON.stringify(body).includes('secret-of-linear'))
  })

  test('of an account that hands out nothing is refused, and not written down', async () => {
    const account = await api.connect(key)
    await api.post(`/api/v1/connectedAccounts/${account.id}/disable`)
    const refused = await boss.post(`/api/v1/connectedAccounts/${account.id}/credentials/reveals`)
    assertRefused(refused, { status: 400, code: 'account_disabled' })
    const [event] = (await boss.get(`/api/v1/connectedAccounts/${account.id}/history`)).body.items
    assert.equal(event.type, 'connected_account.disabled')
  })
})

test('the audit log tells who changed what, and goes on from page to page', async () => {
  const admin = await invited(server, boss, 'admin')
  for (let index = 0; index < 3; index++)
    await admin.post('/api/v1/connectLinks', { entityId: `e${index}`, apps: ['linear'] })
  await admin.get('/api/v1/connectedAccounts')
  const first = (await admin.get('/api/v1/auditLog?limit=2')).body
  const second = (await admin.get(`/api/v1/auditLog?limit=2&cursor=${first.nextCursor}`)).body
  const actions = [...first.items, ...second.items]
  assert.deepEqual(
    actions.map(({ action, operator }) => [action, operator]),
    [
      ...Array<string[]>(3).fill(['POST /api/v1/connectLinks', 'A admin <admin@acme.example>']),
      ['sign in', 'A admin <admin@acme.example>'],
    ],
  )
  assertRefused(await admin.get('/api/v1/auditLog?cursor=x'), { status: 400, code: 'validation_failed' })
})

test('the overview counts accounts and refreshes, and names what needs somebody', async (t) => {
  const clock = movableClock()
  const quiet = await startTestServer({ clock, loops: false })
  t.after(() => quiet.close())
  const keyed = apiOf(quiet)
  const watcher = await owner(quiet)
  const empty = (await watcher.get('/api/v1/overview')).body
  assert.deepEqual(empty.accounts, {
    total: 0,
    byStatus: { INITIATED: 0, ACTIVE: 0, FAILED: 0, EXPIRED: 0 },
    disabled: 0,
  })
  assert.equal(empty.refreshes.successRate, null)
  assert.equal(empty.refreshes.hours.length, 24)

  const fine = await keyed.connect({ app: 'gmail' })
  const lost = await keyed.connect({ app: 'gmail' })
  const failing = await keyed.connect({ app: 'gmail' })
  const off = await keyed.connect({ ...key, entityId: 'e' })
  await keyed.initiate({ app: 'github' })
  await keyed.post(`/api/v1/connectedAccounts/${off.id}/disable`)
  await keyed.script(lost.id, { revoke: true })
  await keyed.script(failing.id, { failNextTokenCalls: { times: 50, status: 503 } })
  clock.advance(2 * hour)
  await keyed.info(fine.id)
  await keyed.info(lost.id)
  await keyed.info(failing.id)
  const seen = (await watcher.get('/api/v1/overview')).body
  assert.equal(seen.accounts.total, 5)
  assert.deepEqual(seen.accounts.byStatus, { INITIATED: 1, ACTIVE: 3, FAILED: 0, EXPIRED: 1 })
  assert.equal(seen.accounts.disabled, 1)
  assert.deepEqual([seen.refreshes.succeeded, seen.refreshes.failed, seen.refreshes.successRate], [1, 1, 0.5])
  assert.deepEqual([seen.refreshes.hours.at(-1).succeeded, seen.refreshes.hours.at(-1).failed], [1, 1])
  assert.deepEqual(
    seen.attention.map((account: { id: string }) => account.id),
    [lost.id, failing.id],
  )
  assert.ok(seen.attention[0].statusReason.code)
  assert.equal(seen.attention[1].refreshFailures, 1)
  clock.advance(25 * hour)
  await watcher.signIn('owner@acme.example')
  const nextDay = (await watcher.get('/api/v1/overview')).body
  assert.deepEqual([nextDay.refreshes.succeeded, nextDay.refreshes.failed], [0, 0])
})

describe('the stream', () => {
  const keyed = () => ({ 'x-api-key': server.apiKey })
  const signedIn = (browser: OperatorBrowser) => ({
    cookie: browser.cookie ?? '',
    'x-holdfast-project': browser.projectId ?? '',
  })

  test('tells what happens from now on, to keys and to whoever is signed in', async (t) => {
    await api.connect(key)
    const streams = [await EventStream.open(server.url, keyed()), await EventStream.open(server.url, signedIn(boss))]
    t.after(() => {
      for (const stream of streams) stream.close()
    })
    const account = await api.connect(key)
    for (const stream of streams) {
      assert.equal(stream.contentType, 'text/event-stream; charset=utf-8')
      const told = await stream.next()
      assert.equal(told?.data.data.connectedAccountId, account.id)
      assert.match(told?.data.type, /^connected_account\./)
      assert.ok(!JSON.stringify(told).includes('secret-of-linear'))
    }
  })

  test('goes on where it stopped, and misses nothing', async (t) => {
    const first = await EventStream.open(server.url, keyed())
    await api.connect(key)
    assert.ok(await first.next())
    first.close()
    const missed: string[] = []
    for (let index = 0; index < 3; index++) missed.push((await api.connect(key)).id)
    const second = await EventStream.open(server.url, { ...keyed(), 'last-event-id': first.lastId })
    t.after(() => second.close())
    const told = new Set<string>()
    while (!missed.every((id) => told.has(id))) told.add((await second.next())?.data.data.connectedAccountId)
    const response = await fetch(`${server.url}/api/v1/stream`, { headers: { ...keyed(), 'last-event-id': 'x' } })
    assert.equal(response.status, 400)
  })

  test('tells nothing of another project', async (t) => {
    const made = (await boss.post('/api/v1/projects', { name: 'Other', mode: 'test' })).body
    const stream = await EventStream.open(server.url, { 'x-api-key': made.apiKey })
    t.after(() => stream.close())
    await api.connect(key)
    const own = await apiOf(server, made.apiKey).connect(key)
    assert.equal((await stream.next())?.data.data.connectedAccountId, own.id)
  })

  test('ends when the server stops, at once', async () => {
    const stopped = await startTestServer({ loops: false })
    const stream = await EventStream.open(stopped.url, { 'x-api-key': stopped.apiKey })
    stopped.composition.stopWaiting()
    assert.equal(await stream.next(), undefined)
    await stopped.close()
  })

  test('ends for whoever signs out, loses the key or goes away', async (t) => {
    const clock = movableClock()
    const hurried: Clock = { ...clock, sleep: (ms, signal) => clock.sleep(Math.min(ms, 20), signal) }
    const watched = await startTestServer({ clock: hurried, loops: false })
    t.after(() => watched.close())
    const { signals } = watched.composition.store
    let watching = 0
    const nobodyLeft = Promise.withResolvers<void>()
    const watch = signals.watch.bind(signals)
    t.mock.method(signals, 'watch', (name: string, listener: () => void) => {
      const stop = watch(name, listener)
      watching++
      return () => {
        stop()
        watching--
        if (watching === 0) nobodyLeft.resolve()
      }
    })
    const person = await owner(watched)
    const made = (await person.post('/api/v1/projects', { name: 'Other', mode: 'test' })).body
    const streams = [
      await EventStream.open(watched.url, signedIn(person)),
      await EventStream.open(watched.url, { 'x-api-key': made.apiKey }),
      await EventStream.open(watched.url, { 'x-api-key': watched.apiKey }),
    ]
    assert.equal(watching, 3)
    await person.send(`/api/v1/projects/${made.id}`, { method: 'DELETE' })
    await person.send('/api/v1/session', { method: 'DELETE' })
    clock.advance(20_000)
    assert.equal(await streams[0]?.next(), undefined)
    assert.equal(await streams[1]?.next(), undefined)
    streams[2]?.close()
    await nobodyLeft.promise
  })

  test('a HEAD request and a stranger get none', async () => {
    const head = await fetch(`${server.url}/api/v1/stream`, { method: 'HEAD', headers: keyed() })
    assert.equal(head.status, 200)
    assert.equal((await fetch(`${server.url}/api/v1/stream`)).status, 401)
  })
})

describe('two servers on one PostgreSQL', () => {
  let database: TestDatabase
  let servers: TestServer[] = []
  let otherUrl: string

  before(async () => {
    database = await postgresDatabase()
    const [port, otherPort] = [await freePort(), await freePort()]
    const shared = {
      DATABASE_URL: database.url,
      HOLDFAST_MASTER_KEYS: `shared:${randomBytes(32).toString('base64')}`,
      HOLDFAST_BASE_URL: `http://127.0.0.1:${port}`,
    }
    otherUrl = `http://127.0.0.1:${otherPort}`
    const first = await startTestServer({ environment: { ...shared, PORT: String(port) }, loops: false })
    servers = [first, await startTestServer({ environment: { ...shared, PORT: String(otherPort) }, loops: false })]
  })
  after(async () => {
    for (const one of servers) await one.close()
    await database?.drop()
    await stopPostgres()
  })

  test('have one owner, one session, one count of attempts and one stream of events', async (t) => {
    const [first] = servers
    assert.ok(first)
    const browser = await owner(first)
    const origin = first.url
    const there = new OperatorBrowser({ url: otherUrl })
    there.cookie = browser.cookie
    there.projectId = browser.projectId
    assert.equal((await there.get('/api/v1/session')).status, 200)
    assert.equal((await there.get('/api/v1/overview')).body.accounts.total, 0)

    const stream = await EventStream.open(otherUrl, { 'x-api-key': first.apiKey })
    t.after(() => stream.close())
    const account = await apiOf(first).connect(key)
    assert.equal((await stream.next())?.data.data.connectedAccountId, account.id)

    const guess = { method: 'POST', body: { email: 'owner@acme.example', password: 'not the right one' }, origin }
    const guesser = [new OperatorBrowser(first), new OperatorBrowser({ url: otherUrl })]
    const statuses: number[] = []
    for (let attempt = 0; attempt < 6; attempt++)
      statuses.push((await guesser[attempt % 2]?.send('/api/v1/session', guess))?.status ?? 0)
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429])

    assert.equal((await there.send('/api/v1/session', { method: 'DELETE', origin })).status, 200)
    assert.equal((await browser.get('/api/v1/session')).status, 401)
  })
})
