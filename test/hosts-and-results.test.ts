import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, describe, test } from 'node:test'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, type Initiated, ok } from './support/api.ts'
import { Person } from './support/person.ts'

const server = await startTestServer({ loops: false })
after(() => server.close())
const api = apiOf(server)
const operator = apiOf(server, server.adminKey)

/** `fetch` sets Host itself, so this goes by hand. */
function call(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  const { port } = new URL(server.url)
  return new Promise<{ status: number; headers: string; text: string }>((resolve, reject) => {
    const asked = request(
      { port, method, path, headers: { 'x-api-key': server.apiKey, 'content-type': 'application/json', ...headers } },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part) => (text += part))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: JSON.stringify(response.headers), text }),
        )
      },
    )
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

describe('an address of ours', () => {
  const forged: Record<string, string>[] = [
    { host: 'evil.example' },
    { host: 'evil.example:80@127.0.0.1' },
    { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '444' },
    { forwarded: 'host=evil.example;proto=https' },
    { 'x-original-url': 'https://evil.example/', 'x-rewrite-url': '/evil.example' },
    { origin: 'https://evil.example', referer: 'https://evil.example/' },
  ]
  const asks: [string, string, unknown?][] = [
    ['POST', '/api/v1/connectedAccounts', { app: 'gmail', entityId: 'e' }],
    ['POST', '/api/v1/connectLinks', { entityId: 'e', apps: ['linear'] }],
    ['GET', '/api/v1/integrations?appName=gmail'],
    ['GET', '/api/v1/apps/gmail'],
    ['GET', '/openapi.json'],
    ['GET', '/'],
    ['GET', '/docs'],
    ['GET', '/oauth/callback/nothing?state=x&code=y'],
  ]
  for (const headers of forged)
    test(`is never made of ${JSON.stringify(headers)}`, async () => {
      for (const [method, path, body] of asks) {
        const answer = await call(method, path, headers, body)
        assert.ok(answer.status < 500, `${path}: ${answer.status}`)
        assert.ok(!answer.text.includes('evil.example') && !answer.headers.includes('evil.example'), path)
      }
    })

  test('is that of the configuration in links, redirect URIs and the way to the app', async () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }
    const { text } = await call('POST', '/api/v1/connectedAccounts', headers, { app: 'gmail', entityId: 'e' })
    const { redirectUrl } = JSON.parse(text) as Initiated
    assert.ok(redirectUrl?.startsWith(`${server.url}/connect/`))
    const authorizationUrl = await new Person().agree(redirectUrl ?? '')
    assert.ok(authorizationUrl.searchParams.get('redirect_uri')?.startsWith(`${server.url}/oauth/callback/`))
  })
})

describe('the result in the way back', () => {
  const ours = [
    'status',
    'connectionStatus',
    'connection_status',
    'connectedAccountId',
    'connected_account_id',
    'appName',
  ]
  const planted: Record<string, (name: string) => string> = {
    'as it is': (name) => `${name}=planted`,
    'percent-encoded': (name) => `%${name.charCodeAt(0).toString(16)}${name.slice(1)}=planted`,
    'as a list': (name) => `${name}[]=planted`,
    'as a field': (name) => `${name}%5Bx%5D=planted`,
    'with a blank before it': (name) => `+${name}=planted`,
    twice: (name) => `${name}=planted&${name}=planted`,
  }
  for (const [name, plant] of Object.entries(planted))
    test(`cannot be planted ${name}`, async () => {
      const query = ['tenant=7', ...[...ours, 'error', 'error_description', 'handle'].map(plant), 'kept=1'].join('&')
      for (const answer of ['approve', 'deny'] as const) {
        const begun = await api.initiate({ app: 'gmail', redirectUri: `https://yours.example/back?${query}` })
        const { location } = await new Person().connect(begun.redirectUrl ?? '', { answer })
        assert.ok(location)
        assert.ok(!location.href.includes('planted'), location.href)
        assert.deepEqual([location.searchParams.get('tenant'), location.searchParams.get('kept')], ['7', '1'])
        for (const own of ours) assert.equal(location.searchParams.getAll(own).length, 1, own)
        assert.equal(location.searchParams.get('status'), answer === 'approve' ? 'success' : 'failed')
      }
    })

  test('cannot be asked for in the URL of a page or a callback', async () => {
    const begun = await api.initiate({ app: 'gmail', redirectUri: 'https://yours.example/back' })
    const person = new Person()
    for (const name of ['redirectUri', 'redirect_uri', 'returnUrl', 'return_to', 'next', 'url', 'continue']) {
      const { location, page } = await person.open(`${begun.redirectUrl}?${name}=https://evil.example/`)
      assert.equal(location, null)
      assert.ok(!page.includes('evil.example'), name)
    }
    const callback = await person.consent(await person.agree(begun.redirectUrl ?? ''))
    callback.searchParams.set('redirect_uri', 'https://evil.example/')
    callback.searchParams.set('redirectUri', 'https://evil.example/')
    assert.equal((await person.open(callback)).location?.host, 'yours.example')
  })
})

describe('a return URL in live mode', () => {
  const listed = 'https://yours.example/back'
  const likeIt = [
    'https://yours.example/back/',
    'https://yours.example/back?x=1',
    'https://yours.example/back?',
    'https://yours.example/back#',
    'https://yours.example//back',
    'https://yours.example/./back',
    'https://yours.example/x/../back',
    'https://yours.example/%62ack',
    'https://yours.example/BACK',
    'https://YOURS.example/back',
    'https://yours.example:443/back',
    'https://yours.example./back',
    'http://yours.example/back',
    'https://yours.example@evil.example/back',
    'https://evil.example/https://yours.example/back',
    'https://yours.example.evil.example/back',
    'https://yours.example\\@evil.example/back',
    'https:yours.example/back',
    '//yours.example/back',
    ' https://yours.example/back',
    'https://yours.example/back\t',
    'https://yours.example/back\r\nlocation: https://evil.example/',
    'https://xn--yours-.example/back',
    'http://localhost/back',
    'http://127.0.0.1/back',
    'https://anything.example/',
  ]
  test('is one of the list, letter by letter', async () => {
    const body = { name: 'Live', mode: 'live', allowedRedirectUrls: [listed] }
    const live = apiOf(server, ok(await operator.post<{ apiKey: string }>('/api/v1/projects', body)).apiKey)
    for (const redirectUri of likeIt)
      for (const [path, more] of [
        ['/api/v1/connectedAccounts', { app: 'linear', data: { api_key: 'x' } }],
        ['/api/v1/connectLinks', { apps: ['linear'] }],
      ] as const) {
        const { status, body } = await live.post<{ code: string }>(path, { entityId: 'e', redirectUri, ...more })
        assert.equal(status, 400, `${path} ${redirectUri}`)
        assert.match(body.code, /^(redirect_not_allowed|validation_failed)$/)
      }
    assertRefused(
      await live.post('/api/v2/connectedAccounts/initiateConnection', {
        app: { uniqueKey: 'linear' },
        connection: { entityId: 'e', initiateData: { api_key: 'x' }, extra: { redirectURL: 'https://evil.example/' } },
      }),
      { status: 400, code: 'redirect_not_allowed', field: 'redirectUri' },
    )
    ok(await live.post('/api/v1/connectLinks', { entityId: 'e', apps: ['linear'], redirectUri: listed }))
  })
})
