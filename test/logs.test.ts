import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiOf, ok } from './support/api.ts'
import { Person } from './support/person.ts'
import { startProcess, temporaryFolder } from './support/server-process.ts'

test('the log tells of every request under its id, and never a secret', async (t) => {
  const { folder, remove } = await temporaryFolder()
  const server = await startProcess({ HOLDFAST_DATA_DIR: folder, LOG_LEVEL: 'trace' })
  t.after(async () => {
    server.kill('SIGKILL')
    await server.ended
    await remove()
  })
  const api = apiOf(server)
  const secrets = new Map<string, string>([['API key', server.apiKey]])

  const begun = await api.initiate({ app: 'gmail', redirectUri: 'https://yours.example/back?own=secret-of-the-caller' })
  const person = new Person()
  const authorizationUrl = await person.agree(begun.redirectUrl ?? '')
  const callback = await person.consent(authorizationUrl)
  await person.open(callback)
  await new Person().open(callback)
  secrets.set('link', new URL(begun.redirectUrl ?? '').pathname.split('/').at(-1) ?? '')
  secrets.set('query of the caller', 'secret-of-the-caller')
  for (const name of ['state', 'code_challenge']) secrets.set(name, authorizationUrl.searchParams.get(name) ?? '')
  secrets.set('code', callback.searchParams.get('code') ?? '')
  for (const value of person.cookies.values()) secrets.set('cookie', value)

  const { connectedAccountId: id } = begun
  const { connectionParams } = await api.account(id)
  secrets.set('access token', String(connectionParams?.access_token))
  secrets.set('refresh token', String(connectionParams?.refresh_token))
  await api.script(id, { expireNow: true, failNextTokenCalls: { times: 1, status: 503 } })
  await api.info(id)
  await api.script(id, { expireNow: true, revoke: true })
  await api.post(`/api/v1/connectedAccounts/${id}/reinitiate`)

  for (const api_key of ['typed-key-that-is-good', 'typed-key-that-is-invalid', 'typed-key-unreachable'])
    await api.post('/api/v1/connectedAccounts', { app: 'linear', data: { api_key } })
  secrets.set('key of a user', 'typed-key')
  await api.post('/api/v1/connectedAccounts', { app: 'shopify', data: { shop_name: 'typed-key/' } })
  await fetch(`${server.url}/api/v1/apps?api_key=${server.apiKey}`)
  await fetch(`${server.url}/api/v1/connectedAccounts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, common: JSON.stringify({ apiKey: server.apiKey }) },
    body: '{"data":{"api_key":"typed-key',
  })
  const integration = { app: 'gmail', clientId: 'some-client', clientSecret: 'client-secret-of-the-operator' }
  ok(await api.post('/api/v1/integrations', integration))
  secrets.set('client secret', integration.clientSecret)

  const known = await fetch(`${server.url}/api/v1/project`, {
    headers: { 'x-api-key': server.apiKey, 'x-request-id': 'request-7' },
  })
  assert.equal(known.headers.get('x-request-id'), 'request-7')
  server.kill('SIGTERM')
  await server.ended

  const lines = server
    .printed()
    .split('\n')
    .filter((line) => line.startsWith('{'))
  const requestIds = lines.map((line) => (JSON.parse(line) as { requestId?: string }).requestId)
  assert.ok(requestIds.includes('request-7'))
  assert.ok(requestIds.filter((requestId) => requestId !== undefined).length > 10)
  for (const [name, secret] of secrets) {
    assert.ok(secret.length > 8, `${name} was not seen`)
    for (const line of lines) assert.ok(!line.includes(secret), `${name} is in the log: ${line}`)
  }
})
