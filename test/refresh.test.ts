import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount, Integration } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, newEntity, ok, tokenIn } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'

const clock = movableClock()
const server = await startTestServer({ clock, loops: false })
after(() => server.close())
const api = apiOf(server)

/** Gmail keeps its refresh tokens. Jira gives a new one each time and takes the old one for ten minutes more. */
const connect = (app: 'gmail' | 'jira' = 'gmail') => api.connect({ app, entityId: newEntity() })

/** Linear gives a new refresh token each time and takes the old one never again. */
async function connectLinear() {
  const { items } = ok(await api.get<{ items: Integration[] }>('/api/v1/integrations?appName=linear&authScheme=OAUTH2'))
  return api.connect({ integrationId: items[0]?.id })
}

const untilEnd = ({ expiresAt }: ConnectedAccount) => new Date(expiresAt ?? 0).getTime() - clock.now().getTime()

const minutes = 60_000

describe('reading auth params', () => {
  test('takes the stored token while it is far from its end', async () => {
    const { id, expiresAt } = await connect()
    assert.ok(expiresAt)
    const first = ok(await api.info(id))
    assert.deepEqual(ok(await api.info(id)), first)
    assert.equal((await api.script(id)).tokenCalls, 1)
  })

  test('refreshes a token that is near its end', async () => {
    const connected = await connect()
    const { id, expiresAt } = connected
    const before = ok(await api.info(id))
    clock.advance(untilEnd(connected) - 4 * minutes)
    const renewed = ok(await api.info(id))
    assert.notEqual(tokenIn(renewed), tokenIn(before))
    assert.equal((await api.script(id)).tokenCalls, 2)
    const account = await api.account(id)
    assert.ok(new Date(account.expiresAt ?? 0) > new Date(expiresAt ?? 0))
    assert.equal(account.connectionParams?.headers?.Authorization, tokenIn(renewed))
  })

  test('asks for one new token however many read at once', async () => {
    const { id } = await connect('jira')
    await api.script(id, { expireNow: true, failNextTokenCalls: { times: 1, delayMs: 100 } })
    const answers = await Promise.all(Array.from({ length: 100 }, () => api.info(id)))
    assert.equal(new Set(answers.map((answer) => tokenIn(ok(answer)))).size, 1)
    assert.equal((await api.script(id)).tokenCalls, 2)
  })

  test('keeps the old refresh token when the app gives no new one', async () => {
    const { id, connectionParams } = await connect()
    await api.script(id, { expireNow: true })
    ok(await api.info(id))
    assert.equal((await api.account(id)).connectionParams?.refresh_token, connectionParams?.refresh_token)
  })

  test('stores the new refresh token of an app that replaces it', async () => {
    const { id, connectionParams } = await connect('jira')
    await api.script(id, { expireNow: true })
    ok(await api.info(id))
    assert.notEqual((await api.account(id)).connectionParams?.refresh_token, connectionParams?.refresh_token)
  })
})

describe('an app that cannot answer now', () => {
  for (const status of [500, 503, 429])
    test(`with status ${status} leaves a token that is still valid in use`, async () => {
      const connected = await connect()
      const { id } = connected
      const before = ok(await api.info(id))
      await api.script(id, { failNextTokenCalls: { times: 1, status } })
      clock.advance(untilEnd(connected) - 2 * minutes)
      assert.deepEqual(ok(await api.info(id)), before)
      const account = await api.account(id)
      assert.deepEqual([account.status, account.statusReason?.code], ['ACTIVE', 'provider_unavailable'])
      assert.equal((await api.script(id)).tokenCalls, 2, 'the second read waits for its turn')
    })

  for (const status of [503, 429])
    test(`with status ${status} never gets an expired token served`, async () => {
      const { id } = await connect()
      await api.script(id, { expireNow: true, failNextTokenCalls: { times: 1, status } })
      const refused = await api.info(id)
      assertRefused(refused, { status: 502, code: 'provider_unavailable' })
      const retryAfter = Number(refused.headers.get('retry-after'))
      assert.ok(retryAfter >= 1 && retryAfter <= 5, String(retryAfter))
      const account = await api.account(id)
      assert.deepEqual([account.status, account.statusReason?.mustAct], ['ACTIVE', 'nobody'])
      assert.deepEqual(account.connectionParams, {})

      clock.advance(retryAfter * 1000)
      ok(await api.info(id))
      const recovered = await api.account(id)
      assert.deepEqual([recovered.status, recovered.statusReason], ['ACTIVE', null])
    })

  test('is asked less and less often', async () => {
    const { id } = await connect()
    await api.script(id, { expireNow: true, failNextTokenCalls: { times: 6, status: 503 } })
    const waits: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      const wait = Number((await api.info(id)).headers.get('retry-after'))
      waits.push(wait)
      clock.advance(wait * 1000)
    }
    assert.ok((waits.at(-1) ?? 0) > 10 * (waits[0] ?? 0) || (waits.at(-1) ?? 0) >= 80, waits.join())
    ok(await api.info(id))
  })
})

describe('a grant that is gone', () => {
  test('ends the account with the reason, and reconnecting brings it back under the same id', async () => {
    const { id } = await connect()
    await api.script(id, { expireNow: true, revoke: true })
    assertRefused(await api.info(id), { status: 400, code: 'reconnect_required' })
    const ended = await api.account(id)
    assert.deepEqual(
      [ended.status, ended.statusReason?.code, ended.statusReason?.mustAct],
      ['EXPIRED', 'grant_revoked', 'endUser'],
    )
    assert.deepEqual(ended.connectionParams, {})

    const again = ok(
      await api.post<{ connectedAccountId: string; redirectUrl: string }>(`/api/v1/connectedAccounts/${id}/reinitiate`),
    )
    assert.equal(again.connectedAccountId, id)
    await new Person().connect(again.redirectUrl)
    assert.deepEqual([(await api.account(id)).status, (await api.account(id)).statusReason], ['ACTIVE', null])
    ok(await api.info(id))
  })
})

describe('an answer that is lost', () => {
  test('is asked for again, at once and once, while the app still takes the old refresh token', async () => {
    const { id } = await connect('jira')
    await api.script(id, { expireNow: true, failNextTokenCalls: { times: 1, dropAnswer: true } })
    ok(await api.info(id))
    assert.equal((await api.account(id)).status, 'ACTIVE')
  })

  test('leaves a token that is still valid in use to its end, and ends the account then', async () => {
    const connected = await connectLinear()
    const { id } = connected
    const before = ok(await api.info(id))
    await api.script(id, { failNextTokenCalls: { times: 1, dropAnswer: true } })
    clock.advance(untilEnd(connected) - 2 * minutes)
    assert.deepEqual(ok(await api.info(id)), before)
    clock.advance(minutes)
    assert.deepEqual(ok(await api.info(id)), before)
    assert.equal((await api.account(id)).status, 'ACTIVE')

    clock.advance(minutes)
    assertRefused(await api.info(id), { status: 400, code: 'reconnect_required' })
    assert.equal((await api.account(id)).statusReason?.code, 'refresh_outcome_unknown')
    assert.equal((await api.script(id)).tokenCalls, 2, 'the old refresh token was not sent again')
  })

  test('ends the account when the old refresh token may have been replaced for good', async () => {
    const { id } = await connect('jira')
    await api.script(id, { expireNow: true, failNextTokenCalls: { times: 5, dropAnswer: true } })
    for (let attempt = 0; attempt < 2; attempt++) {
      await api.info(id)
      clock.advance(20 * minutes)
    }
    assertRefused(await api.info(id), { status: 400, code: 'reconnect_required' })
    const { status, statusReason } = await api.account(id)
    assert.deepEqual([status, statusReason?.code], ['EXPIRED', 'refresh_outcome_unknown'])
  })
})

describe('a change while a refresh is under way', () => {
  /** Begins a refresh that hangs at the app, makes the change, then lets the refresh end. */
  async function during(id: string, change: () => Promise<void>) {
    const delayMs = 300
    await api.script(id, { expireNow: true, failNextTokenCalls: { times: 1, delayMs } })
    const reading = api.info(id)
    await api.untilTokenCall(id)
    await change()
    return reading
  }

  test('disabling wins, and the new token is there when it is enabled again', async () => {
    const { id } = await connect('jira')
    const reading = await during(id, async () => {
      ok(await api.post(`/api/v1/connectedAccounts/${id}/disable`))
    })
    assertRefused(reading, { status: 400, code: 'account_disabled' })
    assert.equal((await api.account(id)).enabled, false)
    ok(await api.post(`/api/v1/connectedAccounts/${id}/enable`))
    ok(await api.info(id))
    assert.equal((await api.script(id)).tokenCalls, 2)
  })

  test('deleting wins: the account does not come back', async () => {
    const { id, entityId } = await connect('jira')
    const reading = await during(id, async () => {
      ok(await api.delete(`/api/v1/connectedAccounts/${id}`))
    })
    assertRefused(reading, { status: 404, code: 'not_found' })
    assertRefused(await api.get(`/api/v1/connectedAccounts/${id}`), { status: 404, code: 'not_found' })
    const list = ok(await api.get<{ items: unknown[] }>(`/api/v1/connectedAccounts?entityId=${entityId}`))
    assert.deepEqual(list.items, [])
  })

  test('reconnecting wins: the late answer does not replace the new grant', async () => {
    const { id } = await connect('jira')
    const again = ok(await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${id}/reinitiate`))
    const person = new Person()
    const callback = await person.consent(await person.agree(again.redirectUrl))
    await during(id, async () => {
      await person.open(callback)
    })
    assert.equal((await api.account(id)).status, 'ACTIVE')
    assert.equal((await api.script(id)).tokenCalls, 1, 'the stored tokens are those of the new grant')
  })
})
