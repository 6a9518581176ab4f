import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { type Clock, systemClock } from '../clock.ts'
import { noTracing } from '../tracing.ts'
import { createPrometheus, createReadings, observed, type ReadingSources } from './index.ts'

const idle: ReadingSources = {
  accounts: async () => [],
  dueLagSeconds: async () => 0,
  webhookQueueLength: async () => 0,
  pool: () => undefined,
}

const start = (sources: Partial<ReadingSources> = {}, clock: Clock = systemClock) => {
  const prometheus = createPrometheus({ version: '1.2.3' })
  const readings = createReadings({ ...idle, ...sources }, clock)
  return { ...prometheus, scrape: async () => linesOf((await prometheus.expose(readings)).text) }
}

/** Value by name and labels, as in `name{a="b"}`. */
const linesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )

test('what the rooms report is counted and timed', async () => {
  const { metrics, scrape } = start()
  metrics.refreshEnded('acme', 'renewed', 0.3)
  metrics.refreshEnded('acme', 'renewed', 3)
  metrics.refreshEnded('other-app', 'grant_lost', 1)
  metrics.leaseWaited(2, true)
  metrics.leaseWaited(50, false)
  metrics.queryEnded('select', true, 0.002)
  metrics.queryEnded('update', false, 0.002)
  metrics.deliveryEnded('failed', 1)

  const lines = await scrape()
  assert.equal(lines.get('holdfast_refreshes_total{app="acme",outcome="renewed"}'), 2)
  assert.equal(lines.get('holdfast_refreshes_total{app="other-app",outcome="grant_lost"}'), 1)
  assert.equal(lines.get('holdfast_refresh_duration_seconds_sum{outcome="renewed"}'), 3.3)
  assert.equal(lines.get('holdfast_refresh_lease_wait_seconds_count{granted="true"}'), 1)
  assert.equal(lines.get('holdfast_refresh_lease_wait_seconds_sum{granted="false"}'), 50)
  assert.equal(lines.get('holdfast_database_duration_seconds_bucket{le="0.0025",kind="select"}'), 1)
  assert.equal(lines.get('holdfast_database_errors_total{kind="update"}'), 1)
  assert.equal(lines.get('holdfast_database_errors_total{kind="select"}'), undefined)
  assert.equal(lines.get('holdfast_webhook_deliveries_total{outcome="failed"}'), 1)
  assert.equal(lines.get('holdfast_build_info{version="1.2.3"}'), 1)
  assert.ok((lines.get('process_resident_memory_bytes') ?? 0) > 0)
})

test('requests are counted by the pattern of their route, so that ids and odd methods make no series', async () => {
  const { metrics, scrape } = start()
  const app = new Hono()
  app.use(observed({ metrics, tracing: noTracing }))
  app.get('/things/:id', (c) => c.text(''))
  app.get('/fails', () => {
    throw new Error('broken')
  })
  app.onError((_, c) => c.text('', 500))
  await app.request('/things/1')
  await app.request('/things/2?a=b')
  await app.request('/things/1', { method: 'PROPFIND' })
  await app.request('/elsewhere/3')
  await app.request('/fails')

  const lines = await scrape()
  assert.deepEqual(
    [...lines].filter(([name]) => name.startsWith('holdfast_http_requests_total')),
    [
      ['holdfast_http_requests_total{method="GET",route="/things/:id",status="200"}', 2],
      ['holdfast_http_requests_total{method="OTHER",route="unmatched",status="404"}', 1],
      ['holdfast_http_requests_total{method="GET",route="unmatched",status="404"}', 1],
      ['holdfast_http_requests_total{method="GET",route="/fails",status="500"}', 1],
    ],
  )
  assert.equal(lines.get('holdfast_http_request_duration_seconds_count{method="GET",route="/things/:id"}'), 2)
})

test('a thousand app keys have a series each, those after them share one', async () => {
  const { metrics, scrape } = start()
  for (let index = 0; index < 1_100; index++) metrics.refreshEnded(`app-${index}`, 'renewed', 1)
  metrics.refreshEnded('app-7', 'renewed', 1)

  const lines = await scrape()
  assert.equal([...lines.keys()].filter((name) => name.startsWith('holdfast_refreshes_total')).length, 1_001)
  assert.equal(lines.get('holdfast_refreshes_total{app="other",outcome="renewed"}'), 100)
  assert.equal(lines.get('holdfast_refreshes_total{app="app-7",outcome="renewed"}'), 2)
})

test('figures of the whole installation are read at the scrape, and again only when they are older than 15 s', async () => {
  let now = Date.now()
  const clock: Clock = { now: () => new Date(now), sleep: systemClock.sleep }
  let reads = 0
  const { scrape } = start(
    {
      accounts: async () => {
        reads += 1
        return reads === 1
          ? [
              { status: 'ACTIVE', enabled: true, count: 41 },
              { status: 'EXPIRED', enabled: false, count: 1 },
            ]
          : [{ status: 'ACTIVE', enabled: true, count: 42 }]
      },
      dueLagSeconds: async () => 7,
      webhookQueueLength: async () => 3,
      pool: () => ({ busy: 2, idle: 5, waiting: 1 }),
    },
    clock,
  )

  const [first] = await Promise.all([scrape(), scrape()])
  assert.equal(first.get('holdfast_accounts{status="ACTIVE",enabled="true"}'), 41)
  assert.equal(first.get('holdfast_accounts{status="EXPIRED",enabled="false"}'), 1)
  assert.equal(first.get('holdfast_refresh_due_lag_seconds'), 7)
  assert.equal(first.get('holdfast_webhook_queue_length'), 3)
  assert.equal(first.get('holdfast_database_up'), 1)
  assert.equal(first.get('holdfast_database_connections{state="busy"}'), 2)
  assert.equal(first.get('holdfast_database_connections{state="idle"}'), 5)
  assert.equal(first.get('holdfast_database_waiting'), 1)

  now += 14_999
  await scrape()
  assert.equal(reads, 1)
  now += 1
  const later = await scrape()
  assert.equal(reads, 2)
  assert.equal(later.get('holdfast_accounts{status="ACTIVE",enabled="true"}'), 42)
  assert.equal(later.get('holdfast_accounts{status="EXPIRED",enabled="false"}'), undefined)
})

test('a scrape answers although the database fails or does not answer, and leaves out what it cannot know', async () => {
  const impatient: Clock = { now: () => new Date(), sleep: async () => undefined }
  const fails = () => Promise.reject(new Error('gone'))
  const hangs = () => new Promise<never>(() => {})
  for (const read of [fails, hangs]) {
    const { scrape } = start({ accounts: read, dueLagSeconds: read, webhookQueueLength: read }, impatient)
    const lines = await scrape()
    assert.equal(lines.get('holdfast_database_up'), 0)
    assert.ok(![...lines.keys()].some((name) => name.startsWith('holdfast_accounts')))
    assert.equal(lines.has('holdfast_refresh_due_lag_seconds'), false)
    assert.equal(lines.has('holdfast_webhook_queue_length'), false)
    assert.ok(lines.has('process_resident_memory_bytes'))
  }
})
