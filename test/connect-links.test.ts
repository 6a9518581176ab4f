import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount, ConnectLink } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'

const clock = movableClock()
const server = await startTestServer({ clock, loops: false })
after(() => server.close())
const api = apiOf(server)

const redirectUri = 'https://yours.example/connected?tenant=7&name=a%20b+c&status=success&connectedAccountId=planted'

const makeLink = async (body: Record<string, unknown> = {}) =>
  ok(await api.post<ConnectLink>('/api/v1/connectLinks', { entityId: newEntity(), redirectUri, ...body }))

async function accountsOf({ entityId }: ConnectLink): Promise<ConnectedAccount[]> {
  return ok(await api.get<{ items: ConnectedAccount[] }>(`/api/v1/connectedAccounts?entityId=${entityId}`)).items
}

/** The address of the form of one of the link's apps, as the picker offers it. */
async function formOf(link: ConnectLink, app: string): Promise<string> {
  const { page } = await new Person().open(link.url)
  const { id } = await api.defaultIntegration(app)
  assert.ok(page.includes(`?integration=${id}`), `the picker does not offer ${app}`)
  return `${link.url}?integration=${id}`
}

describe('a connect link', () => {
  test('of several apps leads from the picker through the form to an account', async () => {
    const link = await makeLink({ apps: ['linear', 'gmail'] })
    const form = await formOf(link, 'linear')
    assert.match((await new Person().open(form)).page, /name="data\.api_key"/)

    const missing = await new Person().submit(form, { 'data.api_key': '' })
    assert.equal(missing.status, 400)
    const refused = await new Person().submit(form, { 'data.api_key': 'an-invalid-key' })
    assert.equal(refused.status, 400)
    assert.ok(!refused.page.includes('an-invalid-key'))
    assert.deepEqual(await accountsOf(link), [])

    const { location } = await new Person().submit(form, { 'data.api_key': 'a-good-key' })
    const [account] = await accountsOf(link)
    assert.deepEqual([account?.status, account?.appName], ['ACTIVE', 'linear'])
    assert.equal(location?.searchParams.get('connectedAccountId'), account?.id)
  })

  test('of an OAuth app asks for its params, then leads to the app and back', async () => {
    const link = await makeLink({ apps: ['shopify', 'gmail'] })
    const person = new Person()
    const form = await formOf(link, 'shopify')
    assert.equal((await person.submit(form, { 'data.shop_name': 'evil.test/#' })).status, 400)
    const { location } = await person.submit(form, { 'data.shop_name': 'https://Acme-Store.myshopify.com/admin' })
    assert.ok(location)
    assert.match(location.pathname, /\/acme-store\.myshopify\.com\//)
    const returned = await person.open(await person.consent(location))
    assert.equal(returned.location?.searchParams.get('status'), 'success')
    const [account] = await accountsOf(link)
    assert.equal(account?.status, 'ACTIVE')
    assert.equal((await api.account(account.id)).connectionParams?.shop_name, 'acme-store')
  })

  test('of one app leads to its form at once', async () => {
    const link = await makeLink({ app: 'linear' })
    assert.match((await new Person().open(link.url)).page, /name="data\.api_key"/)
  })

  test('of no app in particular offers every app once', async () => {
    const { page } = await new Person().open(`${(await makeLink()).url}?show=2000`)
    const offered = [...page.matchAll(/\?integration=([^"]+)/g)].map(([, id]) => id)
    const { items } = ok(await api.get<{ items: { key: string }[] }>('/api/v1/apps'))
    assert.equal(new Set(offered).size, offered.length)
    assert.ok(offered.length >= 15)
    assert.equal(offered.length, items.length)
  })

  test('connects one account, and says so afterwards', async () => {
    const link = await makeLink({ app: 'linear' })
    await new Person().submit(link.url, { 'data.api_key': 'a-good-key' })
    for (const visit of [
      await new Person().open(link.url),
      await new Person().submit(link.url, { 'data.api_key': 'another-key' }),
    ]) {
      assert.equal(visit.status, 410)
      assert.match(visit.page, /used|connected/i)
    }
    assert.equal((await accountsOf(link)).length, 1)
  })

  test('connects one account even when it is submitted several times at once', async () => {
    const link = await makeLink({ app: 'linear' })
    const submits = Array.from({ length: 5 }, () => new Person().submit(link.url, { 'data.api_key': 'a-good-key' }))
    await Promise.all(submits)
    assert.equal((await accountsOf(link)).length, 1)
  })

  test('can be tried again by a person who first said no', async () => {
    const link = await makeLink({ app: 'gmail' })
    for (const [answer, status] of [
      ['deny', 'failed'],
      ['approve', 'success'],
    ] as const) {
      const person = new Person()
      const { location } = await person.submit(link.url, {})
      assert.ok(location)
      const returned = await person.open(await person.consent(location, { answer }))
      assert.equal(returned.location?.searchParams.get('status'), status)
    }
  })

  test('is over after an hour', async () => {
    const link = await makeLink({ app: 'gmail' })
    assert.equal(new Date(link.expiresAt).getTime() - new Date(link.createdAt).getTime(), 60 * 60_000)
    clock.advance(60 * 60_000)
    assert.equal((await new Person().open(link.url)).status, 410)
    assert.equal((await new Person().submit(link.url, {})).status, 410)
    assert.deepEqual(await accountsOf(link), [])
  })

  test('is not made for nobody, nor for what does not exist, nor to lead anywhere', async () => {
    const post = (body: Record<string, unknown>) => api.post('/api/v1/connectLinks', { entityId: 'e', ...body })
    assertRefused(await post({ entityId: '' }), { status: 400, code: 'validation_failed', field: 'entityId' })
    assertRefused(await post({ apps: ['no-such-app'] }), { status: 404, code: 'not_found' })
    assertRefused(await post({ integrationIds: ['nothing'] }), { status: 404, code: 'not_found' })
    assertRefused(await post({ redirectUri: 'javascript:alert(1)' }), {
      status: 400,
      code: 'redirect_not_allowed',
      field: 'redirectUri',
    })
  })
})

describe('the way back', () => {
  test('carries the result under every name, and of the caller’s own query all but those names', async () => {
    for (const [answer, status, connectionStatus] of [
      ['approve', 'success', 'ACTIVE'],
      ['deny', 'failed', 'FAILED'],
    ] as const) {
      const begun = await api.initiate({ app: 'gmail', redirectUri })
      const { location } = await new Person().connect(begun.redirectUrl ?? '', { answer })
      assert.ok(location)
      assert.match(location.search, /^\?tenant=7&name=a%20b\+c&status=/)
      const id = begun.connectedAccountId
      for (const [name, value] of Object.entries({
        status,
        connectionStatus,
        connection_status: connectionStatus,
        connectedAccountId: id,
        connected_account_id: id,
        appName: 'gmail',
      }))
        assert.deepEqual(location.searchParams.getAll(name), [value], name)
      assert.deepEqual(location.searchParams.getAll('error'), answer === 'deny' ? ['access_denied'] : [])
      assert.doesNotMatch(location.search, /token|code=|state=|secret/i)
    }
  })

  test('without a redirectUri is a page that says which account was connected', async () => {
    const begun = await api.initiate({ app: 'github' })
    const { status, location, page } = await new Person().connect(begun.redirectUrl ?? '', { person: 2 })
    assert.deepEqual([status, location], [200, null])
    assert.match(page, /GitHub/)
    assert.match(page, /Melissa Chen|melissa/i)
  })
})
