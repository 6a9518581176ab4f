/**
 * Every route that the server describes, tried with another project's key and ids. A route that is new is in here by
 * itself: one that names something for which no id of another project is prepared fails the test.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ConnectedAccount, Integration } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, ok } from './support/api.ts'
import { Person } from './support/person.ts'

interface Route {
  method: string
  /** With its parameters in braces. */
  path: string
  hasBody: boolean
  by: 'key' | 'session' | 'nothing'
}

let server: TestServer
let routes: Route[]
let ours: Api
let theirs: Api
/** Ids of the other project by the part of the path before the parameter. */
let foreign: Record<string, string>
/** What nothing that we read may contain. */
let marks: string[]
let their: { account: ConnectedAccount; integration: Integration; projectId: string; handle: string }

const nobodys = '01998f3e-0000-7000-8000-000000000000'
const entity = 'their-entity-4711'

before(async () => {
  server = await startTestServer({ loops: false })
  const operator = apiOf(server, server.adminKey)
  const made = ok(await operator.post<{ id: string; apiKey: string }>('/api/v1/projects', { name: 'Their project' }))
  ours = apiOf(server)
  theirs = apiOf(server, made.apiKey)
  const account = await theirs.connect({ app: 'gmail', entityId: entity })
  const integration = await theirs.defaultIntegration('gmail')
  const ended = await theirs.connect({ app: 'gmail', entityId: 'their-entity-ended' })
  const { revocation } = ok(
    await theirs.post<{ revocation: { id: string } }>(`/api/v1/connectedAccounts/${ended.id}/revoke`),
  )
  const endpoint = ok(
    await theirs.post<{ id: string }>('/api/v1/webhookEndpoints', { url: 'https://their-receiver.example/hook' }),
  )
  const delivery = ok(await theirs.post<{ id: string }>(`/api/v1/webhookEndpoints/${endpoint.id}/testEvents`))
  ok(
    await theirs.post('/api/v1/apps', {
      key: 'their-app',
      name: 'Their app',
      baseUrl: 'https://their-app.example',
      authSchemes: [{ scheme: 'NO_AUTH', label: 'None' }],
    }),
  )
  const killSwitch = ok(await theirs.post<{ id: string }>('/api/v1/killSwitches', { action: 'disable', app: 'slack' }))
  const keys = ok(await operator.get<{ items: { id: string }[] }>(`/api/v1/projects/${made.id}/apiKeys`))
  ok(await theirs.patch(`/api/v1/integrations/${integration.id}`, { userVerification: 'required' }))
  const begun = await theirs.initiate({ app: 'gmail', entityId: entity, redirectUri: 'https://yours.example/back' })
  const { location } = await new Person().connect(begun.redirectUrl ?? '')
  const handle = location?.searchParams.get('handle') ?? ''
  assert.ok(handle && delivery.id && keys.items[0])

  their = { account, integration, projectId: made.id, handle }
  foreign = {
    connectedAccounts: account.id,
    revocations: revocation.id,
    entities: entity,
    integrations: integration.id,
    apps: 'their-app',
    webhookEndpoints: endpoint.id,
    deliveries: delivery.id,
    killSwitches: killSwitch.id,
    projects: made.id,
    apiKeys: keys.items[0].id,
    // Of the installation, and closed to every project's key.
    operators: nobodys,
    operatorInvites: nobodys,
    sessions: nobodys,
    passkeys: nobodys,
  }
  marks = [
    account.id,
    ended.id,
    integration.id,
    revocation.id,
    endpoint.id,
    delivery.id,
    killSwitch.id,
    made.id,
    entity,
    made.apiKey,
  ]
  marks.push('their-app', 'Their project', 'their-receiver', 'their-entity', handle)

  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { requestBody?: object; security?: Record<string, unknown>[] }>>
  }
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, security }]) => {
      const by = !security ? 'nothing' : security.some((way) => 'apiKey' in way) ? 'key' : 'session'
      return { method: method.toUpperCase(), path, hasBody: requestBody !== undefined, by } as const
    }),
  )
})
after(() => server?.close())

const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`

/** The path with ids of the other project, or with ids of nobody. */
function fill({ path }: Route, whose: 'theirs' | 'nobodys'): string {
  return path.replace(/([^/]+)\/\{\w+\}/g, (_, collection: string) => {
    const id = foreign[collection]
    assert.ok(id, `${path}: prepare something of another project for ${collection}`)
    return `${collection}/${whose === 'theirs' ? id : nobodys}`
  })
}

/** Bodies that would do what the route is for; `id` stands where the route names something in its body. */
const bodies: Record<string, (id: string) => unknown> = {
  'POST /api/v1/connectedAccounts/{id}/reinitiate': () => ({}),
  'POST /api/v1/connectedAccounts/{id}/signature': () => ({ method: 'GET', url: 'https://api.example/' }),
  'PATCH /api/v1/connectedAccounts/{id}/data': () => ({ labels: ['x'] }),
  'POST /api/v1/connectedAccounts/{id}/simulator': () => ({ revoke: true }),
  'POST /api/v1/connectedAccounts/{id}/credentials/reveals': () => ({ reason: 'curiosity' }),
  'PATCH /api/v1/integrations/{id}': () => ({ enabled: false }),
  'PATCH /api/v1/apps/{key}': () => ({ name: 'Ours now' }),
  'PATCH /api/v1/webhookEndpoints/{id}': () => ({ enabled: false }),
  'POST /api/v1/webhookEndpoints/{id}/testEvents': () => ({}),
  'POST /api/v1/webhookEndpoints/{id}/replays': () => ({ since: '2020-01-01T00:00:00Z' }),
}

/** Routes that name things in their bodies: each place, with what is refused there. */
const places: Record<string, ((ids: Record<string, string>) => unknown)[]> = {
  'POST /api/v1/connectedAccounts': [
    ({ integrations }) => ({ entityId: 'e', integrationId: integrations }),
    ({ apps }) => ({ entityId: 'e', app: apps }),
  ],
  'POST /api/v1/connectedAccounts/confirm': [({ handles }) => ({ handle: handles, entityId: entity })],
  'POST /api/v2/connectedAccounts/initiateConnection': [
    ({ integrations }) => ({ app: { integrationId: integrations }, connection: { entityId: 'e' } }),
    ({ apps }) => ({ app: { uniqueKey: apps }, connection: { entityId: 'e' } }),
  ],
  'POST /api/v1/connectedAccounts/import': [
    ({ integrations }) => ({ items: [{ integrationId: integrations, entityId: 'e', accessToken: 't' }] }),
  ],
  'POST /api/v1/connectLinks': [
    ({ integrations }) => ({ entityId: 'e', integrationIds: [integrations] }),
    ({ apps }) => ({ entityId: 'e', apps: [apps] }),
  ],
  'POST /api/v1/killSwitches': [({ integrations }) => ({ action: 'disable', integrationId: integrations })],
  'POST /api/v1/integrations': [({ apps }) => ({ appId: apps })],
  'POST /api/v2/integrations/create': [({ apps }) => ({ app: { uniqueKey: apps } })],
  'POST /api/v2/integrations/get-or-create': [({ apps }) => ({ app: { uniqueKey: apps } })],
}

/** Routes that choose by a filter: what is another project's is chosen by none. */
const filters: Record<string, (ids: Record<string, string>) => unknown> = {
  'POST /api/v1/connectedAccounts/bulk': ({ connectedAccounts }) => ({
    action: 'disable',
    filter: { accountIds: [connectedAccounts] },
  }),
  'POST /api/v1/connectedAccounts/export': ({ connectedAccounts }) => ({
    recipientPublicKey: { kty: 'OKP', crv: 'X25519', x: '3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08' },
    filter: { accountIds: [connectedAccounts] },
  }),
  'POST /api/v2/integrations/search-by-filters': ({ apps }) => ({ app: { uniqueKey: apps } }),
}

/** Routes that only ever make something of the caller's own. */
const own = new Set([
  'POST /api/v1/apps',
  'POST /api/v1/webhookEndpoints',
  'POST /api/v1/event_logs/set/webhook',
  'PATCH /api/v1/project/branding',
  // Entities are named by the developer: a session is made for an entity of the caller's own by that name.
  'POST /api/v1/entities/{id}/sessions',
  'DELETE /api/v1/entities/{id}/sessions',
])

/** Answers that go on; what they tell comes from the feed that `GET /api/v1/events` reads. */
const endless = new Set(['GET /api/v1/stream'])

async function send(route: Route, path: string, body?: unknown) {
  const { method } = route
  const answer = await (method === 'GET'
    ? ours.get<Record<string, unknown>>(path)
    : method === 'DELETE'
      ? ours.delete<Record<string, unknown>>(path)
      : method === 'PATCH'
        ? ours.patch<Record<string, unknown>>(path, body ?? {})
        : ours.post<Record<string, unknown>>(path, body))
  // Ciphertext differs each time; how many accounts are in it is beside it.
  const { requestId, jwe, ...rest } = answer.body
  return { status: answer.status, body: rest }
}

function assertNothingOfTheirs(answer: unknown, where: string): void {
  const text = JSON.stringify(answer)
  for (const mark of marks) assert.ok(!text.includes(mark), `${where} shows ${mark}: ${text.slice(0, 500)}`)
}

const ofTheProject = ({ path, by }: Route) =>
  by === 'key' && !/^\/api\/v1\/(projects|operators|operatorInvites|auditLog)(\/|$)/.test(path)

describe('with the ids of another project', () => {
  test('a path is as unknown as one that never was', async () => {
    const named = routes.filter((route) => route.path.includes('{') && ofTheProject(route) && !own.has(nameOf(route)))
    assert.ok(named.length > 25, String(named.length))
    for (const route of named) {
      const body = bodies[nameOf(route)]?.(nobodys)
      assert.ok(
        !route.hasBody || bodies[nameOf(route)],
        `${nameOf(route)}: prepare a body that is right but for the id`,
      )
      const foreignAnswer = await send(route, fill(route, 'theirs'), body)
      const absent = await send(route, fill(route, 'nobodys'), body)
      assert.deepEqual(foreignAnswer, absent, nameOf(route))
      assert.equal(foreignAnswer.status, 404, nameOf(route))
      assertNothingOfTheirs(foreignAnswer, nameOf(route))
    }
  })

  test('a route of operators, or of people who are signed in, is closed in the same way', async () => {
    for (const route of routes.filter((route) => route.by !== 'nothing' && !ofTheProject(route))) {
      const foreignAnswer = await send(route, fill(route, 'theirs'))
      assert.deepEqual(foreignAnswer, await send(route, fill(route, 'nobodys')), nameOf(route))
      assert.equal(foreignAnswer.status, 401, nameOf(route))
      assertNothingOfTheirs(foreignAnswer, nameOf(route))
    }
  })

  test('a body is refused as one that names what never was', async () => {
    const ids = { ...foreign, handles: their.handle }
    const absent = Object.fromEntries(Object.keys(ids).map((name) => [name, 'nothing-by-this-name']))
    for (const route of routes) {
      for (const place of places[nameOf(route)] ?? []) {
        const refused = await send(route, route.path, place(ids))
        assert.deepEqual(refused, await send(route, route.path, place(absent)), nameOf(route))
        assert.ok([400, 404].includes(refused.status), `${nameOf(route)}: ${refused.status}`)
        assertNothingOfTheirs(refused, nameOf(route))
      }
      const choose = filters[nameOf(route)]
      if (!choose) continue
      const chosen = await send(route, route.path, choose(ids))
      assert.deepEqual(chosen, await send(route, route.path, choose(absent)), nameOf(route))
      assertNothingOfTheirs(chosen, nameOf(route))
    }
  })

  test('a filter finds nothing', async () => {
    for (const query of [
      `connectionId=${their.account.id}`,
      `integrationId=${their.integration.id}`,
      `entityId=${entity}`,
      'search=their-entity',
      'appNames=their-app',
    ]) {
      const answer = await ours.get<{ items: unknown[] }>(`/api/v1/connectedAccounts?${query}`)
      assert.deepEqual(ok(answer).items, [], query)
    }
  })

  test('every route that names nothing shows nothing of theirs', async () => {
    for (const route of routes.filter(({ path, method }) => method === 'GET' && !path.includes('{')))
      if (!endless.has(nameOf(route))) assertNothingOfTheirs(await send(route, route.path), nameOf(route))
  })

  test('every route that changes something is among those tried here', () => {
    const tried = (route: Route) => route.path.includes('{') || [places, filters].some((list) => nameOf(route) in list)
    const missing = routes
      .filter((route) => ofTheProject(route) && route.method !== 'GET' && !tried(route) && !own.has(nameOf(route)))
      .map(nameOf)
    assert.deepEqual(missing, [])
    const known = new Set(routes.map(nameOf))
    const gone = [...Object.keys(bodies), ...Object.keys(places), ...Object.keys(filters), ...own, ...endless]
    assert.deepEqual(
      gone.filter((name) => !known.has(name)),
      [],
    )
  })

  test('naming the other project beside the key changes nothing', async () => {
    const headers = { 'x-api-key': server.apiKey, 'x-holdfast-project': their.projectId }
    const response = await fetch(`${server.url}/api/v1/project`, { headers })
    assertNothingOfTheirs(await response.json(), 'x-holdfast-project')
    const made = await ours.post('/api/v1/connectedAccounts', { app: 'gmail', projectId: their.projectId })
    assertNothingOfTheirs(made.body, 'projectId in a body')
  })

  test('after all this nothing of theirs has changed', async () => {
    const account = await theirs.account(their.account.id)
    assert.deepEqual(
      [account.status, account.enabled, account.labels, account.connectionParams?.access_token],
      ['ACTIVE', true, [], their.account.connectionParams?.access_token],
    )
    assert.equal(ok(await theirs.get<Integration>(`/api/v1/integrations/${their.integration.id}`)).enabled, true)
    assert.equal(ok(await theirs.get<{ name: string }>('/api/v1/apps/their-app')).name, 'Their app')
    const endpoint = await theirs.get<{ enabled: boolean }>(`/api/v1/webhookEndpoints/${foreign.webhookEndpoints}`)
    assert.equal(ok(endpoint).enabled, true)
    ok(await theirs.get(`/api/v1/entities/${entity}`))
    const confirmed = { handle: their.handle, entityId: entity }
    ok(await theirs.post('/api/v1/connectedAccounts/confirm', confirmed))
  })
})
