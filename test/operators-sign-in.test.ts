/** Getting in: the setup link, passwords, sessions and their ends, attempts that are too many, and who may ask at all. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort, startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { assertRefused } from './support/api.ts'
import { type MovableClock, movableClock } from './support/clock.ts'
import { invited, OperatorBrowser, owner, password, type SentBy, setupTokenOf } from './support/operator.ts'
import { temporaryFolder } from './support/server-process.ts'

const main = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))
const minute = 60_000
const hour = 60 * minute

const wrong = { password: 'this is not the password' }

describe('the setup link', () => {
  test('makes the owner once, and no password exists before', async (t) => {
    const server = await startTestServer({ loops: false })
    t.after(() => server.close())
    const link = server.composition.readiness.setup.url?.reveal() ?? ''
    assert.match(link, new RegExp(`^${server.url}/#/setup/[\\w-]{43}$`))
    const browser = new OperatorBrowser(server)
    assert.deepEqual((await browser.get('/api/v1/setup')).body, { needed: true })
    for (const given of ['', 'admin', 'password', 'holdfast'])
      assertRefused(await browser.signIn('admin', { password: given }), { status: 401, code: 'unauthorized' })

    const setup = { token: setupTokenOf(server), name: 'Olga', email: 'olga@acme.example', password }
    assertRefused(await browser.post('/api/v1/setup', { ...setup, token: 'x'.repeat(43) }), {
      status: 401,
      code: 'unauthorized',
    })
    const { status, body } = await browser.post('/api/v1/setup', setup)
    assert.equal(status, 200)
    assert.deepEqual([body.operator.role, body.operator.totpEnabled, body.operator.passkeys], ['owner', false, 0])
    const session = (await browser.get('/api/v1/session')).body
    assert.equal(session.operator.email, 'olga@acme.example')
    assert.equal(session.projects[0].id, server.composition.readiness.project?.id)

    const late = new OperatorBrowser(server)
    assert.deepEqual((await late.get('/api/v1/setup')).body, { needed: false })
    const again = await late.post('/api/v1/setup', { ...setup, email: 'mallory@evil.example' })
    assertRefused(again, { status: 401, code: 'unauthorized' })
    assert.equal(late.cookie, undefined)
  })

  test('of many who use it at once one becomes the owner', async (t) => {
    const server = await startTestServer({ loops: false })
    t.after(() => server.close())
    const setup = { token: setupTokenOf(server), name: 'Olga', password }
    const answers = await Promise.all(
      [0, 1, 2, 3, 4].map((index) =>
        new OperatorBrowser(server).post('/api/v1/setup', { ...setup, email: `o${index}@acme.example` }),
      ),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401, 401])
  })

  test('works after a restart, until another is made on the command line; then a lost password has a way back', async (t) => {
    const { folder, remove } = await temporaryFolder()
    t.after(remove)
    const first = await startTestServer({ dataDir: folder, loops: false })
    const token = setupTokenOf(first)
    await first.close()
    const server = await startTestServer({ dataDir: folder, loops: false })
    t.after(() => server.close())
    assert.equal(setupTokenOf(server), token)

    const command = async (...args: string[]) => {
      const env = { PATH: process.env.PATH, HOLDFAST_DATA_DIR: folder, HOLDFAST_BASE_URL: server.url }
      return (await promisify(execFile)(process.execPath, [main, 'operators', ...args], { env })).stdout
    }
    const [url = ''] = (await command('link')).split('\n')
    const newToken = url.split('/').at(-1) ?? ''
    const browser = new OperatorBrowser(server)
    const setup = { name: 'Olga', email: 'olga@acme.example', password }
    assertRefused(await browser.post('/api/v1/setup', { ...setup, token }), { status: 401, code: 'unauthorized' })
    assert.equal((await browser.post('/api/v1/setup', { ...setup, token: newToken })).status, 200)

    await assert.rejects(command('link'), /There is an owner already/)
    await assert.rejects(command('link', 'nobody@acme.example'), /no operator nobody/)
    const [resetUrl = ''] = (await command('link', 'Olga@acme.example')).split('\n')
    const acceptance = `/api/v1/operatorInvites/${resetUrl.split('/').at(-1)}/acceptance`
    const lost = new OperatorBrowser(server)
    assert.deepEqual((await lost.get(acceptance)).body, { email: 'olga@acme.example', role: 'owner', isReset: true })
    assert.equal((await lost.post(acceptance, { password: 'another few good words' })).status, 200)
    assert.equal((await browser.get('/api/v1/session')).status, 401)
    assertRefused(await browser.signIn('olga@acme.example'), { status: 401, code: 'unauthorized' })
    assert.equal((await browser.signIn('olga@acme.example', { password: 'another few good words' })).status, 200)
    assertRefused(await lost.post(acceptance, { password }), { status: 404, code: 'not_found' })
  })
})

describe('signing in', () => {
  let clock: MovableClock
  let server: TestServer
  let boss: OperatorBrowser

  before(async () => {
    clock = movableClock()
    server = await startTestServer({ clock, loops: false })
    boss = await owner(server)
  })
  after(() => server?.close())

  test('a password needs length and no composition, and is none that is guessed first', async () => {
    const invitation = await boss.post('/api/v1/operatorInvites', { email: 'wilma@acme.example', role: 'viewer' })
    const path = `/api/v1/operatorInvites/${invitation.body.url.split('/').at(-1)}/acceptance`
    const browser = new OperatorBrowser(server)
    for (const given of [
      'elevenchars',
      'aaaaaaaaaaaaaaaa',
      'Password 12345',
      'qwertyuiop123',
      '123456789012',
      'wilma@acme.example',
      `${'x'.repeat(508)} abcd`,
    ])
      assertRefused(await browser.post(path, { name: 'Wilma', password: given }), {
        status: 400,
        code: 'validation_failed',
        field: 'password',
      })
    assert.equal((await browser.post(path, { name: 'Wilma', password: 'ümläute ohne ende' })).status, 200)
    // The same letters as another keyboard sends them.
    const decomposed = 'ümläute ohne ende'.normalize('NFD')
    assert.equal((await browser.signIn('WILMA@acme.example', { password: decomposed })).status, 200)
  })

  test('an unknown address and a wrong password get the same answer', async () => {
    clock.advance(hour)
    const answers = []
    for (const email of ['owner@acme.example', 'nobody@acme.example']) {
      const { status, body } = await new OperatorBrowser(server).signIn(email, wrong)
      const { requestId, ...rest } = body
      answers.push({ status, ...rest })
    }
    assert.deepEqual(answers[0], answers[1])
  })

  test('the cookie is out of reach of scripts and of other sites, and ends with the session', async () => {
    const browser = new OperatorBrowser(server)
    await browser.signIn('owner@acme.example')
    const parts = (browser.setCookie ?? '').split('; ')
    assert.match(parts[0] ?? '', /^hf-session=[\w-]{43}$/)
    assert.deepEqual(parts.slice(1, 4), ['Path=/', 'HttpOnly', 'SameSite=Lax'])
    const { cookie } = browser
    assert.equal((await browser.send('/api/v1/session', { method: 'DELETE' })).status, 200)
    assert.equal(browser.cookie, undefined)
    browser.cookie = cookie
    assertRefused(await browser.get('/api/v1/session'), { status: 401, code: 'unauthorized' })
  })

  test('over TLS the cookie is __Host- and Secure', async (t) => {
    const port = String(await freePort())
    const environment = { PORT: port, HOLDFAST_BASE_URL: 'https://connect.acme.example' }
    const secure = await startTestServer({ environment, loops: false })
    t.after(() => secure.close())
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/setup`, {
      method: 'POST',
      headers: { origin: 'https://connect.acme.example', 'content-type': 'application/json' },
      body: JSON.stringify({ token: setupTokenOf(secure), name: 'O', email: 'o@acme.example', password }),
    })
    assert.match(response.headers.get('set-cookie') ?? '', /^__Host-hf-session=[\w-]+; Path=\/; .*; Secure$/)
  })

  test('a session that was known before a sign-in is worth nothing after it', async () => {
    const browser = new OperatorBrowser(server)
    await browser.signIn('owner@acme.example')
    const planted = browser.cookie
    await browser.signIn('owner@acme.example')
    assert.notEqual(browser.cookie, planted)
    const attacker = new OperatorBrowser(server)
    attacker.cookie = planted
    assert.equal((await attacker.get('/api/v1/session')).status, 401)
    attacker.cookie = 'hf-session=chosen-by-the-attacker'
    await attacker.signIn('owner@acme.example')
    assert.doesNotMatch(attacker.cookie ?? '', /chosen/)
  })

  test('a session ends after 12 hours without use, and after 7 days of use', async () => {
    const idle = new OperatorBrowser(server)
    await idle.signIn('owner@acme.example')
    clock.advance(11 * hour)
    assert.equal((await idle.get('/api/v1/session')).status, 200)
    clock.advance(11 * hour)
    assert.equal((await idle.get('/api/v1/session')).status, 200)
    clock.advance(12 * hour + minute)
    assert.equal((await idle.get('/api/v1/session')).status, 401)

    const busy = new OperatorBrowser(server)
    await busy.signIn('owner@acme.example')
    for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
      clock.advance(8 * hour)
      assert.equal((await busy.get('/api/v1/session')).status, 200, `after ${hours + 8} hours`)
    }
    clock.advance(8 * hour)
    assert.equal((await busy.get('/api/v1/session')).status, 401)
  })

  test('one sees one’s sessions, ends one of them, and no one else’s', async () => {
    const first = new OperatorBrowser(server)
    await first.signIn('owner@acme.example')
    const second = new OperatorBrowser(server)
    await second.signIn('owner@acme.example')
    const { items } = (await first.get('/api/v1/operator/sessions')).body
    const own = items.find(({ current }: { current: boolean }) => current)
    const other = items.find(({ id }: { id: string }) => id !== own.id)
    assert.equal((await first.send(`/api/v1/operator/sessions/${other.id}`, { method: 'DELETE' })).status, 200)
    assert.equal((await second.get('/api/v1/session')).status, 401)

    const viewer = await invited(server, first, 'viewer')
    const foreign = await viewer.send(`/api/v1/operator/sessions/${own.id}`, { method: 'DELETE' })
    assertRefused(foreign, { status: 404, code: 'not_found' })
    assert.equal((await first.get('/api/v1/session')).status, 200)
  })

  test('a new password ends the other sessions', async () => {
    clock.advance(hour)
    const browser = await invited(server, await signedIn(), 'admin')
    const elsewhere = new OperatorBrowser(server)
    await elsewhere.signIn('admin@acme.example')
    const next = 'seven quiet mountains'
    const refused = await browser.post('/api/v1/operator/password', { current: 'not it at all', next })
    assertRefused(refused, { status: 400, code: 'validation_failed', field: 'current' })
    assert.equal((await browser.post('/api/v1/operator/password', { current: password, next })).status, 200)
    assert.equal((await browser.get('/api/v1/session')).status, 200)
    assert.equal((await elsewhere.get('/api/v1/session')).status, 401)
    assertRefused(await elsewhere.signIn('admin@acme.example'), { status: 401, code: 'unauthorized' })
    assert.equal((await elsewhere.signIn('admin@acme.example', { password: next })).status, 200)
  })

  test('guessing at an account stops soon, whether it exists or not, and does not stop its owner for long', async () => {
    clock.advance(hour)
    for (const email of ['owner@acme.example', 'nobody@acme.example']) {
      const browser = new OperatorBrowser(server)
      for (let attempt = 1; attempt <= 5; attempt++)
        assertRefused(await browser.signIn(email, wrong), { status: 401, code: 'unauthorized' })
      const stopped = await browser.signIn(email)
      assertRefused(stopped, { status: 429, code: 'rate_limited' })
      const seconds = Number(stopped.headers.get('retry-after'))
      assert.ok(seconds > 0 && seconds <= 15 * 60, String(seconds))
    }
    clock.advance(15 * minute)
    assert.equal((await new OperatorBrowser(server).signIn('owner@acme.example')).status, 200)
  })

  test('many guesses at once are many, and many accounts from one address are too many', async () => {
    clock.advance(hour)
    const atOnce = await Promise.all(
      Array.from({ length: 12 }, () => new OperatorBrowser(server).signIn('owner@acme.example', wrong)),
    )
    assert.equal(atOnce.filter(({ status }) => status === 401).length, 5)
    clock.advance(hour)
    const statuses = []
    for (let account = 0; account < 32; account++) {
      const headers = { 'x-forwarded-for': `198.51.100.${account}`, forwarded: `for=198.51.100.${account}` }
      const body = { email: `guess${account}@acme.example`, ...wrong }
      statuses.push(
        (await new OperatorBrowser(server).send('/api/v1/session', { method: 'POST', body, headers })).status,
      )
    }
    assert.deepEqual([...new Set(statuses.slice(0, 30))], [401])
    assert.deepEqual(statuses.slice(30), [429, 429])
    clock.advance(hour)
  })

  test('behind a proxy of ours a place is what the proxy saw, whatever clients claim', async (t) => {
    const proxied = await startTestServer({ environment: { HOLDFAST_TRUSTED_PROXIES: '1' }, loops: false })
    t.after(() => proxied.close())
    await owner(proxied)
    const guess = async (forwarded: string) => {
      const sent = { method: 'POST', headers: { 'x-forwarded-for': forwarded } }
      const body = { email: 'owner@acme.example', ...wrong }
      return (await new OperatorBrowser(proxied).send('/api/v1/session', { ...sent, body })).status
    }
    for (let claim = 0; claim < 5; claim++) assert.equal(await guess(`192.0.2.${claim}, 198.51.100.1`), 401)
    assert.equal(await guess('192.0.2.99, 198.51.100.1'), 429)
    assert.equal(await guess('198.51.100.1, 198.51.100.2'), 401)
  })

  test('what changes something comes from the dashboard, or not at all', async () => {
    const browser = await signedIn()
    const change = { method: 'POST', body: { name: 'Made', mode: 'test' } }
    const projects = async () => (await browser.get('/api/v1/projects')).body.items.length
    const before = await projects()
    const foreign: SentBy[] = [
      { origin: null },
      { origin: 'null' },
      { origin: 'https://evil.example' },
      { origin: `${server.url}.evil.example` },
      { origin: server.url.replace('127.0.0.1', 'localhost') },
      { headers: { 'sec-fetch-site': 'cross-site' } },
      { headers: { 'sec-fetch-site': 'same-site' } },
      { headers: { 'sec-fetch-site': 'none' } },
      { origin: 'null', headers: { 'content-type': 'text/plain' } },
    ]
    for (const sent of foreign) {
      const answer = await browser.send('/api/v1/projects', { ...change, ...sent })
      assertRefused(answer, { status: 403, code: 'forbidden' })
      const login = { method: 'POST', body: { email: 'owner@acme.example', password }, ...sent }
      const planted = new OperatorBrowser(server)
      assertRefused(await planted.send('/api/v1/session', login), { status: 403, code: 'forbidden' })
      assert.equal(planted.cookie, undefined)
    }
    assert.equal(await projects(), before)
    assert.equal((await browser.send('/api/v1/projects', change)).status, 200)
    // A page under another name of this machine: the browser vouches for it.
    const alias = { origin: 'http://localhost:4280', headers: { 'sec-fetch-site': 'same-origin' } }
    assert.equal((await browser.send('/api/v1/projects', { ...change, ...alias })).status, 200)
    assert.equal(await projects(), before + 2)
  })

  test('nothing of it is stored in the clear', async () => {
    const { store } = server.composition
    const browser = await signedIn()
    const [row] = await store.operators.list()
    assert.match(row?.password ?? '', /^\$argon2id\$v=19\$m=65536,t=3,p=1\$/)
    const token = browser.cookie?.split('=')[1] ?? ''
    const sessions = await store.operators.sessionsOf(row?.id ?? '')
    assert.ok(sessions.length > 0)
    assert.ok(!JSON.stringify(sessions).includes(token))
  })

  async function signedIn(): Promise<OperatorBrowser> {
    const browser = new OperatorBrowser(server)
    const { status, body } = await browser.signIn('owner@acme.example')
    assert.equal(status, 200, JSON.stringify(body))
    browser.projectId = boss.projectId
    return browser
  }
})
