import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryRecords } from './index.ts'
import { acme, callback, codeVerifier, readyClient, startSimulator } from './testing.ts'

const json = async (response: Response) => (await response.json()) as Record<string, unknown>

test('the code flow ends in a token that tells whose account it is', async () => {
  const world = startSimulator(acme())
  const back = await world.approve({ scope: 'read write', simulator_person: '2' })
  assert.equal(back.get('state'), 'st-1')
  assert.equal(back.get('iss'), null)
  const response = await world.redeem(back.get('code') ?? '')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  const tokens = await json(response)
  assert.equal(tokens.token_type, 'Bearer')
  assert.equal(tokens.expires_in, 3600)
  assert.equal(tokens.scope, 'read write')
  const me = await json(await world.callApi('https://api.acme.example/v1/me', String(tokens.access_token)))
  assert.deepEqual(me.data, {
    id: 'sim-person-2',
    name: 'Melissa Chen',
    email: 'melissa.chen@example.com',
    picture: 'http://127.0.0.1:4280/simulator/assets/person-2.svg',
  })
})

test('any other path below the base URL says what was called', async () => {
  const world = startSimulator(acme())
  const { access_token } = await world.connect()
  const init = { method: 'PATCH', body: '{}', headers: { 'content-type': 'application/json' } }
  const response = await world.callApi('https://api.acme.example/v1/things/7?x=1', access_token, init)
  assert.deepEqual(await json(response), {
    simulated: true,
    app: 'acme',
    method: 'PATCH',
    path: '/v1/things/7',
    account: { id: 'sim-person-1', name: 'Jessica Rivera', email: 'jessica.rivera@example.com' },
  })
})

test('a code is redeemed once; the second time ends the grant', async () => {
  const world = startSimulator(acme())
  const code = (await world.approve()).get('code') ?? ''
  const tokens = await json(await world.redeem(code))
  const replay = await world.redeem(code)
  assert.equal(replay.status, 400)
  assert.equal((await json(replay)).error, 'invalid_grant')
  assert.equal((await world.callApi('https://api.acme.example/v1/me', String(tokens.access_token))).status, 401)
})

test('of two redemptions at the same time one gets tokens', async () => {
  const world = startSimulator(acme())
  const code = (await world.approve()).get('code') ?? ''
  const answers = await Promise.all([world.redeem(code), world.redeem(code)])
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 400])
})

const badRedemptions: Record<string, Record<string, string | null>> = {
  'a wrong verifier': { code_verifier: 'w'.repeat(64) },
  'a short verifier': { code_verifier: 'short' },
  'no verifier': { code_verifier: null },
  'another redirect URI': { redirect_uri: `${callback}x` },
  'no redirect URI': { redirect_uri: null },
  'an unknown code': { code: `sim-code-${'0'.repeat(24)}-${'a'.repeat(32)}` },
  'a code of another make': { code: 'abc' },
}
for (const [what, changes] of Object.entries(badRedemptions))
  test(`${what} gives no tokens`, async () => {
    const world = startSimulator(acme())
    const response = await world.redeem((await world.approve()).get('code') ?? '', changes)
    assert.equal(response.status, 400)
    assert.equal((await json(response)).error, 'invalid_grant')
  })

test('a code dies after 60 seconds', async () => {
  const world = startSimulator(acme())
  const code = (await world.approve()).get('code') ?? ''
  world.pass(60)
  assert.equal((await json(await world.redeem(code))).error, 'invalid_grant')
})

test('a code belongs to its client, its project and its tenant', async () => {
  const shop = {
    authorizationEndpoint: 'https://{shop}.acme.example/authorize',
    tokenEndpoint: 'https://{shop}.acme.example/token',
    params: [{ name: 'shop', label: 'Shop', role: 'hostLabel' as const }],
  }
  const world = startSimulator(acme(shop))
  const values = { shop: 'one' }
  const code = async () => (await world.approve({}, values)).get('code') ?? ''
  const other = { clientId: 'somebody-else', clientSecret: 'x' }
  const elsewhere = await world.redeem(await code(), {}, { values: { shop: 'two' } })
  assert.equal((await json(elsewhere)).error, 'invalid_grant')
  assert.equal((await json(await world.redeem(await code(), {}, { values, client: other }))).error, 'invalid_grant')
  const request = new Request(world.at('https://one.acme.example/token', 'prj_2'), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('a:b')}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: await code(),
      redirect_uri: callback,
      code_verifier: codeVerifier,
    }),
  })
  assert.equal((await json(await world.simulator.fetch(request))).error, 'invalid_grant')
  assert.equal((await world.redeem(await code(), {}, { values })).status, 200)
})

test('where the app knows no PKCE, a challenge is refused and a verifier too', async () => {
  const world = startSimulator(acme({ codeChallengeMethod: 'none' }))
  const page = await world.get(world.authorizeUrl({ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' }))
  assert.equal(page.status, 400)
  const code = (await world.approve()).get('code') ?? ''
  assert.equal((await json(await world.redeem(code, { code_verifier: codeVerifier }))).error, 'invalid_grant')
})

for (const method of ['client_secret_basic', 'client_secret_post', 'none'] as const)
  for (const format of ['form', 'json'] as const)
    test(`client authentication ${method} with a ${format} body works, and no other way does`, async () => {
      const world = startSimulator(acme({ tokenEndpointAuthMethod: method, tokenRequestFormat: format }))
      const code = (await world.approve()).get('code') ?? ''
      const wrong = [
        { authorization: undefined, fields: {} },
        ...(method === 'client_secret_basic' ? [] : [{ authorization: basic('ready-client', 'x'), fields: {} }]),
        ...(method === 'client_secret_post'
          ? []
          : [{ authorization: undefined, fields: { client_id: 'c', client_secret: 's' } }]),
        ...(method === 'none' ? [] : [{ authorization: undefined, fields: { client_id: 'ready-client' } }]),
        { authorization: 'Basic !!!', fields: {} },
      ]
      for (const { authorization, fields } of wrong) {
        const body = { grant_type: 'authorization_code', code, ...fields }
        const request = new Request(world.at(world.scheme.tokenEndpoint), {
          method: 'POST',
          headers: {
            ...(authorization !== undefined && { authorization }),
            'content-type': format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded',
          },
          body:
            format === 'json' ? JSON.stringify(body) : new URLSearchParams(body as Record<string, string>).toString(),
        })
        const response = await world.simulator.fetch(request)
        assert.equal(response.status, 401, JSON.stringify({ authorization, fields }))
        assert.equal((await json(response)).error, 'invalid_client')
        assert.equal(response.headers.has('www-authenticate'), authorization !== undefined)
      }
      // A refused client has not used the code up.
      assert.equal((await world.redeem(code)).status, 200)
    })

const basic = (id: string, secret: string) => `Basic ${btoa(`${id}:${secret}`)}`

test('the ready client has one right secret; other clients have any', async () => {
  const world = startSimulator(acme())
  const wrong = { clientId: readyClient.clientId, clientSecret: 'wrong' }
  const own = { clientId: 'own', clientSecret: 'anything' }
  const code = async (client_id: string) => (await world.approve({ client_id })).get('code') ?? ''
  assert.equal((await world.redeem(await code(wrong.clientId), {}, { client: wrong })).status, 401)
  assert.equal((await world.redeem(await code(own.clientId), {}, { client: own })).status, 200)
  assert.equal((await world.redeem(await code(own.clientId), {}, { client: { ...own, clientSecret: '' } })).status, 401)
})

test('a token request that can not be read is refused as such', async () => {
  const world = startSimulator(acme())
  const send = (body: string, type: string) =>
    world.simulator.fetch(
      new Request(world.at(world.scheme.tokenEndpoint), {
        method: 'POST',
        body,
        headers: { 'content-type': type, authorization: basic('a', 'b') },
      }),
    )
  const form = 'application/x-www-form-urlencoded'
  assert.equal((await json(await send('{}', 'application/json'))).error, 'invalid_request')
  assert.equal((await json(await send('grant_type=refresh_token&grant_type=x', form))).error, 'invalid_request')
  assert.equal((await json(await send('', form))).error, 'invalid_request')
  assert.equal((await json(await send('grant_type=password', form))).error, 'unsupported_grant_type')
  assert.equal((await json(await send('grant_type=authorization_code', form))).error, 'invalid_request')
  assert.equal((await world.get(world.at(world.scheme.tokenEndpoint))).status, 405)
})

test('tokens stand where the app puts them, beside what it keeps and what is learnt', async () => {
  const world = startSimulator(
    acme(
      {
        scopeSeparator: ',',
        tokenResponse: {
          accessToken: 'authed.token',
          refreshToken: 'authed.again',
          expiresIn: 'authed.ttl',
          scope: 'authed.scope',
          scopeSeparator: ' ',
          keep: ['team.id', 'team', 'bot_name'],
        },
        learnedParams: [
          {
            name: 'instance_host',
            role: 'host',
            from: 'tokenResponse',
            path: 'instance_url',
            pattern: '^[a-z0-9]+\\.acme\\.example$',
          },
        ],
      },
      { successField: 'ok' },
    ),
  )
  const answer = await json(await world.redeem((await world.approve({ scope: 'a,b' })).get('code') ?? ''))
  const authed = answer.authed as Record<string, unknown>
  assert.equal(answer.ok, true)
  assert.match(String(authed.token), /^sim-at-/)
  assert.match(String(authed.again), /^sim-rt-/)
  assert.deepEqual([authed.ttl, authed.scope, authed.token_type], [3600, 'a b', 'Bearer'])
  assert.deepEqual(answer.team, { id: 'sim-id-1' })
  assert.equal(answer.bot_name, 'Jessica Rivera (simulated)')
  assert.match(String(answer.instance_url), /^https:\/\/[a-z0-9]+\.acme\.example$/)
  assert.equal(answer.access_token, undefined)
})

test('an app with a success field says its errors with status 200', async () => {
  const world = startSimulator(acme({}, { successField: 'ok' }))
  const response = await world.redeem('abc')
  assert.equal(response.status, 200)
  const { ok, error } = await json(response)
  assert.deepEqual([ok, error], [false, 'invalid_grant'])
})

test('where JSON must be asked for, the answer is form-encoded without the header', async () => {
  const world = startSimulator(
    acme({ tokenRequestHeaders: { Accept: 'application/json' }, tokenEndpointAuthMethod: 'none' }),
  )
  const fields = {
    grant_type: 'authorization_code',
    client_id: readyClient.clientId,
    redirect_uri: callback,
    code_verifier: codeVerifier,
  }
  const ask = async (accept: string) =>
    world.simulator.fetch(
      new Request(world.at(world.scheme.tokenEndpoint), {
        method: 'POST',
        headers: { accept },
        body: new URLSearchParams({ ...fields, code: (await world.approve()).get('code') ?? '' }),
      }),
    )
  const asForm = await ask('*/*')
  assert.equal(asForm.headers.get('content-type'), 'application/x-www-form-urlencoded')
  assert.match(new URLSearchParams(await asForm.text()).get('access_token') ?? '', /^sim-at-/)
  assert.match(String((await json(await ask('application/json'))).access_token), /^sim-at-/)
})

test('a refresh gives a new access token; the refresh token stays and works again', async () => {
  const world = startSimulator(acme({ refresh: { rotates: false } }))
  const first = await world.connect()
  const again = await json(await world.refresh(first.refresh_token ?? ''))
  assert.equal(again.refresh_token, undefined)
  assert.notEqual(again.access_token, first.access_token)
  assert.equal((await world.refresh(first.refresh_token ?? '')).status, 200)
  assert.equal((await world.callApi('https://api.acme.example/v1/me', first.access_token)).status, 200)
})

test('rotation retires the old refresh token; used again it ends the grant', async () => {
  const world = startSimulator(acme({ refresh: { rotates: true } }))
  const first = await world.connect()
  const second = await json(await world.refresh(first.refresh_token ?? ''))
  assert.match(String(second.refresh_token), /^sim-rt-/)
  const reuse = await world.refresh(first.refresh_token ?? '')
  assert.equal(reuse.status, 400)
  assert.equal((await json(reuse)).error, 'invalid_grant')
  assert.equal((await world.refresh(String(second.refresh_token))).status, 400)
  assert.equal((await world.callApi('https://api.acme.example/v1/me', String(second.access_token))).status, 401)
})

test('within the grace a retired refresh token answers again, after it not', async () => {
  const world = startSimulator(acme({ refresh: { rotates: true, graceSeconds: 30 } }))
  const first = await world.connect()
  await world.refresh(first.refresh_token ?? '')
  world.pass(29)
  const again = await world.refresh(first.refresh_token ?? '')
  assert.equal(again.status, 200)
  world.pass(1)
  assert.equal((await world.refresh(first.refresh_token ?? '')).status, 400)
  assert.equal((await world.refresh(String((await json(again)).refresh_token))).status, 400)
})

test('of two refreshes at the same time without grace one counts as reuse', async () => {
  const world = startSimulator(acme({ refresh: { rotates: true, graceSeconds: 0 } }))
  const { refresh_token = '' } = await world.connect()
  const answers = await Promise.all([world.refresh(refresh_token), world.refresh(refresh_token)])
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 400])
})

test('a refresh token has its own life, its own client and its own endpoint', async () => {
  const refreshEndpoint = 'https://acme.example/oauth/refresh'
  const world = startSimulator(acme({ refresh: { refreshTokenLifetimeSeconds: 100 }, refreshEndpoint }))
  const { refresh_token = '' } = await world.connect()
  const other = { clientId: 'other', clientSecret: 'x' }
  assert.equal((await json(await world.refresh(refresh_token, { client: other }))).error, 'invalid_grant')
  const atToken = await world.refresh(refresh_token, { url: 'https://acme.example/oauth/token' })
  assert.equal((await json(atToken)).error, 'unsupported_grant_type')
  const wider = { grant_type: 'refresh_token', refresh_token, scope: 'everything' }
  assert.equal((await json(await world.callToken(wider))).error, 'invalid_scope')
  assert.equal((await world.refresh(refresh_token)).status, 200)
  world.pass(100)
  assert.equal((await json(await world.refresh(refresh_token))).error, 'invalid_grant')
})

test('no refresh token comes for a token that never expires, nor without the scope for it', async () => {
  const lasting = await startSimulator(acme({ refresh: { accessTokenLifetimeSeconds: null } })).connect()
  assert.equal(lasting.refresh_token, undefined)
  assert.equal(lasting.expires_in, undefined)
  const world = startSimulator(acme({ scopes: { required: ['offline'] } }))
  assert.equal((await world.connect({ scope: 'read' })).refresh_token, undefined)
  assert.match((await world.connect({ scope: 'read offline' })).refresh_token ?? '', /^sim-rt-/)
})

test('an access token ends with its lifetime', async () => {
  const world = startSimulator(acme({ refresh: { accessTokenLifetimeSeconds: 60 } }))
  const { access_token } = await world.connect()
  world.pass(59)
  assert.equal((await world.callApi('https://api.acme.example/v1/ping', access_token)).status, 200)
  world.pass(1)
  const late = await world.callApi('https://api.acme.example/v1/ping', access_token)
  assert.equal(late.status, 401)
  assert.match(late.headers.get('www-authenticate') ?? '', /invalid_token/)
})

test('revocation ends both tokens; an unknown token is no error', async () => {
  const world = startSimulator(acme())
  const tokens = await world.connect()
  const url = 'https://acme.example/oauth/revoke'
  assert.equal((await world.callToken({ token: 'unknown' }, { url })).status, 200)
  assert.equal((await world.callToken({}, { url })).status, 400)
  const stranger = { clientId: 'other', clientSecret: 'x' }
  assert.equal((await world.callToken({ token: tokens.access_token }, { url, client: stranger })).status, 400)
  assert.equal((await world.callApi('https://api.acme.example/v1/me', tokens.access_token)).status, 200)
  assert.equal((await world.callToken({ token: tokens.refresh_token ?? '' }, { url })).status, 200)
  assert.equal((await world.callApi('https://api.acme.example/v1/me', tokens.access_token)).status, 401)
  assert.equal((await json(await world.refresh(tokens.refresh_token ?? ''))).error, 'invalid_grant')
})

test('a token is good in its project, for its app and at its tenant only', async () => {
  const world = startSimulator(
    acme(
      {
        authorizationEndpoint: 'https://{shop}.acme.example/authorize',
        tokenEndpoint: 'https://{shop}.acme.example/token',
        params: [{ name: 'shop', label: 'Shop', role: 'hostLabel' }],
      },
      { baseUrl: 'https://{shop}.acme.example/api' },
    ),
  )
  const code = (await world.approve({}, { shop: 'one' })).get('code') ?? ''
  const { access_token } = await json(await world.redeem(code, {}, { values: { shop: 'one' } }))
  const authorization = { authorization: `Bearer ${access_token}` }
  assert.equal((await world.get(world.at('https://one.acme.example/api/me'), authorization)).status, 200)
  assert.equal((await world.get(world.at('https://two.acme.example/api/me'), authorization)).status, 401)
  assert.equal((await world.get(world.at('https://one.acme.example/api/me', 'prj_2'), authorization)).status, 401)
  assert.equal((await world.get(world.at('https://one.acme.example/other/me'), authorization)).status, 404)
  assert.equal((await world.get(world.at('https://one.evil.example/api/me'), authorization)).status, 404)
  assert.equal((await world.get(world.at('https://one.acme.example/api/me', 'nobody'), authorization)).status, 404)
})

test('a value learnt by a call is the same each time', async () => {
  const world = startSimulator(
    acme({
      learnedParams: [
        {
          name: 'cloud_id',
          role: 'path',
          from: 'call',
          call: { url: 'https://acme.example/sites' },
          path: '0.id',
          pattern: '^[0-9a-f]{8}-[0-9a-f]{4}$',
        },
      ],
    }),
  )
  const { access_token } = await world.connect()
  const ask = async () =>
    (await (await world.callApi('https://acme.example/sites', access_token)).json()) as { id: string }[]
  const [site] = await ask()
  assert.match(site?.id ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}$/)
  assert.deepEqual(await ask(), [site])
  assert.equal((await world.callApi('https://acme.example/sites', 'sim-at-x')).status, 401)
})

test('what was granted outlives the process', async () => {
  const records = createMemoryRecords(() => new Date('2026-11-22T12:00:00Z'))
  const tokens = await startSimulator(acme(), records).connect()
  const restarted = startSimulator(acme(), records)
  assert.equal((await restarted.callApi('https://api.acme.example/v1/me', tokens.access_token)).status, 200)
  assert.equal((await restarted.refresh(tokens.refresh_token ?? '')).status, 200)
})

test('no token, code or secret is kept in readable form', async () => {
  const written: string[] = []
  const memory = createMemoryRecords()
  const records: typeof memory = {
    ...memory,
    put: (kind, key, value, expiresAt) => {
      written.push(key, value)
      return memory.put(kind, key, value, expiresAt)
    },
    replace: (kind, key, expected, value) => {
      written.push(value)
      return memory.replace(kind, key, expected, value)
    },
  }
  const world = startSimulator(acme(), records)
  const code = (await world.approve()).get('code') ?? ''
  const tokens = await json(await world.redeem(code))
  await world.refresh(String(tokens.refresh_token))
  const kept = written.join('\n')
  for (const secret of [code, tokens.access_token, tokens.refresh_token, codeVerifier, readyClient.clientSecret])
    assert.ok(!kept.includes(String(secret)))
})
