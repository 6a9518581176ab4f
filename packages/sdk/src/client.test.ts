import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { type Answer, accountBody, type Seen, startFakeServer } from './fake-server.ts'
import {
  ConfigurationError,
  ConnectionFailedError,
  Holdfast,
  isHoldfastError,
  NotFoundError,
  ValidationError,
  WaitTimeoutError,
} from './index.ts'

const apiKey = 'hf_test_abc_dontprintme'

async function startWith(
  t: Parameters<typeof startFakeServer>[0],
  answer: (request: Seen, seen: Seen[]) => Answer | Promise<Answer>,
) {
  const server = await startFakeServer(t, answer)
  return { ...server, holdfast: new Holdfast({ apiKey, baseUrl: server.baseUrl }) }
}

const gmail = { id: 'int_1', appName: 'gmail', authScheme: 'OAUTH2', simulated: true, expectedInputFields: [] }
const initiated = { connectionStatus: 'INITIATED', connectedAccountId: 'acc_1', redirectUrl: 'http://x.test/connect/t' }

test('key and address come from the options, else from the environment', (t) => {
  t.after(() => {
    delete process.env.HOLDFAST_API_KEY
    delete process.env.HOLDFAST_BASE_URL
  })
  delete process.env.HOLDFAST_API_KEY
  assert.throws(() => new Holdfast(), ConfigurationError)
  process.env.HOLDFAST_API_KEY = apiKey
  assert.equal(new Holdfast().baseUrl, 'http://127.0.0.1:4280')
  process.env.HOLDFAST_BASE_URL = 'https://holdfast.test/below/'
  assert.equal(new Holdfast().baseUrl, 'https://holdfast.test/below')
  assert.equal(new Holdfast({ baseUrl: 'http://127.0.0.1:9' }).baseUrl, 'http://127.0.0.1:9')
})

test('a key or address that cannot work is refused at once, without showing it', () => {
  const bad = [
    { apiKey: `${apiKey}\nx` },
    { apiKey: `“${apiKey}”` },
    { apiKey, baseUrl: 'holdfast.test' },
    { apiKey, baseUrl: 'ftp://holdfast.test' },
    { apiKey, baseUrl: 'http://user:dontprintme@holdfast.test' },
  ]
  for (const options of bad) {
    assert.throws(
      () => new Holdfast(options),
      (error) => error instanceof ConfigurationError && !inspect(error).includes('dontprintme'),
    )
  }
})

test('the client can be printed without showing the key', () => {
  const holdfast = new Holdfast({ apiKey, baseUrl: 'http://127.0.0.1:9' })
  assert.doesNotMatch(inspect(holdfast, { depth: null, showHidden: true }) + JSON.stringify(holdfast), /dontprintme/)
})

test('expected params by app come from its first enabled integration, or that of the scheme asked for', async (t) => {
  const key = { id: 'int_2', appName: 'gmail', authScheme: 'API_KEY', expectedInputFields: [{ name: 'api_key' }] }
  const { holdfast, seen } = await startWith(t, ({ url }) => {
    if (url.startsWith('/api/v1/integrations/')) return { body: url.endsWith('int_2') ? key : gmail }
    return { body: { items: [gmail, key], page: 1, totalPages: 1 } }
  })
  assert.deepEqual(await holdfast.getExpectedParams({ app: 'gmail' }), {
    integrationId: 'int_1',
    authScheme: 'OAUTH2',
    expectedParams: [],
  })
  assert.equal(seen[0]?.url, '/api/v1/integrations?appName=gmail&showDisabled=false&page=1&pageSize=100')
  assert.equal((await holdfast.getExpectedParams({ app: 'gmail', authScheme: 'API_KEY' })).integrationId, 'int_2')
  assert.equal((await holdfast.getExpectedParams({ integrationId: 'int_2' })).expectedParams[0]?.name, 'api_key')
})

test('an integration that lacks its OAuth client gives way to one that is ready', async (t) => {
  const { holdfast } = await startWith(t, () => ({
    body: {
      items: [
        { ...gmail, clientId: null, simulated: false },
        { ...gmail, id: 'int_ready', clientId: 'c' },
      ],
      page: 1,
      totalPages: 1,
    },
  }))
  assert.equal((await holdfast.getExpectedParams({ app: 'gmail' })).integrationId, 'int_ready')
})

test('an app without an integration is told apart from an unknown app', async (t) => {
  const { holdfast } = await startWith(t, ({ url }) => {
    if (url === '/api/v1/apps/gmail') return { body: { key: 'gmail' } }
    if (url.startsWith('/api/v1/apps/'))
      return { status: 404, body: { code: 'not_found', message: 'No app gmial.', fix: 'GET /apps lists them.' } }
    return { body: { items: [], page: 1, totalPages: 0 } }
  })
  const none = (error: unknown) => error instanceof NotFoundError && /integrations\.create/.test(error.fix)
  await assert.rejects(holdfast.getExpectedParams({ app: 'gmail' }), none)
  await assert.rejects(holdfast.getExpectedParams({ app: 'gmial' }), /No app gmial/)
})

test('initiate by app or integration starts a connection that can be printed and waited for', async (t) => {
  const { holdfast, seen } = await startWith(t, ({ method, url }) => {
    if (method === 'POST') return { body: initiated }
    if (url.startsWith('/api/v1/integrations/')) return { body: gmail }
    if (url.startsWith('/api/v1/integrations')) return { body: { items: [gmail], page: 1, totalPages: 1 } }
    return { body: accountBody({ status: 'ACTIVE' }) }
  })
  const request = await holdfast.connectedAccounts.initiate({
    app: 'gmail',
    entityId: 'jessica',
    labels: ['work'],
    redirectUri: 'https://a.test/',
  })
  assert.deepEqual(
    { ...request },
    { connectedAccountId: 'acc_1', status: 'INITIATED', redirectUrl: 'http://x.test/connect/t' },
  )
  assert.deepEqual(seen.find(({ method }) => method === 'POST')?.body, {
    integrationId: 'int_1',
    entityId: 'jessica',
    data: {},
    labels: ['work'],
    redirectUri: 'https://a.test/',
  })
  assert.equal((await request.waitUntilActive(5)).status, 'ACTIVE')
  assert.equal(seen.at(-1)?.url, '/api/v1/connectedAccounts/acc_1?waitFor=ACTIVE&timeoutSeconds=5')
})

test('a connection without an entity is refused before anything is sent', async (t) => {
  const { holdfast, seen } = await startWith(t, () => ({ body: initiated }))
  await assert.rejects(holdfast.connectedAccounts.initiate({ integrationId: 'int_1', entityId: '' }), ValidationError)
  assert.equal(seen.length, 0)
})

test('waiting ends at once on a final failure, with the reason and without credentials', async (t) => {
  for (const status of ['FAILED', 'EXPIRED']) {
    const statusReason = { code: 'access_denied', message: 'The person said no.', mustAct: 'endUser' }
    const { holdfast, seen } = await startWith(t, () => ({
      body: accountBody({ status, statusReason, connectionParams: { access_token: 'dontprintme' } }),
    }))
    const error = await holdfast.connectedAccounts.waitUntilActive('acc_1', 30).catch((reason: unknown) => reason)
    assert.ok(error instanceof ConnectionFailedError)
    assert.deepEqual(error.reason, statusReason)
    assert.equal(error.account.status, status)
    assert.match(error.message, /The person said no\..*reinitiate/)
    assert.doesNotMatch(inspect(error, { depth: null }), /dontprintme/)
    assert.equal(seen.length, 1)
  }
})

test('waiting ends with a typed error when the time is over, while the server still holds the request', async (t) => {
  const { holdfast } = await startWith(t, () => ({ instead: 'never' }))
  const error = await holdfast.connectedAccounts.waitUntilActive('acc_1', 0.1).catch((reason: unknown) => reason)
  assert.ok(error instanceof WaitTimeoutError)
  assert.equal(error.connectedAccountId, 'acc_1')
  assert.match(error.message, /0\.1 seconds/)
})

test('waiting asks again while the connection is unfinished, and a held request may outlast the client’s timeout', async (t) => {
  const server = await startFakeServer(t, async (_, seen) => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return { body: accountBody({ status: seen.length === 1 ? 'INITIATED' : 'ACTIVE' }) }
  })
  const hasty = new Holdfast({ apiKey, baseUrl: server.baseUrl, timeoutMs: 1 })
  assert.equal((await hasty.connectedAccounts.waitUntilActive('acc_1', 20)).status, 'ACTIVE')
  assert.equal(server.seen.length, 2)
})

test('waiting can be aborted, and the reason is the caller’s', async (t) => {
  const reason = new Error('the user closed the page')
  const aborter = new AbortController()
  const { holdfast } = await startWith(t, () => {
    aborter.abort(reason)
    return { instead: 'never' }
  })
  await assert.rejects(holdfast.connectedAccounts.waitUntilActive('acc_1', 30, { signal: aborter.signal }), reason)
})

test('a list is read page by page while it is iterated, or one page at a time', async (t) => {
  const { holdfast, seen } = await startWith(t, ({ url }) => {
    const page = Number(new URL(url, 'http://x').searchParams.get('page'))
    return { body: { items: [accountBody({ id: `a${page}` }), accountBody({ id: `b${page}` })], page, totalPages: 3 } }
  })
  const list = holdfast.connectedAccounts.list({ entityId: 'jessica', status: ['ACTIVE', 'EXPIRED'], pageSize: 2 })
  assert.equal(seen.length, 0)
  const ids: string[] = []
  for await (const account of list) ids.push(account.id)
  assert.deepEqual(ids, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
  assert.equal(seen[0]?.url, '/api/v1/connectedAccounts?entityId=jessica&status=ACTIVE%2CEXPIRED&pageSize=2&page=1')
  assert.equal((await list.page(2)).items[0]?.id, 'a2')
  assert.equal((await list.all(3)).length, 3)
})

test('an entity id with a comma is not sent as a filter, where it would mean two entities', async (t) => {
  const { holdfast, seen } = await startWith(t, () => ({ body: {} }))
  assert.throws(() => holdfast.connectedAccounts.list({ entityId: 'a,b' }), ValidationError)
  assert.equal(seen.length, 0)
})

test('auth params come ready for fetch', async (t) => {
  const { holdfast } = await startWith(t, () => ({
    body: {
      base_url: 'https://api.acme.test',
      parameters: [
        { name: 'Authorization', in: 'header', value: 'Bearer t' },
        { name: 'key', in: 'query', value: 'k' },
      ],
      body: {},
    },
  }))
  const auth = await holdfast.connectedAccounts.getAuthParams('acc_1')
  assert.equal(auth.baseUrl, 'https://api.acme.test')
  assert.deepEqual(auth.headers, { Authorization: 'Bearer t' })
  assert.deepEqual(auth.query, { key: 'k' })
  assert.equal(auth.params.length, 2)
})

test('every other method calls its endpoint', async (t) => {
  const { holdfast, seen } = await startWith(t, ({ method }) => ({
    body: method === 'GET' ? { items: [], page: 1, totalPages: 1 } : { ...initiated, state: { revoked: true } },
  }))
  const { connectedAccounts, integrations, apps, connectLinks, projects } = holdfast
  await connectedAccounts.get('a')
  await connectedAccounts.enable('a')
  await connectedAccounts.disable('a')
  await connectedAccounts.setLabels('a', ['x'])
  await connectedAccounts.delete('a')
  await connectedAccounts.reinitiate('a', { redirectUri: 'https://a.test/' })
  await connectedAccounts.confirm({ handle: 'h', entityId: 'e' })
  await connectedAccounts.sign('a', { method: 'GET', url: '/me?x=1' })
  assert.deepEqual(await connectedAccounts.scriptSimulator('a', { revoke: true }), { revoked: true })
  await integrations.get('i')
  await integrations.create({ app: 'gmail', clientId: 'id', clientSecret: 's' })
  await integrations.update('i', { enabled: false })
  await integrations.delete('i')
  await apps.list({ search: 'g', authScheme: 'OAUTH2' })
  await apps.create({ key: 'acme' })
  await apps.update('acme', { name: 'Acme' })
  await apps.delete('acme')
  await connectLinks.create({ entityId: 'e', apps: ['gmail'] })
  await projects.current()
  await projects.list()
  await projects.get('p')
  await projects.create({ name: 'n', mode: 'test' })
  await projects.update('p', { name: 'm' })
  await projects.delete('p')
  await projects.apiKeys.list('p')
  await projects.apiKeys.create('p', { name: 'k', expiresAt: new Date(0) })
  await projects.apiKeys.delete('p', 'k')

  const calls = seen.map(({ method, url, body }) =>
    `${method} ${url.slice('/api/v1/'.length)} ${body ? JSON.stringify(body) : ''}`.trim(),
  )
  assert.deepEqual(calls, [
    'GET connectedAccounts/a',
    'POST connectedAccounts/a/enable {}',
    'POST connectedAccounts/a/disable {}',
    'PATCH connectedAccounts/a/data {"labels":["x"]}',
    'DELETE connectedAccounts/a',
    'POST connectedAccounts/a/reinitiate {"redirectUri":"https://a.test/"}',
    'POST connectedAccounts/confirm {"handle":"h","entityId":"e"}',
    'POST connectedAccounts/a/signature {"method":"GET","url":"/me?x=1"}',
    'POST connectedAccounts/a/simulator {"revoke":true}',
    'GET integrations/i',
    'POST integrations {"appId":"gmail","clientId":"id","clientSecret":"s"}',
    'PATCH integrations/i {"enabled":false}',
    'DELETE integrations/i',
    'GET apps?search=g&authScheme=OAUTH2',
    'POST apps {"key":"acme"}',
    'PATCH apps/acme {"name":"Acme"}',
    'DELETE apps/acme',
    'POST connectLinks {"entityId":"e","apps":["gmail"]}',
    'GET project',
    'GET projects',
    'GET projects/p',
    'POST projects {"name":"n","mode":"test"}',
    'PATCH projects/p {"name":"m"}',
    'DELETE projects/p',
    'GET projects/p/apiKeys',
    'POST projects/p/apiKeys {"name":"k","expiresAt":"1970-01-01T00:00:00.000Z"}',
    'DELETE projects/p/apiKeys/k',
  ])
})

test('errors are a union that a switch on name narrows', async (t) => {
  const { holdfast } = await startWith(t, () => ({ status: 429, headers: { 'retry-after': '900' } }))
  const error: unknown = await holdfast.apps.list().catch((reason: unknown) => reason)
  assert.ok(isHoldfastError(error))
  switch (error.name) {
    case 'RateLimitError':
      assert.equal(error.retryAfterSeconds, 900)
      break
    default:
      assert.fail(error.name)
  }
})
