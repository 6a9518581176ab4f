import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppDefinition } from '@holdfast/catalog'
import { acme, type OAuth2Input, readyClient, startSimulator } from './testing.ts'

type Call = NonNullable<OAuth2Input['revocationCall']>

const app = (revocationCall: Call, more: Partial<Parameters<typeof acme>[1]> = {}): AppDefinition =>
  acme({ revocationEndpoint: undefined, revocationCall }, more)

const byClient: Call = {
  method: 'DELETE',
  url: '/applications/{client_id}/grant',
  authenticate: 'client',
  body: { access_token: '{token}' },
}

const me = 'https://api.acme.example/v1/me'
const url = `https://api.acme.example/v1/applications/${readyClient.clientId}/grant`

const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
const basic = ({ clientId, clientSecret } = readyClient) =>
  `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`)}`

function revoke(world: ReturnType<typeof startSimulator>, body: unknown, headers: Record<string, string> = {}) {
  const sent = { 'content-type': 'application/json', authorization: basic(), ...headers }
  return world.simulator.fetch(
    new Request(world.at(url), { method: 'DELETE', headers: sent, body: JSON.stringify(body) }),
  )
}

test('a client ends the grant of a token with the app’s own call, once', async () => {
  const world = startSimulator(app(byClient))
  const tokens = await world.connect()
  assert.equal((await revoke(world, { access_token: tokens.access_token })).status, 204)
  assert.equal((await world.callApi(me, tokens.access_token)).status, 401)
  assert.equal((await world.refresh(tokens.refresh_token ?? '')).status, 400)
  assert.equal((await revoke(world, { access_token: tokens.access_token })).status, 404)
})

test('a call by anyone but the client of the grant, or for no token, ends nothing', async () => {
  const world = startSimulator(app(byClient))
  const { access_token, refresh_token } = await world.connect()
  const wrong = basic({ ...readyClient, clientSecret: 'wrong' })
  const other = basic({ clientId: 'other', clientSecret: 'x' })
  const bearer = `Bearer ${access_token}`
  for (const authorization of [wrong, other, bearer])
    assert.equal((await revoke(world, { access_token }, { authorization })).status, 401)
  assert.equal((await revoke(world, { access_token: 'unknown' })).status, 404)
  assert.equal((await revoke(world, { access_token: refresh_token })).status, 404)
  assert.equal((await revoke(world, {})).status, 400)
  assert.equal((await revoke(world, { access_token }, { 'content-type': 'text/plain' })).status, 400)
  assert.equal((await world.callApi(me, access_token)).status, 200)
})

test('the address with another method is the app’s API as ever', async () => {
  const world = startSimulator(app(byClient))
  const { access_token } = await world.connect()
  assert.equal((await world.callApi(url, access_token)).status, 200)
})

test('a token that proves itself ends its grant, while it is valid', async () => {
  const current = 'https://api.acme.example/v1/tokens/current'
  const definition = app({ method: 'DELETE', url: '/tokens/current', authenticate: 'token' })
  const world = startSimulator(definition)
  const { access_token } = await world.connect()
  assert.equal((await world.callApi(current, 'unknown', { method: 'DELETE' })).status, 401)
  assert.equal((await world.callApi(current, access_token, { method: 'DELETE' })).status, 204)
  assert.equal((await world.callApi(me, access_token)).status, 401)
  assert.equal((await world.callApi(current, access_token, { method: 'DELETE' })).status, 401)

  const later = await world.connect()
  world.pass(24 * 60 * 60)
  assert.equal((await world.callApi(current, later.access_token, { method: 'DELETE' })).status, 401)
})

test('the token may stand in path or query, and unknown ones have the status that the app names', async () => {
  for (const template of ['/tokens/{token}', '/tokens?token={token}']) {
    const call: Call = { method: 'GET', url: template, authenticate: 'client', unknownStatuses: [410] }
    const world = startSimulator(app(call))
    const { access_token } = await world.connect()
    const at = (token: string) => world.at(`https://api.acme.example/v1${template.replace('{token}', token)}`)
    assert.equal((await world.get(at('unknown'), { authorization: basic() })).status, 410)
    assert.equal((await world.get(at(access_token), { authorization: basic() })).status, 204)
    assert.equal((await world.callApi(me, access_token)).status, 401)
  }
})

test('an app with a success field says in the body how it went', async () => {
  const world = startSimulator(app(byClient, { successField: 'ok' }))
  const { access_token } = await world.connect()
  const unknown = await revoke(world, { access_token: 'unknown' })
  assert.deepEqual([unknown.status, ((await unknown.json()) as { ok: boolean }).ok], [200, false])
  assert.deepEqual(await (await revoke(world, { access_token })).json(), { ok: true })
})
