import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorCodes } from '../errors.ts'
import { canonicalPath } from './paths.ts'
import { type Body, startApi } from './testing/fakes.ts'

const statuses = new Set([400, 401, 404, 429, 500, 502])

test('every refusal has the whole body and a status that clients know', async () => {
  const api = await startApi()
  const refusals = [
    await api.call('GET', '/api/v1/apps', undefined, { key: null }),
    await api.call('GET', '/api/v1/apps/nope'),
    await api.call('PUT', '/api/v1/apps'),
    await api.call('GET', '/api/v1/unknown'),
    await api.call('GET', '/elsewhere'),
    await api.call('POST', '/api/v1/connectedAccounts', {}),
    await api.call('POST', '/api/v1/integrations', { appId: 7 }),
  ]
  for (const { status, body, headers } of refusals) {
    assert.ok(statuses.has(status))
    assert.deepEqual(Object.keys(body).sort(), [
      'code',
      'details',
      'error',
      'errors',
      'fix',
      'message',
      'name',
      'requestId',
      'status',
      'type',
    ])
    assert.equal(body.status, status)
    assert.equal(body.error, body.message)
    assert.equal(body.requestId, headers.get('x-request-id'))
    assert.equal(body.fix, errorCodes[body.code as keyof typeof errorCodes].fix)
    assert.ok(body.errors.length > 0, 'one generation of clients fails without an entry')
    assert.deepEqual(body.errors, body.details)
  }
})

test('a body that is no JSON, too large or of the wrong shape is a 400', async () => {
  const api = await startApi()
  const post = async (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) => {
    const answer = await api.request('POST', '/api/v1/connectedAccounts', { body, headers })
    return { status: answer.status, body: (await answer.json()) as Body }
  }
  const secret = 'sk_live_very_secret'
  const broken = await post(`{"data":{"api_key":"${secret}"`)
  assert.equal(broken.status, 400)
  assert.match(broken.body.message, /not valid JSON/)
  assert.ok(!JSON.stringify([broken.body, api.logged]).includes(secret))
  assert.match((await post(JSON.stringify({ app: 'x'.repeat(1024 * 1024) }))).body.message, /larger than 1 MiB/)
  assert.match((await post('{}', { 'content-length': '9999999' })).body.message, /larger than 1 MiB/)
  for (const text of ['[]', '7', '"text"', 'true']) assert.equal((await post(text)).status, 400, text)
  assert.equal((await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status, 400)
})

test('a NUL character is refused wherever it stands', async () => {
  const api = await startApi()
  for (const path of ['apps/%00', 'connectedAccounts/%00', 'connectedAccounts?labels=%00'])
    assert.equal((await api.call('GET', `/api/v1/${path}`)).status, 400, path)
  for (const entityId of ['a\u0000b', '\\\u0000', '\u0000'])
    assert.equal(
      (await api.call('POST', '/api/v1/connectedAccounts', { app: 'gmail', entityId })).status,
      400,
      entityId,
    )
  assert.equal((await api.call('POST', '/api/v1/connectedAccounts', { app: 'gmail', entityId: '\\u0000' })).status, 200)
})

test('messages are written for the caller', async () => {
  const api = await startApi()
  const messageOf = async (method: string, path: string, body?: unknown) =>
    (await api.call(method, path, body)).body.message
  assert.equal(await messageOf('PATCH', '/api/v1/connectedAccounts/x/data', {}), 'labels: is required')
  assert.equal(
    await messageOf('PATCH', '/api/v1/connectedAccounts/x/data', { labels: 'a' }),
    'labels: must be an array',
  )
  assert.equal(await messageOf('PATCH', '/api/v1/integrations/x', { enabled: 'yes' }), 'enabled: must be a boolean')
  assert.equal(
    await messageOf('PATCH', '/api/v1/integrations/x', { colour: 1 }),
    'colour: is not a field of this request',
  )
  assert.match(
    await messageOf('POST', '/api/v1/integrations', { app: 'gmail', authScheme: 'MAGIC' }),
    /^authScheme: must be one of OAUTH2, /,
  )
  assert.equal(
    await messageOf('POST', '/api/v1/connectedAccounts/x/simulator', { failNextTokenCalls: { times: 1.5 } }),
    'failNextTokenCalls.times: must be a whole number',
  )
})

test('a bug answers 500 without its detail, and the log has it', async () => {
  const api = await startApi()
  const id = (await api.call('POST', '/api/v1/connectedAccounts', { app: 'linear', data: { api_key: 'k' } })).body
    .connectedAccountId
  api.accounts.failCredentials(new TypeError('cannot read lemons'))
  const { status, body, headers } = await api.call('GET', `/api/v1/connectedAccounts/${id}/info`)
  assert.deepEqual([status, body.code], [500, 'internal'])
  assert.ok(!JSON.stringify(body).includes('lemons'))
  assert.ok(
    api.logged.some((line) => line.includes('request failed') && line.includes(headers.get('x-request-id') ?? '?')),
  )
})

test('a plain request id is echoed, any other is replaced', async () => {
  const api = await startApi()
  const echo = async (id: string) =>
    (await api.request('GET', '/healthz', { headers: { 'x-request-id': id } })).headers.get('x-request-id')
  assert.equal(await echo('abc-123_x.Y'), 'abc-123_x.Y')
  for (const id of ['', 'a b', '<script>', 'x'.repeat(129)]) assert.notEqual(await echo(id), id)
})

test('answers may not be stored, sniffed, framed or read by another origin', async () => {
  const api = await startApi()
  const { headers } = await api.request('GET', '/api/v1/project', { headers: { origin: 'https://evil.example' } })
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
  assert.equal(headers.get('access-control-allow-origin'), null)
})

test('the log names routes, never what was asked, sent or answered', async () => {
  const api = await startApi()
  const secrets = ['key-in-data', 'client-secret-text', 'person@example.com', 'id-in-url', 'common-header', api.key]
  await api.call(
    'POST',
    '/api/v1/connectedAccounts',
    { app: 'linear', data: { api_key: 'key-in-data' }, entityId: 'person@example.com' },
    { headers: { common: 'common-header' } },
  )
  await api.call('POST', '/api/v2/connectedAccounts/initiateConnection', {
    app: { uniqueKey: 'gmail' },
    config: { integrationSecrets: { client_id: 'c', client_secret: 'client-secret-text' } },
  })
  await api.call('GET', '/api/v1/connectedAccounts/id-in-url?entityId=person@example.com')
  await api.call('GET', `/api/v1/apps?api_key=${api.key}`)
  await api.call('GET', '/id-in-url')
  assert.equal(api.logged.length, 5)
  for (const secret of secrets) assert.ok(!api.logged.join().includes(secret), secret)
  const line = JSON.parse(api.logged[2] ?? '')
  assert.deepEqual(
    [line.method, line.route, line.status, line.projectId],
    ['GET', '/api/v1/connectedAccounts/:id', 400, api.project.id],
  )
  assert.equal(typeof line.durationMs, 'number')
})

test('a key in the URL is refused, even when it is right', async () => {
  const api = await startApi()
  for (const name of ['api_key', 'apiKey', 'APIKEY', 'x-api-key']) {
    const { status, body } = await api.call('GET', `/api/v1/apps?${name}=${api.key}`, undefined, { key: null })
    assert.equal(status, 401)
    assert.match(body.message, /may not be in the URL/)
    assert.ok(!JSON.stringify(body).includes(api.key))
  }
})

test('every error code is documented with its status and what to do', () => {
  const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  const documented = new Map(rows.map((row) => [/^\| `(\w+)`/.exec(row)?.[1], row]))
  for (const [code, { status, fix }] of Object.entries(errorCodes)) {
    const row = documented.get(code)
    assert.ok(row, `docs/errors.md lacks ${code}`)
    assert.ok(row.includes(`| ${status} |`), `docs/errors.md has another status for ${code}`)
    assert.ok(row.includes(fix), `docs/errors.md has another advice for ${code}`)
  }
  assert.deepEqual(
    [...documented.keys()].sort(),
    Object.keys(errorCodes).sort(),
    'docs/errors.md has a code that does not exist',
  )
})

test('a canonical path stays as it is, and only the known prefixes are taken off', () => {
  assert.equal(canonicalPath('/'), '/')
  assert.equal(canonicalPath('/v1'), '/api/v1')
  assert.equal(canonicalPath('/v10/apps'), '/v10/apps')
  assert.equal(canonicalPath('/connect/v1/x'), '/connect/v1/x')
  const segment = fc.stringMatching(/^[a-zA-Z0-9%._~-]{1,12}$/)
  const path = fc.tuple(
    fc.constantFrom('', '/api', '/api/api'),
    fc.constantFrom('/v1', '/v2', '/v3', '/other'),
    fc.array(segment),
    fc.constantFrom('', '/', '//'),
  )
  fc.assert(
    fc.property(path, ([prefix, version, segments, end]) => {
      const once = canonicalPath(prefix + version + segments.map((text) => `/${text}`).join('') + end)
      assert.equal(canonicalPath(once), once)
    }),
  )
})
