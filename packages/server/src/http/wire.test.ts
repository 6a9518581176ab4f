import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../errors.ts'
import { type Body, baseUrl, startApi, type TestApi } from './testing/fakes.ts'

/* What published clients rely on: every route they call, under every spelling, and the fields they read. */

const integrationOf = async (api: TestApi, appName: string): Promise<Body> =>
  (await api.call('GET', `/api/v1/integrations?appName=${appName}`)).body.items[0]

const connectLinear = async (api: TestApi, more: object = {}): Promise<string> =>
  (await api.call('POST', '/api/v1/connectedAccounts', { app: 'linear', data: { api_key: 'k' }, ...more })).body
    .connectedAccountId

const connectGmail = async (api: TestApi, more: object = {}): Promise<string> =>
  (await api.call('POST', '/api/v1/connectedAccounts', { app: 'gmail', ...more })).body.connectedAccountId

test('every route answers under each prefix, with and without a trailing slash', async () => {
  const api = await startApi()
  const { id } = await integrationOf(api, 'gmail')
  const account = await connectLinear(api)
  const reads = [
    'v1/client/auth/client_info',
    'v1/apps',
    'v1/apps/gmail',
    'v1/integrations',
    `v1/integrations/${id}`,
    'v1/connectedAccounts',
    `v1/connectedAccounts/${account}`,
    `v1/connectedAccounts/${account}/info`,
    'v1/triggers',
    'v2/actions',
    'v1/project',
  ]
  for (const path of reads)
    for (const prefix of ['/', '/api/', '/api/api/'])
      for (const end of ['', '/'])
        assert.equal((await api.request('GET', prefix + path + end)).status, 200, prefix + path + end)
  for (const prefix of ['/', '/api/', '/api/api/'])
    for (const path of [
      'v2/integrations/create',
      'v2/integrations/get-or-create',
      'v2/integrations/search-by-filters',
      'v2/connectedAccounts/initiateConnection',
    ])
      assert.equal((await api.call('POST', prefix + path, { app: { uniqueKey: 'gmail' } })).status, 200, prefix + path)
  for (const path of ['//v1/apps', '/api//v1/apps', '//api/v1/apps', '/api/api//v1/apps/'])
    assert.equal((await api.request('GET', path)).status, 200, `${path}, from a base URL that ends in a slash`)
  assert.equal((await api.request('GET', '/api/api/api/v1/apps')).status, 404)
  assert.equal((await api.request('GET', '/api/v3/apps')).status, 404)
})

test('the key is taken from x-api-key in any case, or as a bearer token', async () => {
  const api = await startApi()
  for (const headers of [
    { 'X-API-KEY': api.key },
    { 'x-api-key': api.key },
    { authorization: `Bearer ${api.key}` },
    { Authorization: `bearer ${api.key}` },
  ] as Record<string, string>[])
    assert.equal((await api.request('GET', '/api/v1/apps', { key: null, headers })).status, 200)
  for (const headers of [
    {},
    { 'x-api-key': 'wrong' },
    { 'x-api-key': '' },
    { 'x-api-key': 'x'.repeat(5000) },
    { authorization: 'Basic abc' },
  ] as Record<string, string>[]) {
    const answer = await api.request('GET', '/api/v1/apps', { key: null, headers })
    assert.equal(answer.status, 401)
    assert.equal(((await answer.json()) as Body).code, 'unauthorized')
  }
})

test('an app is found in any case and speaks in lower case', async () => {
  const api = await startApi()
  for (const key of ['gmail', 'GMAIL', 'Gmail']) {
    const { body } = await api.call('GET', `/api/v1/apps/${key}`)
    assert.equal(body.key, 'gmail')
    assert.equal(body.appId, 'gmail')
  }
  assert.equal((await integrationOf(api, 'GMAIL')).appName, 'gmail')
  const account = (await api.call('GET', `/api/v1/connectedAccounts/${await connectLinear(api, { app: 'LINEAR' })}`))
    .body
  assert.equal(account.appName, 'linear')
  assert.equal(account.appUniqueId, 'linear')
})

test('an app carries both spellings of every auth scheme, its fields and its call templates', async () => {
  const api = await startApi()
  const gmail = (await api.call('GET', '/api/v1/apps/gmail')).body
  assert.equal(gmail.logo, `${baseUrl}/connect/assets/logos/gmail.svg`)
  assert.deepEqual(gmail.yaml, { no_auth: false })
  assert.deepEqual(gmail.meta, { is_custom_app: false })
  const [oauth] = gmail.auth_schemes
  assert.deepEqual(
    [oauth.mode, oauth.auth_mode, oauth.scheme_name, oauth.name],
    ['OAUTH2', 'OAUTH2', 'OAUTH2', 'OAUTH2'],
  )
  assert.deepEqual(oauth.default_scopes, ['mail.read'])
  assert.deepEqual(oauth.available_scopes, ['mail.read', 'mail.send'])
  assert.equal(oauth.authorization_url, 'https://accounts.google.com/o/oauth2/v2/auth')
  assert.deepEqual(
    oauth.fields.map((field: Body) => [field.name, field.expected_from_customer]),
    [
      ['client_id', false],
      ['client_secret', false],
    ],
  )
  assert.deepEqual(
    gmail.testConnectors.map((ready: Body) => ready.authScheme),
    ['OAUTH2'],
  )

  const linear = (await api.call('GET', '/api/v1/apps/linear')).body
  assert.deepEqual(linear.testConnectors, [], 'the ready integration is no OAuth one')
  assert.deepEqual(linear.auth_schemes[0].proxy, {
    base_url: 'https://api.linear.app',
    headers: { Authorization: '{{api_key}}' },
    query_params: {},
    path_params: {},
  })
  const [shop] = (await api.call('GET', '/api/v1/apps/shopify')).body.auth_schemes
  assert.equal(shop.proxy.base_url, 'https://{{shop_name}}.myshopify.com')
  assert.equal(shop.proxy.headers.Authorization, 'Basic base64({{username}}:{{password}})')

  const list = (await api.call('GET', '/api/v1/apps?additionalFields=auth_schemes&includeLocal=false')).body
  assert.equal(list.items.length, 3)
  assert.equal(list.totalPages, 1)
  for (const app of list.items)
    for (const field of [
      'name',
      'key',
      'appId',
      'description',
      'categories',
      'tags',
      'meta',
      'auth_schemes',
      'testConnectors',
      'no_auth',
      'enabled',
      'createdAt',
      'updatedAt',
      'status',
    ])
      assert.notEqual(app[field], undefined, field)
})

test('the Python client, which picks by an order of its own, sees no scheme that this order puts before the preferred one', async () => {
  const api = await startApi()
  const modes = async (key: string, headers: Record<string, string>) =>
    (await api.call('GET', `/v1/apps/${key}`, undefined, { headers })).body.auth_schemes.map(
      (scheme: Body) => scheme.auth_mode,
    )
  assert.deepEqual(await modes('LINEAR', { 'x-source': 'python_sdk' }), ['API_KEY'])
  assert.deepEqual(await modes('LINEAR', { 'x-source': 'js_sdk' }), ['API_KEY', 'OAUTH2'])
  assert.deepEqual(await modes('GMAIL', { 'x-source': 'python_sdk' }), ['OAUTH2'])
})

test('an integration has every field that clients parse', async () => {
  const api = await startApi()
  const item = await integrationOf(api, 'linear')
  const single = (await api.call('GET', `/api/v1/integrations/${item.id}`)).body
  for (const field of [
    'id',
    'name',
    'authScheme',
    'createdAt',
    'updatedAt',
    'enabled',
    'deleted',
    'appId',
    'appName',
    'logo',
    'defaultConnectorId',
    'authConfig',
    'expectedInputFields',
    'useComposioAuth',
    'limitedActions',
    'redirectUri',
    'scopes',
    'clientId',
    'hasClientSecret',
    'simulated',
    'isDefault',
    'problem',
  ]) {
    assert.notEqual(single[field], undefined, field)
    assert.notEqual(item[field], undefined, field)
  }
  assert.deepEqual(item._count, { connections: 0 })
  assert.equal(item.member.id, api.project.id)
  const [field] = single.expectedInputFields
  assert.deepEqual(
    [
      field.name,
      field.type,
      field.displayName,
      field.display_name,
      field.required,
      field.is_secret,
      field.expected_from_customer,
      field.default,
      field.get_current_user_endpoint,
    ],
    ['api_key', 'string', 'API key', 'API key', true, true, true, null, null],
  )
  assert.equal(typeof field.description, 'string')
})

test('a client secret never comes back', async () => {
  const api = await startApi()
  const made = await api.call('POST', '/api/v1/integrations', {
    name: 'Mine',
    appId: 'GMAIL',
    authScheme: 'OAUTH2',
    authConfig: { client_id: 'id-1', client_secret: 'hush-hush', scopes: 'a b' },
    useComposioAuth: false,
    forceNewIntegration: true,
  })
  assert.equal(made.status, 200)
  assert.deepEqual(made.body.authConfig, { client_id: 'id-1', client_secret: '', scopes: 'a b' })
  assert.equal(made.body.hasClientSecret, true)
  const everything = JSON.stringify([made.body, (await api.call('GET', '/api/v1/integrations')).body, api.logged])
  assert.ok(!everything.includes('hush-hush'))
  const sentBack = await api.call('PATCH', `/api/v1/integrations/${made.body.id}`, {
    authConfig: made.body.authConfig,
    enabled: false,
  })
  assert.equal(sentBack.body.status, 'success')
  assert.equal(sentBack.body.enabled, false)
  assert.equal(sentBack.body.hasClientSecret, true, 'a blank secret leaves the stored one alone')
})

test('without a client of its own a caller gets the OAuth client that is set up for the app', async () => {
  const api = await startApi()
  const ask = { name: 'gmail_1', appId: 'gmail', authConfig: {}, useComposioAuth: true, forceNewIntegration: true }
  const simulated = (await api.call('POST', '/api/v1/integrations', ask)).body
  assert.equal(simulated.simulated, true, 'none is set up: a new one, simulated')
  const own = (await api.call('POST', '/api/v1/integrations', { appName: 'gmail', clientId: 'id', clientSecret: 's' }))
    .body
  assert.equal((await api.call('POST', '/api/v1/integrations', ask)).body.id, own.id)
  const v2 = {
    app: { uniqueKey: 'gmail' },
    config: { useComposioAuth: true, name: 'x', authScheme: 'OAUTH2', integrationSecrets: {} },
  }
  assert.deepEqual((await api.call('POST', '/api/v2/integrations/create', v2)).body, {
    integrationId: own.id,
    isNewIntegration: false,
  })
})

test('v2 integrations are created, got or created, and found', async () => {
  const api = await startApi()
  const mine = {
    app: { uniqueKey: 'Gmail' },
    config: { name: 'v2', authScheme: 'OAUTH2', integrationSecrets: { client_id: 'c', client_secret: 's' } },
  }
  const made = (await api.call('POST', '/api/v2/integrations/create', mine)).body
  assert.equal(made.isNewIntegration, true)
  assert.deepEqual((await api.call('POST', '/api/v2/integrations/get-or-create', mine)).body, {
    integrationId: made.integrationId,
    isNewIntegration: false,
  })
  const other = { ...mine, config: { ...mine.config, integrationSecrets: { client_id: 'd', client_secret: 's' } } }
  assert.equal((await api.call('POST', '/api/v2/integrations/get-or-create', other)).body.isNewIntegration, true)
  const found = (
    await api.call('POST', '/api/v2/integrations/search-by-filters', {
      app: { uniqueKey: 'gmail' },
      config: { useComposioAuth: false, authScheme: 'OAUTH2' },
    })
  ).body
  assert.ok(found.matchedIntegrationIds.includes(made.integrationId))
  assert.equal(found.appInfo.uniqueKey, 'gmail')
  assert.deepEqual(
    (
      await api.call('POST', '/api/v2/integrations/search-by-filters', {
        app: { uniqueKey: 'gmail' },
        config: { authScheme: 'BASIC' },
      })
    ).body.matchedIntegrationIds,
    [],
  )
  assert.equal((await api.call('POST', '/api/v2/integrations/create', { app: {} })).status, 400)
  assert.equal((await api.call('POST', '/api/v2/integrations/create', { app: { uniqueKey: 'nope' } })).status, 404)
})

test('initiate answers ACTIVE without a redirect for a key, INITIATED with one for OAuth', async () => {
  const api = await startApi()
  const byKey = await api.call('POST', '/api/v1/connectedAccounts', {
    integrationId: (await integrationOf(api, 'linear')).id,
    data: { api_key: 'k' },
  })
  assert.deepEqual([byKey.status, byKey.body.connectionStatus, byKey.body.redirectUrl], [200, 'ACTIVE', null])
  const oauth = await api.call('POST', '/api/v1/connectedAccounts', {
    integrationId: (await integrationOf(api, 'gmail')).id,
    redirectUri: 'https://yours.example/cb?x=1',
  })
  assert.deepEqual(
    [oauth.status, oauth.body.connectionStatus, typeof oauth.body.redirectUrl],
    [200, 'INITIATED', 'string'],
  )
  assert.equal(api.accounts.lastInitiate()?.redirectUri, 'https://yours.example/cb?x=1')
  assert.deepEqual(api.accounts.lastInitiate()?.data, {}, 'data may be left out')
})

test('the entity is entityId, else userUuid, else user_uuid, else default', async () => {
  const api = await startApi()
  const cases: [object, string][] = [
    [{ entityId: 'a', userUuid: 'b', user_uuid: 'c' }, 'a'],
    [{ userUuid: 'b', user_uuid: 'c' }, 'b'],
    [{ entityId: null, userUuid: 'b' }, 'b'],
    [{ user_uuid: 'c' }, 'c'],
    [{}, 'default'],
  ]
  for (const [body, expected] of cases) {
    await connectLinear(api, body)
    assert.equal(api.accounts.lastInitiate()?.entityId, expected)
  }
  const lost = await api.call('POST', '/api/v1/connectedAccounts', {
    app: 'linear',
    entityId: '',
    data: { api_key: 'k' },
  })
  assert.deepEqual([lost.status, lost.body.errors[0].property], [400, 'entityId'])
})

test('an empty redirect address means none', async () => {
  const api = await startApi()
  for (const redirectUri of ['', null, undefined]) {
    await connectGmail(api, { redirectUri })
    assert.equal(api.accounts.lastInitiate()?.redirectUri, undefined)
  }
  await api.call('POST', '/api/v2/connectedAccounts/initiateConnection', {
    app: { uniqueKey: 'gmail' },
    connection: { extra: { redirectURL: '', labels: [] } },
  })
  assert.equal(api.accounts.lastInitiate()?.redirectUri, undefined)
})

test('initiate without an integration needs an app, and says so', async () => {
  const api = await startApi()
  const nothing = await api.call('POST', '/api/v1/connectedAccounts', { data: {} })
  assert.deepEqual([nothing.status, nothing.body.errors[0].property], [400, 'integrationId'])
  assert.equal((await api.call('POST', '/api/v1/connectedAccounts', { appName: 'unknown' })).status, 404)
  const { id } = await integrationOf(api, 'gmail')
  await api.call('PATCH', `/api/v1/integrations/${id}`, { enabled: false })
  const none = await api.call('POST', '/api/v1/connectedAccounts', { app: 'gmail' })
  assert.equal(none.status, 404)
  assert.match(none.body.message, /Connector not found/)
})

test('data that is not text is refused with the path of the field', async () => {
  const api = await startApi()
  const refused = await api.call('POST', '/api/v1/connectedAccounts', { app: 'linear', data: { api_key: 7 } })
  assert.equal(refused.status, 400)
  assert.deepEqual(refused.body.details, [{ property: 'data.api_key', message: 'must be a string' }])
  assert.deepEqual(refused.body.errors, refused.body.details)
  for (const data of ['text', 7, ['a']])
    assert.equal(
      (await api.call('POST', '/api/v1/connectedAccounts', { app: 'linear', data })).body.errors[0].property,
      'data',
    )
})

test('v2 initiate trusts the secrets and never the flag beside them', async () => {
  const api = await startApi()
  const { id } = await integrationOf(api, 'gmail')
  const path = '/api/v2/connectedAccounts/initiateConnection'
  for (const useComposioAuth of [true, false]) {
    const shared = (
      await api.call('POST', path, { app: { uniqueKey: 'gmail' }, config: { useComposioAuth, integrationSecrets: {} } })
    ).body
    assert.deepEqual(shared.integration, { id, isNewIntegration: false })
    assert.equal(shared.connectionResponse.connectionStatus, 'INITIATED')
  }
  const own = {
    app: { uniqueKey: 'gmail' },
    config: {
      name: 'own',
      useComposioAuth: true,
      authScheme: 'OAUTH2',
      integrationSecrets: { client_id: 'c', client_secret: 's' },
    },
  }
  const first = (await api.call('POST', path, own)).body
  assert.equal(first.integration.isNewIntegration, true)
  assert.deepEqual((await api.call('POST', path, own)).body.integration, {
    id: first.integration.id,
    isNewIntegration: false,
  })
  const byId = await api.call('POST', path, {
    app: { uniqueKey: 'linear', integrationId: (await integrationOf(api, 'linear')).id },
    config: {},
    connection: { entityId: 'u7', initiateData: { api_key: 'k' }, extra: { redirectURL: '', labels: ['primary'] } },
  })
  assert.equal(byId.body.connectionResponse.connectionStatus, 'ACTIVE')
  assert.deepEqual([api.accounts.lastInitiate()?.entityId, api.accounts.lastInitiate()?.labels], ['u7', ['primary']])
  assert.equal((await api.call('POST', path, { app: {} })).body.errors[0].property, 'app.uniqueKey')
})

test('an account carries both ids, upper-case status and ready-made headers once ACTIVE', async () => {
  const api = await startApi()
  const active = (
    await api.call(
      'GET',
      `/api/v1/connectedAccounts/${await connectLinear(api, { entityId: 'u1', labels: ['primary'] })}`,
    )
  ).body
  assert.equal(active.id, active.connectedAccountId)
  assert.deepEqual(
    [active.status, active.entityId, active.clientUniqueUserId, active.enabled, active.isDisabled],
    ['ACTIVE', 'u1', 'u1', true, false],
  )
  assert.deepEqual(active.connectionParams.headers, { Authorization: `token of ${active.id}` })
  assert.deepEqual([active.connectionParams.queryParams, active.connectionParams.base_url], [{}, 'https://api.example'])
  assert.deepEqual(active.params, active.parameters)
  assert.deepEqual([active.base_url, active.body], ['https://api.example', {}])
  for (const field of [
    'integrationId',
    'createdAt',
    'updatedAt',
    'memberInfo',
    'meta',
    'identity',
    'statusReason',
    'verification',
    'requestedScopes',
    'grantedScopes',
    'expiresAt',
    'labels',
    'simulated',
    'authScheme',
  ])
    assert.notEqual(active[field], undefined, field)
  const waiting = (await api.call('GET', `/api/v1/connectedAccounts/${await connectGmail(api)}`)).body
  assert.deepEqual([waiting.status, waiting.connectionParams, waiting.base_url], ['INITIATED', {}, undefined])
  assert.equal(waiting.statusReason.code, 'awaiting_user')
})

test('an account stays readable while its credentials cannot be handed out', async () => {
  const api = await startApi()
  const id = await connectLinear(api)
  api.accounts.change(id, {
    status: 'EXPIRED',
    statusReason: { code: 'grant_revoked', message: 'The grant is gone.', mustAct: 'endUser' },
  })
  api.accounts.failCredentials(new AppError('reconnect_required', 'The grant is gone.'))
  const gone = await api.call('GET', `/api/v1/connectedAccounts/${id}`)
  assert.deepEqual(
    [gone.status, gone.body.status, gone.body.statusReason.code, gone.body.connectionParams],
    [200, 'EXPIRED', 'grant_revoked', {}],
  )
  assert.equal((await api.call('GET', `/api/v1/connectedAccounts/${id}/info`)).body.code, 'reconnect_required')

  api.accounts.change(id, { status: 'ACTIVE', statusReason: null })
  api.accounts.failCredentials(
    new AppError('provider_unavailable', 'The app does not answer.', { retryAfterSeconds: 7.2 }),
  )
  const down = await api.call('GET', `/api/v1/connectedAccounts/${id}`)
  assert.deepEqual(
    [down.status, down.body.status, down.body.connectionParams, down.body.params],
    [200, 'ACTIVE', {}, undefined],
  )
  const info = await api.call('GET', `/api/v1/connectedAccounts/${id}/info`)
  assert.deepEqual([info.status, info.headers.get('retry-after')], [502, '8'])

  api.accounts.failCredentials(new Error('a bug'))
  assert.equal((await api.call('GET', `/api/v1/connectedAccounts/${id}`)).status, 500)
})

test('auth params come with both names of the list', async () => {
  const api = await startApi()
  const { body } = await api.call('GET', `/api/v1/connectedAccounts/${await connectLinear(api)}/info`)
  assert.deepEqual(Object.keys(body).sort(), ['base_url', 'body', 'parameters', 'params'])
  assert.deepEqual(body.params, body.parameters)
  assert.equal(body.params[0].in, 'header')
})

test('enable, disable and reinitiate take an empty form body', async () => {
  const api = await startApi()
  const id = await connectGmail(api)
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '' }
  for (const verb of ['disable', 'enable']) {
    const answer = await api.request('POST', `/api/v1/connectedAccounts/${id}/${verb}`, form)
    assert.deepEqual([answer.status, await answer.json()], [200, { status: 'success', connectedAccountId: id }])
    assert.equal((await api.call('GET', `/api/v1/connectedAccounts/${id}`)).body.enabled, verb === 'enable')
  }
  assert.equal((await api.request('POST', `/api/v1/connectedAccounts/${id}/reinitiate`, form)).status, 200)
  assert.equal((await api.request('POST', `/api/v1/connectedAccounts/${id}/reinitiate`)).status, 200)
  const again = await api.call('POST', `/api/v1/connectedAccounts/${id}/reinitiate`, {
    data: {},
    redirectUri: 'https://yours.example/',
  })
  assert.deepEqual([again.body.connectedAccountId, again.body.connectionStatus], [id, 'INITIATED'])
})

test('JSON under another content type is read as JSON', async () => {
  const api = await startApi()
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/vnd.api+json; charset=utf-8'])
    assert.equal(
      (
        await api.request('POST', '/api/v1/connectedAccounts', {
          headers: { 'content-type': type },
          body: '{"app":"gmail"}',
        })
      ).status,
      200,
      type,
    )
})

test('labels are set and deleting answers how many', async () => {
  const api = await startApi()
  const id = await connectLinear(api)
  assert.deepEqual(
    (await api.call('PATCH', `/api/v1/connectedAccounts/${id}/data`, { labels: ['a', 'b'] })).body.labels,
    ['a', 'b'],
  )
  const deleted = (await api.call('DELETE', `/api/v1/connectedAccounts/${id}`)).body
  assert.deepEqual([deleted.status, deleted.count, deleted.revocation.status], ['success', 1, 'unsupported'])
  assert.equal((await api.call('GET', `/api/v1/connectedAccounts/${id}`)).status, 404)
  const integration = await integrationOf(api, 'gmail')
  assert.deepEqual((await api.call('DELETE', `/api/v1/integrations/${integration.id}`)).body, {
    status: 'success',
    count: 1,
  })
})

test('an id that is a forgotten template is a plain 404', async () => {
  const api = await startApi()
  for (const path of [
    'connectedAccounts/%7BconnectedAccountId%7D',
    'connectedAccounts/%7BconnectedAccountId%7D/info',
    'apps/%7BappName%7D',
    'integrations/%7BintegrationId%7D',
    'connectedAccounts/%ZZ',
    'connectedAccounts/..%2F..%2Fx',
  ]) {
    const { status, body } = await api.call('GET', `/api/v1/${path}`)
    assert.deepEqual([status, body.code], [404, 'not_found'], path)
  }
})

test('actions and triggers are empty, and running an action says what to do instead', async () => {
  const api = await startApi()
  assert.deepEqual((await api.call('GET', '/api/v2/actions')).body, { items: [], page: 1, totalPages: 0 })
  assert.deepEqual((await api.call('GET', '/api/v1/triggers')).body, [])
  for (const path of ['/api/v2/actions/proxy', '/api/v2/actions/GMAIL_SEND/execute']) {
    const { status, body } = await api.call('POST', path, {})
    assert.equal(status, 404)
    assert.match(body.message, /does not run actions/)
  }
})

test('a placeholder where an id belongs is a 404, before the body is looked at', async () => {
  const api = await startApi()
  for (const [method, path] of [
    ['GET', 'connectedAccounts/%7BconnectedAccountId%7D'],
    ['PATCH', 'connectedAccounts/{connectedAccountId}/data'],
    ['POST', 'connectedAccounts/%7bconnectedAccountId%7d/reinitiate'],
    ['PATCH', 'integrations/%7BintegrationId%7D/'],
    ['GET', 'apps/%7BappName%7D'],
  ] as const) {
    const { status, body } = await api.call(method, `/api/v1/${path}`, method === 'GET' ? undefined : {})
    assert.equal(status, 404, `${method} ${path}`)
    assert.equal(body.code, 'not_found')
  }
})

test('the client info names the project and shows no key', async () => {
  const api = await startApi()
  const { body } = await api.call('GET', '/v1/client/auth/client_info')
  assert.equal(body.client.id, api.project.id)
  assert.ok(!JSON.stringify(body).includes(api.key))
})

test("another project's ids are unknown", async () => {
  const api = await startApi()
  const id = await connectLinear(api)
  const { key } = await api.projects.add('live')
  for (const path of [
    `connectedAccounts/${id}`,
    `connectedAccounts/${id}/info`,
    `integrations/${(await integrationOf(api, 'gmail')).id}`,
  ])
    assert.equal((await api.call('GET', `/api/v1/${path}`, undefined, { key })).status, 404)
})
