import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AppDefinition,
  type AppDefinitionInput,
  awsSignatureHeaders,
  type OAuth1Credentials,
  oauth1Header,
} from '@holdfast/catalog'
import { createMemoryRecords, createSimulator } from './index.ts'
import { baseUrl, callback, readyClient } from './testing.ts'

type OAuth1Input = Extract<AppDefinitionInput['authSchemes'][number], { scheme: 'OAUTH1' }>

const consumer = { consumerKey: readyClient.clientId, consumerSecret: readyClient.clientSecret }

function boards(scheme: Partial<OAuth1Input> = {}): AppDefinition {
  return AppDefinition.parse({
    key: 'boards',
    name: 'Boards',
    baseUrl: 'https://api.boards.example/1',
    identity: { url: '/me?fields=all', id: 'id', name: 'name' },
    authSchemes: [
      {
        scheme: 'OAUTH1',
        label: 'Sign in',
        requestTokenEndpoint: 'https://boards.example/request',
        authorizationEndpoint: 'https://boards.example/authorize',
        accessTokenEndpoint: 'https://boards.example/access',
        authorizationParams: { expiration: 'never' },
        keep: ['user_id'],
        ...scheme,
      },
    ],
  })
}

/** A simulator, and a client of OAuth 1 that signs what it sends. */
function start(app: AppDefinition) {
  let now = Date.parse('2026-11-22T12:00:00Z')
  let count = 0
  const clock = { now: () => new Date(now), sleep: async () => {} }
  const simulator = createSimulator({
    findApp: async (_, key) => (key === app.key ? app : undefined),
    records: createMemoryRecords(clock.now),
    clock,
    baseUrl,
    readyClient,
  })
  const send = (
    method: string,
    address: string,
    credentials: OAuth1Credentials,
    extra: Record<string, string> = {},
    options: { nonce?: string; timestampSeconds?: number; signatureMethod?: 'HMAC-SHA1' | 'PLAINTEXT' } = {},
  ) => {
    const url = simulator.resolve('prj_1', app.key, new URL(address))
    const authorization = oauth1Header({ method, url }, credentials, {
      signatureMethod: 'HMAC-SHA1',
      nonce: `n${++count}`,
      timestampSeconds: Math.floor(now / 1000),
      extra,
      ...options,
    })
    return simulator.fetch(new Request(url, { method, headers: { authorization } }))
  }
  const fields = async (response: Response) => Object.fromEntries(new URLSearchParams(await response.text()))
  const begin = async () =>
    fields(await send('POST', 'https://boards.example/request', consumer, { oauth_callback: callback }))
  const authorize = async (token: string, flags: Record<string, string>) => {
    const url = simulator.resolve('prj_1', app.key, new URL('https://boards.example/authorize'))
    url.search = new URLSearchParams({ oauth_token: token, expiration: 'never', ...flags }).toString()
    return simulator.fetch(new Request(url))
  }
  const approve = async (token: string, flags = {}) =>
    new URL((await authorize(token, { simulator: 'approve', ...flags })).headers.get('location') ?? '').searchParams
  const credentials = (answer: Record<string, string>): OAuth1Credentials => ({
    ...consumer,
    token: answer.oauth_token,
    tokenSecret: answer.oauth_token_secret,
  })
  const connect = async () => {
    const temporary = await begin()
    const verifier = (await approve(temporary.oauth_token ?? '')).get('oauth_verifier') ?? ''
    const answer = await send('POST', 'https://boards.example/access', credentials(temporary), {
      oauth_verifier: verifier,
    })
    return { temporary, verifier, answer: await fields(answer) }
  }
  const pass = (seconds: number) => {
    now += seconds * 1000
  }
  return { simulator, send, fields, begin, authorize, approve, credentials, connect, pass }
}

test('three legs of OAuth 1 end in a token whose signature tells whose account it is', async () => {
  const world = start(boards())
  const { answer } = await world.connect()
  assert.equal(answer.user_id, 'sim-user-id-1')
  const me = await world.send('GET', 'https://api.boards.example/1/me?fields=all', world.credentials(answer))
  assert.equal(me.status, 200)
  assert.equal(((await me.json()) as { id: string }).id, 'sim-person-1')
})

test('a person who says no comes back without a verifier', async () => {
  const world = start(boards())
  const back = await world.approve((await world.begin()).oauth_token ?? '', { simulator: 'deny' })
  assert.equal(back.get('oauth_verifier'), null)
  assert.equal(back.get('oauth_problem'), 'user_refused')
})

test('the consent page asks and sends back once', async () => {
  const world = start(boards())
  const page = await (await world.authorize((await world.begin()).oauth_token ?? '', {})).text()
  const handle = /name="request" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const decide = () =>
    world.simulator.fetch(
      new Request(`${baseUrl}/simulator/consent`, {
        method: 'POST',
        body: new URLSearchParams({ request: handle, person: '2', decision: 'approve' }),
      }),
    )
  const back = await decide()
  assert.equal(back.status, 303)
  assert.ok(new URL(back.headers.get('location') ?? '').searchParams.get('oauth_verifier'))
  assert.equal((await decide()).status, 400)
})

test('a token is exchanged once, with its own verifier and secret', async () => {
  const world = start(boards())
  const { temporary, verifier } = await world.connect()
  const again = await world.send('POST', 'https://boards.example/access', world.credentials(temporary), {
    oauth_verifier: verifier,
  })
  assert.deepEqual([again.status, await again.text()], [401, 'oauth_problem=token_rejected'])

  const other = await world.begin()
  await world.approve(other.oauth_token ?? '')
  const guessed = await world.send('POST', 'https://boards.example/access', world.credentials(other), {
    oauth_verifier: 'guess',
  })
  assert.equal(await guessed.text(), 'oauth_problem=verifier_invalid')
  const wrongSecret = { ...world.credentials(other), tokenSecret: 'x' }
  const unsigned = await world.send('POST', 'https://boards.example/access', wrongSecret, { oauth_verifier: verifier })
  assert.equal(await unsigned.text(), 'oauth_problem=signature_invalid')
})

const refusals: Record<string, (world: ReturnType<typeof start>) => Promise<Response>> = {
  'oauth_problem=signature_invalid': ({ send }) =>
    send('POST', 'https://boards.example/request', { ...consumer, consumerSecret: 'x' }, { oauth_callback: callback }),
  'oauth_problem=timestamp_refused': ({ send }) =>
    send('POST', 'https://boards.example/request', consumer, { oauth_callback: callback }, { timestampSeconds: 1 }),
  'oauth_problem=signature_method_rejected': ({ send }) =>
    send(
      'POST',
      'https://boards.example/request',
      consumer,
      { oauth_callback: callback },
      { signatureMethod: 'PLAINTEXT' },
    ),
  'oauth_problem=parameter_rejected': ({ send }) =>
    send('POST', 'https://boards.example/request', consumer, { oauth_callback: 'https://evil.example/' }),
  'oauth_problem=nonce_used': async ({ send }) => {
    await send('POST', 'https://boards.example/request', consumer, { oauth_callback: callback }, { nonce: 'same' })
    return send('POST', 'https://boards.example/request', consumer, { oauth_callback: callback }, { nonce: 'same' })
  },
}
for (const [said, ask] of Object.entries(refusals))
  test(`a request token is refused with ${said}`, async () => {
    assert.equal(await (await ask(start(boards()))).text(), said)
  })

test('the API refuses a wrong signature, a signature used twice and a token that has ended', async () => {
  const world = start(boards({ accessTokenLifetimeSeconds: 60 }))
  const { answer } = await world.connect()
  const good = world.credentials(answer)
  const me = (credentials: OAuth1Credentials, nonce?: string) =>
    world.send('GET', 'https://api.boards.example/1/me?fields=all', credentials, {}, nonce ? { nonce } : {})
  assert.equal((await me({ ...good, tokenSecret: 'x' })).status, 401)
  assert.equal((await me(good, 'same')).status, 200)
  assert.equal((await me(good, 'same')).status, 401)
  world.pass(61)
  assert.equal((await me(good)).status, 401)
})

test('tokens made by hand are taken unless they say of themselves that they are no good', async () => {
  const params = ['consumer_key', 'consumer_secret', 'token_id', 'token_secret'].map((name) => ({
    name,
    label: name,
    role: 'credential' as const,
  }))
  const app = AppDefinition.parse({
    key: 'ledger',
    name: 'Ledger',
    baseUrl: 'https://api.ledger.example',
    authSchemes: [{ scheme: 'OAUTH1', label: 'Tokens', params, tokens: {} }],
  })
  const world = start(app)
  const hand = { consumerKey: 'ck', consumerSecret: 'cs', token: 'tk', tokenSecret: 'ts' }
  assert.equal((await world.send('GET', 'https://api.ledger.example/x', hand)).status, 200)
  assert.equal((await world.send('GET', 'https://api.ledger.example/x', { ...hand, token: 'invalid' })).status, 401)
  assert.equal((await world.send('GET', 'https://api.ledger.example/x', { ...hand, token: 'unreachable' })).status, 503)
})

test('a call signed for AWS is taken within fifteen minutes, for its own region and service', async () => {
  const params = [
    { name: 'access_key_id', label: 'Key', role: 'credential' as const, secret: false },
    { name: 'secret_access_key', label: 'Secret', role: 'credential' as const },
    { name: 'region', label: 'Region', role: 'hostLabel' as const },
    { name: 'service', label: 'Service', role: 'hostLabel' as const },
  ]
  const app = AppDefinition.parse({
    key: 'cloud',
    name: 'Cloud',
    baseUrl: 'https://{service}.{region}.cloud.example',
    authSchemes: [{ scheme: 'API_KEY', label: 'Keys', params, signing: { algorithm: 'AWS4-HMAC-SHA256' } }],
  })
  const { simulator } = start(app)
  const call = (changes: { region?: string; at?: string; accessKeyId?: string } = {}) => {
    const url = simulator.resolve('prj_1', 'cloud', new URL('https://s3.eu-central-1.cloud.example/bucket'))
    const headers = awsSignatureHeaders(
      { method: 'GET', url },
      { accessKeyId: changes.accessKeyId ?? 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'any' },
      { region: changes.region ?? 'eu-central-1', service: 's3', at: new Date(changes.at ?? '2026-11-22T12:10:00Z') },
    )
    return simulator.fetch(new Request(url, { headers }))
  }
  assert.equal((await call()).status, 200)
  assert.equal((await call({ region: 'us-east-1' })).status, 401)
  assert.equal((await call({ at: '2026-11-22T12:16:00Z' })).status, 401)
  assert.equal((await call({ accessKeyId: 'AKIAinvalid' })).status, 401)
})
