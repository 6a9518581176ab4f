import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import type { AccountEvent, AccountStatus } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'

const clock = movableClock()
const server = await startTestServer({ clock })
after(() => server.close())
const api = apiOf(server)

interface History {
  items: AccountEvent[]
  nextCursor: string | null
}

const page = async (id: string, query = '') =>
  ok(await api.get<History>(`/api/v1/connectedAccounts/${id}/history${query}`))

/** Newest first. */
async function wholeHistory(id: string): Promise<AccountEvent[]> {
  const all: AccountEvent[] = []
  let cursor: string | null = null
  do {
    const { items, nextCursor }: History = await page(id, `?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`)
    all.push(...items)
    cursor = nextCursor
  } while (cursor !== null)
  return all
}

describe('the history of an account', () => {
  test('has everything that happened, newest first', async () => {
    const { id } = await api.connect({ app: 'gmail' })
    ok(await api.post(`/api/v1/connectedAccounts/${id}/disable`))
    ok(await api.post(`/api/v1/connectedAccounts/${id}/enable`))
    const { items, nextCursor } = await page(id)
    assert.deepEqual(
      items.map(({ type, sequence, previousStatus, status }) => [type, sequence, previousStatus, status]),
      [
        ['connected_account.enabled', 4, 'ACTIVE', 'ACTIVE'],
        ['connected_account.disabled', 3, 'ACTIVE', 'ACTIVE'],
        ['connected_account.active', 2, 'INITIATED', 'ACTIVE'],
        ['connected_account.initiated', 1, null, 'INITIATED'],
      ],
    )
    assert.equal(nextCursor, null)
    assert.deepEqual(items.at(-1)?.statusReason?.code, 'awaiting_user')
    assert.equal(items.at(-1)?.statusReason?.mustAct, 'endUser')
    for (const { timestamp } of items) assert.equal(new Date(timestamp).toISOString(), timestamp)
  })

  test('comes in pages that neither repeat nor miss anything, while more happens', async () => {
    const { id } = await api.connect({ app: 'gmail' })
    const first = await page(id, '?limit=1')
    ok(await api.post(`/api/v1/connectedAccounts/${id}/disable`))
    const second = await page(id, `?limit=1&cursor=${first.nextCursor}`)
    assert.deepEqual(
      [...first.items, ...second.items].map(({ sequence }) => sequence),
      [2, 1],
    )
    assert.equal(second.nextCursor, null)
  })

  test('outlives the account', async () => {
    const { id } = await api.connect({ app: 'gmail' })
    ok(await api.delete(`/api/v1/connectedAccounts/${id}`))
    assert.equal((await page(id)).items[0]?.type, 'connected_account.deleted')
  })

  test('refuses what is no cursor and what is no account', async () => {
    const { id } = await api.connect({ app: 'gmail' })
    assertRefused(await api.get(`/api/v1/connectedAccounts/${id}/history?cursor=x`), {
      status: 400,
      code: 'validation_failed',
      field: 'cursor',
    })
    assertRefused(await api.get('/api/v1/connectedAccounts/nothing/history'), { status: 404, code: 'not_found' })
  })
})

/** As the documentation has it; the server's own table is not asked. */
const mayFollow: Record<AccountStatus, AccountStatus[]> = {
  INITIATED: ['ACTIVE', 'FAILED', 'EXPIRED'],
  ACTIVE: ['ACTIVE', 'EXPIRED'],
  EXPIRED: ['ACTIVE', 'INITIATED', 'EXPIRED'],
  FAILED: ['ACTIVE', 'INITIATED', 'EXPIRED'],
}

const verbs = [
  'reconnect',
  'reconnectAsOther',
  'decline',
  'deny',
  'abandon',
  'loseGrant',
  'read',
  'revoke',
  'disable',
  'enable',
  'timeOut',
] as const
type Verb = (typeof verbs)[number]

async function act(id: string, verb: Verb): Promise<void> {
  const begin = async (body: object = {}) =>
    ok(await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${id}/reinitiate`, body)).redirectUrl
  // A race may rightly refuse a step: what counts is what the account has become.
  const walk = (steps: () => Promise<unknown>) =>
    steps().then(
      () => undefined,
      () => undefined,
    )
  switch (verb) {
    case 'reconnect':
      return walk(async () => new Person().connect(await begin()))
    case 'reconnectAsOther':
      return walk(async () => new Person().connect(await begin(), { person: 2 }))
    case 'decline':
      return walk(async () => new Person().submit(await begin(), { decision: 'decline' }))
    case 'deny':
      return walk(async () => new Person().connect(await begin(), { answer: 'deny' }))
    case 'abandon':
      return walk(begin)
    case 'loseGrant':
      return walk(() => api.script(id, { expireNow: true, revoke: true }))
    case 'read':
      return walk(() => api.info(id))
    case 'timeOut':
      clock.advance(11 * 60_000)
      return
    default:
      return walk(() => api.post(`/api/v1/connectedAccounts/${id}/${verb}`))
  }
}

test('no sequence of verbs, alone or two at a time, brings a status that may not follow the one before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom(...verbs), { minLength: 1, maxLength: 2 }), { maxLength: 12 }),
      async (steps) => {
        const { connectedAccountId: id } = await api.initiate({ app: 'jira' })
        for (const together of steps) await Promise.all(together.map((verb) => act(id, verb)))
        const account = await api.account(id)
        const events = (await wholeHistory(id)).reverse()
        assert.deepEqual(
          events.map(({ sequence }) => sequence),
          events.map((_, index) => index + 1),
        )
        let status = null as AccountStatus | null
        for (const event of events) {
          assert.equal(event.previousStatus, status, 'no change went by without an event')
          if (status !== null && status !== event.status)
            assert.ok(mayFollow[status].includes(event.status), `${status} became ${event.status}`)
          status = event.status
        }
        assert.equal(account.status, status)
      },
    ),
    { numRuns: 40 },
  )
})
