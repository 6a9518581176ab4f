import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppDefinitionInput } from '@holdfast/catalog'
import { acme, startSimulator } from './testing.ts'

type SchemeInput = AppDefinitionInput['authSchemes'][number]

const param = (name: string) => ({ name, label: name, role: 'credential' as const })
const withScheme = (scheme: SchemeInput) => startSimulator(acme({}, { authSchemes: [scheme] }))
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const ping = 'https://api.acme.example/v1/ping'

const apiKey = (send: Extract<SchemeInput, { scheme: 'API_KEY' }>['send']): SchemeInput => ({
  scheme: 'API_KEY',
  label: 'Key',
  params: [param('api_key'), param('app_id')],
  send,
})

test('a key in its header is accepted unless it says otherwise', async () => {
  const world = withScheme(apiKey([{ in: 'header', name: 'X-Key', value: 'Token {api_key}' }]))
  const call = async (headers: Record<string, string>) => (await world.get(world.at(ping), headers)).status
  assert.equal(await call({ 'x-key': 'Token abc' }), 200)
  assert.equal(await call({ 'X-KEY': 'token abc' }), 200)
  assert.equal(await call({ 'x-key': 'abc' }), 401)
  assert.equal(await call({ 'x-key': 'Token ' }), 401)
  assert.equal(await call({}), 401)
  assert.equal(await call({ 'x-key': 'Token my-invalid-key' }), 401)
  assert.equal(await call({ 'x-key': 'Token unreachable' }), 503)
})

test('keys in several places must all be there', async () => {
  const world = withScheme(
    apiKey([
      { in: 'query', name: 'key', value: '{api_key}' },
      { in: 'header', name: 'X-App', value: '{app_id}' },
    ]),
  )
  assert.equal((await world.get(world.at(`${ping}?key=a`), { 'x-app': 'b' })).status, 200)
  assert.equal((await world.get(world.at(`${ping}?key=a`))).status, 401)
  assert.equal((await world.get(world.at(ping), { 'x-app': 'b' })).status, 401)
  assert.equal((await world.get(world.at(`${ping}?key=a`), { 'x-app': 'invalid' })).status, 401)
})

test('a key in the body is found in a form and in JSON', async () => {
  const world = withScheme(apiKey([{ in: 'body', name: 'key', value: '{api_key}' }]))
  const post = async (body: string | URLSearchParams, type?: string) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    return (await world.simulator.fetch(new Request(world.at(ping), { method: 'POST', body, headers }))).status
  }
  assert.equal(await post(new URLSearchParams({ key: 'a' })), 200)
  assert.equal(await post('{"key":"a"}', 'application/json'), 200)
  assert.equal(await post('{"key":1}', 'application/json'), 401)
  assert.equal(await post('{', 'application/json'), 401)
  assert.equal(await post('null', 'application/json'), 401)
  assert.equal(await post('key=a', 'text/plain'), 401)
})

test('Basic credentials are decoded and read by the halves the app makes', async () => {
  const world = withScheme({
    scheme: 'BASIC',
    label: 'Token',
    params: [param('email'), param('api_token')],
    basic: { username: '{email}/token', password: '{api_token}' },
  })
  const call = async (text: string) => (await world.get(world.at(ping), basic(text))).status
  assert.equal(await call('jo@example.com/token:se:cret'), 200)
  assert.equal(await call('jo@example.com:secret'), 401)
  assert.equal(await call('jo@example.com/token:invalid'), 401)
  assert.equal(await call('jo@example.com/token:unreachable'), 503)
  assert.equal(await call('/token:'), 401)
  assert.equal((await world.get(world.at(ping), { authorization: 'Basic ###' })).status, 401)
})

test('a constant half of a Basic credential must be that constant', async () => {
  const world = withScheme({
    scheme: 'BASIC',
    label: 'Key',
    params: [param('api_key')],
    basic: { username: '{api_key}', password: 'X' },
  })
  assert.equal((await world.get(world.at(ping), basic('key:X'))).status, 200)
  assert.equal((await world.get(world.at(ping), basic('key:Y'))).status, 401)
})

test('a bearer token and no authentication work as they are', async () => {
  const bearer = withScheme({ scheme: 'BEARER_TOKEN', label: 'Token', params: [param('token')] })
  assert.equal((await bearer.get(bearer.at(ping), { authorization: 'Bearer abc' })).status, 200)
  assert.equal((await bearer.get(bearer.at(ping))).status, 401)
  const open = withScheme({ scheme: 'NO_AUTH', label: 'Open' })
  assert.equal((await open.get(open.at(ping))).status, 200)
})

test('where key and OAuth token share a place, a bad token is not taken for a key', async () => {
  const oauth = acme().authSchemes[0] as SchemeInput
  const key = apiKey([{ in: 'header', name: 'Authorization', value: 'Bearer {api_key}' }])
  const world = startSimulator(acme({}, { authSchemes: [oauth, key] }))
  const tokens = await world.connect()
  assert.equal((await world.callApi(ping, 'some-key')).status, 200)
  assert.equal((await world.callApi(ping, tokens.access_token)).status, 200)
  await world.simulator.script(tokens.access_token, { revoke: true })
  assert.equal((await world.callApi(ping, tokens.access_token)).status, 401)
  assert.equal((await world.callApi(ping, tokens.refresh_token ?? '')).status, 401)
})

test('an app marks success and failure as its own API does', async () => {
  const world = startSimulator(acme({}, { successField: 'ok' }))
  const { access_token } = await world.connect()
  const good = (await (await world.callApi(ping, access_token)).json()) as Record<string, unknown>
  assert.equal(good.ok, true)
  const bad = await world.callApi(ping, 'nonsense')
  assert.equal(bad.status, 401)
  assert.equal(((await bad.json()) as Record<string, unknown>).ok, false)
})

test('where identity fields share a path, the more telling one stands there', async () => {
  const identity = { method: 'POST' as const, url: '/graphql', id: 'email', email: 'email', name: 'user.name' }
  const world = startSimulator(acme({}, { identity }))
  const { access_token } = await world.connect()
  const init = { method: 'POST', body: '{"query":"{ me }"}', headers: { 'content-type': 'application/json' } }
  const answer = await world.callApi('https://api.acme.example/v1/graphql', access_token, init)
  const { email, user } = (await answer.json()) as Record<string, unknown>
  assert.deepEqual([email, user], ['jessica.rivera@example.com', { name: 'Jessica Rivera' }])
})

test('no credential is repeated in an answer', async () => {
  const world = withScheme(apiKey([{ in: 'query', name: 'key', value: '{api_key}' }]))
  for (const key of ['s3cret-value', 's3cret-invalid', 's3cret-unreachable'])
    assert.doesNotMatch(await (await world.get(world.at(`${ping}?key=${key}`))).text(), /s3cret/)
})

test('paths that lead nowhere are 404, whatever they look like', async () => {
  const world = startSimulator(acme())
  const paths = [
    '/simulator/',
    '/simulator',
    '/simulator/prj_1',
    '/simulator/prj_1/acme',
    '/simulator/prj_1/other/api.acme.example/v1',
    '/simulator/prj_1/acme/api.acme.example/v2',
    '/simulator/prj_1/acme/api.acme.example/v1/../../../x',
    '/simulator/prj_1/acme/api.acme.example%2fv1/',
    '/elsewhere',
  ]
  for (const path of paths) assert.equal((await world.get(new URL(path, 'http://127.0.0.1:4280'))).status, 404, path)
})
