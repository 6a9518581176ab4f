import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, baseUrl, readyClient, startSimulator, type Tokens } from './testing.ts'

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'

function start() {
  const world = startSimulator(acme({ deviceAuthorizationEndpoint: 'https://acme.example/oauth/device' }))
  const json = async (response: Response) => (await response.json()) as Record<string, string>
  return {
    ...world,
    begin: async (fields: Record<string, string> = {}) =>
      json(await world.callToken({ scope: 'read write', ...fields }, { url: 'https://acme.example/oauth/device' })),
    visit: (query: Record<string, string>) =>
      world.simulator.fetch(new Request(`${baseUrl}/simulator/device?${new URLSearchParams(query)}`)),
    ask: (code: string | undefined, client = readyClient) =>
      world.callToken({ grant_type: deviceCode, device_code: code ?? '' }, { client }),
    json,
  }
}

test('a person types the code, and the device that waits gets tokens of that person, once', async () => {
  const world = start()
  const begun = await world.begin()
  assert.match(begun.user_code ?? '', /^[B-Z]{4}-[B-Z]{4}$/)
  world.pass(6)
  assert.equal((await world.json(await world.ask(begun.device_code))).error, 'authorization_pending')

  const typed = (begun.user_code ?? '').toLowerCase().replace('-', ' ')
  assert.equal((await world.visit({ user_code: typed, simulator: 'approve', simulator_person: '2' })).status, 200)
  world.pass(6)
  const tokens = (await (await world.ask(begun.device_code)).json()) as Tokens
  assert.equal(tokens.scope, 'read write')
  const me = await world.callApi('https://api.acme.example/v1/me', tokens.access_token)
  assert.match(await me.text(), /Melissa Chen/)
  world.pass(6)
  assert.equal((await world.json(await world.ask(begun.device_code))).error, 'expired_token')
})

test('asking too soon is answered with slow_down, and the interval grows', async () => {
  const world = start()
  const begun = await world.begin()
  assert.equal((await world.json(await world.ask(begun.device_code))).error, 'slow_down')
  world.pass(6)
  assert.equal((await world.json(await world.ask(begun.device_code))).error, 'slow_down')
  world.pass(16)
  assert.equal((await world.json(await world.ask(begun.device_code))).error, 'authorization_pending')
})

test('a person who says no, time, and another client end in the errors of RFC 8628', async () => {
  const world = start()
  const denied = await world.begin()
  await world.visit({ user_code: denied.user_code ?? '', simulator: 'deny' })
  world.pass(6)
  assert.equal((await world.json(await world.ask(denied.device_code))).error, 'access_denied')

  const late = await world.begin()
  const stranger = { clientId: 'other', clientSecret: 'x' }
  world.pass(6)
  assert.equal((await world.json(await world.ask(late.device_code, stranger))).error, 'invalid_grant')
  world.pass(600)
  assert.equal((await world.json(await world.ask(late.device_code))).error, 'expired_token')
  assert.equal((await world.visit({ user_code: late.user_code ?? '' })).status, 400)
})

test('the page asks for the code, then for consent, and takes one answer', async () => {
  const world = start()
  const begun = await world.begin()
  assert.match(await (await world.visit({})).text(), /name="user_code"/)
  const page = await (await world.visit({ user_code: begun.user_code ?? '' })).text()
  const handle = /name="request" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const decide = () => {
    const body = new URLSearchParams({ request: handle, person: '1', decision: 'approve' })
    body.append('scope', 'read')
    return world.simulator.fetch(new Request(`${baseUrl}/simulator/consent`, { method: 'POST', body }))
  }
  assert.equal((await decide()).status, 200)
  assert.equal((await decide()).status, 400)
  world.pass(6)
  assert.equal(((await (await world.ask(begun.device_code)).json()) as Tokens).scope, 'read')
})
