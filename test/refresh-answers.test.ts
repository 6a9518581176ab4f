import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ConnectedAccount, Integration } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, ok, tokenIn } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { setUpOwnApp } from './support/own-app.ts'
import { Person } from './support/person.ts'
import {
  type Grant,
  importGrants,
  type ProviderHabits,
  type Reaction,
  register,
  type ScriptedProvider,
  startScriptedProvider,
  type TokenFields,
} from './support/scripted-provider.ts'

const minutes = 60_000
const clock = movableClock()

/** Most apps keep refresh tokens; the others replace them, some with a grace period. */
const habits = {
  keeps: { rotates: false },
  replaces: { rotates: true },
  forgives: { rotates: true, graceSeconds: 60 },
} satisfies Record<string, ProviderHabits>

type Habit = keyof typeof habits

let server: TestServer
let api: Api
const providers = {} as Record<Habit, ScriptedProvider>
const integrations = {} as Record<Habit, Integration>

before(async () => {
  for (const habit of Object.keys(habits) as Habit[]) providers[habit] = await startScriptedProvider(habits[habit])
  const hosts = Object.values(providers).map(({ host }) => host)
  server = await startTestServer({
    clock,
    loops: false,
    environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: hosts.join() },
  })
  api = apiOf(server)
  for (const habit of Object.keys(habits) as Habit[])
    integrations[habit] = await register(api, providers[habit], { key: habit, ...habits[habit] })
})
after(async () => {
  await server.close()
  for (const provider of Object.values(providers)) await provider.close()
})

/** An account whose access token is over, of an app that reacts in this way to its next refreshes. */
async function expired(habit: Habit, ...next: Reaction[]): Promise<{ id: string; grant: Grant }> {
  const grant = providers[habit].newGrant(...next)
  const [id] = await importGrants(api, integrations[habit].id, [grant], { scope: 'read write' })
  assert.ok(id)
  clock.advance(60 * minutes)
  return { id, grant }
}

const altered = (alter: (fields: TokenFields) => Record<string, unknown>): Reaction => ({ alter })

const lifetime = ({ expiresAt }: ConnectedAccount) =>
  expiresAt ? Math.round((new Date(expiresAt).getTime() - clock.now().getTime()) / 1000) : null

describe('a token answer', () => {
  for (const [said, refresh_token] of Object.entries({ 'not at all': undefined, 'as null': null, 'as empty text': '' }))
    test(`that has the refresh token ${said} keeps the old one`, async () => {
      const { id, grant } = await expired(
        'keeps',
        altered((fields) => ({ ...fields, refresh_token })),
      )
      for (let refreshes = 1; refreshes <= 2; refreshes++) {
        assert.equal(tokenIn(ok(await api.info(id))), `Bearer ${grant.accessToken}`)
        assert.equal(grant.calls, refreshes)
        clock.advance(60 * minutes)
      }
    })

  const lifetimes: [string, unknown, number][] = [
    ['nothing', undefined, 3600],
    ['text', '1800', 1800],
    ['a fraction', 1800.7, 1800],
    ['zero', 0, 3600],
    ['a negative number', -5, 3600],
    ['words', 'soon', 3600],
    ['far too much', 1e12, 3600],
    ['milliseconds', 1_800_000, 1800],
  ]
  for (const [said, expires_in, expected] of lifetimes)
    test(`whose lifetime is ${said} (${expires_in}) is good for ${expected} s, and then refreshed`, async () => {
      const { id, grant } = await expired(
        'replaces',
        altered((fields) => ({ ...fields, expires_in })),
      )
      ok(await api.info(id))
      const left = lifetime(await api.account(id)) ?? 0
      assert.ok(Math.abs(left - expected) <= 2, String(left))
      ok(await api.info(id))
      assert.equal(grant.calls, 1)
      clock.advance(expected * 1000)
      assert.equal(tokenIn(ok(await api.info(id))), `Bearer ${grant.accessToken}`)
      assert.deepEqual([grant.calls, grant.reuses], [2, 0])
    })

  test('with the same access token as before is as good as any', async () => {
    const { id, grant } = await expired(
      'keeps',
      altered((fields) => ({ ...fields, access_token: 'access-of-old' })),
      altered((fields) => ({ ...fields, access_token: 'access-of-old' })),
    )
    for (let refreshes = 1; refreshes <= 2; refreshes++) {
      assert.equal(tokenIn(ok(await api.info(id))), 'Bearer access-of-old')
      assert.equal(grant.calls, refreshes)
      clock.advance(60 * minutes)
    }
  })

  test('with fewer scopes than were granted shows them on the account', async () => {
    const { id } = await expired(
      'keeps',
      altered((fields) => ({ ...fields, scope: 'read' })),
    )
    ok(await api.info(id))
    const { status, grantedScopes, requestedScopes } = await api.account(id)
    assert.deepEqual([status, grantedScopes, requestedScopes], ['ACTIVE', ['read'], ['read', 'write']])
  })
})

describe('an app that gives no token now', () => {
  const passing: [string, Reaction][] = [
    ['status 503', { refuse: { status: 503, body: { error: 'server_error' } } }],
    ['a page of its proxy', { refuse: { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' } }],
    ['a page with status 200', { refuse: { status: 200, body: '<html><h1>Maintenance</h1></html>' } }],
    ['a page with status 403', { refuse: { status: 403, body: '<html><h1>Blocked</h1></html>' } }],
    ['an error inside status 200', { refuse: { status: 200, body: { error: 'temporarily_unavailable' } } }],
    ['a request it cuts off', { lose: 'request' }],
  ]
  for (const [said, reaction] of passing)
    test(`but ${said} is asked again later, and the account stays ACTIVE`, async () => {
      const { id, grant } = await expired('keeps', reaction)
      const refused = await api.info(id)
      assertRefused(refused, { status: 502, code: 'provider_unavailable' })
      const { status, statusReason } = await api.account(id)
      assert.deepEqual([status, statusReason?.code], ['ACTIVE', 'provider_unavailable'])
      assert.equal(grant.calls, 1)
      clock.advance(Number(refused.headers.get('retry-after')) * 1000)
      assert.equal(tokenIn(ok(await api.info(id))), `Bearer ${grant.accessToken}`)
    })

  test('is not asked before the time it names', async () => {
    const refuse = { status: 429, body: { error: 'slow_down' }, headers: { 'retry-after': '120' } }
    const { id, grant } = await expired('replaces', { refuse })
    const refused = await api.info(id)
    assertRefused(refused, { status: 502, code: 'provider_unavailable' })
    assert.ok(Math.abs(Number(refused.headers.get('retry-after')) - 120) <= 1)
    clock.advance(117_000)
    assertRefused(await api.info(id), { status: 502, code: 'provider_unavailable' })
    assert.equal(grant.calls, 1)
    clock.advance(5_000)
    ok(await api.info(id))
    assert.deepEqual([grant.calls, grant.reuses], [2, 0])
  })
})

describe('an answer that is lost', () => {
  test('is asked for once more within the grace period of an app that replaces refresh tokens', async () => {
    const { id, grant } = await expired('forgives', { lose: 'answer' })
    assert.equal(tokenIn(ok(await api.info(id))), `Bearer ${grant.accessToken}`)
    assert.deepEqual([grant.calls, grant.reuses], [2, 0])
    clock.advance(60 * minutes)
    ok(await api.info(id))
    assert.equal(grant.reuses, 0)
  })

  test('ends the account where there is no grace period, and no retired token is sent', async () => {
    const { id, grant } = await expired('replaces', { lose: 'answer' })
    assertRefused(await api.info(id), { status: 400, code: 'reconnect_required' })
    const { status, statusReason } = await api.account(id)
    assert.deepEqual(
      [status, statusReason?.code, statusReason?.mustAct],
      ['EXPIRED', 'refresh_outcome_unknown', 'endUser'],
    )
    assert.deepEqual([grant.calls, grant.reuses], [1, 0])
  })
})

describe('an authorization server written by others, which ends a grant for a retired refresh token', () => {
  test('sees each refresh token once, however many read at each end of an access token', async () => {
    const ownApp = await setUpOwnApp('test', 'client_secret_basic')
    after(() => ownApp.close())
    const person = new Person()
    const begun = await ownApp.api.initiate({ integrationId: ownApp.integration.id })
    assert.ok(begun.redirectUrl)
    await person.open(await ownApp.provider.approve(await person.agree(begun.redirectUrl)))
    const { id, status } = await ownApp.api.account(begun.connectedAccountId)
    assert.equal(status, 'ACTIVE')
    const seen = new Set<string>()
    for (let end = 1; end <= 4; end++) {
      ownApp.clock.advance(60 * minutes)
      const answers = await Promise.all(Array.from({ length: 50 }, () => ownApp.api.info(id)))
      const tokens = new Set(answers.map((answer) => tokenIn(ok(answer))))
      assert.equal(tokens.size, 1)
      for (const token of tokens) seen.add(token)
    }
    assert.equal(seen.size, 4)
  })
})

describe('a grant that is gone', () => {
  const lost: [string, Reaction['refuse']][] = [
    ['invalid_grant', { status: 400, body: { error: 'invalid_grant' } }],
    ['invalid_grant with status 401', { status: 401, body: { error: 'invalid_grant' } }],
    ['invalid_grant inside status 200', { status: 200, body: { error: 'invalid_grant' } }],
    ['its own word for it', { status: 400, body: { error: 'bad_refresh_token' } }],
  ]
  for (const [said, refuse] of lost)
    test(`as the app says by ${said} ends the account at once, until it is connected again`, async () => {
      const { id, grant } = await expired('replaces', { refuse: refuse as NonNullable<typeof refuse> })
      assertRefused(await api.info(id), { status: 400, code: 'reconnect_required' })
      const { status, statusReason } = await api.account(id)
      assert.deepEqual([status, statusReason?.code, statusReason?.mustAct], ['EXPIRED', 'grant_revoked', 'endUser'])
      clock.advance(60 * minutes)
      assertRefused(await api.info(id), { status: 400, code: 'reconnect_required' })
      assert.equal(grant.calls, 1)

      const path = `/api/v1/connectedAccounts/${id}/reinitiate`
      const { redirectUrl } = ok(await api.post<{ redirectUrl: string }>(path))
      const person = new Person()
      const { location } = await person.open(await person.agree(redirectUrl))
      assert.ok(location)
      await person.open(location)
      assert.notEqual(providers.replaces.grantOf(tokenIn(ok(await api.info(id)))), grant)
    })
})

describe('an OAuth client that the app refuses', () => {
  const count = 1000
  type Flagged = Integration & { problem: { code: string } | null }

  test('flags the integration, leaves its 1,000 accounts as they are, and is tried once a minute until it works', async () => {
    const provider = providers.keeps
    const integration = await register(api, provider, { key: 'refusing', rotates: false })
    const ids: string[] = []
    for (let hundreds = 0; hundreds < count / 100; hundreds++)
      ids.push(
        ...(await importGrants(
          api,
          integration.id,
          Array.from({ length: 100 }, () => provider.newGrant()),
        )),
      )
    clock.advance(60 * minutes)
    const readAll = (some = ids) => inTens(some, (id) => api.info(id))
    const problem = async () => (await api.get<Flagged>(`/api/v1/integrations/${integration.id}`)).body.problem
    const callsDuring = async (work: () => Promise<unknown>) => {
      const before = provider.calls()
      await work()
      return provider.calls() - before
    }

    provider.always({ refuse: { status: 401, body: { error: 'invalid_client' } } })
    const atFirst = await callsDuring(() => readAll())
    assert.ok(atFirst <= 10, `${atFirst} calls, which were under way together`)
    assert.equal((await problem())?.code, 'client_rejected')
    const list = await api.get<{ totalItems?: number; items: ConnectedAccount[] }>(
      `/api/v1/connectedAccounts?integrationId=${integration.id}&status=EXPIRED`,
    )
    assert.deepEqual(ok(list).items, [])
    for (const answer of await readAll(ids.slice(0, 20)))
      assertRefused(answer, { status: 502, code: 'provider_unavailable' })

    for (let minute = 1; minute <= 3; minute++) {
      clock.advance(30_000)
      assert.equal(await callsDuring(() => readAll(ids.slice(0, 200))), 0)
      clock.advance(31_000)
      assert.equal(await callsDuring(() => readAll(ids.slice(0, 200))), 1)
    }

    provider.always({})
    clock.advance(61_000)
    for (const answer of await readAll(ids.slice(200, 210))) if (answer.status === 200) break
    assert.equal(await problem(), null)
    const answers = await readAll()
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const [first] = ids
    const { status, statusReason } = await api.account(first ?? '')
    assert.deepEqual([status, statusReason], ['ACTIVE', null])
  })

  async function inTens<Item, Result>(
    items: readonly Item[],
    work: (item: Item) => Promise<Result>,
  ): Promise<Result[]> {
    const results: Result[] = []
    const queue = items.values()
    const worker = async () => {
      for (const item of queue) results.push(await work(item))
    }
    await Promise.all(Array.from({ length: 10 }, worker))
    return results
  }
})
