import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Branding, ConnectLink } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'

const clock = movableClock()
const server = await startTestServer({ clock, loops: false })
after(() => server.close())
const operator = apiOf(server, server.adminKey)

async function aProject() {
  return apiOf(server, ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'Plain' })).apiKey)
}

const png = `data:image/png;base64,${Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]),
  Buffer.from([0, 0, 0, 16, 0, 0, 0, 16, 8, 6, 0, 0, 0]),
]).toString('base64')}`
const path = '/api/v1/project/branding'

describe('a project’s branding', () => {
  test('is on all its pages, and on nobody else’s', async () => {
    const [api, other] = [await aProject(), await aProject()]
    const changed = ok(
      await api.patch<Branding>(path, {
        name: 'Acme',
        color: '#FFE600',
        logo: png,
        privacyUrl: 'https://acme.example/privacy',
        embedOrigins: ['https://app.acme.example'],
        helpUrls: { 'linear.api_key': 'https://acme.example/help' },
      }),
    )
    assert.equal(changed.color, '#ffe600')
    assert.equal(changed.colors?.light.onButton, '#000000')
    assert.deepEqual(ok(await api.get<Branding>(path)), changed)
    assert.equal(ok(await other.get<Branding>(path)).name, null)

    const begun = await api.initiate({ app: 'gmail' })
    const { page, headers } = await new Person().open(begun.redirectUrl ?? '')
    assert.match(page, /Acme asks to use your Gmail account/)
    assert.match(page, /https:\/\/acme\.example\/privacy/)
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors https:\/\/app\.acme\.example/)
    const logo = await fetch(changed.logo?.url ?? '')
    assert.equal(logo.headers.get('content-type'), 'image/png')
    assert.equal(logo.headers.get('x-content-type-options'), 'nosniff')
    assert.equal((await logo.arrayBuffer()).byteLength, changed.logo?.bytes)
    const theirs = await new Person().open((await other.initiate({ app: 'gmail' })).redirectUrl ?? '')
    assert.ok(!theirs.page.includes('Acme'))

    const cleared = ok(await api.patch<Branding>(path, { name: null, color: null, logo: null }))
    assert.deepEqual([cleared.name, cleared.color, cleared.colors, cleared.logo], [null, null, null, null])
    assert.equal(cleared.privacyUrl, 'https://acme.example/privacy')
    assert.equal((await fetch(changed.logo?.url ?? '')).status, 404)
  })

  test('refuses what could harm those who look at it, and says why', async () => {
    const api = await aProject()
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>').toString('base64')
    const wide = Buffer.from(png.slice(png.indexOf(',') + 1), 'base64')
    wide.writeUInt32BE(60_000, 16)
    for (const [body, field] of [
      [{ color: 'red' }, 'color'],
      [{ color: '#fff;}body{display:none' }, 'color'],
      [{ logo: 'https://acme.example/logo.png' }, 'logo'],
      [{ logo: `data:image/svg+xml;base64,${svg}` }, 'logo'],
      [{ logo: `data:image/png;base64,${svg}` }, 'logo'],
      [{ logo: `data:image/png;base64,${wide.toString('base64')}` }, 'logo'],
      [{ logo: `data:image/png;base64,${Buffer.alloc(65 * 1024).toString('base64')}` }, 'logo'],
      [{ privacyUrl: 'javascript:alert(1)' }, 'privacyUrl'],
      [{ privacyUrl: 'http://acme.example/' }, 'privacyUrl'],
      [{ embedOrigins: ['*'] }, 'embedOrigins.0'],
      [{ embedOrigins: ['https://ok.example', 'https://a.example; script-src *'] }, 'embedOrigins.1'],
      [{ embedOrigins: ['https://*.example'] }, 'embedOrigins.0'],
      [{ embedOrigins: ['http://a.example'] }, 'embedOrigins.0'],
      [{ helpUrls: { 'linear.api_key': 'javascript:alert(1)' } }, 'helpUrls.linear.api_key'],
      [{ helpUrls: { linear: 'https://acme.example/' } }, 'helpUrls.linear'],
      [{ name: '' }, 'name'],
      [{ colour: '#ffffff' }, 'colour'],
    ] as const)
      assertRefused(await api.patch(path, body), { status: 400, code: 'validation_failed', field })
    assert.equal(ok(await api.get<Branding>(path)).color, null)
  })
})

describe('how far a link is', () => {
  const statusOf = async (url: string) =>
    (await (await fetch(`${url}/status`)).json()) as { status: string; connectedAccountId: string | null }

  test('is told to whoever has it: waiting, at the app, connected', async () => {
    const api = await aProject()
    const begun = await api.initiate({ app: 'gmail' })
    const url = begun.redirectUrl ?? ''
    assert.deepEqual(await statusOf(url), { status: 'waiting', connectedAccountId: null })
    const person = new Person()
    const atApp = await person.agree(url)
    assert.equal((await statusOf(url)).status, 'in_progress')
    await person.open(await person.consent(atApp))
    assert.deepEqual(await statusOf(url), { status: 'connected', connectedAccountId: begun.connectedAccountId })
  })

  test('failed, expired, or nothing at all', async () => {
    const api = await aProject()
    const denied = await api.initiate({ app: 'gmail' })
    await new Person().connect(denied.redirectUrl ?? '', { answer: 'deny' })
    assert.equal((await statusOf(denied.redirectUrl ?? '')).status, 'failed')
    const late = await api.initiate({ app: 'gmail' })
    const link = ok(await api.post<ConnectLink>('/api/v1/connectLinks', { entityId: newEntity(), app: 'linear' }))
    assert.equal((await statusOf(link.url)).status, 'waiting')
    clock.advance(60 * 60_000)
    assert.equal((await statusOf(late.redirectUrl ?? '')).status, 'expired')
    assert.equal((await statusOf(link.url)).status, 'expired')
    assert.equal((await fetch(`${server.url}/connect/nothing/status`)).status, 404)
  })

  test('a link may name the language of its pages', async () => {
    const api = await aProject()
    const link = ok(
      await api.post<ConnectLink>('/api/v1/connectLinks', { entityId: newEntity(), app: 'linear', locale: 'ja' }),
    )
    assert.match((await new Person().open(link.url)).page, /<html lang="ja" dir="ltr">/)
  })

  test('a link of a key app is connected with its account', async () => {
    const api = await aProject()
    const link = ok(await api.post<ConnectLink>('/api/v1/connectLinks', { entityId: newEntity(), app: 'linear' }))
    await new Person().submit(link.url, { 'data.api_key': ' a-good-key\n' })
    const { status, connectedAccountId } = await statusOf(link.url)
    assert.equal(status, 'connected')
    assert.equal((await api.account(connectedAccountId ?? '')).status, 'ACTIVE')
  })
})

describe('beginning again', () => {
  test('works in the browser that was refused, for the same account, and in no other', async () => {
    const api = await aProject()
    const begun = await api.initiate({ app: 'gmail' })
    const person = new Person()
    const callback = await person.consent(await person.agree(begun.redirectUrl ?? ''), { answer: 'deny' })
    const { page } = await person.open(callback)
    assert.match(page, /Access was not given.*action="\/connect\/again"/s)
    const state = callback.searchParams.get('state') ?? ''
    const again = `${server.url}/connect/again`
    assert.equal((await new Person().submit(again, { state })).status, 404)

    const { location } = await person.submit(again, { state })
    assert.ok(location)
    assert.equal((await person.connect(location.href)).status, 200)
    assert.equal((await api.account(begun.connectedAccountId)).status, 'ACTIVE')
    assert.equal((await person.submit(again, { state })).status, 404, 'it has done its work')
  })

  test('from a link leads back to the link', async () => {
    const api = await aProject()
    const link = ok(await api.post<ConnectLink>('/api/v1/connectLinks', { entityId: newEntity(), app: 'gmail' }))
    const person = new Person()
    const { location } = await person.submit(link.url, {})
    assert.ok(location)
    const { page } = await person.open(await person.consent(location, { answer: 'deny' }))
    assert.ok(page.includes(`href="${new URL(link.url).pathname}">Try again`))
  })
})

describe('scopes that may be left out', () => {
  const read = 'https://www.googleapis.com/auth/gmail.readonly'
  const send = 'https://www.googleapis.com/auth/gmail.send'

  test('are asked of the app only when the person left them ticked, and may be chosen anew', async () => {
    const api = await aProject()
    const begun = await api.initiate({ app: 'gmail', scopes: [read], optionalScopes: [send] })
    const url = begun.redirectUrl ?? ''
    const person = new Person()
    assert.match((await person.open(url)).page, /name="scope" value="[^"]*gmail\.send" checked/)
    const asked = async (form: Record<string, string>) =>
      (await person.submit(url, { decision: 'continue', ...form })).location?.searchParams.get('scope') ?? ''
    const without = await asked({ chosen: '1' })
    assert.ok(without.includes(read) && !without.includes(send))
    assert.doesNotMatch((await person.open(url)).page, /gmail\.send" checked/)
    assert.ok((await asked({ chosen: '1', scope: send })).includes(send))
    assert.ok((await asked({ chosen: '1', scope: 'https://www.googleapis.com/auth/drive' })).indexOf('drive') < 0)

    const { location } = await person.submit(url, { decision: 'continue', chosen: '1' })
    assert.ok(location)
    await person.open(await person.consent(location))
    const account = await api.account(begun.connectedAccountId)
    assert.equal(account.status, 'ACTIVE')
    assert.ok(!account.requestedScopes?.includes(send))
    assert.deepEqual(account.missingScopes, [])
  })

  test('are scopes, and none the app cannot do without', async () => {
    const api = await aProject()
    const initiate = (body: Record<string, unknown>) =>
      api.post('/api/v1/connectedAccounts', { entityId: newEntity(), ...body })
    assertRefused(
      await initiate({ app: 'linear', data: { api_key: 'k' }, optionalScopes: ['x'], authScheme: 'API_KEY' }),
      {
        status: 400,
        code: 'validation_failed',
        field: 'optionalScopes',
      },
    )
  })
})

describe('a renewal', () => {
  test('says whose account it is by a hint, and why it is needed', async () => {
    const api = await aProject()
    const { id } = await api.connect({ app: 'gmail' })
    ok(await api.post(`/api/v1/connectedAccounts/${id}/revoke`))
    const again = ok(await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${id}/reinitiate`))
    const { page } = await new Person().open(again.redirectUrl)
    const { identity } = await api.account(id)
    assert.match(page, /Reconnect Gmail.*no longer gives/s)
    assert.match(page, /<bdi>.•••@/)
    assert.ok(identity?.email)
    assert.ok(!page.includes(identity.email))
  })
})
