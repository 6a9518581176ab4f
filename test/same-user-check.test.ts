import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount, ConnectLink } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'

const clock = movableClock()
const server = await startTestServer({ clock, loops: false })
after(() => server.close())
const operator = apiOf(server, server.adminKey)

const redirectUri = 'https://yours.example/back?tenant=7&handle=planted&status=success&status[]=success'

const newProject = async (body: Record<string, unknown>): Promise<Api> =>
  apiOf(server, ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'P', ...body })).apiKey)

const api = await newProject({ userVerification: 'required' })
const other = await newProject({ userVerification: 'required' })

const confirm = (handle: string, entityId: string, of: Api = api) =>
  of.post<ConnectedAccount>('/api/v1/connectedAccounts/confirm', { handle, entityId })

/** The person came back from the app, and the browser is on its way to the developer. */
async function cameBack(begun: { redirectUrl: string | null }) {
  const person = new Person()
  const callback = await person.consent(await person.agree(begun.redirectUrl ?? ''))
  const { status, location, headers } = await person.open(callback)
  assert.ok(location)
  assert.deepEqual(
    [status, headers.get('cache-control'), headers.get('referrer-policy')],
    [303, 'no-store', 'no-referrer'],
  )
  return { person, callback, location, handle: location.searchParams.get('handle') ?? '' }
}

async function stateOf(id: string) {
  const { status, statusReason } = await api.account(id)
  return [status, statusReason?.code]
}

describe('with userVerification', () => {
  test('nothing is connected before the backend says that the right user came back', async () => {
    const entityId = newEntity()
    const begun = await api.initiate({ app: 'gmail', entityId, redirectUri })
    const { location, handle, callback } = await cameBack(begun)
    assert.match(
      location.href,
      /^https:\/\/yours\.example\/back\?tenant=7&status=confirmation_required&handle=[\w-]{43}$/,
    )
    assert.ok(!location.href.includes(callback.searchParams.get('code') ?? ''))
    assert.deepEqual(await stateOf(begun.connectedAccountId), ['INITIATED', 'awaiting_user'])

    const account = ok(await confirm(handle, entityId))
    assert.deepEqual([account.id, account.status, account.entityId], [begun.connectedAccountId, 'ACTIVE', entityId])
    assert.deepEqual(account.connectionParams, {})
    assert.equal((await api.script(begun.connectedAccountId)).tokenCalls, 1)
  })

  test('another user ends it, and the code is never redeemed', async () => {
    const begun = await api.initiate({ app: 'gmail', entityId: 'attacker', redirectUri })
    const { handle } = await cameBack(begun)
    assertRefused(await confirm(handle, 'victim'), { status: 400, code: 'user_mismatch' })
    assert.deepEqual(await stateOf(begun.connectedAccountId), ['FAILED', 'user_mismatch'])
    assertRefused(await confirm(handle, 'attacker'), { status: 400, code: 'conflict' })
    assert.deepEqual(await stateOf(begun.connectedAccountId), ['FAILED', 'user_mismatch'])
  })

  test('a handle works once, for one of many who bring it', async () => {
    const entityId = newEntity()
    const begun = await api.initiate({ app: 'gmail', entityId, redirectUri })
    const { handle } = await cameBack(begun)
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(handle, entityId)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 19 }, () => 400)])
    assert.equal((await api.script(begun.connectedAccountId)).tokenCalls, 1)
  })

  test('a handle works for five minutes', async () => {
    const begun = await api.initiate({ app: 'gmail', entityId: 'late', redirectUri })
    const { handle } = await cameBack(begun)
    clock.advance(5 * 60_000)
    assertRefused(await confirm(handle, 'late'), { status: 400, code: 'conflict' })
  })

  test('a handle of another project is as unknown as one that never was', async () => {
    const begun = await api.initiate({ app: 'gmail', entityId: 'e', redirectUri })
    const { handle } = await cameBack(begun)
    const { requestId: one, ...foreign } = assertRefused(await confirm(handle, 'e', other), {
      status: 404,
      code: 'not_found',
    })
    const { requestId: two, ...absent } = assertRefused(await confirm('x'.repeat(43), 'e', other), {
      status: 404,
      code: 'not_found',
    })
    assert.deepEqual(foreign, absent)
    assert.notEqual(one, two)
    assert.equal(ok(await confirm(handle, 'e')).status, 'ACTIVE')
  })

  test('what is no confirmation is refused by field', async () => {
    for (const [body, field] of [
      [{ handle: 'h' }, 'entityId'],
      [{ handle: 'h', entityId: '' }, 'entityId'],
      [{ entityId: 'e' }, 'handle'],
      [{ handle: { $ne: '' }, entityId: 'e' }, 'handle'],
    ] as const)
      assertRefused(await api.post('/api/v1/connectedAccounts/confirm', body), {
        status: 400,
        code: 'validation_failed',
        field,
      })
  })

  test('a reload in the same browser brings the same handle, and in another none', async () => {
    const begun = await api.initiate({ app: 'gmail', entityId: 'e', redirectUri })
    const { person, callback, location } = await cameBack(begun)
    assert.equal((await person.open(callback)).location?.href, location.href)
    const stranger = await new Person().open(callback)
    assert.equal(stranger.location, null)
    assert.ok(!stranger.page.includes('yours.example'))
  })

  test('a person who says no comes back with the result, and there is nothing to confirm', async () => {
    const begun = await api.initiate({ app: 'gmail', entityId: 'e', redirectUri })
    const { location } = await new Person().connect(begun.redirectUrl ?? '', { answer: 'deny' })
    assert.deepEqual(
      [location?.searchParams.get('error'), location?.searchParams.get('handle')],
      ['access_denied', null],
    )
  })

  test('what the app then refuses is told, and ends it', async () => {
    const entityId = newEntity()
    const begun = await api.initiate({ app: 'gmail', entityId, redirectUri })
    const person = new Person()
    const callback = await person.consent(await person.agree(begun.redirectUrl ?? ''))
    callback.searchParams.set('code', 'a-code-of-somebody-else')
    const { location } = await person.open(callback)
    const refused = await confirm(location?.searchParams.get('handle') ?? '', entityId)
    assertRefused(refused, { status: 400, code: 'connection_failed' })
    assert.deepEqual(await stateOf(begun.connectedAccountId), ['FAILED', 'code_exchange_failed'])
  })

  test('a renewal keeps the old credentials until it is confirmed, and after a wrong user', async () => {
    const entityId = newEntity()
    const begun = await api.initiate({ app: 'gmail', entityId, redirectUri })
    ok(await confirm((await cameBack(begun)).handle, entityId))
    const before = (await api.account(begun.connectedAccountId)).connectionParams?.access_token
    const path = `/api/v1/connectedAccounts/${begun.connectedAccountId}/reinitiate`
    const again = async () => ok(await api.post<{ redirectUrl: string }>(path, { redirectUri }))

    assertRefused(await confirm((await cameBack(await again())).handle, 'somebody else'), {
      status: 400,
      code: 'user_mismatch',
    })
    assert.equal((await api.account(begun.connectedAccountId)).connectionParams?.access_token, before)

    const { handle } = await cameBack(await again())
    assert.equal((await api.account(begun.connectedAccountId)).connectionParams?.access_token, before)
    assert.equal(ok(await confirm(handle, entityId)).status, 'ACTIVE')
    assert.notEqual((await api.account(begun.connectedAccountId)).connectionParams?.access_token, before)
  })

  test('a newer request takes the place of one that waits', async () => {
    const entityId = newEntity()
    const begun = await api.initiate({ app: 'gmail', entityId, redirectUri })
    const { handle } = await cameBack(begun)
    ok(await api.post(`/api/v1/connectedAccounts/${begun.connectedAccountId}/reinitiate`, { redirectUri }))
    assertRefused(await confirm(handle, entityId), { status: 400, code: 'conflict' })
  })

  test('a connection needs a way back', async () => {
    for (const path of ['/api/v1/connectedAccounts', '/api/v1/connectLinks'])
      assertRefused(await api.post(path, { app: 'gmail', entityId: 'e' }), {
        status: 400,
        code: 'validation_failed',
        field: 'redirectUri',
      })
  })

  test('the handle goes to listed pages only, in test mode too, once any is listed', async () => {
    const listed = 'https://yours.example/confirm'
    const strict = await newProject({ userVerification: 'required', allowedRedirectUrls: [listed] })
    for (const path of ['/api/v1/connectedAccounts', '/api/v1/connectLinks'])
      assertRefused(await strict.post(path, { app: 'gmail', entityId: 'e', redirectUri: 'https://evil.example/' }), {
        status: 400,
        code: 'redirect_not_allowed',
        field: 'redirectUri',
      })
    const begun = await strict.initiate({ app: 'gmail', entityId: 'e', redirectUri: listed })
    const { handle } = await cameBack(begun)
    assert.equal(ok(await confirm(handle, 'e', strict)).status, 'ACTIVE')
  })

  test('a key that the backend brings itself needs no confirmation', async () => {
    const account = await api.connect({ app: 'linear', data: { api_key: 'a-good-key' } })
    assert.equal(account.status, 'ACTIVE')
  })

  test('a key typed at a link waits for the confirmation', async () => {
    const typed = async (entityId: string) => {
      const link = ok(await api.post<ConnectLink>('/api/v1/connectLinks', { entityId, app: 'linear', redirectUri }))
      assert.equal((await new Person().submit(link.url, { 'data.api_key': 'an-invalid-key' })).status, 400)
      const { location } = await new Person().submit(link.url, { 'data.api_key': 'a-good-key' })
      assert.equal(location?.searchParams.get('status'), 'confirmation_required')
      return { link, handle: location?.searchParams.get('handle') ?? '' }
    }
    const accountsOf = async (entityId: string) =>
      ok(await api.get<{ items: ConnectedAccount[] }>(`/api/v1/connectedAccounts?entityId=${entityId}`)).items

    const wrong = await typed('attacker-of-links')
    assertRefused(await confirm(wrong.handle, 'victim'), { status: 400, code: 'user_mismatch' })
    const [failed] = await accountsOf('attacker-of-links')
    assert.deepEqual([failed?.status, failed?.statusReason?.code], ['FAILED', 'user_mismatch'])

    const entityId = newEntity()
    const { link, handle } = await typed(entityId)
    assert.equal((await accountsOf(entityId))[0]?.status, 'INITIATED')
    const account = ok(await confirm(handle, entityId))
    assert.equal((await api.account(account.id)).connectionParams?.api_key, 'a-good-key')
    assert.equal((await new Person().open(link.url)).status, 410)
  })

  test('an integration may ask for it, or do without it', async () => {
    const without = await newProject({})
    const { id } = await without.defaultIntegration('gmail')
    const set = (of: Api, integrationId: string, userVerification: string | null) =>
      of.patch<{ userVerification: string | null }>(`/api/v1/integrations/${integrationId}`, { userVerification })
    assert.equal(ok(await set(without, id, 'required')).userVerification, 'required')
    const begun = await without.initiate({ integrationId: id, redirectUri, entityId: 'e' })
    const { handle } = await cameBack(begun)
    assert.equal(ok(await confirm(handle, 'e', without)).status, 'ACTIVE')
    const link = ok(await without.post<ConnectLink>('/api/v1/connectLinks', { entityId: 'e' }))
    assert.ok(!(await new Person().open(link.url)).page.includes(`?integration=${id}`))

    const github = await api.defaultIntegration('github')
    ok(await set(api, github.id, 'none'))
    assert.equal((await api.connect({ integrationId: github.id })).status, 'ACTIVE')
    assert.equal(ok(await set(api, github.id, null)).userVerification, null)
  })
})
