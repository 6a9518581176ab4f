/** How often a key and an address may ask. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { createRateLimits } from '../packages/server/src/http/rate-limits.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, ok } from './support/api.ts'

const clockAt = (time: { ms: number }) => ({ now: () => new Date(time.ms), sleep: () => Promise.resolve() })

describe('a bucket', () => {
  test('never lets through more than its burst and what has flowed in since, and lets that through', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 200 }),
        (perSecond, pauses) => {
          const time = { ms: 0 }
          const limits = createRateLimits({ reads: perSecond, writes: 1, address: 1, clock: clockAt(time) })
          let allowed = 0
          for (const pause of pauses) {
            time.ms += pause
            const verdict = limits.take('reads', 'k')
            if (verdict?.isAllowed) allowed++
            else {
              assert.ok(verdict && verdict.retryAfterSeconds >= 1)
              time.ms += verdict.retryAfterSeconds * 1000
              assert.ok(limits.take('reads', 'k')?.isAllowed)
              limits.giveBack('reads', 'k')
            }
            assert.ok(allowed <= perSecond + (time.ms / 1000) * perSecond + 1e-6)
          }
        },
      ),
    )
  })

  test('is one for each kind and each subject, and a clock put back gives nothing', () => {
    const time = { ms: 10_000 }
    const limits = createRateLimits({ reads: 1, writes: 1, address: 10, clock: clockAt(time) })
    assert.deepEqual([limits.take('reads', 'a')?.isAllowed, limits.take('reads', 'a')?.isAllowed], [true, false])
    assert.ok(limits.take('reads', 'b')?.isAllowed)
    assert.ok(limits.take('writes', 'a')?.isAllowed)
    time.ms = 0
    assert.equal(limits.take('reads', 'a')?.isAllowed, false)
  })

  test('of a limit of 0 is none', () => {
    const limits = createRateLimits({ reads: 0, writes: 0, address: 0, clock: clockAt({ ms: 0 }) })
    for (let count = 0; count < 1000; count++) assert.equal(limits.take('reads', 'a'), undefined)
  })
})

describe('a server', () => {
  let server: TestServer
  let api: Api
  before(async () => {
    server = await startTestServer({
      environment: {
        HOLDFAST_RATE_LIMIT_READS: '20',
        HOLDFAST_RATE_LIMIT_WRITES: '10',
        HOLDFAST_RATE_LIMIT_ADDRESS: '10',
        HOLDFAST_TRUSTED_PROXIES: '1',
      },
    })
    api = apiOf(server)
  })
  after(() => server.close())

  test('says how much is left, refuses what is too much with Retry-After, and holds up nobody else', async () => {
    const account = await api.connect({ app: 'linear', data: { api_key: 'a' } })
    const path = `/api/v1/connectedAccounts/${account.id}/info`
    const answers = []
    for (let count = 0; count < 60; count++) answers.push(await api.get(path))
    const first = answers[0]
    assert.equal(first?.headers.get('ratelimit-policy'), '"reads";q=20;w=1')
    assert.match(first?.headers.get('ratelimit') ?? '', /^"reads";r=\d+;t=\d+$/)
    const refused = answers.filter(({ status }) => status === 429)
    assert.ok(refused.length > 0)
    for (const answer of refused) {
      assertRefused(answer, { status: 429, code: 'rate_limited' })
      assert.equal(answer.headers.get('retry-after'), '1')
      assert.match(answer.headers.get('ratelimit') ?? '', /^"reads";r=0;t=1$/)
    }
    const operator = apiOf(server, server.adminKey)
    const other = ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'Other' }))
    ok(await apiOf(server, other.apiKey).get('/api/v1/project'))
  })

  test('stops who tries keys from one address, and neither another address nor a good key', async () => {
    const ask = (key: string, address: string) =>
      fetch(`${server.url}/api/v1/apps`, { headers: { 'x-api-key': key, 'x-forwarded-for': address } })
    const statuses = []
    for (let count = 0; count < 40; count++) statuses.push((await ask(`hf_test_guess_${count}`, '203.0.113.9')).status)
    assert.deepEqual([...new Set(statuses)], [401, 429])
    assert.equal((await ask('hf_test_guess', '203.0.113.10')).status, 401)
    const made = ok(await apiOf(server, server.adminKey).post<{ apiKey: string }>('/api/v1/projects', { name: 'Good' }))
    assert.equal((await ask(made.apiKey, '203.0.113.9')).status, 200)
    // What a client adds in front of the proxy's own word is not believed.
    assert.equal((await ask('hf_test_guess', '198.51.100.1, 203.0.113.9')).status, 429)
  })

  test('counts pages by address', async () => {
    const ask = (address: string) =>
      fetch(`${server.url}/connect/unknown-token`, { headers: { 'x-forwarded-for': address } })
    let last = await ask('203.0.113.20')
    for (let count = 0; count < 150 && last.status !== 429; count++) last = await ask('203.0.113.20')
    assert.equal(last.status, 429)
    assert.equal(last.headers.get('retry-after'), '1')
    assert.equal((await ask('203.0.113.21')).status, 404)
  })
})
