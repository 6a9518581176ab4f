/** An app that signs its callback: nothing that came another way, or was changed on the way, is believed. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, newEntity } from './support/api.ts'
import { Person } from './support/person.ts'

let server: TestServer
let api: Api
before(async () => {
  server = await startTestServer()
  api = apiOf(server)
})
after(() => server.close())

/** Up to the callback, which is not visited. */
async function comeBack(shop: string, answer: 'approve' | 'deny' = 'approve') {
  const initiated = await api.initiate({
    app: 'shopify',
    authScheme: 'OAUTH2',
    entityId: newEntity(),
    data: { shop_name: shop },
  })
  const person = new Person()
  const callback = await person.consent(await person.agree(initiated.redirectUrl ?? ''), { answer })
  return { person, callback, id: initiated.connectedAccountId }
}

const outcome = async (id: string) => {
  const { status, statusReason } = await api.account(id)
  return [status, statusReason?.code ?? null]
}

describe('the callback of an app that signs it', () => {
  it('connects with the signature of the app, for the shop it was begun with', async () => {
    const { person, callback, id } = await comeBack('acme-store')
    assert.equal(callback.searchParams.get('shop'), 'acme-store.myshopify.com')
    assert.match(callback.searchParams.get('hmac') ?? '', /^[0-9a-f]{64}$/)
    await person.open(callback)
    assert.deepEqual(await outcome(id), ['ACTIVE', null])
  })

  it('is a refusal with that signature too', async () => {
    const { person, callback, id } = await comeBack('acme-store', 'deny')
    await person.open(callback)
    assert.deepEqual(await outcome(id), ['FAILED', 'access_denied'])
  })

  const hostile: Record<string, (url: URL, other: URL) => void> = {
    'without a signature': (url) => url.searchParams.delete('hmac'),
    'with an empty signature': (url) => url.searchParams.set('hmac', ''),
    'with two signatures': (url) => url.searchParams.append('hmac', url.searchParams.get('hmac') ?? ''),
    'with the signature of another callback': (url, other) =>
      url.searchParams.set('hmac', other.searchParams.get('hmac') ?? ''),
    'with another code': (url, other) => url.searchParams.set('code', other.searchParams.get('code') ?? ''),
    'with another shop': (url) => url.searchParams.set('shop', 'other-store.myshopify.com'),
    'with a host that only begins like the shop': (url) =>
      url.searchParams.set('shop', 'acme-store.myshopify.com.evil.example'),
    'without the shop': (url) => url.searchParams.delete('shop'),
    'with a parameter more': (url) => url.searchParams.set('host', 'YWRtaW4'),
    'with an error that the app did not send': (url) => {
      url.searchParams.delete('code')
      url.searchParams.set('error', 'access_denied')
    },
  }
  for (const [what, change] of Object.entries(hostile))
    it(`connects nothing ${what}`, async () => {
      const other = await comeBack('acme-store')
      const { person, callback, id } = await comeBack('acme-store')
      change(callback, other.callback)
      await person.open(callback)
      assert.deepEqual(await outcome(id), ['FAILED', 'callback_mismatch'])
    })

  it('of another shop connects nothing, although that shop signed it', async () => {
    const other = await comeBack('other-store')
    const { person, callback, id } = await comeBack('acme-store')
    const mixed = new URL(other.callback)
    mixed.searchParams.set('state', callback.searchParams.get('state') ?? '')
    await person.open(mixed)
    assert.deepEqual(await outcome(id), ['FAILED', 'callback_mismatch'])
  })
})
