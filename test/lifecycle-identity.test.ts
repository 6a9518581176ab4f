import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { AccountEvent, ConnectedAccount } from '../packages/sdk/src/types.ts'
import { type Api, apiOf, assertRefused, ok } from './support/api.ts'
import { Person, type Visit } from './support/person.ts'
import { startScriptedApp, tokens } from './support/scripted-app.ts'

const app = await startScriptedApp()
after(() => app.close())
const simulated = apiOf(app.server)

const history = async (api: Api, id: string) =>
  ok(await api.get<{ items: AccountEvent[] }>(`/api/v1/connectedAccounts/${id}/history`)).items

const types = async (api: Api, id: string) => (await history(api, id)).map(({ type }) => type)

async function reconnect(api: Api, id: string, body: object = {}, person: 1 | 2 = 1): Promise<Visit> {
  const { redirectUrl } = ok(
    await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${id}/reinitiate`, body),
  )
  return new Person().connect(redirectUrl, { person })
}

/** Two people of the scripted app: whose token it is decides. */
function whoseToken(name: string | null) {
  app.answers.me = () => (name === null ? { status: 503 } : { status: 200, body: { id: name, name } })
}

describe('a reconnect as somebody else', () => {
  test('is refused: the account keeps its credentials and its owner, and the page says why', async () => {
    const { id, identity } = await simulated.connect({ app: 'gmail' })
    const before = ok(await simulated.info(id))
    const visit = await reconnect(simulated, id, {}, 2)
    assert.equal(visit.status, 400)
    assert.match(visit.page, /with another account than before/)
    const account = await simulated.account(id)
    assert.deepEqual([account.status, account.identity], ['ACTIVE', identity])
    assert.deepEqual(ok(await simulated.info(id)), before)
  })

  test('sends the browser back with the reason', async () => {
    const { id } = await simulated.connect({ app: 'gmail' })
    const { location } = await reconnect(simulated, id, { redirectUri: 'https://yours.example/back' }, 2)
    assert.deepEqual(
      ['status', 'error', 'connectedAccountId'].map((name) => location?.searchParams.get(name)),
      ['failed', 'identity_mismatch', id],
    )
  })

  test('fails an account that had ended, with the reason', async () => {
    const { id } = await simulated.connect({ app: 'jira' })
    await simulated.script(id, { expireNow: true, revoke: true })
    assertRefused(await simulated.info(id), { status: 400, code: 'reconnect_required' })
    await reconnect(simulated, id, {}, 2)
    const { status, statusReason } = await simulated.account(id)
    assert.deepEqual([status, statusReason?.code, statusReason?.mustAct], ['FAILED', 'identity_mismatch', 'endUser'])
    await reconnect(simulated, id, {}, 1)
    assert.equal((await simulated.account(id)).status, 'ACTIVE')
  })

  test('is taken when the request allows it, and is an event of its own', async () => {
    const { id, identity } = await simulated.connect({ app: 'gmail' })
    await reconnect(simulated, id, { allowIdentityChange: true }, 2)
    const account = await simulated.account(id)
    assert.equal(account.status, 'ACTIVE')
    assert.notEqual(account.identity?.id, identity?.id)
    assert.deepEqual((await types(simulated, id)).slice(0, 2), [
      'connected_account.identity_changed',
      'connected_account.reactivated',
    ])
    const text = JSON.stringify(await history(simulated, id))
    for (const name of [identity?.id, account.identity?.id])
      assert.ok(!text.includes(name ?? '?'), 'no event names a person')
  })

  test('as the same person is no event and no obstacle', async () => {
    const { id } = await simulated.connect({ app: 'gmail' })
    await reconnect(simulated, id)
    assert.ok(!(await types(simulated, id)).includes('connected_account.identity_changed'))
  })

  test('gives the new grant back, unless it is the grant of another account here', async () => {
    whoseToken('ada')
    const { id } = await app.api.connect({ integrationId: app.integration.id })
    whoseToken('bob')
    const before = app.seen.revoke.length
    await reconnect(app.api, id)
    while (app.seen.revoke.length < before + 2) await new Promise((resolve) => setTimeout(resolve, 50))
    const given = app.seen.revoke.slice(before).map((form) => form.get('token'))
    assert.ok(!given.includes((await app.api.account(id)).connectionParams?.access_token as string))

    await app.api.connect({ integrationId: app.integration.id })
    await reconnect(app.api, id)
    whoseToken('ada')
    const marker = await app.api.connect({ integrationId: app.integration.id })
    ok(await app.api.delete(`/api/v1/connectedAccounts/${marker.id}`))
    while (!app.seen.revoke.some((form) => form.get('token') === marker.connectionParams?.access_token))
      await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(app.seen.revoke.length, before + 4, 'nothing but the marker was given back')
  })

  test('is refused when the app does not say who it is', async () => {
    whoseToken('ada')
    const { id } = await app.api.connect({ integrationId: app.integration.id })
    whoseToken(null)
    const before = app.seen.revoke.length
    assert.equal((await reconnect(app.api, id)).status, 502)
    assert.equal((await app.api.account(id)).status, 'ACTIVE')
    assert.equal(app.seen.revoke.length, before, 'it may be the very grant that is in use')
    await reconnect(app.api, id, { allowIdentityChange: true })
    assert.equal((await app.api.account(id)).identity, null)
    whoseToken('ada')
  })

  test('holds for keys alike', async () => {
    whoseToken('ada')
    const integration = ok(
      await app.api.post<{ id: string }>('/api/v1/integrations', { app: 'scripted', authScheme: 'API_KEY' }),
    )
    const { id } = await app.api.connect({ integrationId: integration.id, data: { key: 'key-1' } })
    const renew = (body: object) => app.api.post(`/api/v1/connectedAccounts/${id}/reinitiate`, body)
    whoseToken('bob')
    assertRefused(await renew({ data: { key: 'key-2' } }), { status: 400, code: 'identity_mismatch' })
    whoseToken(null)
    assertRefused(await renew({ data: { key: 'key-2' } }), { status: 502, code: 'provider_unavailable' })
    whoseToken('ada')
    assert.equal((await app.api.account(id)).connectionParams?.key, 'key-1')
    ok(await renew({ data: { key: 'key-3' } }))
    whoseToken('bob')
    ok(await renew({ data: { key: 'key-4' }, allowIdentityChange: true }))
    assert.equal((await app.api.account(id)).identity?.id, 'bob')
    assert.equal((await types(app.api, id))[0], 'connected_account.identity_changed')
    whoseToken('ada')
  })
})

describe('duplicates', () => {
  test('of one account at an app are named on each of them, whoever owns them', async () => {
    whoseToken('twin')
    const first = await app.api.connect({ integrationId: app.integration.id, entityId: 'left' })
    assert.deepEqual(first.duplicateOf, [])
    const second = await app.api.connect({ integrationId: app.integration.id, entityId: 'right' })
    assert.deepEqual(second.duplicateOf, [first.id])
    assert.deepEqual((await app.api.account(first.id)).duplicateOf, [second.id])
    const listed = ok(await app.api.get<{ items: ConnectedAccount[] }>('/api/v1/connectedAccounts?entityId=left'))
      .items[0]
    assert.ok(listed && !('duplicateOf' in listed))
    ok(await app.api.delete(`/api/v1/connectedAccounts/${second.id}`))
    assert.deepEqual((await app.api.account(first.id)).duplicateOf, [])
    whoseToken('ada')
  })

  test('are not those of other apps, other projects or other people', async () => {
    whoseToken('lonely')
    const { duplicateOf } = await app.api.connect({ integrationId: app.integration.id })
    assert.deepEqual(duplicateOf, [])
    const gmail = await simulated.connect({ app: 'googlecalendar' })
    assert.deepEqual(gmail.duplicateOf, [])
    whoseToken('ada')
  })
})

describe('scopes', () => {
  test('that were not granted are missing, and that is no reason for the status', async () => {
    app.answers.token = () => ({ status: 200, body: tokens(1, { scope: 'read' }) })
    const account = await app.api.connect({ integrationId: app.integration.id })
    assert.deepEqual(
      [account.requestedScopes, account.grantedScopes, account.missingScopes, account.statusReason],
      [['read', 'write'], ['read'], ['write'], null],
    )
  })

  test('of an app that does not say are taken as asked for', async () => {
    app.answers.token = () => ({ status: 200, body: tokens(1) })
    const account = await app.api.connect({ integrationId: app.integration.id })
    assert.deepEqual([account.grantedScopes, account.missingScopes], [['read', 'write'], []])
  })

  test('that change with a reconnect are an event', async () => {
    app.answers.token = () => ({ status: 200, body: tokens(1, { scope: 'write read' }) })
    const { id } = await app.api.connect({ integrationId: app.integration.id })
    await reconnect(app.api, id)
    assert.ok(!(await types(app.api, id)).includes('connected_account.scopes_changed'))
    app.answers.token = () => ({ status: 200, body: tokens(2, { scope: 'read' }) })
    await reconnect(app.api, id)
    assert.equal((await types(app.api, id))[0], 'connected_account.scopes_changed')
    assert.deepEqual((await app.api.account(id)).missingScopes, ['write'])
  })

  test('that change with a refresh are an event', async () => {
    app.answers.token = () => ({ status: 200, body: tokens(3, { scope: 'read write' }) })
    const { id, expiresAt } = await app.api.connect({ integrationId: app.integration.id })
    app.answers.token = () => ({ status: 200, body: tokens(4, { scope: 'write' }) })
    app.clock.advance(new Date(expiresAt ?? 0).getTime() - app.clock.now().getTime())
    ok(await app.api.info(id))
    assert.ok((await types(app.api, id)).includes('connected_account.scopes_changed'))
    assert.deepEqual((await app.api.account(id)).missingScopes, ['read'])
  })
})
