import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, accountBody, type Seen, startFakeServer } from '../fake-server.ts'
import {
  Composio,
  ComposioToolSet,
  ConfigurationError,
  ConnectionFailedError,
  OpenAIToolSet,
  ValidationError,
} from './index.ts'

const apiKey = 'hf_test_abc_secret'
const integration = { id: 'int_1', appName: 'gmail', authScheme: 'OAUTH2', expectedInputFields: [] }
const initiated = { connectionStatus: 'INITIATED', connectedAccountId: 'acc_1', redirectUrl: 'http://x.test/connect/t' }

/** Answers as a server with one Gmail integration and one active account. */
function oneGmail({ method, url }: Seen): Answer {
  if (url.startsWith('/api/v1/integrations?')) return { body: { items: [integration], page: 1, totalPages: 1 } }
  if (url.startsWith('/api/v1/integrations/')) return { body: integration }
  if (method === 'POST' && url === '/api/v2/integrations/get-or-create') return { body: { integrationId: 'int_1' } }
  if (method === 'POST') return { body: { ...initiated, id: 'int_9' } }
  if (url.endsWith('/info'))
    return { body: { base_url: 'https://g.test', parameters: [{ name: 'A', in: 'header', value: 'v' }], body: {} } }
  if (url.startsWith('/api/v1/connectedAccounts/'))
    return { body: accountBody({ status: 'ACTIVE', connectionParams: { headers: {} } }) }
  return { body: { items: [accountBody({ status: 'ACTIVE' })], page: 1, totalPages: 1 } }
}

const posted = (seen: Seen[]) => seen.filter(({ method }) => method === 'POST').map(({ body }) => body)

test('the guide runs line by line, and userUuid counts', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, oneGmail)
  const toolset = new OpenAIToolSet({ apiKey, baseUrl })

  const expectedInputFields = await toolset.getExpectedParamsForUser({ app: 'gmail' })
  assert.deepEqual(expectedInputFields, { expectedInputFields: [], integrationId: 'int_1', authScheme: 'OAUTH2' })

  const collectedParams = {}
  const connectionRequest = await toolset.client.connectedAccounts.initiate({
    data: { ...collectedParams },
    userUuid: 'user_id',
    integrationId: expectedInputFields.integrationId,
    redirectUri: 'https://yourwebsite.com/connection/callback',
  })
  assert.equal(connectionRequest.redirectUrl, 'http://x.test/connect/t')
  assert.equal(connectionRequest.connectionStatus, 'INITIATED')
  assert.deepEqual(posted(seen), [
    {
      integrationId: 'int_1',
      entityId: 'user_id',
      data: {},
      redirectUri: 'https://yourwebsite.com/connection/callback',
    },
  ])

  assert.equal((await connectionRequest.waitUntilActive(30)).status, 'ACTIVE')
  const connectedAccount = await toolset.client.connectedAccounts.get({
    connectedAccountId: connectionRequest.connectedAccountId,
  })
  assert.deepEqual(connectedAccount.connectionParams, { headers: {} })
  const authParams = await toolset.getAuthParams({ connectedAccountId: connectedAccount.connectedAccountId })
  const params = [{ name: 'A', in: 'header', value: 'v' }]
  assert.deepEqual(authParams, { base_url: 'https://g.test', params, parameters: params, body: {} })
})

test('every way of constructing is taken, and a missing key is named', (t) => {
  const names = ['HOLDFAST_API_KEY', 'COMPOSIO_API_KEY', 'HOLDFAST_BASE_URL', 'COMPOSIO_BASE_URL']
  const unset = () => names.forEach((name) => void delete process.env[name])
  t.after(unset)
  unset()
  assert.throws(() => new OpenAIToolSet(), ConfigurationError)
  assert.throws(() => new Composio(null), ConfigurationError)
  assert.equal(new Composio(apiKey).baseUrl, 'http://127.0.0.1:4280')
  assert.equal(new Composio(apiKey, 'http://h.test:1', 'openai').baseUrl, 'http://h.test:1')
  assert.equal(new Composio({ apiKey, baseUrl: 'http://h.test:2', allowTracing: false }).baseUrl, 'http://h.test:2')
  assert.equal(new ComposioToolSet(apiKey, 'http://h.test:3', null, 'jessica').entityId, 'jessica')
  assert.equal(new ComposioToolSet({ apiKey, entityId: 'jessica' }).getEntity().id, 'jessica')

  process.env.COMPOSIO_API_KEY = apiKey
  process.env.COMPOSIO_BASE_URL = 'http://h.test:4/api'
  assert.equal(new OpenAIToolSet().client.baseUrl, 'http://h.test:4/api')
  process.env.HOLDFAST_BASE_URL = 'http://h.test:5'
  assert.equal(new OpenAIToolSet().client.baseUrl, 'http://h.test:5')
})

test('the entity is the one named, else the older name, else the tool set’s, else default', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, oneGmail)
  const toolset = new OpenAIToolSet({ apiKey, baseUrl, entityId: 'tenant' })
  await toolset.connectedAccounts.initiate({ integrationId: 'int_1', entityId: 'e', userUuid: 'u' })
  await toolset.connectedAccounts.initiate({ integrationId: 'int_1', userUuid: 'u' })
  await toolset.connectedAccounts.initiate({ integrationId: 'int_1', connectionParams: { api_key: 'k' } })
  await new Composio({ apiKey, baseUrl }).connectedAccounts.initiate({ appName: 'gmail' })
  assert.deepEqual(
    posted(seen).map((body) => (body as { entityId: string }).entityId),
    ['e', 'u', 'tenant', 'default'],
  )
  assert.deepEqual((posted(seen)[2] as { data: unknown }).data, { api_key: 'k' })
})

test('initiate with own settings makes an integration for them', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, oneGmail)
  const authConfig = { client_id: 'id', client_secret: 's' }
  await new Composio(apiKey, baseUrl).connectedAccounts.initiate({ appName: 'gmail', authMode: 'OAUTH2', authConfig })
  assert.deepEqual(posted(seen), [
    { appId: 'gmail', authScheme: 'OAUTH2', authConfig, useComposioAuth: false, forceNewIntegration: true },
    { integrationId: 'int_9', entityId: 'default', data: {} },
  ])
})

test('an app without an integration gets one', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, ({ method, url }) => {
    if (method === 'POST') return { body: { ...integration, id: 'int_new' } }
    return { body: url.startsWith('/api/v1/apps/') ? { key: 'gmail' } : { items: [], page: 1, totalPages: 0 } }
  })
  const expected = await new OpenAIToolSet({ apiKey, baseUrl }).getExpectedParamsForUser({
    app: 'GMAIL',
    authScheme: 'OAUTH2',
  })
  assert.equal(expected.integrationId, 'int_new')
  assert.deepEqual(posted(seen), [{ appId: 'gmail', authScheme: 'OAUTH2' }])
})

test('a failed connection ends the wait with its reason', async (t) => {
  const statusReason = { code: 'access_denied', message: 'The person said no.', mustAct: 'endUser' }
  const { baseUrl } = await startFakeServer(t, ({ method }) => ({
    body: method === 'POST' ? initiated : accountBody({ status: 'FAILED', statusReason }),
  }))
  const request = await new Composio(apiKey, baseUrl).connectedAccounts.initiate({ integrationId: 'int_1' })
  await assert.rejects(
    request.waitUntilActive(30),
    (error) => error instanceof ConnectionFailedError && error.reason?.code === 'access_denied',
  )
})

test('an entity finds its own usable account: primary first, then the newest', async (t) => {
  const accounts = [
    accountBody({ id: 'old', status: 'ACTIVE', createdAt: '2030-01-01T00:00:00.000Z' }),
    accountBody({ id: 'new', status: 'ACTIVE', createdAt: '2031-01-01T00:00:00.000Z' }),
    accountBody({ id: 'primary-elsewhere', status: 'ACTIVE', appName: 'linear', labels: ['primary'] }),
    accountBody({ id: 'dead', status: 'EXPIRED', createdAt: '2032-01-01T00:00:00.000Z' }),
  ]
  const { baseUrl, seen } = await startFakeServer(t, ({ url }) =>
    url.startsWith('/api/v1/connectedAccounts/')
      ? { body: accountBody({ id: url.split('/').at(-1) }) }
      : { body: { items: accounts, page: 1, totalPages: 1 } },
  )
  const entity = new Composio(apiKey, baseUrl).getEntity('jessica')
  assert.equal((await entity.getConnections()).length, 4)
  assert.equal(seen[0]?.url, '/api/v1/connectedAccounts?user_uuid=jessica')
  assert.equal((await entity.getConnection({ app: 'GMAIL' }))?.id, 'new')
  assert.equal((await entity.getConnection('linear'))?.id, 'primary-elsewhere')
  assert.equal((await entity.getConnection({ connectedAccountId: 'old' }))?.id, 'old')
  assert.equal(await entity.getConnection({ app: 'slack' }), null)
  await assert.rejects(new Composio(apiKey, baseUrl).getEntity('a,b').getConnections(), ValidationError)
})

test('an entity starts connections in both ways of calling', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, oneGmail)
  const entity = new ComposioToolSet({ apiKey, baseUrl }).getEntity('jessica')
  await entity.initiateConnection({
    appName: 'gmail',
    connectionParams: { a: '1' },
    config: { redirectUrl: 'https://a.test/' },
  })
  await entity.initiateConnection('gmail', undefined, undefined, 'https://b.test/', 'int_7')
  assert.deepEqual(posted(seen), [
    { integrationId: 'int_1', entityId: 'jessica', data: { a: '1' }, redirectUri: 'https://a.test/' },
    { integrationId: 'int_7', entityId: 'jessica', data: {}, redirectUri: 'https://b.test/' },
  ])
})

test('what a user typed in later starts a connection of the same user', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, oneGmail)
  const request = await new Composio(apiKey, baseUrl).connectedAccounts.initiate({
    integrationId: 'int_1',
    entityId: 'jessica',
  })
  await request.saveUserAccessData({ fieldInputs: { api_key: 'k' }, redirectUrl: 'https://a.test/' })
  assert.deepEqual(posted(seen)[1], {
    integrationId: 'int_1',
    data: { api_key: 'k' },
    redirectUri: 'https://a.test/',
    entityId: 'jessica',
    userUuid: 'jessica',
  })
  assert.equal((await request.getAuthInfo()).base_url, 'https://g.test')
})

test('apps sort their fields under the published names', async (t) => {
  const fields = [
    { name: 'shop', required: true, expected_from_customer: true },
    { name: 'client_id', required: true, expected_from_customer: false },
    { name: 'scopes', required: false, expected_from_customer: false },
  ]
  const { baseUrl } = await startFakeServer(t, () => ({
    body: { key: 'shopify', auth_schemes: [{ mode: 'OAUTH2', fields }] },
  }))
  const { apps } = new Composio(apiKey, baseUrl)
  const oauth = { required_fields: ['shop'], expected_from_user: ['client_id'], optional_fields: ['scopes'] }
  assert.deepEqual(await apps.getRequiredParams('shopify'), {
    availableAuthSchemes: ['OAUTH2'],
    authSchemes: { OAUTH2: oauth },
  })
  assert.deepEqual(await apps.getRequiredParamsForAuthScheme({ appId: 'shopify', authScheme: 'OAUTH2' }), oauth)
  await assert.rejects(apps.getRequiredParamsForAuthScheme('shopify', 'BASIC'), /no auth scheme BASIC/)
})

test('the remaining methods call their endpoints', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, oneGmail)
  const { client, integrations } = new ComposioToolSet({ apiKey, baseUrl })
  const connectedAccountId = 'acc_1'
  assert.deepEqual(await client.connectedAccounts.enable({ connectedAccountId }), {
    status: 'success',
    connectedAccountId,
  })
  assert.deepEqual(await client.connectedAccounts.disable({ connectedAccountId }), {
    status: 'success',
    connectedAccountId,
  })
  await client.connectedAccounts.reinitiateConnection({ connectedAccountId, data: {}, redirectUri: 'https://a.test/' })
  await client.connectedAccounts.list({ appNames: ['gmail', 'linear'], status: 'ACTIVE', page: 1 })
  await client.connectedAccounts.delete({ connectedAccountId })
  await integrations.list({ appName: 'gmail', showDisabled: false })
  await integrations.get({ integrationId: 'int_1' })
  assert.deepEqual(await integrations.getRequiredParams('int_1'), [])
  await integrations.create({ name: 'n', appUniqueKey: 'gmail', authScheme: 'OAUTH2' })
  await integrations.getOrCreateIntegration({ appId: 'gmail', authConfig: { client_id: 'id' } })
  await integrations.delete({ integrationId: 'int_1' })
  await client.apps.list()
  await client.apps.get({ appKey: 'gmail' })
  assert.deepEqual(
    seen.map(({ method, url }) => `${method} ${url}`),
    [
      'POST /api/v1/connectedAccounts/acc_1/enable',
      'POST /api/v1/connectedAccounts/acc_1/disable',
      'POST /api/v1/connectedAccounts/acc_1/reinitiate',
      'GET /api/v1/connectedAccounts?appNames=gmail%2Clinear&status=ACTIVE&page=1',
      'DELETE /api/v1/connectedAccounts/acc_1',
      'GET /api/v1/integrations?appName=gmail&showDisabled=false',
      'GET /api/v1/integrations/int_1',
      'GET /api/v1/integrations/int_1',
      'POST /api/v1/integrations',
      'POST /api/v2/integrations/get-or-create',
      'GET /api/v1/integrations/int_1',
      'DELETE /api/v1/integrations/int_1',
      'GET /api/v1/apps',
      'GET /api/v1/apps/gmail',
    ],
  )
})

test('an account id that is missing is named instead of asked for', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, oneGmail)
  const { connectedAccounts } = new Composio(apiKey, baseUrl)
  await assert.rejects(connectedAccounts.get({} as { connectedAccountId: string }), /connectedAccountId: is missing/)
  assert.equal(seen.length, 0)
})
