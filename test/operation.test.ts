/** What those see who run the server: figures, spans and the two health checks, on a whole server. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startCollector } from '../packages/server/src/telemetry/testing/collector.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, ok, tokenIn } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { startProcess, temporaryFolder } from './support/server-process.ts'

const metricsKey = 'metrics-key-of-this-test'

async function scrape(url: string, headers: NonNullable<RequestInit['headers']>) {
  const response = await fetch(`${url}/metrics`, { headers })
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
}

test('figures are for the operator, and for whoever has the metrics key, which opens nothing else', async () => {
  const server = await startTestServer({ environment: { HOLDFAST_METRICS_KEY: metricsKey } })
  try {
    for (const headers of [{}, { 'x-api-key': server.apiKey }, { authorization: 'Bearer something-else-entirely' }])
      assert.equal((await scrape(server.url, headers)).status, 401)
    for (const key of [metricsKey, server.adminKey]) {
      const { status, type, text } = await scrape(server.url, { authorization: `Bearer ${key}` })
      assert.equal(status, 200)
      assert.match(type, /^text\/plain; version=0\.0\.4/)
      assert.match(text, /^holdfast_build_info\{/m)
    }
    for (const path of ['/api/v1/project', '/api/v1/projects'])
      assert.equal((await fetch(server.url + path, { headers: { 'x-api-key': metricsKey } })).status, 401)
  } finally {
    await server.close()
  }
})

test('figures are for everybody when the operator says so', async () => {
  const server = await startTestServer({ environment: { HOLDFAST_METRICS: 'open' } })
  try {
    assert.equal((await scrape(server.url, {})).status, 200)
  } finally {
    await server.close()
  }
})

test('figures and spans tell what happened, and hold no id, no person and no secret', async () => {
  const collector = await startCollector()
  const server = await startTestServer({
    environment: { HOLDFAST_METRICS_KEY: metricsKey, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  })
  let text: string
  let secrets: string[]
  try {
    const api = apiOf(server)
    const entityId = 'person-marker'
    const account = await api.connect({ app: 'gmail', entityId })
    const token = tokenIn(ok(await api.info(account.id)))
    await api.get(`/api/v1/connectedAccounts?user_uuid=${entityId}`)
    secrets = [entityId, account.id, account.integrationId, token, server.apiKey]
    text = (await scrape(server.url, { authorization: `Bearer ${metricsKey}` })).text
  } finally {
    await server.close()
    await collector.close()
  }

  assert.match(text, /^holdfast_accounts\{status="ACTIVE",enabled="true"\} 1$/m)
  assert.match(text, /^holdfast_refresh_due_lag_seconds 0$/m)
  assert.match(text, /^holdfast_database_up 1$/m)
  assert.match(text, /^holdfast_database_duration_seconds_count\{kind="transaction"\} \d+$/m)
  for (const route of ['/api/v1/connectedAccounts/:id', '/connect/:token', '/oauth/callback/:integrationId'])
    assert.ok(text.includes(`route="${route}"`), route)
  for (const secret of secrets) assert.ok(!text.includes(secret), 'in the figures')

  const named = (name: string) => collector.spans.filter((span) => span.name === name)
  const [callback] = named('GET /oauth/callback/:integrationId')
  assert.ok(callback, collector.spans.map(({ name }) => name).join('\n'))
  const inside = collector.spans.filter(({ traceId }) => traceId === callback.traceId)
  assert.ok(inside.some(({ name }) => name === 'transaction'))
  assert.ok(
    inside.some(({ name, kind }) => name.startsWith('POST ') && kind === 3),
    'the token request',
  )
  for (const secret of secrets) assert.ok(!collector.text().includes(secret), 'in the spans')
})

test('a refresh is counted by its app and outcome, and its span holds the call and the commit', async () => {
  const collector = await startCollector()
  const clock = movableClock()
  const server = await startTestServer({
    clock,
    environment: { HOLDFAST_METRICS: 'open', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  })
  let text: string
  try {
    const api = apiOf(server)
    const account = await api.connect({ app: 'gmail' })
    clock.advance(2 * 60 * 60_000)
    ok(await api.info(account.id))
    text = (await scrape(server.url, {})).text
  } finally {
    await server.close()
    await collector.close()
  }

  assert.match(text, /^holdfast_refreshes_total\{app="gmail",outcome="renewed"\} 1$/m)
  assert.match(text, /^holdfast_refresh_duration_seconds_count\{outcome="renewed"\} 1$/m)
  const [refresh] = collector.spans.filter(({ name }) => name === 'refresh')
  assert.ok(refresh)
  assert.deepEqual(refresh.attributes, { 'holdfast.app': 'gmail', 'holdfast.refresh.outcome': 'renewed' })
  const inside = collector.spans.filter(({ parentSpanId }) => parentSpanId === refresh.spanId).map(({ name }) => name)
  assert.ok(inside.includes('transaction') && inside.some((name) => name.startsWith('POST ')), inside.join())
})

test('deliveries of webhooks are counted by how they ended', async () => {
  const receiver = createServer((_, response) => response.writeHead(204).end())
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const server = await startTestServer({ environment: { HOLDFAST_METRICS: 'open' } })
  try {
    const api = apiOf(server)
    const { port } = receiver.address() as AddressInfo
    ok(await api.post('/api/v1/webhookEndpoints', { url: `http://127.0.0.1:${port}/hook` }))
    await api.connect({ app: 'gmail' })
    const delivered = /^holdfast_webhook_deliveries_total\{outcome="delivered"\} [1-9]/m
    while (!delivered.test((await scrape(server.url, {})).text));
  } finally {
    await server.close()
    receiver.close()
  }
})

test('a server that drains is alive, works, and is not ready', async () => {
  const server = await startTestServer()
  try {
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
    server.composition.drain()
    assert.equal((await fetch(`${server.url}/readyz`)).status, 500)
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200)
    ok(await apiOf(server).get('/api/v1/project'))
  } finally {
    await server.close()
  }
})

test('a process that is told to stop goes on serving while load balancers turn away', async () => {
  const { folder, remove } = await temporaryFolder()
  const server = await startProcess({ HOLDFAST_DATA_DIR: folder, HOLDFAST_DRAIN_SECONDS: '2' })
  try {
    assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
    server.kill('SIGTERM')
    while ((await fetch(`${server.url}/readyz`)).status === 200);
    ok(await apiOf(server).get('/api/v1/project'))
    assert.equal(await server.ended, 0)
    await assert.rejects(fetch(`${server.url}/healthz`))
  } finally {
    server.kill('SIGKILL')
    await server.ended
    await remove()
  }
})
