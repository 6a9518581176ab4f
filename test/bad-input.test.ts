import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount, Integration } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Answer, apiOf, assertRefused, newEntity, ok } from './support/api.ts'

const server = await startTestServer()
after(() => server.close())
const api = apiOf(server)

const accounts = '/api/v1/connectedAccounts'
const initiate = (body: Record<string, unknown>) => api.post(accounts, { entityId: 'somebody', ...body })

async function listOf(entityId: string): Promise<ConnectedAccount[]> {
  return ok(await api.get<{ items: ConnectedAccount[] }>(`${accounts}?entityId=${entityId}`)).items
}

/** Values that leave `https://{v}.svc.example/` when they are put into it, as URL parsers were seen to read them. */
const hostile = [
  'evil.test#',
  'evil.test/',
  'evil.test?',
  'evil.test\\',
  'x@evil.test/',
  'x:y@evil.test#',
  'evil.test:443/',
  'ev\til.test/',
  'evil.test\n/',
  'evil。test/',
  '../..',
  '127.0.0.1/',
  '[::1]/',
]

describe('expected params', () => {
  const cases: Record<string, { app: string; data: Record<string, unknown>; field: string }> = {
    'a number': { app: 'linear', data: { api_key: 1234567890 }, field: 'data.api_key' },
    'a boolean': { app: 'linear', data: { api_key: true }, field: 'data.api_key' },
    'an object': { app: 'linear', data: { api_key: { key: 'x' } }, field: 'data.api_key' },
    'a list': { app: 'linear', data: { api_key: ['x'] }, field: 'data.api_key' },
    'a missing key': { app: 'linear', data: {}, field: 'data.api_key' },
    'null for a key': { app: 'linear', data: { api_key: null }, field: 'data.api_key' },
    'an empty key': { app: 'linear', data: { api_key: '' }, field: 'data.api_key' },
    'a key of blanks': { app: 'linear', data: { api_key: '   ' }, field: 'data.api_key' },
    'a key that would break a header': { app: 'linear', data: { api_key: 'a\r\nx-other: b' }, field: 'data.api_key' },
    'a missing shop': { app: 'shopify', data: {}, field: 'data.shop_name' },
    'an unknown field': { app: 'linear', data: { api_key: 'x', apiKey: 'y' }, field: 'data.apiKey' },
    'a field where nothing is asked': { app: 'gmail', data: { shop_name: 'acme' }, field: 'data.shop_name' },
    'a field named like a part of every object': {
      app: 'gmail',
      data: { constructor: 'x' },
      field: 'data.constructor',
    },
    'data that is no object': { app: 'linear', data: 'api_key=x' as never, field: 'data' },
  }
  for (const [name, { app, data, field }] of Object.entries(cases))
    test(`${name} is refused by its name`, async () => {
      assertRefused(await initiate({ app, data }), { status: 400, code: 'validation_failed', field })
    })

  for (const shop_name of hostile)
    test(`${JSON.stringify(shop_name)} is no part of a host`, async () => {
      const refusal = assertRefused(await initiate({ app: 'shopify', data: { shop_name } }), {
        status: 400,
        code: 'validation_failed',
        field: 'data.shop_name',
      })
      assert.ok(!JSON.stringify(refusal).includes('evil'))
    })

  test('all that is wrong is named at once', async () => {
    const { errors } = assertRefused(await initiate({ app: 'linear', data: { key: 'x', token: 'y' } }), {
      status: 400,
      code: 'validation_failed',
    })
    assert.deepEqual(errors.map(({ property }) => property).sort(), ['data.api_key', 'data.key', 'data.token'])
  })

  test('an unusual form of a key is no fault: only the app can tell', async () => {
    const { connectedAccountId } = await api.initiate({ app: 'stripe', data: { api_key: 'of-a-form-nobody-knows' } })
    assert.equal((await api.account(connectedAccountId)).verification, 'verified')
  })
})

describe('a key', () => {
  test('that the app refuses is refused here, and nothing is stored', async () => {
    const entityId = newEntity()
    for (const [app, field] of [
      ['linear', 'data.api_key'],
      ['openai', 'data.api_key'],
    ] as const) {
      const answer = await api.post(accounts, { app, entityId, data: { api_key: 'an-invalid-key' } })
      const refusal = assertRefused(answer, { status: 400, code: 'credential_refused', field })
      assert.ok(!JSON.stringify(refusal).includes('an-invalid-key'))
    }
    assert.deepEqual(await listOf(entityId), [])
  })

  test('of an app that cannot be reached is stored and marked unverified', async () => {
    const { connectedAccountId } = await api.initiate({ app: 'linear', data: { api_key: 'unreachable-today' } })
    const { status, verification, statusReason } = await api.account(connectedAccountId)
    assert.deepEqual([status, verification, statusReason?.code], ['ACTIVE', 'unverified', 'unverified'])
  })

  test('that replaces a good one must be good too', async () => {
    const { id } = await api.connect({ app: 'linear', data: { api_key: 'a-good-key' } })
    const again = await api.post(`${accounts}/${id}/reinitiate`, { data: { api_key: 'invalid' } })
    assertRefused(again, { status: 400, code: 'credential_refused', field: 'data.api_key' })
    assert.equal((await api.account(id)).connectionParams?.api_key, 'a-good-key')
  })
})

describe('names that do not exist', () => {
  const unknown: Record<
    string,
    { call: () => Promise<Answer<unknown>>; status: number; code: string; field?: string }
  > = {
    'a filter': {
      call: () => api.get(`${accounts}?user=jessica`),
      status: 400,
      code: 'validation_failed',
      field: 'user',
    },
    'a filter in the singular': {
      call: () => api.get(`${accounts}?appUniqueKey=gmail`),
      status: 400,
      code: 'validation_failed',
      field: 'appUniqueKey',
    },
    'a filter of integrations': {
      call: () => api.get('/api/v1/integrations?app=gmail'),
      status: 400,
      code: 'validation_failed',
      field: 'app',
    },
    'a status to filter by': {
      call: () => api.get(`${accounts}?status=DONE`),
      status: 400,
      code: 'validation_failed',
      field: 'status',
    },
    'an entity that got lost': {
      call: () => api.get(`${accounts}?entityId=`),
      status: 400,
      code: 'validation_failed',
      field: 'entityId',
    },
    'an app': { call: () => initiate({ app: 'no-such-app' }), status: 404, code: 'not_found' },
    'an app to look up': { call: () => api.get('/api/v1/apps/no-such-app'), status: 404, code: 'not_found' },
    'an integration': {
      call: () => initiate({ integrationId: '3f0c2f3e-7b5a-4a54-9d4e-0c6f5b8d2a11' }),
      status: 404,
      code: 'not_found',
    },
    'a scheme of no app': {
      call: () => api.post('/api/v1/integrations', { app: 'gmail', authScheme: 'MAGIC' }),
      status: 400,
      code: 'validation_failed',
      field: 'authScheme',
    },
    'a scheme of another app': {
      call: () => api.post('/api/v1/integrations', { app: 'gmail', authScheme: 'API_KEY' }),
      status: 400,
      code: 'validation_failed',
      field: 'authScheme',
    },
    'scopes where there are none': {
      call: () => initiate({ app: 'linear', data: { api_key: 'x' }, scopes: ['read'] }),
      status: 400,
      code: 'validation_failed',
      field: 'scopes',
    },
    'neither app nor integration': {
      call: () => initiate({}),
      status: 400,
      code: 'validation_failed',
      field: 'integrationId',
    },
    'a status to wait for': {
      call: () => api.get(`${accounts}/x?waitFor=DONE`),
      status: 400,
      code: 'validation_failed',
      field: 'waitFor',
    },
    'a wait longer than a minute': {
      call: () => api.get(`${accounts}/x?waitFor=ACTIVE&timeoutSeconds=61`),
      status: 400,
      code: 'validation_failed',
      field: 'timeoutSeconds',
    },
  }
  for (const [name, { call, ...expected }] of Object.entries(unknown))
    test(`${name}: refused with ${expected.code}`, async () => {
      assertRefused(await call(), expected)
    })
})

test('a disabled integration connects nobody', async () => {
  const { id } = ok(await api.post<Integration>('/api/v1/integrations', { app: 'gmail' }))
  ok(await api.patch(`/api/v1/integrations/${id}`, { enabled: false }))
  assertRefused(await initiate({ integrationId: id }), { status: 400, code: 'integration_disabled' })
})

describe('a request that is none', () => {
  const send = async (
    init: RequestInit & { headers: Record<string, string> },
    query = '',
  ): Promise<Answer<unknown>> => {
    const response = await fetch(`${server.url}${accounts}${query}`, { method: 'POST', ...init })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  const headers = { 'x-api-key': server.apiKey, 'content-type': 'application/json' }

  test('malformed JSON', async () => {
    for (const body of ['{"app":"gmail"', '{app: gmail}', 'app=gmail', '[]', '"gmail"'])
      assertRefused(await send({ headers, body }), { status: 400, code: 'validation_failed' })
  })

  test('a huge body', async () => {
    const body = JSON.stringify({ app: 'gmail', entityId: 'x'.repeat(1024 * 1024) })
    assertRefused(await send({ headers, body }), { status: 400, code: 'validation_failed' })
  })

  test('no key, a wrong key, the operator’s key', async () => {
    const { 'x-api-key': _, ...without } = headers
    const answers = [
      await send({ headers: without, body: '{}' }),
      await send({ headers: { ...without, 'x-api-key': `${server.apiKey}x` }, body: '{}' }),
      await send({ headers: { ...without, 'x-api-key': server.adminKey }, body: '{}' }),
    ]
    for (const answer of answers) assertRefused(answer, { status: 401, code: 'unauthorized' })
  })

  test('a key in the URL, even a right one', async () => {
    for (const name of ['api_key', 'apiKey', 'x-api-key'])
      assertRefused(await send({ headers, body: '{}' }, `?${name}=${server.apiKey}`), {
        status: 401,
        code: 'unauthorized',
      })
  })
})
