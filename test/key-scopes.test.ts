/** What limited keys and session tokens may do: each route of the API document with each scope, and each limit. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { routeAccess } from '../packages/server/src/http/key-access.ts'
import { keyScopes } from '../packages/server/src/projects/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'

const server = await startTestServer()
after(() => server.close())
const api = apiOf(server)
const operator = apiOf(server, server.adminKey)

interface Key {
  id: string
  key: string
  expiresAt: string | null
  scopes: string[] | null
  entityIds: string[] | null
}

const { id: projectId } = ok(await api.get<{ id: string }>('/api/v1/project'))
const keysPath = `/api/v1/projects/${projectId}/apiKeys`
const makeKey = async (limits: Record<string, unknown>) =>
  ok(await operator.post<Key>(keysPath, { name: 'limited', ...limits }))
const limited = async (limits: Record<string, unknown>): Promise<Api> => apiOf(server, (await makeKey(limits)).key)

interface Operation {
  method: string
  path: string
}

const document = JSON.parse(readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, { security?: unknown }>>
}
const notOfProjects = /^\/api\/v1\/(?:setup|session|operator|operators|operatorInvites|auditLog|projects)(?:\/|$)/
const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { security }]) => security && !notOfProjects.test(path))
    .map(([method]) => ({ method: method.toUpperCase(), path })),
)

async function statusOf(
  { method, path }: Operation,
  key: string,
): Promise<{ status: number; code: string | undefined }> {
  const asked = path.replace(/\{\w+\}/g, '01998f3e-0000-7000-8000-000000000000')
  const ended = new AbortController()
  const response = await fetch(server.url + asked, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    signal: ended.signal,
    ...(method !== 'GET' && { body: '{}' }),
  })
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  const body = isStream ? {} : ((await response.json()) as { code?: string })
  ended.abort()
  return { status: response.status, code: body.code }
}

describe('scopes', () => {
  test('every route of the document says which scope it needs', () => {
    assert.ok(operations.length > 50)
    const forgotten = operations.filter(({ method, path }) => !routeAccess(method, path).isListed)
    assert.deepEqual(forgotten, [])
  })

  for (const scope of keyScopes)
    test(`a key with ${scope} alone is let in where that is asked for, and nowhere else`, async () => {
      const { key } = await makeKey({ scopes: [scope] })
      for (const operation of operations) {
        const needed = routeAccess(operation.method, operation.path).scope
        const { code } = await statusOf(operation, key)
        const what = `${operation.method} ${operation.path} needs ${needed}`
        if (needed === null || needed === scope) assert.notEqual(code, 'insufficient_scope', what)
        else assert.equal(code, 'insufficient_scope', what)
      }
    })

  test('a key without any limit is let in everywhere', async () => {
    for (const operation of operations)
      assert.notEqual((await statusOf(operation, server.apiKey)).code, 'insufficient_scope', operation.path)
  })

  test('an account that is read without credentials:read comes without credentials', async () => {
    const account = await api.connect({ app: 'linear', data: { api_key: 'lin_api_of_scopes' } })
    const path = `/api/v1/connectedAccounts/${account.id}`
    const reader = await limited({ scopes: ['accounts:read'] })
    const read = ok(await reader.get<{ status: string }>(path))
    assert.equal(read.status, 'ACTIVE')
    assert.ok(!JSON.stringify(read).includes('lin_api_of_scopes'))
    assertRefused(await reader.get(`${path}/info`), { status: 403, code: 'insufficient_scope' })
    const both = await limited({ scopes: ['accounts:read', 'credentials:read'] })
    assert.ok(JSON.stringify(ok(await both.get(path))).includes('lin_api_of_scopes'))
    ok(await both.info(account.id))
  })

  test('what a key may do is shown when it is made and when keys are listed', async () => {
    const made = await makeKey({ scopes: ['admin'], entityIds: ['somebody'] })
    const { items } = ok(await operator.get<{ items: Key[] }>(keysPath))
    const listed = items.find(({ id }) => id === made.id)
    assert.deepEqual([listed?.scopes, listed?.entityIds], [['admin'], ['somebody']])
    assertRefused(await operator.post(keysPath, { scopes: ['everything'] }), {
      status: 400,
      code: 'validation_failed',
      field: 'scopes.0',
    })
  })
})

describe('limits', () => {
  test('a key for one entity sees its accounts; others are like what does not exist', async () => {
    const [mine, other] = [newEntity(), newEntity()]
    const own = await api.connect({ app: 'linear', entityId: mine, data: { api_key: 'a' } })
    const theirs = await api.connect({ app: 'linear', entityId: other, data: { api_key: 'b' } })
    const key = await limited({ entityIds: [mine] })
    const list = async (query: string) =>
      ok(await key.get<{ items: { id: string }[] }>(`/api/v1/connectedAccounts${query}`)).items.map(({ id }) => id)
    assert.deepEqual(await list(''), [own.id])
    assert.deepEqual(await list(`?entityId=${other}`), [])
    assert.deepEqual(await list(`?connectionId=${theirs.id}`), [])
    ok(await key.info(own.id))
    const nobodys = '01998f3e-0000-7000-8000-000000000000'
    for (const path of ['', '/info', '/history'])
      await assertAlike((id) => key.get(`/api/v1/connectedAccounts/${id}${path}`), theirs.id, nobodys)
    for (const verb of ['disable', 'revoke', 'reinitiate'])
      await assertAlike((id) => key.post(`/api/v1/connectedAccounts/${id}/${verb}`), theirs.id, nobodys)
    await assertAlike((id) => key.delete(`/api/v1/connectedAccounts/${id}`), theirs.id, nobodys)
    await assertAlike((id) => key.get(`/api/v1/entities/${id}`), other, newEntity())
    assert.equal((await api.account(theirs.id)).status, 'ACTIVE')

    ok(await key.post('/api/v1/connectedAccounts', { app: 'linear', entityId: mine, data: { api_key: 'c' } }))
    for (const [path, body] of [
      ['/api/v1/connectedAccounts', { app: 'linear', entityId: other, data: { api_key: 'c' } }],
      ['/api/v1/connectLinks', { entityId: other, app: 'linear' }],
    ] as const)
      assertRefused(await key.post(path, body), { status: 403, code: 'insufficient_scope' })
    for (const path of ['/api/v1/events', '/api/v1/overview', '/api/v1/entities', '/api/v1/webhookEndpoints'])
      assertRefused(await key.get(path), { status: 403, code: 'insufficient_scope' })
  })

  test('a key for one integration, and one for one account, reach these only', async () => {
    const [linear, gmail] = [await api.defaultIntegration('linear'), await api.defaultIntegration('gmail')]
    const entityId = newEntity()
    const one = await api.connect({ integrationId: linear.id, entityId, data: { api_key: 'a' } })
    const two = await api.connect({ integrationId: linear.id, entityId, data: { api_key: 'b' } })
    const three = await api.connect({ integrationId: gmail.id, entityId })
    const idsIn = async (key: Api) =>
      ok(await key.get<{ items: { id: string }[] }>(`/api/v1/connectedAccounts?entityId=${entityId}`))
        .items.map(({ id }) => id)
        .sort()
    const ofIntegration = await limited({ integrationIds: [linear.id] })
    assert.deepEqual(await idsIn(ofIntegration), [one.id, two.id].sort())
    assertRefused(await ofIntegration.info(three.id), { status: 404, code: 'not_found' })
    assertRefused(await ofIntegration.get(`/api/v1/integrations/${gmail.id}`), { status: 404, code: 'not_found' })
    assertRefused(await ofIntegration.get(`/api/v1/entities/${entityId}`), { status: 403, code: 'insufficient_scope' })
    assertRefused(await ofIntegration.post('/api/v1/connectedAccounts', { app: 'gmail', entityId }), {
      status: 404,
      code: 'not_found',
    })
    assertRefused(await ofIntegration.post('/api/v1/connectLinks', { app: 'gmail', entityId }), {
      status: 403,
      code: 'insufficient_scope',
    })
    const integrations = ok(await ofIntegration.get<{ items: { id: string }[] }>('/api/v1/integrations')).items
    assert.deepEqual(
      integrations.map(({ id }) => id),
      [linear.id],
    )

    const ofAccount = await limited({ connectedAccountIds: [one.id] })
    assert.deepEqual(await idsIn(ofAccount), [one.id])
    ok(await ofAccount.info(one.id))
    assertRefused(await ofAccount.info(two.id), { status: 404, code: 'not_found' })
    assertRefused(await ofAccount.post('/api/v1/connectedAccounts', { app: 'gmail', entityId }), {
      status: 403,
      code: 'insufficient_scope',
    })
  })
})

describe('rotation', () => {
  test('the new key does what the old one did, and both work until the overlap is over', async () => {
    const old = await makeKey({ scopes: ['accounts:read'] })
    const rotated = ok(
      await operator.post<Key & { previousExpiresAt: string }>(`${keysPath}/${old.id}/rotate`, { overlapSeconds: 600 }),
    )
    assert.deepEqual(rotated.scopes, ['accounts:read'])
    const { items } = ok(await operator.get<{ items: Key[] }>(keysPath))
    assert.equal(items.find(({ id }) => id === old.id)?.expiresAt, rotated.previousExpiresAt)
    for (const key of [old.key, rotated.key]) {
      ok(await apiOf(server, key).get('/api/v1/project'))
      assertRefused(await apiOf(server, key).post('/api/v1/apps', {}), { status: 403, code: 'insufficient_scope' })
    }
    const third = ok(await operator.post<Key>(`${keysPath}/${rotated.id}/rotate`, { overlapSeconds: 0 }))
    assertRefused(await apiOf(server, rotated.key).get('/api/v1/project'), { status: 401, code: 'unauthorized' })
    ok(await apiOf(server, third.key).get('/api/v1/project'))
  })

  test('a key that has ended, or is of another project, is not rotated', async () => {
    const ended = await makeKey({})
    ok(await operator.post(`${keysPath}/${ended.id}/rotate`, { overlapSeconds: 0 }))
    assertRefused(await operator.post(`${keysPath}/${ended.id}/rotate`), { status: 404, code: 'not_found' })
    const other = ok(await operator.post<{ id: string }>('/api/v1/projects', { name: 'Other' }))
    const own = await makeKey({})
    assertRefused(await operator.post(`/api/v1/projects/${other.id}/apiKeys/${own.id}/rotate`), {
      status: 404,
      code: 'not_found',
    })
  })
})

describe('sessions of an entity', () => {
  interface Session {
    token: string
    expiresAt: string
  }
  const session = async (entityId: string, body: Record<string, unknown> = {}, maker = api) =>
    ok(await maker.post<Session>(`/api/v1/entities/${entityId}/sessions`, body))

  test('a token starts and lists its own connections, and reads no credential anywhere', async () => {
    const entityId = newEntity()
    const theirs = await api.connect({ app: 'linear', data: { api_key: 'of-somebody-else' } })
    const { token } = await session(entityId)
    assert.match(token, /^hf_session_/)
    const browser = apiOf(server, token)
    const begun = ok(
      await browser.post<{ connectedAccountId: string }>('/api/v1/connectedAccounts', {
        app: 'linear',
        entityId,
        data: { api_key: 'own-secret-of-the-entity' },
      }),
    )
    const { items } = ok(await browser.get<{ items: { id: string }[] }>('/api/v1/connectedAccounts'))
    assert.deepEqual(
      items.map(({ id }) => id),
      [begun.connectedAccountId],
    )
    const path = `/api/v1/connectedAccounts/${begun.connectedAccountId}`
    assert.ok(!JSON.stringify(ok(await browser.get(path))).includes('own-secret-of-the-entity'))
    assertRefused(await browser.get(`/api/v1/connectedAccounts/${theirs.id}`), { status: 404, code: 'not_found' })
    assertRefused(await browser.post('/api/v1/connectedAccounts', { app: 'gmail', entityId: newEntity() }), {
      status: 403,
      code: 'insufficient_scope',
    })
    for (const operation of operations) {
      const { browser: isAllowed } = routeAccess(operation.method, operation.path)
      if (!isAllowed) assert.equal((await statusOf(operation, token)).code, 'insufficient_scope', operation.path)
    }
  })

  test('a page of another origin may use it where it is allowed, and no page may use a key', async () => {
    const entityId = newEntity()
    const { token } = await session(entityId, { allowedOrigins: ['https://app.example'] })
    const url = `${server.url}/api/v1/connectedAccounts`
    const asked = (key: string, origin: string) => fetch(url, { headers: { 'x-api-key': key, origin } })
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    })
    assert.equal(preflight.status, 204)
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /x-api-key/)
    const good = await asked(token, 'https://app.example')
    assert.deepEqual(
      [
        good.status,
        good.headers.get('access-control-allow-origin'),
        good.headers.get('access-control-allow-credentials'),
      ],
      [200, 'https://app.example', null],
    )
    const elsewhere = await asked(token, 'https://evil.example')
    assert.deepEqual([elsewhere.status, elsewhere.headers.get('access-control-allow-origin')], [403, null])
    const withKey = await asked(server.apiKey, 'https://app.example')
    assert.deepEqual([withKey.status, withKey.headers.get('access-control-allow-origin')], [200, null])
    const secret = await fetch(`${server.url}/api/v1/webhookEndpoints`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
    })
    assert.equal(secret.headers.get('access-control-allow-origin'), null)
    assertRefused(
      await api.post(`/api/v1/entities/${entityId}/sessions`, { allowedOrigins: ['https://a.example/x'] }),
      {
        status: 400,
        code: 'validation_failed',
        field: 'allowedOrigins.0',
      },
    )
  })

  test('it reaches no more than the key that made it, and ends with it', async () => {
    const [linear, gmail] = [await api.defaultIntegration('linear'), await api.defaultIntegration('gmail')]
    const entityId = newEntity()
    const made = await makeKey({ entityIds: [entityId], integrationIds: [linear.id], scopes: ['accounts:write'] })
    const maker = apiOf(server, made.key)
    assertRefused(await maker.post(`/api/v1/entities/${entityId}/sessions`), {
      status: 403,
      code: 'insufficient_scope',
    })

    const forOne = await makeKey({ entityIds: [entityId], scopes: ['accounts:write'] })
    const { token } = await session(entityId, { integrationIds: [linear.id] }, apiOf(server, forOne.key))
    const browser = apiOf(server, token)
    assertRefused(await browser.get(`/api/v1/integrations/${gmail.id}`), { status: 404, code: 'not_found' })
    ok(await browser.get(`/api/v1/integrations/${linear.id}`))
    assertRefused(await apiOf(server, forOne.key).post(`/api/v1/entities/${newEntity()}/sessions`), {
      status: 404,
      code: 'not_found',
    })
    ok(await operator.delete(`${keysPath}/${forOne.id}`))
    await untilRefused(browser)
  })

  test('sessions end when they are told to, and go with their entity', async () => {
    const entityId = newEntity()
    const one = apiOf(server, (await session(entityId)).token)
    ok(await api.delete(`/api/v1/entities/${entityId}/sessions`))
    await untilRefused(one)
    await api.connect({ app: 'linear', entityId, data: { api_key: 'a' } })
    const two = apiOf(server, (await session(entityId)).token)
    ok(await two.get('/api/v1/connectedAccounts'))
    ok(await api.delete(`/api/v1/entities/${entityId}`))
    await untilRefused(two)
  })
})

test('a key in the URL is refused under whatever name', async () => {
  const { key } = await makeKey({})
  for (const name of ['api_key', 'access_token', 'q'])
    assertRefused(await api.get(`/api/v1/apps?${name}=${key}`), { status: 401, code: 'unauthorized' })
})

async function assertAlike(
  call: (id: string) => ReturnType<Api['get']>,
  foreign: string,
  absent: string,
): Promise<void> {
  const { requestId: __, ...one } = assertRefused(await call(foreign), { status: 404, code: 'not_found' })
  const { requestId: ___, ...two } = assertRefused(await call(absent), { status: 404, code: 'not_found' })
  assert.deepEqual(one, two)
}

/** A key that was deleted may still be remembered for five seconds, and no longer. */
async function untilRefused(key: Api): Promise<void> {
  const begun = performance.now()
  while (performance.now() - begun < 5000) if ((await key.get('/api/v1/connectedAccounts')).status === 401) return
  assert.fail('the key still works after five seconds')
}
