/** What each role may do, for every route that the server describes: a route that is new is in the matrix by itself. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, ok } from './support/api.ts'
import { invited, OperatorBrowser, owner, password } from './support/operator.ts'

interface Route {
  operationId: string
  method: string
  path: string
  /** How it is opened: by a key, by a session only, or by neither. */
  by: 'key' | 'session' | 'nothing'
}

type Role = 'owner' | 'admin' | 'viewer'

let server: TestServer
let api: Api
let routes: Route[]
let browsers: Record<Role, OperatorBrowser>

before(async () => {
  server = await startTestServer({ loops: false })
  api = apiOf(server)
  const boss = await owner(server)
  browsers = { owner: boss, admin: await invited(server, boss, 'admin'), viewer: await invited(server, boss, 'viewer') }
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string; security?: Record<string, unknown>[] }>>
  }
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security }]) => {
      const by = !security ? 'nothing' : security.some((way) => 'apiKey' in way) ? 'key' : 'session'
      return { operationId, method: method.toUpperCase(), path, by } as const
    }),
  )
})
after(() => server?.close())

/** Written from the promise, not from the code: who is to be refused for lack of a role. */
function isAllowed(role: Role, { method, path, by }: Route): boolean {
  if (by === 'session' || role === 'owner') return true
  const isAboutOperators = /^\/api\/v1\/(operators|operatorInvites|auditLog)/.test(path)
  if (role === 'admin') return !(isAboutOperators && method === 'PATCH')
  return !isAboutOperators && method === 'GET' && !/\/(info|secret)$/.test(path)
}

const isOfProject = ({ path, by }: Route) =>
  by === 'key' && !/^\/api\/v1\/(operators|operatorInvites|auditLog|projects)(\/|$)/.test(path)

const nobodys = '01998f3e-0000-7000-8000-000000000000'
const urlOf = ({ path }: Route) => path.replace(/\{\w+\}/g, nobodys)

async function statusOf(browser: OperatorBrowser, route: Route, headers: Record<string, string> = {}): Promise<number> {
  const { method } = route
  const response = await browser.request(urlOf(route), { method, headers, ...(method !== 'GET' && { body: {} }) })
  await response.body?.cancel()
  return response.status
}

/** Signing out would end the session that the other calls need. */
const lasting = () => routes.filter(({ operationId }) => operationId !== 'signOut')

describe('roles', () => {
  for (const role of ['viewer', 'admin', 'owner'] as const)
    test(`of ${role}: every route lets in or refuses as promised`, async () => {
      const closed = lasting().filter(({ by }) => by !== 'nothing')
      assert.ok(closed.length > 60)
      for (const route of closed) {
        const status = await statusOf(browsers[role], route)
        const where = `${role} ${route.method} ${route.path}: ${status}`
        if (isAllowed(role, route)) assert.ok(![401, 403, 500].includes(status), where)
        else assert.equal(status, 403, where)
      }
    })

  test('without a session, and with a made-up one, every route is closed', async () => {
    for (const cookie of [undefined, 'hf-session=', 'hf-session=made-up', `hf-session=${'x'.repeat(5000)}`])
      for (const route of lasting().filter(({ by }) => by !== 'nothing')) {
        const stranger = new OperatorBrowser(server)
        stranger.cookie = cookie
        stranger.projectId = browsers.owner.projectId
        assert.equal(await statusOf(stranger, route), 401, `${route.method} ${route.path}`)
      }
  })

  test('every change of every role wants to come from the dashboard', async () => {
    for (const role of ['owner', 'viewer'] as const)
      for (const route of routes.filter(({ method, by }) => method !== 'GET' && by !== 'nothing'))
        for (const origin of [null, 'null', 'https://evil.example']) {
          const response = await browsers[role].request(urlOf(route), { method: route.method, body: {}, origin })
          assert.equal(response.status, 403, `${route.method} ${route.path} from ${origin}`)
          await response.body?.cancel()
        }
  })

  test('a key has no session: routes about oneself stay closed to it', async () => {
    for (const key of [server.apiKey, server.adminKey])
      for (const route of routes.filter(({ by }) => by === 'session'))
        assert.equal(await statusOf(new OperatorBrowser(server), route, { 'x-api-key': key }), 401, route.path)
  })

  test('a key counts before a cookie', async () => {
    const headers = { 'x-api-key': server.apiKey }
    assert.equal((await browsers.viewer.send('/api/v1/project', { headers })).status, 200)
    const made = await browsers.viewer.send('/api/v1/connectLinks', {
      method: 'POST',
      body: { entityId: 'e', apps: ['linear'] },
      headers,
    })
    assert.equal(made.status, 200)
    const wrong = { headers: { 'x-api-key': 'hf_test_wrong' } }
    assertRefused(await browsers.owner.send('/api/v1/project', wrong), { status: 401, code: 'unauthorized' })
  })

  test('inside a project one names it, and one that is not there is not found', async () => {
    const unnamed = new OperatorBrowser(server)
    unnamed.cookie = browsers.owner.cookie
    for (const route of lasting().filter(isOfProject)) {
      assert.equal(await statusOf(unnamed, route), 400, `${route.method} ${route.path}`)
      assert.equal(
        await statusOf(unnamed, route, { 'x-holdfast-project': nobodys }),
        404,
        `${route.method} ${route.path}`,
      )
    }
  })

  test('what is another project’s is not found in this one', async () => {
    const { owner: boss } = browsers
    const account = await api.connect({ app: 'linear', data: { api_key: 'k' } })
    const made = (await boss.post('/api/v1/projects', { name: 'Other', mode: 'test' })).body
    const headers = { 'x-holdfast-project': made.id }
    const path = `/api/v1/connectedAccounts/${account.id}`
    assert.equal((await boss.send(path)).status, 200)
    for (const suffix of ['', '/info', '/history'])
      assertRefused(await boss.send(path + suffix, { headers }), { status: 404, code: 'not_found' })
    assertRefused(await boss.send(`${path}/credentials/reveals`, { method: 'POST', body: {}, headers }), {
      status: 404,
      code: 'not_found',
    })
    assertRefused(await boss.send(path, { method: 'DELETE', headers }), { status: 404, code: 'not_found' })
    assert.equal((await boss.send('/api/v1/connectedAccounts', { headers })).body.totalItems, 0)
    assert.equal((await boss.send('/api/v1/overview', { headers })).body.accounts.total, 0)
  })
})

describe('credentials', () => {
  test('are in no answer to somebody who is signed in, but for a reveal', async () => {
    const canary = 'canary-credential-7d1f'
    const account = await api.connect({ app: 'linear', data: { api_key: canary } })
    for (const browser of Object.values(browsers))
      for (const path of [
        `/api/v1/connectedAccounts/${account.id}`,
        `/api/v1/connectedAccounts/${account.id}?waitFor=ACTIVE&timeoutSeconds=1`,
        '/api/v1/connectedAccounts',
        `/api/v1/connectedAccounts/${account.id}/history`,
        '/api/v1/events',
        '/api/v1/overview',
      ]) {
        const { status, body } = await browser.get(path)
        assert.equal(status, 200, path)
        assert.ok(!JSON.stringify(body).includes(canary), path)
      }
    const seen = (await browsers.viewer.get(`/api/v1/connectedAccounts/${account.id}`)).body
    assert.deepEqual(seen.connectionParams, {})
    assert.ok(!('base_url' in seen || 'params' in seen))
    assert.ok(JSON.stringify(await api.account(account.id)).includes(canary), 'a key gets them')
  })
})

describe('operators', () => {
  test('an admin looks after all but owners and roles; an owner stays', async () => {
    const { owner: boss, admin } = browsers
    assertRefused(await admin.post('/api/v1/operatorInvites', { email: 'x@acme.example', role: 'owner' }), {
      status: 403,
      code: 'forbidden',
    })
    const items = (await admin.get('/api/v1/operators')).body.items as { id: string; role: Role; email: string }[]
    const idOf = (role: Role) => items.find((operator) => operator.role === role)?.id ?? ''
    const remove = (browser: OperatorBrowser, id: string) =>
      browser.send(`/api/v1/operators/${id}`, { method: 'DELETE' })
    const setRole = (browser: OperatorBrowser, id: string, role: Role) =>
      browser.send(`/api/v1/operators/${id}`, { method: 'PATCH', body: { role } })
    assertRefused(await remove(admin, idOf('owner')), { status: 403, code: 'forbidden' })
    assertRefused(await setRole(admin, idOf('admin'), 'owner'), { status: 403, code: 'forbidden' })
    assertRefused(await setRole(boss, idOf('owner'), 'admin'), { status: 400, code: 'conflict' })
    assertRefused(await remove(boss, idOf('owner')), { status: 400, code: 'conflict' })

    const second = await invited(server, boss, 'owner', 'second@acme.example')
    const secondId = (await second.get('/api/v1/session')).body.operator.id
    // Both step down at once: one of them is the last, and stays.
    const steps = await Promise.all([setRole(boss, idOf('owner'), 'admin'), setRole(second, secondId, 'admin')])
    assert.deepEqual(steps.map(({ status }) => status).sort(), [200, 400])
    const keyed = apiOf(server, server.adminKey)
    const owners = ok(await keyed.get<{ items: { role: Role }[] }>('/api/v1/operators')).items
    assert.equal(owners.filter(({ role }) => role === 'owner').length, 1)
    ok(await keyed.patch(`/api/v1/operators/${idOf('owner')}`, { role: 'owner' }))
    ok(await keyed.delete(`/api/v1/operators/${secondId}`))
    assert.equal((await second.get('/api/v1/session')).status, 401, 'whoever is removed is out at once')
  })

  test('a role that changes counts from the next request on', async () => {
    const { owner: boss } = browsers
    const temp = await invited(server, boss, 'admin', 'temp@acme.example')
    const { id } = (await temp.get('/api/v1/session')).body.operator
    const make = () => temp.post('/api/v1/connectLinks', { entityId: 'e', apps: ['linear'] })
    assert.equal((await make()).status, 200)
    await boss.send(`/api/v1/operators/${id}`, { method: 'PATCH', body: { role: 'viewer' } })
    assertRefused(await make(), { status: 403, code: 'forbidden' })
  })

  test('an invitation works once, for the one address, until it is withdrawn or a newer one is made', async () => {
    const { owner: boss } = browsers
    const email = 'ingrid@acme.example'
    const invite = async () => (await boss.post('/api/v1/operatorInvites', { email, role: 'viewer' })).body
    const pathOf = ({ url }: { url: string }) => `/api/v1/operatorInvites/${url.split('/').at(-1)}/acceptance`
    const guest = new OperatorBrowser(server)
    const first = await invite()
    assert.ok(first.url.startsWith(`${server.url}/#/invite/`))
    const second = await invite()
    assert.equal((await guest.get(pathOf(first))).status, 404)
    assert.deepEqual((await guest.get(pathOf(second))).body, { email, role: 'viewer', isReset: false })
    const listed = (await boss.get('/api/v1/operatorInvites')).body.items
    assert.deepEqual(
      listed.map((item: { id: string }) => item.id),
      [second.id],
    )
    assert.ok(!JSON.stringify(listed).includes(second.url.split('/').at(-1)))
    assert.equal((await boss.send(`/api/v1/operatorInvites/${second.id}`, { method: 'DELETE' })).status, 200)
    const person = { name: 'Ingrid', password }
    assertRefused(await guest.post(pathOf(second), person), { status: 404, code: 'not_found' })

    const third = await invite()
    const both = await Promise.all([
      guest.post(pathOf(third), person),
      new OperatorBrowser(server).post(pathOf(third), person),
    ])
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 404])
    assertRefused(await boss.post('/api/v1/operatorInvites', { email: 'INGRID@acme.example', role: 'admin' }), {
      status: 400,
      code: 'conflict',
    })
    const setupToken = await guest.get('/api/v1/operatorInvites/nothing/acceptance')
    assertRefused(setupToken, { status: 404, code: 'not_found' })
  })
})
