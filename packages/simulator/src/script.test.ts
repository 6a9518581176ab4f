import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, startSimulator } from './testing.ts'

const rotating = { refresh: { rotates: true, graceSeconds: 0 } }
const me = 'https://api.acme.example/v1/me'

test('an empty script tells the state', async () => {
  const world = startSimulator(acme(rotating))
  const tokens = await world.connect()
  const state = {
    accessTokenExpiresAt: '2026-11-22T13:00:00.000Z',
    revoked: false,
    rotateRefreshTokens: true,
    pendingFailures: 0,
    tokenCalls: 1,
  }
  assert.deepEqual(await world.simulator.script(tokens.access_token, {}), state)
  assert.deepEqual(await world.simulator.script(tokens.refresh_token ?? '', {}), state)
})

test('a token that was not issued here has no script', async () => {
  const world = startSimulator(acme())
  const { access_token } = await world.connect()
  const forged = access_token.slice(0, -1) + (access_token.endsWith('A') ? 'B' : 'A')
  for (const token of ['', 'key', forged])
    assert.equal(await world.simulator.script(token, { revoke: true }), undefined)
  assert.equal((await world.callApi(me, access_token)).status, 200)
})

test('expiring now ends the access token, not the grant', async () => {
  const world = startSimulator(acme())
  const tokens = await world.connect()
  const state = await world.simulator.script(tokens.access_token, { expireNow: true })
  assert.equal(state?.accessTokenExpiresAt, '2026-11-22T12:00:00.000Z')
  assert.equal((await world.callApi(me, tokens.access_token)).status, 401)
  const fresh = (await (await world.refresh(tokens.refresh_token ?? '')).json()) as { access_token: string }
  assert.equal((await world.callApi(me, fresh.access_token)).status, 200)
  // The old token still names its grant, so a script may come after a refresh that the caller does not know of.
  assert.equal((await world.simulator.script(tokens.access_token, {}))?.tokenCalls, 2)
})

test('a token that never expires can be made to', async () => {
  const world = startSimulator(acme({ refresh: { accessTokenLifetimeSeconds: null } }))
  const { access_token } = await world.connect()
  assert.equal((await world.simulator.script(access_token, {}))?.accessTokenExpiresAt, null)
  await world.simulator.script(access_token, { expireNow: true })
  assert.equal((await world.callApi(me, access_token)).status, 401)
})

test('a revoked grant refreshes no more', async () => {
  const world = startSimulator(acme())
  const tokens = await world.connect()
  assert.equal((await world.simulator.script(tokens.access_token, { revoke: true }))?.revoked, true)
  assert.equal((await world.callApi(me, tokens.access_token)).status, 401)
  const answer = (await (await world.refresh(tokens.refresh_token ?? '')).json()) as { error: string }
  assert.equal(answer.error, 'invalid_grant')
})

test('failures are used up one a call and leave the refresh token as it was', async () => {
  const world = startSimulator(acme(rotating))
  const tokens = await world.connect()
  const refresh = () => world.refresh(tokens.refresh_token ?? '')
  const failNextTokenCalls = { times: 2, status: 503, body: '<h1>Down</h1>', delayMs: 1500 }
  assert.equal((await world.simulator.script(tokens.access_token, { failNextTokenCalls }))?.pendingFailures, 2)
  const first = await refresh()
  assert.equal(first.status, 503)
  assert.equal(first.headers.get('content-type'), 'text/html')
  assert.equal(await first.text(), '<h1>Down</h1>')
  assert.equal((await world.simulator.script(tokens.access_token, {}))?.pendingFailures, 1)
  assert.equal((await refresh()).status, 503)
  assert.equal((await refresh()).status, 200)
  assert.deepEqual(world.slept, [1500, 1500])
  const state = await world.simulator.script(tokens.access_token, {})
  assert.deepEqual([state?.pendingFailures, state?.tokenCalls], [0, 4])
})

test('a failure may be any status, with or without a body', async () => {
  const world = startSimulator(acme())
  const tokens = await world.connect()
  const fail = async (failure: { status?: number; body?: string }) => {
    await world.simulator.script(tokens.access_token, { failNextTokenCalls: { times: 1, ...failure } })
    return world.refresh(tokens.refresh_token ?? '')
  }
  assert.equal((await fail({})).status, 503)
  assert.equal((await fail({ status: 429 })).status, 429)
  assert.equal((await fail({ status: 204 })).status, 204)
  const inside = await fail({ status: 200, body: '{"error":"invalid_grant"}' })
  assert.equal(inside.headers.get('content-type'), 'application/json')
  await assert.rejects(fail({ status: 99 }), RangeError)
})

test('a slow call is carried out', async () => {
  const world = startSimulator(acme(rotating))
  const tokens = await world.connect()
  await world.simulator.script(tokens.access_token, { failNextTokenCalls: { times: 1, delayMs: 30_000 } })
  assert.equal((await world.refresh(tokens.refresh_token ?? '')).status, 200)
  assert.deepEqual(world.slept, [30_000])
})

test('a dropped answer is an operation that was done and not heard of', async () => {
  const world = startSimulator(acme(rotating))
  const tokens = await world.connect()
  await world.simulator.script(tokens.access_token, { failNextTokenCalls: { times: 1, dropAnswer: true } })
  await assert.rejects(world.refresh(tokens.refresh_token ?? ''), { name: 'TypeError', message: 'terminated' })
  assert.equal((await world.refresh(tokens.refresh_token ?? '')).status, 400)
})

test('a call dropped with a status was not carried out', async () => {
  const world = startSimulator(acme(rotating))
  const tokens = await world.connect()
  const failNextTokenCalls = { times: 1, status: 500, dropAnswer: true }
  await world.simulator.script(tokens.access_token, { failNextTokenCalls })
  await assert.rejects(world.refresh(tokens.refresh_token ?? ''), TypeError)
  assert.equal((await world.refresh(tokens.refresh_token ?? '')).status, 200)
})

test('rotation can be switched on and off', async () => {
  const world = startSimulator(acme({ refresh: { rotates: false } }))
  const tokens = await world.connect()
  const refresh = async () =>
    (await (await world.refresh(tokens.refresh_token ?? '')).json()) as Record<string, unknown>
  assert.equal((await refresh()).refresh_token, undefined)
  await world.simulator.script(tokens.access_token, { rotateRefreshTokens: true })
  assert.match(String((await refresh()).refresh_token), /^sim-rt-/)
  assert.equal((await refresh()).error, 'invalid_grant')
})

test('scripts of two processes at once both count', async () => {
  const world = startSimulator(acme())
  const { access_token } = await world.connect()
  await Promise.all([
    world.simulator.script(access_token, { rotateRefreshTokens: true }),
    world.simulator.script(access_token, { expireNow: true }),
    world.simulator.script(access_token, { failNextTokenCalls: { times: 3 } }),
  ])
  const state = await world.simulator.script(access_token, {})
  assert.deepEqual(
    [state?.rotateRefreshTokens, state?.accessTokenExpiresAt, state?.pendingFailures],
    [true, '2026-11-22T12:00:00.000Z', 3],
  )
})
