/** Schemes in which the server fetches tokens by itself: against real servers, and in test mode against the simulator. */
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { type RunningOidcProvider, startOidcProvider } from '../packages/server/src/oauth/testing/oidc-provider.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok, tokenIn } from './support/api.ts'
import { type MovableClock, movableClock } from './support/clock.ts'
import { startTokenServers, type TokenServers } from './support/token-servers.ts'

const credential = (name: string, more = {}) => ({ name, label: name, role: 'credential', ...more })

let servers: TokenServers
let oidc: RunningOidcProvider
let server: TestServer
let api: Api
let clock: MovableClock

before(async () => {
  clock = movableClock()
  servers = await startTokenServers()
  oidc = await startOidcProvider({
    clients: [
      {
        clientId: 'robot client',
        clientSecret: 'a secret: with+%/=&~',
        authMethod: 'client_secret_basic',
        redirectUris: ['https://robot.test/cb'],
      },
    ],
  })
  const environment = { HOLDFAST_ALLOW_PRIVATE_HOSTS: `${servers.host},${oidc.host}` }
  server = await startTestServer({ clock, loops: false, environment })
  api = apiOf(server)
  for (const app of apps()) ok(await api.post('/api/v1/apps', app))
})
after(async () => {
  await server.close()
  await servers.close()
  await oidc.close()
})

/** One app a scheme; each really called, since custom apps are. */
function apps() {
  const whoever = {
    baseUrl: `${servers.origin}/api`,
    identity: { url: '/me', id: 'id', name: 'name' },
    testCall: { url: '/me' },
  }
  const named = (key: string, scheme: object, app: object = whoever) => ({
    key,
    name: key,
    ...app,
    authSchemes: [{ label: key, ...scheme }],
  })
  return [
    named(
      'own-robots',
      {
        scheme: 'S2S_OAUTH2',
        params: [credential('client_id', { secret: false }), credential('client_secret')],
        tokenEndpoint: `${oidc.issuer}/token`,
      },
      { baseUrl: 'https://api.robots.example' },
    ),
    named('own-assertions', {
      scheme: 'SERVICE_ACCOUNT',
      params: [
        credential('client_id'),
        credential('private_key'),
        credential('person', { required: false, secret: false }),
      ],
      assertion: { claims: { iss: '{client_id}', sub: '{person}', aud: `${servers.origin}/assertion` } },
      tokenRequest: {
        url: `${servers.origin}/assertion`,
        format: 'form',
        body: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: '{jwt}' },
      },
      tokenResponse: { keep: ['sub'] },
    }),
    named('own-installations', {
      scheme: 'SERVICE_ACCOUNT',
      params: [
        credential('app_id', { secret: false }),
        credential('private_key'),
        { name: 'installation', label: 'Installation', role: 'path', pattern: '^\\d+$' },
      ],
      assertion: { claims: { iss: '{app_id}', aud: 'installations' }, lifetimeSeconds: 600 },
      tokenRequest: {
        url: `${servers.origin}/installations/{installation}/tokens`,
        headers: { Authorization: 'Bearer {jwt}' },
      },
      tokenResponse: { accessToken: 'token', expiresAt: 'expires_at' },
    }),
    named(
      'own-blog',
      {
        scheme: 'SERVICE_ACCOUNT',
        params: [credential('key_id', { secret: false }), credential('key_secret')],
        assertion: {
          algorithm: 'HS256',
          key: 'key_secret',
          keyFormat: 'hex',
          header: { kid: '{key_id}' },
          claims: { aud: '/admin/' },
        },
        send: [{ in: 'header', name: 'Authorization', value: 'Ghost {access_token}' }],
      },
      { baseUrl: `${servers.origin}/jwt`, identity: { url: '/me', id: 'id' }, testCall: { url: '/me' } },
    ),
    named('own-key-files', {
      scheme: 'GOOGLE_SERVICE_ACCOUNT',
      params: [credential('credentials_json'), credential('delegated_user', { required: false, secret: false })],
      tokenEndpoint: `${servers.origin}/assertion`,
      subject: 'delegated_user',
      scopes: { default: ['files.read', 'files.write'] },
      tokenResponse: { keep: ['sub'] },
    }),
    named('own-login', {
      scheme: 'BASIC_WITH_JWT',
      params: [
        credential('username', { secret: false }),
        credential('password'),
        { name: 'site', label: 'Site', role: 'value', required: false },
      ],
      login: {
        url: `${servers.origin}/login`,
        basic: { username: '{username}', password: '{password}' },
        body: { site: { url: '{site}' }, client: 'Holdfast' },
      },
      tokenResponse: { accessToken: 'session.token', keep: ['site.id'] },
      accessTokenLifetimeSeconds: 600,
    }),
  ]
}

const connect = (app: string, data: Record<string, unknown>) => api.connect({ integrationId: undefined, app, data })
const keyFile = () =>
  JSON.stringify({
    type: 'service_account',
    client_email: 'robot@project.test',
    private_key: servers.privateKey,
    private_key_id: 'kid-1',
    token_uri: 'https://evil.test/token',
  })
const good: Record<string, () => Record<string, unknown>> = {
  'own-robots': () => ({ client_id: 'robot client', client_secret: 'a secret: with+%/=&~' }),
  'own-assertions': () => ({ client_id: 'client-1', private_key: servers.privateKey }),
  'own-installations': () => ({ app_id: '42', private_key: servers.oldPrivateKey, installation: '7' }),
  'own-blog': () => ({ key_id: 'key-5', key_secret: servers.sharedSecretHex }),
  'own-key-files': () => ({ credentials_json: keyFile() }),
  'own-login': () => ({ username: 'app', password: servers.password }),
}

describe('a connection without a browser', () => {
  for (const app of Object.keys(good))
    it(`is ACTIVE at once with a token that was really given: ${app}`, async () => {
      const account = await connect(app, good[app]?.() ?? {})
      assert.equal(account.verification, 'verified')
      assert.ok(account.expiresAt)
      const info = ok(await api.info(account.id))
      assert.match(tokenIn(info), /^(?:Bearer|Ghost) \S{7,}$/)
      assert.equal(account.connectionParams?.access_token, tokenIn(info).replace(/^\w+ /, ''))
      assert.equal(account.connectionParams?.refresh_token, undefined)
      if (app !== 'own-robots') assert.ok(account.identity?.id)
    })

  it('takes a key whose line ends were lost, or are written as \\n', async () => {
    for (const text of [
      servers.privateKey.replaceAll('\n', ''),
      servers.privateKey.replaceAll('\n', '\\n'),
      `\n${servers.privateKey}\n\n`,
    ])
      await connect('own-assertions', { client_id: 'client-1', private_key: text })
  })

  it('names the person that is acted for only when one is given', async () => {
    const alone = await connect('own-key-files', { credentials_json: keyFile() })
    assert.equal(alone.connectionParams?.sub, undefined)
    const acting = await connect('own-key-files', { credentials_json: keyFile(), delegated_user: 'ada@acme.test' })
    assert.equal(acting.connectionParams?.sub, 'ada@acme.test')
  })

  it('keeps what the answer tells beside the token', async () => {
    assert.equal((await connect('own-login', good['own-login']?.() ?? {})).connectionParams?.id, 'site-9')
  })
})

describe('a credential that is no good', () => {
  const bad: [string, Record<string, () => unknown>][] = [
    ['own-robots', { client_secret: () => 'another' }],
    ['own-assertions', { private_key: () => otherKey() }],
    ['own-login', { password: () => 'another' }],
  ]
  for (const [app, changes] of bad)
    it(`is refused by the app, and nothing is stored: ${app}`, async () => {
      const entityId = newEntity()
      const changed = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value()]))
      const data = { ...good[app]?.(), ...changed }
      const refused = await api.post('/api/v1/connectedAccounts', { app, entityId, data })
      const { message } = assertRefused(refused, { status: 400, code: 'credential_refused' })
      for (const value of Object.values(changed)) assert.ok(!message.includes(String(value)))
      const { items } = ok(await api.get<{ items: unknown[] }>(`/api/v1/connectedAccounts?entityId=${entityId}`))
      assert.deepEqual(items, [])
    })

  const unreadable: [string, string, () => unknown, RegExp][] = [
    ['own-assertions', 'private_key', () => 'no key', /PEM/],
    ['own-assertions', 'private_key', () => publicKey(), /PEM/],
    ['own-assertions', 'private_key', () => ecKey(), /RS256/],
    ['own-blog', 'key_secret', () => 'not hex', /hex/],
    ['own-key-files', 'credentials_json', () => 'not json', /JSON/],
    ['own-key-files', 'credentials_json', () => '{"client_email":"a@b.test"}', /private_key/],
    ['own-key-files', 'credentials_json', () => '[]', /client_email/],
  ]
  for (const [app, field, value, message] of unreadable)
    it(`that cannot be read is a problem of its field: ${app} ${String(message)}`, async () => {
      const data = { ...good[app]?.(), [field]: value() }
      const answer = await api.post('/api/v1/connectedAccounts', { app, entityId: newEntity(), data })
      const refusal = assertRefused(answer, { status: 400, code: 'validation_failed', field: `data.${field}` })
      assert.match(refusal.errors[0]?.message ?? '', message)
    })

  it('is not known to be one while the app cannot be asked', async () => {
    servers.failWith = 503
    try {
      const data = good['own-login']?.()
      const answer = await api.post('/api/v1/connectedAccounts', { app: 'own-login', entityId: newEntity(), data })
      assertRefused(answer, { status: 502, code: 'provider_unavailable' })
    } finally {
      servers.failWith = undefined
    }
  })
})

describe('a token that ends', () => {
  const untilEnd = ({ expiresAt }: ConnectedAccount) => new Date(expiresAt ?? 0).getTime() - clock.now().getTime()

  it('is kept until then, and fetched anew once however many read', async () => {
    const account = await connect('own-login', good['own-login']?.() ?? {})
    const first = tokenIn(ok(await api.info(account.id)))
    const calls = servers.calls['/login'] ?? 0
    assert.equal(tokenIn(ok(await api.info(account.id))), first)
    assert.equal(servers.calls['/login'], calls)
    clock.advance(untilEnd(account) + 1000)
    const answers = await Promise.all(Array.from({ length: 30 }, () => api.info(account.id)))
    const tokens = new Set(answers.map((answer) => tokenIn(ok(answer))))
    assert.equal(tokens.size, 1)
    assert.ok(!tokens.has(first))
    assert.equal(servers.calls['/login'], calls + 1)
  })

  it('is fetched anew after an hour where nobody says when it ends', async () => {
    const app = apps().find(({ key }) => key === 'own-login') ?? assert.fail()
    const [scheme = {}] = app.authSchemes as object[]
    const login = { ...scheme, accessTokenLifetimeSeconds: undefined }
    ok(await api.post('/api/v1/apps', { ...app, key: 'own-silent-login', authSchemes: [login] }))
    const account = await connect('own-silent-login', good['own-login']?.() ?? {})
    assert.ok(Math.abs(untilEnd(account) - 3_600_000) < 10_000)
    const first = tokenIn(ok(await api.info(account.id)))
    clock.advance(3_600_000)
    assert.notEqual(tokenIn(ok(await api.info(account.id))), first)
  })

  it('is signed anew', async () => {
    const account = await connect('own-blog', good['own-blog']?.() ?? {})
    const first = tokenIn(ok(await api.info(account.id)))
    clock.advance(untilEnd(account) + 1000)
    assert.notEqual(tokenIn(ok(await api.info(account.id))), first)
  })

  it('leaves the account ACTIVE while the app cannot be asked, and is served again afterwards', async () => {
    const account = await connect('own-assertions', good['own-assertions']?.() ?? {})
    clock.advance(untilEnd(account) + 1000)
    servers.failWith = 500
    const answer = await api.info(account.id)
    servers.failWith = undefined
    assertRefused(answer, { status: 502, code: 'provider_unavailable' })
    const path = `/api/v1/connectedAccounts?entityId=${account.entityId}`
    const { items } = ok(await api.get<{ items: ConnectedAccount[] }>(path))
    assert.deepEqual(
      items.map(({ status }) => status),
      ['ACTIVE'],
    )
    clock.advance(11 * 60_000)
    assert.match(tokenIn(ok(await api.info(account.id))), /^Bearer token-/)
  })

  it('ends the account when the credential is no good any more', async () => {
    const account = await connect('own-login', good['own-login']?.() ?? {})
    clock.advance(untilEnd(account) + 1000)
    const { password } = servers
    servers.password = 'changed'
    const answer = await api.info(account.id)
    servers.password = password
    assertRefused(answer, { status: 400, code: 'reconnect_required' })
    assert.deepEqual([(await api.account(account.id)).status], ['EXPIRED'])
    const { integrationId } = account
    const integration = ok(await api.get<{ problem: unknown }>(`/api/v1/integrations/${integrationId}`))
    assert.equal(integration.problem ?? null, null)
  })
})

describe('in test mode', () => {
  for (const app of Object.keys(good))
    it(`the simulator gives the token and takes it: ${app}`, async () => {
      const integration = ok(await api.post<{ id: string }>('/api/v1/integrations', { app, simulated: true }))
      const account = await api.connect({ integrationId: integration.id, data: good[app]?.() ?? {} })
      assert.equal(account.simulated, true)
      if (app !== 'own-robots') assert.ok(account.identity?.id)
      const { base_url, params } = ok(await api.info(account.id))
      const headers = Object.fromEntries(params.map(({ name, value }) => [name, value]))
      assert.equal((await fetch(`${base_url}/anything`, { headers })).status, 200)
      assert.equal(
        (await fetch(`${base_url}/anything`, { headers: { ...headers, Authorization: 'Bearer x' } })).status,
        401,
      )
      clock.advance(2 * 60 * 60_000)
      assert.equal((await fetch(`${base_url}/anything`, { headers })).status, 401)
      const again = ok(await api.info(account.id)).params
      const renewed = Object.fromEntries(again.map(({ name, value }) => [name, value]))
      assert.equal((await fetch(`${base_url}/anything`, { headers: renewed })).status, 200)
    })

  it('a credential that says of itself that it is invalid is refused', async () => {
    const integration = ok(
      await api.post<{ id: string }>('/api/v1/integrations', { app: 'own-login', simulated: true }),
    )
    const data = { username: 'app', password: 'invalid-password' }
    const answer = await api.post('/api/v1/connectedAccounts', {
      integrationId: integration.id,
      entityId: newEntity(),
      data,
    })
    assertRefused(answer, { status: 400, code: 'credential_refused' })
  })
})

describe('schemes that the published Python client does not know', () => {
  const known = 'OAUTH2 OAUTH1 API_KEY BASIC BEARER_TOKEN GOOGLE_SERVICE_ACCOUNT NO_AUTH BASIC_WITH_JWT'.split(' ')
  interface Listed {
    key: string
    auth_schemes: { auth_mode: string }[]
  }
  const modesAt = async (path: string, source: string): Promise<string[]> => {
    const headers = { 'x-api-key': server.apiKey, 'x-source': source }
    const body = (await (await fetch(server.url + path, { headers })).json()) as Listed | { items: Listed[] }
    const apps = 'items' in body ? body.items : [body]
    return apps.flatMap((app) => app.auth_schemes.map((scheme) => scheme.auth_mode))
  }

  it('are left out for it, in the list and in each app, and shown to everybody else', async () => {
    const listed = new Set(await modesAt('/v1/apps', 'python_sdk'))
    assert.ok(listed.size > 4)
    assert.deepEqual(
      [...listed].filter((mode) => !known.includes(mode)),
      [],
    )
    assert.deepEqual(await modesAt('/v1/apps/OWN-ROBOTS', 'python_sdk'), [])
    assert.deepEqual(await modesAt('/v1/apps/OWN-ROBOTS', 'js_sdk'), ['S2S_OAUTH2'])
    assert.ok((await modesAt('/v1/apps', 'js_sdk')).includes('SERVICE_ACCOUNT'))
  })
})

const otherKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const ecKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const publicKey = () => createPublicKey(servers.privateKey).export({ type: 'spki', format: 'pem' }).toString()
