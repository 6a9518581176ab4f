import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, describe, test } from 'node:test'
import type { ConnectLink } from '../packages/sdk/src/types.ts'
import { createHttpServer } from '../packages/server/src/server.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, type Initiated, newEntity, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'

const clock = movableClock()
const server = await startTestServer({
  clock,
  loops: false,
  environment: { HOLDFAST_MAX_PENDING_PER_ENTITY: '3', HOLDFAST_MAX_PENDING_PER_PROJECT: '8' },
})
after(() => server.close())
const api = apiOf(server)
const operator = apiOf(server, server.adminKey)
const accounts = '/api/v1/connectedAccounts'

async function send(body: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + accounts, {
    method: 'POST',
    headers: { 'x-api-key': server.apiKey, 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** Each in a project of its own, so that none takes the place of another's connections. */
async function freshProject() {
  const made = ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'Limits' }))
  return apiOf(server, made.apiKey)
}

describe('connections that were begun and have not ended', () => {
  const begin = (of: Awaited<ReturnType<typeof freshProject>>, entityId: string) =>
    of.post<Initiated>(accounts, { app: 'gmail', entityId })

  test('are bounded for an entity, and others are not affected', async () => {
    const project = await freshProject()
    for (let count = 0; count < 3; count++) ok(await begin(project, 'busy'))
    const refused = await begin(project, 'busy')
    assertRefused(refused, { status: 429, code: 'too_many_pending' })
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    ok(await begin(project, 'calm'))
    ok(await project.post(accounts, { app: 'linear', entityId: 'busy', data: { api_key: 'a-good-key' } }))
  })

  test('are bounded for a project, and another project is not affected', async () => {
    const project = await freshProject()
    for (let count = 0; count < 8; count++) ok(await begin(project, newEntity()))
    assertRefused(await begin(project, newEntity()), { status: 429, code: 'too_many_pending' })
    ok(await begin(await freshProject(), newEntity()))
  })

  test('make room when they are finished, and when they are renewed', async () => {
    const project = await freshProject()
    const [first] = [
      ok(await begin(project, 'busy')),
      ok(await begin(project, 'busy')),
      ok(await begin(project, 'busy')),
    ]
    ok(await project.post(`${accounts}/${first?.connectedAccountId}/reinitiate`))
    assertRefused(await begin(project, 'busy'), { status: 429, code: 'too_many_pending' })
    const { body } = await project.post<Initiated>(`${accounts}/${first?.connectedAccountId}/reinitiate`)
    await new Person().connect(body.redirectUrl ?? '')
    ok(await begin(project, 'busy'))
  })

  test('are bounded for who submits a link again and again, on a page that says so', async () => {
    const project = await freshProject()
    const link = ok(await project.post<ConnectLink>('/api/v1/connectLinks', { entityId: 'linked', apps: ['gmail'] }))
    for (let count = 0; count < 3; count++) assert.equal((await new Person().submit(link.url, {})).status, 303)
    const visit = await new Person().submit(link.url, {})
    assert.equal(visit.status, 429)
    assert.match(visit.page, /Reference/)
  })
})

describe('a request body', () => {
  const initiate = (data: unknown) => JSON.stringify({ app: 'linear', entityId: 'e', data })
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

  for (const [name, body] of Object.entries({
    'of more than 1 MiB': initiate({ api_key: 'x'.repeat(1024 * 1024) }),
    'that is nested without end': nested(100_000),
    'that is nested a little too deep': nested(40),
    'of lists in lists': `${'['.repeat(5000)}${']'.repeat(5000)}`,
    'with more fields than anything needs': initiate(
      Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`f${index}`, 'x'])),
    ),
    'that is no object': '[1,2,3]',
    'that is cut off': '{"app":"linear"',
  }))
    test(`${name} is refused`, async () => {
      assertRefused(await send(body), { status: 400, code: 'validation_failed' })
    })

  test('that names what every object has is only data', async () => {
    const refused = await send('{"app":"linear","entityId":"e","data":{"__proto__":{"api_key":"k"},"constructor":"x"}}')
    assertRefused(refused, { status: 400, code: 'validation_failed' })
    assert.equal(({} as { api_key?: unknown }).api_key, undefined)
  })
})

describe('a request', () => {
  test('with headers of more than 16 KiB is refused before anybody looks at it', async () => {
    const { port } = new URL(server.url)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ port, path: '/healthz', headers: { 'x-long': 'x'.repeat(20_000) } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      asked.on('error', reject)
      asked.end()
    })
    assert.equal(status, 431)
  })

  for (const query of ['pageSize=0', 'pageSize=-1', 'pageSize=all', 'page=0', 'page=-1', 'pageSize=1;drop'])
    test(`for a page that is none (${query}) is refused`, async () => {
      assertRefused(await api.get(`${accounts}?${query}`), { status: 400, code: 'validation_failed' })
    })

  test('that arrives drop by drop is cut off in time', () => {
    const { headersTimeout, requestTimeout } = createHttpServer(server.composition)
    assert.deepEqual([headersTimeout, requestTimeout], [15_000, 60_000])
  })

  test('to wait is answered in a minute at most', async () => {
    assertRefused(await api.get(`${accounts}/x?waitFor=ACTIVE&timeoutSeconds=3600`), {
      status: 400,
      code: 'validation_failed',
      field: 'timeoutSeconds',
    })
  })
})
