/** OAuth 1: three legs through the public door, tokens made by hand, and calls that are signed for the caller. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import OAuth from 'oauth-1.0a'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'

const returnUrl = 'http://127.0.0.1:9/back'

const boards = {
  key: 'own-boards',
  name: 'Own Boards',
  baseUrl: 'https://api.boards.example/1',
  headers: { 'User-Agent': '{app_name}' },
  identity: { url: '/me', id: 'id', name: 'name' },
  testCall: { url: '/me' },
  authSchemes: [
    {
      scheme: 'OAUTH1',
      label: 'Sign in',
      requestTokenEndpoint: 'https://boards.example/request',
      authorizationEndpoint: 'https://boards.example/authorize',
      accessTokenEndpoint: 'https://boards.example/access',
      authorizationParams: { name: '{app_name}' },
      keep: ['user_id'],
    },
  ],
}

const credential = (name: string) => ({ name, label: name, role: 'credential' })

const ledger = {
  key: 'own-ledger',
  name: 'Own Ledger',
  baseUrl: 'https://{account}.ledger.example/rest',
  testCall: { url: '/ping' },
  authSchemes: [
    {
      scheme: 'OAUTH1',
      label: 'Tokens made by hand',
      params: [
        { name: 'account', label: 'Account', role: 'hostLabel' },
        ...['consumer_key', 'consumer_secret', 'token_id', 'token_secret'].map(credential),
      ],
      tokens: {},
      signatureMethod: 'HMAC-SHA256',
      realm: '{account}',
    },
  ],
}

interface Signed {
  url: string
  headers: Record<string, string>
}

let server: TestServer
let api: Api
/** Plays the app as it is in every test project. */
let integrationId: string

before(async () => {
  server = await startTestServer()
  api = apiOf(server)
  for (const app of [boards, ledger]) ok(await api.post('/api/v1/apps', app))
  integrationId = (await api.defaultIntegration(boards.key)).id
})
after(() => server.close())

const begin = (entityId = newEntity()) =>
  api.initiate({ integrationId, entityId, redirectUri: returnUrl }).then((initiated) => ({
    ...initiated,
    redirectUrl: initiated.redirectUrl ?? '',
  }))

const sign = (id: string, call: Record<string, unknown>) =>
  api.post<Signed>(`/api/v1/connectedAccounts/${id}/signature`, call)

describe('a connection by OAuth 1', () => {
  it('ends in an account with its tokens and the person they belong to', async () => {
    const account = await api.connect({ integrationId }, { person: 2 })
    const params = account.connectionParams as Record<string, string>
    assert.match(params.oauth_token ?? '', /^sim-at-/)
    assert.ok(params.oauth_token_secret)
    assert.equal(params.user_id, 'sim-user-id-2')
    assert.match(params.base_url ?? '', /\/simulator\/[^/]+\/own-boards\/api\.boards\.example\/1$/)
    assert.equal(account.identity?.name, 'Melissa Chen')
    assert.equal(account.authScheme, 'OAUTH1')
  })

  it('ends FAILED when the person says no', async () => {
    const initiated = await begin()
    const back = await new Person().connect(initiated.redirectUrl, { answer: 'deny' })
    assert.equal(back.location?.searchParams.get('status'), 'failed')
    const account = await api.account(initiated.connectedAccountId)
    assert.deepEqual([account.status, account.statusReason?.code], ['FAILED', 'access_denied'])
  })

  it('is not finished by another browser', async () => {
    const initiated = await begin()
    const person = new Person()
    const callback = await person.consent(await person.agree(initiated.redirectUrl))
    assert.equal((await new Person().open(callback)).status, 400)
    const account = await api.account(initiated.connectedAccountId)
    assert.deepEqual([account.status, account.statusReason?.code], ['FAILED', 'browser_mismatch'])
  })

  it('is finished once by its callback, and not by that of another integration', async () => {
    const { id: otherId } = ok(
      await api.post<{ id: string }>('/api/v1/integrations', { app: boards.key, authScheme: 'OAUTH1', name: 'other' }),
    )
    const initiated = await begin()
    const person = new Person()
    const callback = await person.consent(await person.agree(initiated.redirectUrl))
    const elsewhere = new URL(callback)
    elsewhere.pathname = `/oauth/callback/${otherId}`
    assert.equal((await person.open(elsewhere)).status, 404)
    assert.equal((await api.account(initiated.connectedAccountId)).status, 'INITIATED')

    assert.equal((await person.open(callback)).location?.origin, new URL(returnUrl).origin)
    const connected = await api.account(initiated.connectedAccountId)
    assert.equal(connected.status, 'ACTIVE')
    await person.open(callback)
    assert.deepEqual((await api.account(initiated.connectedAccountId)).connectionParams, connected.connectionParams)
  })

  for (const [what, change] of Object.entries({
    'with a second token': (url: URL) => url.searchParams.append('oauth_token', 'x'),
    'with an unknown token': (url: URL) => url.searchParams.set('oauth_token', 'x'),
    'without a token': (url: URL) => url.searchParams.delete('oauth_token'),
    'with a state beside the token': (url: URL) => url.searchParams.set('state', 'x'),
  }))
    it(`is not touched by a callback ${what}`, async () => {
      const initiated = await begin()
      const person = new Person()
      const callback = await person.consent(await person.agree(initiated.redirectUrl))
      const hostile = new URL(callback)
      change(hostile)
      assert.equal((await person.open(hostile)).status, 404)
      assert.equal((await api.account(initiated.connectedAccountId)).status, 'INITIATED')
    })

  it('fails with a verifier that the app did not give', async () => {
    const initiated = await begin()
    const person = new Person()
    const callback = await person.consent(await person.agree(initiated.redirectUrl))
    callback.searchParams.set('oauth_verifier', 'guess')
    await person.open(callback)
    const account = await api.account(initiated.connectedAccountId)
    assert.deepEqual([account.status, account.statusReason?.code], ['FAILED', 'code_exchange_failed'])
  })

  it('waits for the developer where the project wants to know who came back', async () => {
    const { id } = ok(
      await api.post<{ id: string }>('/api/v1/integrations', {
        app: boards.key,
        authScheme: 'OAUTH1',
        name: 'careful',
        userVerification: 'required',
      }),
    )
    const entityId = newEntity()
    const initiated = await api.initiate({ integrationId: id, entityId, redirectUri: returnUrl })
    const back = await new Person().connect(initiated.redirectUrl ?? '')
    assert.equal((await api.account(initiated.connectedAccountId)).status, 'INITIATED')
    const handle = back.location?.searchParams.get('handle')
    ok(await api.post('/api/v1/connectedAccounts/confirm', { handle, entityId }))
    assert.equal((await api.account(initiated.connectedAccountId)).status, 'ACTIVE')
  })

  it('is renewed in place by a reconnect', async () => {
    const account = await api.connect({ integrationId })
    const { redirectUrl } = ok(
      await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${account.id}/reinitiate`, {}),
    )
    await new Person().connect(redirectUrl)
    const renewed = await api.account(account.id)
    const token = (each: ConnectedAccount) => (each.connectionParams as Record<string, string>).oauth_token
    assert.notEqual(token(renewed), token(account))
  })
})

describe('an OAuth 1 token that ends', () => {
  it('is served until then, is not refreshed, and then the person connects again', async () => {
    const clock = movableClock()
    const own = await startTestServer({ clock, loops: false })
    try {
      const ownApi = apiOf(own)
      const [scheme] = boards.authSchemes
      const yearly = { ...boards, authSchemes: [{ ...scheme, accessTokenLifetimeSeconds: 3600 }] }
      ok(await ownApi.post('/api/v1/apps', yearly))
      const account = await ownApi.connect({ app: boards.key })
      assert.ok(Math.abs(Date.parse(account.expiresAt ?? '') - clock.now().getTime() - 3_600_000) < 60_000)
      ok(await ownApi.post(`/api/v1/connectedAccounts/${account.id}/refresh`))
      clock.advance(3_590_000)
      ok(await ownApi.info(account.id))
      clock.advance(20_000)
      assertRefused(await ownApi.info(account.id), { status: 400, code: 'reconnect_required' })
      const ended = await ownApi.account(account.id)
      assert.deepEqual([ended.status, ended.statusReason?.code], ['EXPIRED', 'refresh_token_missing'])

      const { redirectUrl } = ok(
        await ownApi.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${account.id}/reinitiate`, {}),
      )
      await new Person().connect(redirectUrl)
      assert.equal((await ownApi.account(account.id)).status, 'ACTIVE')
    } finally {
      await own.close()
    }
  })
})

describe('a simulated OAuth 1 account', () => {
  it('takes a simulator script', async () => {
    const account = await api.connect({ integrationId })
    const signed = ok(await sign(account.id, { method: 'GET', url: '/x' }))
    assert.equal((await api.script(account.id, { revoke: true })).revoked, true)
    assert.equal((await fetch(signed.url, { headers: signed.headers })).status, 401)
  })
})

describe('giving an OAuth 1 grant back', () => {
  it('says that only the app itself can end it', async () => {
    const account = await api.connect({ integrationId })
    const { revocation } = ok(
      await api.post<{ revocation: { status: string } }>(`/api/v1/connectedAccounts/${account.id}/revoke`),
    )
    assert.equal(revocation.status, 'unsupported')
    assert.equal((await api.account(account.id)).status, 'EXPIRED')
  })
})

describe('a signed call', () => {
  it('is accepted by the app, to a path or a whole address, and once', async () => {
    const account = await api.connect({ integrationId })
    for (const url of ['/cards?list=a b&list=ü', 'https://api.boards.example/1/cards']) {
      const signed = ok(await sign(account.id, { method: 'GET', url }))
      assert.equal(signed.headers['user-agent'], 'Holdfast')
      const call = () => fetch(signed.url, { headers: signed.headers })
      assert.equal((await call()).status, 200)
      assert.equal((await call()).status, 401)
    }
  })

  it('covers the fields of a form', async () => {
    const account = await api.connect({ integrationId })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = 'text=caf%C3%A9+au+lait&text=%2B'
    const signed = ok(await sign(account.id, { method: 'POST', url: '/cards', headers, body }))
    const send = (text: string) =>
      fetch(signed.url, { method: 'POST', headers: { ...headers, ...signed.headers }, body: text })
    assert.equal((await send(`${body}&more=1`)).status, 401)
    assert.equal((await send(body)).status, 200)
  })

  it('is refused for an account whose credential is sent, for a bad call, and for another project', async () => {
    const sent = await api.connect({ app: 'github' })
    assertRefused(await sign(sent.id, { method: 'GET', url: '/user' }), { status: 400, code: 'not_supported' })
    const account = await api.connect({ integrationId })
    const bad: [Record<string, unknown>, string][] = [
      [{ method: 'GET', url: 'ftp://api.boards.example/' }, 'url'],
      [{ method: 'GET', url: 'https://a:b@api.boards.example/' }, 'url'],
      [{ method: 'G T', url: '/x' }, 'method'],
      [{ method: 'GET' }, 'url'],
      [{ method: 'GET', url: '/x', headers: { 'x y': 'z' } }, 'headers.x y'],
      [{ method: 'GET', url: '/x', body: 'a', bodySha256: 'a'.repeat(64) }, 'bodySha256'],
    ]
    for (const [call, field] of bad)
      assertRefused(await sign(account.id, call), { status: 400, code: 'validation_failed', field })
    assertRefused(await sign('00000000-0000-7000-8000-000000000000', { method: 'GET', url: '/x' }), {
      status: 404,
      code: 'not_found',
    })
  })

  it('is refused for an account that is disabled', async () => {
    const account = await api.connect({ integrationId })
    await api.post(`/api/v1/connectedAccounts/${account.id}/disable`)
    assertRefused(await sign(account.id, { method: 'GET', url: '/x' }), { status: 400, code: 'account_disabled' })
  })
})

/** A server that checks each signature with another library, and keeps to RFC 5849 no more than many do. */
async function startOAuth1Server() {
  const secrets = new Map([
    ['', ''],
    ['temporary', 'temporary secret+/=&'],
    ['granted', 'granted secret%'],
  ])
  const consumer = { key: 'own consumer', secret: 'consumer secret+/=&%' }
  const library = new OAuth({
    consumer,
    signature_method: 'HMAC-SHA1',
    hash_function: (base, key) => createHmac('sha1', key).update(base).digest('base64'),
  })
  const running = createServer((request, response) => {
    const sent = Object.fromEntries(
      [...(request.headers.authorization ?? '').matchAll(/(oauth_\w+)="([^"]*)"/g)].map(([, name, value]) => [
        name ?? '',
        decodeURIComponent(value ?? ''),
      ]),
    )
    const { oauth_signature: signature, ...signed } = sent
    const expected = library.getSignature(
      { url: `http://${request.headers.host}${request.url}`, method: request.method ?? '', data: {} },
      secrets.get(sent.oauth_token ?? ''),
      signed as unknown as OAuth.Data,
    )
    const isGood = sent.oauth_consumer_key === consumer.key && signature === expected
    if (!isGood) return void response.writeHead(401).end('oauth_problem=consumer_key_rejected')
    const granted = (token: string) =>
      String(new URLSearchParams({ oauth_token: token, oauth_token_secret: secrets.get(token) ?? '' }))
    if (request.url === '/request') return void response.end(granted('temporary'))
    if (request.url === '/access' && sent.oauth_verifier === 'said yes') return void response.end(granted('granted'))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ id: 'somebody', name: 'Some Body' }))
  })
  await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(running.address() as AddressInfo).port}`
  return { host, url: `http://${host}`, consumer, close: () => running.close() }
}

describe('OAuth 1 at a server of somebody else', () => {
  const enter = async (own: Api, url: string, client: { clientId: string; clientSecret: string }) => {
    const [scheme] = boards.authSchemes
    const endpoints = {
      requestTokenEndpoint: `${url}/request`,
      authorizationEndpoint: `${url}/authorize`,
      accessTokenEndpoint: `${url}/access`,
    }
    const key = `server-${newEntity()}`
    const app = { ...boards, key, baseUrl: url, authSchemes: [{ ...scheme, ...endpoints, keep: [] }] }
    ok(await own.post('/api/v1/apps', app))
    return ok(await own.post<{ id: string; redirectUri: string }>('/api/v1/integrations', { app: key, ...client }))
  }

  it('connects, what is signed is accepted there, and a wrong client is told of', async () => {
    const real = await startOAuth1Server()
    const own = await startTestServer({ environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: real.host } })
    try {
      const ownApi = apiOf(own)
      const { key: clientId, secret: clientSecret } = real.consumer
      const made = await enter(ownApi, real.url, { clientId, clientSecret })
      const initiated = await ownApi.initiate({ integrationId: made.id, entityId: newEntity() })
      const person = new Person()
      const authorization = await person.agree(initiated.redirectUrl ?? '')
      assert.equal(authorization.href, `${real.url}/authorize?name=Holdfast&oauth_token=temporary`)
      await person.open(`${made.redirectUri}?oauth_token=temporary&oauth_verifier=said+yes`)
      const account = await ownApi.account(initiated.connectedAccountId)
      assert.deepEqual([account.status, account.identity?.id], ['ACTIVE', 'somebody'])
      const params = account.connectionParams as Record<string, string>
      assert.deepEqual([params.oauth_token, params.consumer_key], ['granted', clientId])
      const path = `/api/v1/connectedAccounts/${account.id}/signature`
      const signed = ok(await ownApi.post<Signed>(path, { method: 'GET', url: '/cards?list=a%20b&x=%26' }))
      assert.equal((await fetch(signed.url, { headers: signed.headers })).status, 200)
      assert.equal((await fetch(`${signed.url}1`, { headers: signed.headers })).status, 401)

      const wrong = await enter(ownApi, real.url, { clientId, clientSecret: 'wrong' })
      const refused = await ownApi.initiate({ integrationId: wrong.id, entityId: newEntity() })
      assert.equal((await new Person().submit(refused.redirectUrl ?? '', { decision: 'continue' })).location, null)
      const failed = await ownApi.account(refused.connectedAccountId)
      assert.deepEqual([failed.status, failed.statusReason?.code], ['FAILED', 'client_rejected'])
    } finally {
      await own.close()
      real.close()
    }
  })
})

describe('moving an account of OAuth 1', () => {
  const send = (params: Record<string, string>) =>
    api.post<{ items: { connectedAccountId: string; status: string; verification: string }[] }>(
      '/api/v1/connectedAccounts/import',
      { items: [{ integrationId, entityId: newEntity(), params }] },
    )

  it('takes the token with its secret, which a signed call proves', async () => {
    const account = await api.connect({ integrationId })
    const { oauth_token, oauth_token_secret, user_id } = account.connectionParams as Record<string, string>
    const params = { oauth_token, oauth_token_secret, user_id } as Record<string, string>
    const [imported] = ok(await send(params)).items
    assert.deepEqual([imported?.status, imported?.verification], ['ACTIVE', 'verified'])
    const signed = ok(await sign(imported?.connectedAccountId ?? '', { method: 'GET', url: '/x' }))
    assert.equal((await fetch(signed.url, { headers: signed.headers })).status, 200)
  })

  it('refuses a token without its secret', async () => {
    assertRefused(await send({ oauth_token: 'x' }), {
      status: 400,
      code: 'validation_failed',
      field: 'items.0.params.oauth_token_secret',
    })
  })
})

describe('OAuth 1 tokens made by hand', () => {
  const data = {
    account: 'acme',
    consumer_key: 'ck',
    consumer_secret: 'cs',
    token_id: 'tid',
    token_secret: 'ts',
  }
  const integration = async () =>
    ok(
      await api.post<{ id: string }>('/api/v1/integrations', {
        app: ledger.key,
        authScheme: 'OAUTH1',
        name: `by-hand-${newEntity()}`,
        simulated: true,
      }),
    ).id

  it('are connected at once, after a signed call has proved them', async () => {
    const account = await api.connect({ integrationId: await integration(), data })
    assert.equal(account.verification, 'verified')
    const signed = ok(await sign(account.id, { method: 'GET', url: '/record/v1/customer' }))
    assert.match(
      signed.headers.authorization ?? '',
      /^OAuth realm="acme", oauth_consumer_key="ck", oauth_token="tid", oauth_signature_method="HMAC-SHA256"/,
    )
    assert.equal((await fetch(signed.url, { headers: signed.headers })).status, 200)
  })

  it('are refused when the app refuses the call', async () => {
    const refused = await api.post('/api/v1/connectedAccounts', {
      integrationId: await integration(),
      entityId: newEntity(),
      data: { ...data, token_id: 'invalid' },
    })
    assertRefused(refused, { status: 400, code: 'credential_refused', field: 'data.consumer_key' })
  })
})
