import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'
import { temporaryFolder } from './support/server-process.ts'

const server = await startTestServer()
after(() => server.close())
const api = apiOf(server)

const begin = () => api.initiate({ app: 'gmail' })
const wait = (id: string, status = 'ACTIVE', timeoutSeconds = 30) =>
  api.get<ConnectedAccount>(`/api/v1/connectedAccounts/${id}?waitFor=${status}&timeoutSeconds=${timeoutSeconds}`)

const minutes = 60_000

/** Far less than a wait would last that missed its moment. */
const atOnceMs = 2_000

async function timed<Result>(work: () => Promise<Result>): Promise<Result> {
  const begun = performance.now()
  const result = await work()
  const tookMs = performance.now() - begun
  assert.ok(tookMs < atOnceMs, `took ${Math.round(tookMs)} ms`)
  return result
}

describe('whoever waits for an account', () => {
  test('hears the moment it is ACTIVE, with credentials, however many wait', async () => {
    const begun = await begin()
    const waiting = Array.from({ length: 20 }, () => wait(begun.connectedAccountId))
    const accounts = await timed(async () => {
      await new Person().connect(begun.redirectUrl ?? '')
      return Promise.all(waiting)
    })
    for (const answer of accounts) {
      const { status, connectionParams, params } = ok(answer)
      assert.equal(status, 'ACTIVE')
      assert.match(connectionParams?.headers?.Authorization ?? '', /^Bearer /)
      assert.equal(params?.length, 1)
    }
  })

  test('hears at once of an account that is ACTIVE already', async () => {
    const { id } = await api.connect({ app: 'linear', data: { api_key: 'a-key' } })
    assert.equal(ok(await timed(() => wait(id))).status, 'ACTIVE')
  })

  test('hears at once that it FAILED, and why', async () => {
    const begun = await begin()
    const waiting = wait(begun.connectedAccountId)
    const account = await timed(async () => {
      await new Person().connect(begun.redirectUrl ?? '', { answer: 'deny' })
      return ok(await waiting)
    })
    assert.deepEqual([account.status, account.statusReason?.code], ['FAILED', 'access_denied'])
    assert.equal(ok(await timed(() => wait(begun.connectedAccountId))).status, 'FAILED')
  })

  test('hears at once when the person cancels on the connect page', async () => {
    const begun = await begin()
    const waiting = wait(begun.connectedAccountId)
    const account = await timed(async () => {
      await new Person().submit(begun.redirectUrl ?? '', { decision: 'decline' })
      return ok(await waiting)
    })
    assert.deepEqual([account.status, account.statusReason?.code], ['FAILED', 'access_denied'])
  })

  test('gets the account as it stands when the time is up', async () => {
    const { connectedAccountId } = await begin()
    const begunAt = performance.now()
    const { status, statusReason } = ok(await wait(connectedAccountId, 'ACTIVE', 1))
    assert.deepEqual([status, statusReason?.code], ['INITIATED', 'awaiting_user'])
    assert.ok(performance.now() - begunAt >= 990)
  })

  test('hears that it was deleted', async () => {
    const { connectedAccountId } = await begin()
    const waiting = wait(connectedAccountId)
    ok(await api.delete(`/api/v1/connectedAccounts/${connectedAccountId}`))
    assertRefused(await timed(() => waiting), { status: 404, code: 'not_found' })
  })

  test('may wait for EXPIRED too', async () => {
    const { id } = await api.connect({ app: 'gmail' })
    const waiting = wait(id, 'EXPIRED')
    await api.script(id, { expireNow: true, revoke: true })
    await api.info(id)
    assert.equal(ok(await timed(() => waiting)).statusReason?.code, 'grant_revoked')
  })

  test('for a renewal of an account that had failed hears when it is ACTIVE again', async () => {
    const begun = await begin()
    await new Person().connect(begun.redirectUrl ?? '', { answer: 'deny' })
    const again = ok(
      await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${begun.connectedAccountId}/reinitiate`),
    )
    const waiting = wait(begun.connectedAccountId)
    await new Person().connect(again.redirectUrl)
    assert.equal(ok(await timed(() => waiting)).status, 'ACTIVE')
  })

  test('hears that the person did not come in time, even over a restart', async (t) => {
    const { folder: dataDir, remove } = await temporaryFolder()
    const clock = movableClock()
    const first = await startTestServer({ clock, dataDir })
    const { connectedAccountId } = await apiOf(first).initiate({ app: 'gmail' })
    await first.close()
    clock.advance(10 * minutes)
    const second = await startTestServer({ clock, dataDir })
    t.after(async () => {
      await second.close()
      await remove()
    })
    const account = await timed(async () =>
      ok(await apiOf(second).get<ConnectedAccount>(`/api/v1/connectedAccounts/${connectedAccountId}?waitFor=ACTIVE`)),
    )
    assert.deepEqual([account.status, account.statusReason?.code], ['FAILED', 'link_expired'])
  })

  test('is answered when the server stops', async () => {
    const stopping = await startTestServer()
    const { connectedAccountId } = await apiOf(stopping).initiate({ app: 'gmail' })
    const waiting = apiOf(stopping).get<ConnectedAccount>(
      `/api/v1/connectedAccounts/${connectedAccountId}?waitFor=ACTIVE&timeoutSeconds=30`,
    )
    await untilWaiting(stopping.url, stopping.apiKey)
    const account = await timed(async () => {
      stopping.composition.stopWaiting()
      return ok(await waiting)
    })
    assert.equal(account.status, 'INITIATED')
    await stopping.close()
  })

  test('that goes away leaves nothing behind', async () => {
    const { connectedAccountId, redirectUrl } = await begin()
    const leaving = new AbortController()
    const waiting = fetch(`${server.url}/api/v1/connectedAccounts/${connectedAccountId}?waitFor=ACTIVE`, {
      headers: { 'x-api-key': server.apiKey },
      signal: leaving.signal,
    })
    await untilWaiting(server.url, server.apiKey)
    leaving.abort()
    await assert.rejects(waiting, { name: 'AbortError' })
    await new Person().connect(redirectUrl ?? '')
    assert.equal((await api.account(connectedAccountId)).status, 'ACTIVE')
  })
})

/** A request sent after another on a new connection is answered after that one has begun. */
async function untilWaiting(url: string, apiKey: string) {
  for (let round = 0; round < 5; round++) await fetch(`${url}/api/v1/project`, { headers: { 'x-api-key': apiKey } })
}
