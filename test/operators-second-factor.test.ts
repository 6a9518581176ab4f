/** One-time codes and passkeys, as an operator sets them up, uses them and loses them. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { totpCode } from '../packages/server/src/operators/totp.ts'
import { freePort, startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { assertRefused } from './support/api.ts'
import { Authenticator } from './support/authenticator.ts'
import { type MovableClock, movableClock } from './support/clock.ts'
import { invited, OperatorBrowser, owner } from './support/operator.ts'

const minute = 60_000
const email = 'owner@acme.example'

let clock: MovableClock
let server: TestServer
let boss: OperatorBrowser

before(async () => {
  clock = movableClock()
  const port = String(await freePort())
  const environment = { PORT: port, HOLDFAST_BASE_URL: `http://localhost:${port}` }
  server = await startTestServer({ clock, loops: false, environment })
  boss = await owner(server)
})
after(() => server?.close())

/** What the person's phone shows. @param drift In steps of half a minute. */
const codeOf = (secret: string, drift = 0) => totpCode(secret, Math.floor(clock.now().getTime() / 30_000) + drift)

describe('one-time codes', () => {
  let secret: string
  let recoveryCodes: string[]

  test('are on once a first code was right', async () => {
    assertRefused(await boss.post('/api/v1/operator/totp/confirmation', { code: '123456' }), {
      status: 400,
      code: 'conflict',
    })
    const proposed = (await boss.post('/api/v1/operator/totp')).body
    secret = proposed.secret
    assert.ok(proposed.uri.startsWith('otpauth://totp/Holdfast:owner%40acme.example?secret='))
    assert.equal((await new OperatorBrowser(server).signIn(email)).status, 200, 'not asked for yet')
    const wrong = codeOf(secret, 500)
    assertRefused(await boss.post('/api/v1/operator/totp/confirmation', { code: wrong }), {
      status: 400,
      code: 'validation_failed',
      field: 'code',
    })
    const confirmed = await boss.post('/api/v1/operator/totp/confirmation', { code: codeOf(secret) })
    assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
    recoveryCodes = confirmed.body.recoveryCodes
    assert.equal(new Set(recoveryCodes).size, 10)
    assert.equal((await boss.get('/api/v1/session')).body.operator.totpEnabled, true)
    assertRefused(await boss.post('/api/v1/operator/totp'), { status: 400, code: 'conflict' })
  })

  test('are asked for after a right password only, and each works once', async () => {
    clock.advance(20 * minute)
    const browser = new OperatorBrowser(server)
    assertRefused(await browser.signIn(email, { password: 'not the right password', totp: codeOf(secret) }), {
      status: 401,
      code: 'unauthorized',
    })
    assertRefused(await browser.signIn(email), { status: 401, code: 'totp_required' })
    assert.equal(browser.cookie, undefined)
    const code = codeOf(secret)
    assert.equal((await browser.signIn(email, { totp: code })).status, 200)
    const replayed = await new OperatorBrowser(server).signIn(email, { totp: code })
    assertRefused(replayed, { status: 401, code: 'totp_required' })
  })

  test('of many sign-ins with one code at once one gets in', async () => {
    clock.advance(20 * minute)
    const totp = codeOf(secret)
    const answers = await Promise.all([1, 2, 3, 4].map(() => new OperatorBrowser(server).signIn(email, { totp })))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  })

  test('of a clock that is half a minute off work; of one that is further off do not', async () => {
    for (const [drift, status] of [
      [-1, 200],
      [1, 200],
      [-2, 401],
      [2, 401],
    ] as const) {
      clock.advance(20 * minute)
      const { status: got } = await new OperatorBrowser(server).signIn(email, { totp: codeOf(secret, drift) })
      assert.equal(got, status, `drift ${drift}`)
    }
  })

  test('are guessed at five times, however right the password is', async () => {
    clock.advance(20 * minute)
    const browser = new OperatorBrowser(server)
    for (let guess = 0; guess < 5; guess++)
      assertRefused(await browser.signIn(email, { totp: codeOf(secret, 100 + guess) }), {
        status: 401,
        code: 'totp_required',
      })
    assertRefused(await browser.signIn(email, { totp: codeOf(secret) }), { status: 429, code: 'rate_limited' })
    clock.advance(20 * minute)
  })

  test('have recovery codes beside them, each for once and as people type them', async () => {
    const [first = '', second = ''] = recoveryCodes
    const typed = first.toUpperCase().replaceAll('-', ' ')
    assert.equal((await new OperatorBrowser(server).signIn(email, { totp: typed })).status, 200)
    assertRefused(await new OperatorBrowser(server).signIn(email, { totp: first }), {
      status: 401,
      code: 'totp_required',
    })
    assert.equal((await new OperatorBrowser(server).signIn(email, { totp: second })).status, 200)
  })

  test('are sealed where they are stored, and what stands for them is a hash', async () => {
    const [row] = await server.composition.store.operators.list()
    const stored = JSON.stringify(row) + Buffer.from(row?.totp_secret ?? []).toString('latin1')
    assert.ok(!stored.includes(secret))
  })

  test('go off with a code, and come back with another secret', async () => {
    clock.advance(20 * minute)
    const remove = (code: string) => boss.send('/api/v1/operator/totp', { method: 'DELETE', body: { code } })
    await new OperatorBrowser(server).get('/api/v1/setup')
    assertRefused(await remove('000000'), { status: 400, code: 'validation_failed', field: 'code' })
    assert.equal((await remove(codeOf(secret))).status, 200)
    assert.equal((await new OperatorBrowser(server).signIn(email)).status, 200)
    const proposed = (await boss.post('/api/v1/operator/totp')).body
    assert.notEqual(proposed.secret, secret)
  })
})

test('a server without a name says what passkeys need', async (t) => {
  const nameless = await startTestServer({ loops: false })
  t.after(() => nameless.close())
  const browser = await owner(nameless)
  for (const path of ['/api/v1/operator/passkeys/options', '/api/v1/session/passkeys/options'])
    assertRefused(await browser.post(path), { status: 400, code: 'not_supported' })
})

describe('passkeys', () => {
  const authenticator = new Authenticator()
  const options = async (browser: OperatorBrowser) => (await browser.post('/api/v1/operator/passkeys/options')).body
  const verify = (browser: OperatorBrowser, body: unknown) =>
    browser.post('/api/v1/operator/passkeys/verification', body)

  test('are registered for this server, by whoever asked, once', async () => {
    const asked = await options(boss)
    assert.equal(asked.rp.id, 'localhost')
    assert.equal(asked.authenticatorSelection.userVerification, 'required')
    const elsewhere = authenticator.register(asked, 'https://evil.example')
    assertRefused(await verify(boss, elsewhere), { status: 400, code: 'validation_failed' })
    const answer = authenticator.register(asked, server.url)
    assertRefused(await verify(boss, answer), { status: 400, code: 'validation_failed' })

    const again = await options(boss)
    const viewer = await invited(server, boss, 'viewer')
    const stolen = authenticator.register(again, server.url)
    assertRefused(await verify(viewer, stolen), { status: 400, code: 'validation_failed' })
    const { status, body } = await verify(boss, {
      ...authenticator.register(await options(boss), server.url),
      name: 'Blue key',
    })
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual([body.id, body.name], [authenticator.id, 'Blue key'])
    const twice = await verify(viewer, authenticator.register(await options(viewer), server.url))
    assertRefused(twice, { status: 400, code: 'conflict' })
    assert.equal((await boss.get('/api/v1/session')).body.operator.passkeys, 1)
  })

  test('sign in without a password, and each challenge works once', async () => {
    const browser = new OperatorBrowser(server)
    const asked = (await browser.post('/api/v1/session/passkeys/options')).body
    const answer = authenticator.assert(asked, server.url)
    const { status, body } = await browser.post('/api/v1/session/passkeys/verification', answer)
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.operator.email, email)
    assert.equal((await browser.get('/api/v1/session')).status, 200)
    const replayed = await new OperatorBrowser(server).post('/api/v1/session/passkeys/verification', answer)
    assertRefused(replayed, { status: 401, code: 'unauthorized' })
  })

  test('that are of another site, unknown, unverified, late or copied do not sign in', async () => {
    const browser = new OperatorBrowser(server)
    const asked = async () => (await browser.post('/api/v1/session/passkeys/options')).body
    const refused = async (answer: unknown) =>
      assertRefused(await browser.post('/api/v1/session/passkeys/verification', answer), {
        status: 401,
        code: 'unauthorized',
      })
    await refused(authenticator.assert(await asked(), 'https://evil.example'))
    await refused(authenticator.assert(await asked(), server.url, 'evil.example'))
    await refused(new Authenticator().assert(await asked(), server.url))
    await refused({})
    await refused({ id: authenticator.id, response: 7 })
    authenticator.verifiesUser = false
    await refused(authenticator.assert(await asked(), server.url))
    authenticator.verifiesUser = true
    const old = await asked()
    clock.advance(6 * minute)
    await refused(authenticator.assert(old, server.url))
    // The challenge of a registration is not one of a sign-in.
    await refused(authenticator.assert(await options(boss), server.url))
    // A copy counts on its own: a counter that does not grow gives it away.
    authenticator.counter = 0
    await refused(authenticator.assert(await asked(), server.url))
    assert.equal(browser.cookie, undefined)
  })

  test('are listed and deleted by their owner only', async () => {
    const { items } = (await boss.get('/api/v1/operator/passkeys')).body
    assert.equal(items.length, 1)
    assert.ok(items[0].lastUsedAt)
    const path = `/api/v1/operator/passkeys/${items[0].id}`
    const other = await invited(server, boss, 'admin')
    assertRefused(await other.send(path, { method: 'DELETE' }), { status: 404, code: 'not_found' })
    assert.equal((await boss.send(path, { method: 'DELETE' })).status, 200)
    const browser = new OperatorBrowser(server)
    authenticator.counter = 50
    const answer = authenticator.assert((await browser.post('/api/v1/session/passkeys/options')).body, server.url)
    assertRefused(await browser.post('/api/v1/session/passkeys/verification', answer), {
      status: 401,
      code: 'unauthorized',
    })
  })
})
