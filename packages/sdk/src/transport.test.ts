import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { resolveConfig } from './config.ts'
import {
  AuthenticationError,
  HoldfastError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
} from './errors.ts'
import { type Answer, startFakeServer } from './fake-server.ts'
import { segment, Transport } from './transport.ts'

const apiKey = 'hf_test_abc_dontprintme'

/** A transport that does not really pause but tells how long it would have. */
function transportFor(baseUrl: string, options: { fetch?: typeof fetch; timeoutMs?: number } = {}) {
  const pauses: number[] = []
  const sleep = async (ms: number) => void pauses.push(ms)
  return {
    transport: new Transport(resolveConfig({ apiKey, baseUrl, ...options }), { sleep, random: () => 1 }),
    pauses,
  }
}

async function rejection(promise: Promise<unknown>): Promise<HoldfastError> {
  const error = await promise.then(
    () => assert.fail('should have been rejected'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof HoldfastError, inspect(error))
  return error
}

const inTurn =
  (...answers: Answer[]) =>
  (_: unknown, seen: unknown[]) =>
    answers[Math.min(seen.length, answers.length) - 1] ?? {}

test('a request carries the key, its query and its body, and brings back the answer', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, () => ({ body: { ok: true } }))
  const { transport } = transportFor(`${baseUrl}/`)
  const query = { appName: 'gmail', labels: ['a', 'b'], none: undefined, empty: [], showDisabled: false }
  assert.deepEqual(await transport.get('/api/v1/integrations', { query }), { ok: true })
  await transport.post('/api/v1/apps', { key: 'acme' })

  assert.equal(seen[0]?.url, '/api/v1/integrations?appName=gmail&labels=a%2Cb&showDisabled=false')
  assert.equal(seen[0]?.headers['x-api-key'], apiKey)
  assert.deepEqual(seen[1]?.body, { key: 'acme' })
})

test('a read is tried again after 429, 502, 503, 504 and a broken connection', async (t) => {
  for (const failure of [
    { status: 429 },
    { status: 502 },
    { status: 503 },
    { status: 504 },
    { instead: 'hangUp' as const },
  ]) {
    const { baseUrl, seen } = await startFakeServer(t, inTurn(failure, failure, { body: 'fine' }))
    const { transport, pauses } = transportFor(baseUrl)
    assert.equal(await transport.get('/x'), 'fine')
    assert.equal(seen.length, 3)
    assert.deepEqual(pauses, [250, 500])
  }
})

test('reads are tried three times and no more', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, () => ({
    status: 502,
    body: { code: 'provider_unavailable', message: 'Down.' },
  }))
  const error = await rejection(transportFor(baseUrl).transport.get('/x'))
  assert.ok(error instanceof ServerError)
  assert.equal(error.code, 'provider_unavailable')
  assert.equal(seen.length, 3)
})

test('a write is never sent twice, unless the server said 429 and so did nothing', async (t) => {
  for (const failure of [{ status: 502 }, { status: 500 }, { instead: 'hangUp' as const }]) {
    const { baseUrl, seen } = await startFakeServer(t, () => failure)
    await rejection(transportFor(baseUrl).transport.post('/x', {}))
    assert.equal(seen.length, 1)
  }
  const { baseUrl, seen } = await startFakeServer(
    t,
    inTurn({ status: 429, headers: { 'retry-after': '2' } }, { body: 'done' }),
  )
  const { transport, pauses } = transportFor(baseUrl)
  assert.equal(await transport.post('/x', {}), 'done')
  assert.equal(seen.length, 2)
  assert.deepEqual(pauses, [2000])
})

test('Retry-After as a date is understood, and one too far away is handed to the caller', async (t) => {
  const date = new Date(Date.now() + 3_600_000).toUTCString()
  const { baseUrl, seen } = await startFakeServer(t, () => ({ status: 429, headers: { 'retry-after': date } }))
  const error = await rejection(transportFor(baseUrl).transport.get('/x'))
  assert.ok(error instanceof RateLimitError)
  assert.ok(Math.abs((error.retryAfterSeconds ?? 0) - 3600) <= 2)
  assert.equal(seen.length, 1)
})

test('an error says what happened, what to do, where, and which fields', async (t) => {
  const body = {
    status: 400,
    code: 'validation_failed',
    message: 'data.shop_name: is required',
    fix: 'Correct the fields named in errors.',
    requestId: 'from-body',
    errors: [{ property: 'data.shop_name', message: 'is required' }],
  }
  const { baseUrl } = await startFakeServer(t, () => ({ status: 400, headers: { 'x-request-id': 'req-7' }, body }))
  const error = await rejection(transportFor(baseUrl).transport.post('/x', {}))
  assert.ok(error instanceof ValidationError)
  assert.equal(error.name, 'ValidationError')
  assert.equal(error.message, 'data.shop_name: is required. Correct the fields named in errors. (request req-7)')
  assert.equal(error.detail, 'data.shop_name: is required')
  assert.equal(error.requestId, 'req-7')
  assert.deepEqual(error.fields, [{ property: 'data.shop_name', message: 'is required' }])
})

test('every status becomes its class, also when the body is a proxy’s page', async (t) => {
  const expected: [number, string, string][] = [
    [400, 'ValidationError', 'validation_failed'],
    [401, 'AuthenticationError', 'unauthorized'],
    [404, 'NotFoundError', 'not_found'],
    [429, 'RateLimitError', 'rate_limited'],
    [500, 'ServerError', 'internal'],
    [502, 'ServerError', 'provider_unavailable'],
  ]
  for (const [status, name, code] of expected) {
    const { baseUrl } = await startFakeServer(t, () => ({ status, text: '<html>nginx</html>' }))
    const error = await rejection(transportFor(baseUrl).transport.get('/x'))
    assert.equal(error.name, name)
    assert.equal(error.code, code)
    assert.notEqual(error.fix, '')
    assert.doesNotMatch(error.message, /nginx/)
  }
  const { baseUrl } = await startFakeServer(t, () => ({
    status: 400,
    body: { code: 'credential_refused', message: 'No.' },
  }))
  assert.equal((await rejection(transportFor(baseUrl).transport.get('/x'))).name, 'BadRequestError')
  assert.ok(AuthenticationError.prototype instanceof HoldfastError && NotFoundError.prototype instanceof HoldfastError)
})

test('a redirect is not followed: the key goes to no other address', async (t) => {
  const other = await startFakeServer(t, () => ({ body: {} }))
  const { baseUrl } = await startFakeServer(t, () => ({ status: 301, headers: { location: other.baseUrl } }))
  const error = await rejection(transportFor(baseUrl).transport.get('/x'))
  assert.ok(error instanceof UnexpectedAnswerError)
  assert.match(error.fix, /baseUrl/)
  assert.equal(other.seen.length, 0)
})

test('an answer that is not JSON says that the address is wrong', async (t) => {
  const { baseUrl } = await startFakeServer(t, () => ({ text: '<!doctype html>' }))
  assert.ok((await rejection(transportFor(baseUrl).transport.get('/x'))) instanceof UnexpectedAnswerError)
})

test('a server that does not answer in time is given up', async (t) => {
  const { baseUrl, seen } = await startFakeServer(t, () => ({ instead: 'never' }))
  const error = await rejection(transportFor(baseUrl, { timeoutMs: 50 }).transport.get('/x'))
  assert.ok(error instanceof NetworkError)
  assert.equal(error.code, 'request_timeout')
  assert.equal(seen.length, 1)
})

test('a server that is not there is named, with the reason', async () => {
  const error = await rejection(transportFor('http://127.0.0.1:1').transport.get('/x'))
  assert.ok(error instanceof NetworkError)
  assert.match(error.message, /http:\/\/127\.0\.0\.1:1: .*(ECONNREFUSED|bad port)/)
})

test('an aborted call rejects with the reason given, before, during and between attempts', async (t) => {
  const reason = new Error('changed my mind')
  const { baseUrl, seen } = await startFakeServer(t, () => ({ instead: 'never' }))
  const { transport } = transportFor(baseUrl)
  await assert.rejects(transport.get('/x', { signal: AbortSignal.abort(reason) }), reason)
  assert.equal(seen.length, 0)

  const during = new AbortController()
  const held = await startFakeServer(t, () => {
    during.abort(reason)
    return { instead: 'never' }
  })
  await assert.rejects(transportFor(held.baseUrl).transport.get('/x', { signal: during.signal }), reason)

  const between = new AbortController()
  const busy = await startFakeServer(t, () => {
    setImmediate(() => between.abort(reason))
    return { status: 429, headers: { 'retry-after': '20' } }
  })
  const unhurried = new Transport(resolveConfig({ apiKey, baseUrl: busy.baseUrl }))
  await assert.rejects(unhurried.get('/x', { signal: between.signal }), reason)
})

test('no error and no object shows the key, even when fetch put it into its own message', async (t) => {
  const leaky = () =>
    Promise.reject(
      new TypeError('fetch failed', { cause: new Error(`(http://h/x?entityId=dontprintme) x-api-key: ${apiKey}`) }),
    )
  const { transport } = transportFor('http://127.0.0.1:1', { fetch: leaky })
  const error = await rejection(transport.get('/x'))
  const { baseUrl } = await startFakeServer(t, () => ({ status: 401, body: { message: 'Wrong key.' } }))
  const refused = await rejection(transportFor(baseUrl).transport.get('/x'))
  for (const thing of [error, refused, transport]) {
    const printed = [inspect(thing, { depth: null, showHidden: true }), JSON.stringify(thing), String(thing)]
    assert.doesNotMatch(printed.join(), /dontprintme/)
  }
})

test('an id cannot turn a path into another path', () => {
  assert.equal(segment('id', 'a/b?c#d'), 'a%2Fb%3Fc%23d')
  for (const bad of ['', '.', '..', undefined as unknown as string])
    assert.throws(() => segment('id', bad), ValidationError)
})
