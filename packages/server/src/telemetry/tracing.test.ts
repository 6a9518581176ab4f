import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Hono } from 'hono'
import { noMetrics } from '../metrics.ts'
import { observed, startTracing, traced } from './index.ts'
import { startCollector } from './testing/collector.ts'

const collector = await startCollector()
after(() => collector.close())

const begin = (options: { sampleRatio?: number; endpoint?: string; onError?: (error: Error) => void } = {}) =>
  startTracing({
    endpoint: collector.url,
    serviceName: 'holdfast',
    version: '1.2.3',
    processId: 'process-1',
    sampleRatio: 1,
    onError: (error) => assert.fail(error),
    ...options,
  })

const spanNamed = (name: string) => {
  const span = collector.spans.find((candidate) => candidate.name === name)
  assert.ok(span, `${name} among ${collector.spans.map((candidate) => candidate.name)}`)
  return span
}

test('spans nest as the work does, and say which process they come from', async () => {
  const tracing = await begin({})
  await tracing.span('outer', { 'holdfast.app': 'acme' }, async () => {
    await Promise.all([
      tracing.span('left', {}, async () => undefined),
      tracing.call('right', {}, async (span) => span.set({ late: 3 })),
    ])
  })
  await tracing.close()

  const outer = spanNamed('outer')
  assert.equal(outer.parentSpanId, undefined)
  assert.deepEqual(outer.attributes, { 'holdfast.app': 'acme' })
  assert.equal(outer.resource['service.name'], 'holdfast')
  assert.equal(outer.resource['service.version'], '1.2.3')
  assert.equal(outer.resource['service.instance.id'], 'process-1')
  for (const name of ['left', 'right']) {
    assert.equal(spanNamed(name).parentSpanId, outer.spanId)
    assert.equal(spanNamed(name).traceId, outer.traceId)
  }
  assert.deepEqual(spanNamed('right').attributes, { late: 3 })
})

test('a rejection is passed on unchanged and marks its span with its kind, without its message', async () => {
  const tracing = await begin({})
  const mishap = new TypeError('with marker-in-message')
  await assert.rejects(
    tracing.span('mishap', {}, () => Promise.reject(mishap)),
    (error) => error === mishap,
  )
  await tracing.close()

  assert.equal(spanNamed('mishap').failed, true)
  assert.deepEqual(spanNamed('mishap').attributes, { 'error.type': 'TypeError' })
  assert.ok(!collector.text().includes('marker-in-message'))
})

test('a request continues the trace of its caller and is named by the pattern of its route', async () => {
  const tracing = await begin({})
  const app = new Hono()
  app.use(observed({ metrics: noMetrics, tracing }))
  app.get('/things/:id', (c) => c.text('here', 200))
  app.get('/broken/:id', (c) => c.text('no', 502))
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  await app.request('/things/person-marker?token=query-marker', {
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, authorization: 'Bearer header-marker' },
  })
  await app.request('/broken/1', { headers: { traceparent: 'nonsense' } })
  await tracing.close()

  const span = spanNamed('GET /things/:id')
  assert.equal(span.traceId, traceId)
  assert.equal(span.parentSpanId, '00f067aa0ba902b7')
  assert.deepEqual(span.attributes, {
    'http.request.method': 'GET',
    'http.route': '/things/:id',
    'http.response.status_code': 200,
  })
  const broken = spanNamed('GET /broken/:id')
  assert.equal(broken.parentSpanId, undefined)
  assert.equal(broken.failed, true)
  for (const marker of ['person-marker', 'query-marker', 'header-marker'])
    assert.ok(!collector.text().includes(marker), marker)
})

test('a call to a provider tells the host, not the path or the query, and does not carry the trace out', async () => {
  const tracing = await begin({})
  const sent: unknown[] = []
  const fetch = traced(async (_, init) => {
    sent.push(init?.headers)
    return new Response('', { status: 503 })
  }, tracing)
  await tracing.span('reading', {}, async () => {
    await fetch('https://api.acme.example:8443/path-marker/token?key=query-marker', { method: 'POST' })
  })
  await tracing.close()

  const span = spanNamed('POST api.acme.example')
  assert.equal(span.parentSpanId, spanNamed('reading').spanId)
  assert.deepEqual(span.attributes, {
    'http.request.method': 'POST',
    'server.address': 'api.acme.example',
    'server.port': 8443,
    'http.response.status_code': 503,
  })
  assert.equal(span.failed, true)
  assert.deepEqual(sent, [undefined])
  assert.ok(!collector.text().includes('path-marker') && !collector.text().includes('query-marker'))
})

test('of traces that begin here a share is kept, and the caller decides about its own', async () => {
  const tracing = await begin({ sampleRatio: 0 })
  const headers = (flags: string) => new Headers({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}` })
  await tracing.span('begun here', {}, async () => undefined)
  await tracing.request('not wanted by its caller', {}, headers('00'), async () => undefined)
  await tracing.request('wanted by its caller', {}, headers('01'), async () => undefined)
  await tracing.close()

  const names = collector.spans.map(({ name }) => name)
  assert.ok(names.includes('wanted by its caller'))
  assert.ok(!names.includes('begun here') && !names.includes('not wanted by its caller'))
})

test('a collector that is away is reported, and hinders nothing', async () => {
  const errors: Error[] = []
  const away = await startCollector()
  await away.close()
  const tracing = await begin({ endpoint: away.url, onError: (error) => errors.push(error) })
  assert.equal(await tracing.span('work', {}, async () => 'done'), 'done')
  await tracing.close()
  assert.ok(errors.length > 0)
})
