import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operatorKey, startApi } from './testing/fakes.ts'

const operator = { key: operatorKey }

test('the operator makes projects and keys; a key is shown once', async () => {
  const api = await startApi()
  const made = await api.call(
    'POST',
    '/api/v1/projects',
    { name: ' Acme ', mode: 'live', allowedRedirectUrls: ['https://acme.example/done'] },
    operator,
  )
  assert.equal(made.status, 200)
  assert.deepEqual(
    [made.body.name, made.body.mode, made.body.allowedRedirectUrls],
    ['Acme', 'live', ['https://acme.example/done']],
  )
  const own = await api.call('GET', '/api/v1/project', undefined, { key: made.body.apiKey })
  assert.equal(own.body.id, made.body.id)

  const path = `/api/v1/projects/${made.body.id}`
  const second = await api.call('POST', `${path}/apiKeys`, { name: 'ci', expiresAt: '2030-01-01T00:00:00Z' }, operator)
  assert.deepEqual([second.body.name, second.body.expiresAt], ['ci', '2030-01-01T00:00:00.000Z'])
  assert.equal(second.body.hint, second.body.key.slice(-4))
  const listed = await api.call('GET', `${path}/apiKeys`, undefined, operator)
  assert.equal(listed.body.items.length, 2)
  assert.ok(!JSON.stringify(listed.body).includes(second.body.key))
  assert.equal((await api.call('DELETE', `${path}/apiKeys/${second.body.id}`, undefined, operator)).status, 200)
  assert.equal((await api.call('GET', '/api/v1/project', undefined, { key: second.body.key })).status, 401)

  assert.equal((await api.call('PATCH', path, { name: 'Acme 2' }, operator)).body.name, 'Acme 2')
  assert.equal((await api.call('GET', path, undefined, operator)).body.mode, 'live')
  assert.equal((await api.call('GET', '/api/v1/projects', undefined, operator)).body.items.length, 2)
  assert.deepEqual((await api.call('DELETE', path, undefined, operator)).body, { status: 'success', count: 1 })
  assert.equal((await api.call('GET', path, undefined, operator)).status, 404)
})

test('what a project may not be is refused by name', async () => {
  const api = await startApi()
  const cases: [object, string][] = [
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 'x', mode: 'prod' }, 'mode'],
    [{ name: 'x', colour: 'red' }, 'colour'],
    [{ name: 'x', allowedRedirectUrls: ['/relative'] }, 'allowedRedirectUrls.0'],
    [{ name: 'x', allowedRedirectUrls: ['javascript:alert(1)'] }, 'allowedRedirectUrls.0'],
    [{ name: 'x', allowedRedirectUrls: ['https://a.example/#x'] }, 'allowedRedirectUrls.0'],
  ]
  for (const [body, property] of cases) {
    const answer = await api.call('POST', '/api/v1/projects', body, operator)
    assert.deepEqual([answer.status, answer.body.errors[0].property], [400, property])
  }
  assert.equal((await api.call('POST', '/api/v1/projects', {}, operator)).body.message, 'name: is required')
  const mode = await api.call('PATCH', `/api/v1/projects/${api.project.id}`, { mode: 'live' }, operator)
  assert.deepEqual([mode.status, mode.body.errors[0].property], [400, 'mode'])
})

test('each kind of key opens its own routes only', async () => {
  const api = await startApi()
  for (const path of [
    '/api/v1/projects',
    `/v1/projects/${api.project.id}`,
    `/api/v1/projects/${api.project.id}/apiKeys`,
  ]) {
    const { status, body } = await api.call('GET', path)
    assert.equal(status, 401)
    assert.match(body.message, /operator's key/)
  }
  for (const path of ['/api/v1/project', '/api/v1/apps', '/api/v1/connectedAccounts', '/v1/client/auth/client_info']) {
    const { status, body } = await api.call('GET', path, undefined, operator)
    assert.equal(status, 401)
    assert.match(body.message, /operator's key/)
  }
})

test('an app of your own lives in your project only', async () => {
  const api = await startApi()
  const acme = {
    key: 'acme',
    name: 'Acme',
    baseUrl: 'https://api.acme.example',
    authSchemes: [
      {
        scheme: 'BEARER_TOKEN',
        label: 'Token',
        params: [{ name: 'token', label: 'Token', role: 'credential', secret: true }],
      },
    ],
  }
  const made = await api.call('POST', '/api/v1/apps', acme)
  assert.equal(made.status, 200)
  assert.deepEqual([made.body.key, made.body.builtIn, made.body.definition.baseUrl], ['acme', false, acme.baseUrl])
  assert.equal((await api.call('PATCH', '/api/v1/apps/ACME', { name: 'Acme CRM' })).body.name, 'Acme CRM')
  const { key } = await api.projects.add('test')
  assert.equal((await api.call('GET', '/api/v1/apps/acme', undefined, { key })).status, 404)
  assert.deepEqual((await api.call('DELETE', '/api/v1/apps/acme')).body, { status: 'success', count: 1 })
  assert.equal((await api.call('GET', '/api/v1/apps/acme')).status, 404)
  assert.equal((await api.call('POST', '/api/v1/apps', { key: 'Bad Key' })).status, 400)
  assert.equal((await api.call('DELETE', '/api/v1/apps/gmail')).body.code, 'not_supported')
})

test('a connect link takes one or several apps and integrations', async () => {
  const api = await startApi()
  const made = await api.call('POST', '/api/v1/connectLinks', {
    userUuid: 'u1',
    app: 'Gmail',
    apps: ['linear', 'gmail'],
    integrationId: 'i1',
    redirectUri: '',
  })
  assert.equal(made.status, 200)
  assert.deepEqual(Object.keys(made.body).sort(), ['createdAt', 'entityId', 'expiresAt', 'id', 'redirectUri', 'url'])
  assert.deepEqual(api.linksMade[0], {
    entityId: 'u1',
    integrationIds: ['i1'],
    apps: ['gmail', 'linear'],
    redirectUri: undefined,
  })
  await api.call('POST', '/api/v1/connectLinks', { entityId: 'u2' })
  assert.deepEqual(api.linksMade[1], {
    entityId: 'u2',
    integrationIds: undefined,
    apps: undefined,
    redirectUri: undefined,
  })
  assert.equal((await api.call('POST', '/api/v1/connectLinks', { entity: 'u2' })).body.errors[0].property, 'entity')
})

test('waiting answers with the account, whatever became of it', async () => {
  const api = await startApi()
  const id = (await api.call('POST', '/api/v1/connectedAccounts', { app: 'gmail' })).body.connectedAccountId
  const early = await api.call('GET', `/api/v1/connectedAccounts/${id}?waitFor=ACTIVE&timeoutSeconds=1`)
  assert.deepEqual([early.status, early.body.status], [200, 'INITIATED'])
  const later = await api.call('GET', `/api/v1/connectedAccounts/${id}?waitFor=active&timeoutSeconds=30`)
  assert.deepEqual(
    [later.status, later.body.status, typeof later.body.connectionParams.headers],
    [200, 'ACTIVE', 'object'],
  )
  assert.equal((await api.call('GET', '/api/v1/connectedAccounts/unknown?waitFor=ACTIVE')).status, 404)
})

test('the simulator takes a script for an account', async () => {
  const api = await startApi()
  const id = (await api.call('POST', '/api/v1/connectedAccounts', { app: 'gmail' })).body.connectedAccountId
  const { status, body } = await api.call('POST', `/api/v1/connectedAccounts/${id}/simulator`, {
    failNextTokenCalls: { times: 2, status: 503 },
    revoke: true,
  })
  assert.deepEqual([status, body.state.pendingFailures, body.state.revoked], [200, 2, true])
  assert.equal(
    (await api.call('POST', `/api/v1/connectedAccounts/${id}/simulator`, { explode: true })).body.errors[0].property,
    'explode',
  )
})

test('scopes of one connection can be given', async () => {
  const api = await startApi()
  await api.call('POST', '/api/v1/connectedAccounts', { app: 'gmail', scopes: ['mail.send'] })
  assert.deepEqual(api.accounts.lastInitiate()?.scopes, ['mail.send'])
})

test('health is always fine, readiness is what the server says', async () => {
  const api = await startApi()
  assert.deepEqual(await (await api.request('GET', '/healthz', { key: null })).json(), { status: 'ok' })
  assert.equal((await api.request('GET', '/readyz', { key: null })).status, 200)
  api.setReady(() => Promise.reject(new Error('the database is gone')))
  const answer = await api.request('GET', '/readyz', { key: null })
  assert.deepEqual([answer.status, await answer.json()], [500, { status: 'unavailable' }])
  assert.equal((await api.request('GET', '/healthz', { key: null })).status, 200)
})
