import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../metrics.ts'
import type { Readings } from './readings.ts'

/** What a scrape gets. */
export interface Exposition {
  contentType: string
  text: string
}

export interface Prometheus {
  metrics: Metrics
  /** All figures of this process, in Prometheus' text format. `readings` adds those that are read at this moment. */
  expose(readings: Readings): Promise<Exposition>
}

/** Seconds. From a statement on the embedded database to a provider that takes its time. */
const buckets = {
  query: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  request: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  refresh: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40],
}

/** Anybody with a key can define apps, and anybody at all can send odd methods: neither may fill the memory. */
const maxApps = 1_000
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

export function createPrometheus({ version }: { version: string }): Prometheus {
  const registry = new Registry()
  const registers = [registry]

  const refreshes = new Counter({
    name: 'holdfast_refreshes_total',
    help: 'Refresh attempts that ended, by app and outcome.',
    labelNames: ['app', 'outcome'] as const,
    registers,
  })
  const refreshDuration = new Histogram({
    name: 'holdfast_refresh_duration_seconds',
    help: 'Refresh attempts, from the lease to the commit, by outcome.',
    labelNames: ['outcome'] as const,
    buckets: buckets.refresh,
    registers,
  })
  const leaseWait = new Histogram({
    name: 'holdfast_refresh_lease_wait_seconds',
    help: 'How long readers waited for a refresh that another held; granted is false for those who gave up.',
    labelNames: ['granted'] as const,
    buckets: buckets.refresh,
    registers,
  })
  const requests = new Counter({
    name: 'holdfast_http_requests_total',
    help: 'HTTP requests answered, by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'] as const,
    registers,
  })
  const requestDuration = new Histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'HTTP requests, by method and route pattern.',
    labelNames: ['method', 'route'] as const,
    buckets: buckets.request,
    registers,
  })
  const queryDuration = new Histogram({
    name: 'holdfast_database_duration_seconds',
    help: 'Statements and whole transactions, by kind.',
    labelNames: ['kind'] as const,
    buckets: buckets.query,
    registers,
  })
  const queryErrors = new Counter({
    name: 'holdfast_database_errors_total',
    help: 'Statements and transactions that failed, by kind. Transactions that were undone for another and run again are among them.',
    labelNames: ['kind'] as const,
    registers,
  })
  const deliveries = new Counter({
    name: 'holdfast_webhook_deliveries_total',
    help: 'Attempts to deliver a webhook, by outcome.',
    labelNames: ['outcome'] as const,
    registers,
  })
  const deliveryDuration = new Histogram({
    name: 'holdfast_webhook_delivery_duration_seconds',
    help: 'Attempts to deliver a webhook.',
    buckets: buckets.request,
    registers,
  })
  const readOnScrape = readGauges(registers)
  new Gauge({
    name: 'holdfast_build_info',
    help: 'Always 1; the version is in the label.',
    labelNames: ['version'] as const,
    registers,
  }).set({ version }, 1)

  const apps = new Set<string>()
  const appLabel = (app: string) => {
    if (apps.size < maxApps) apps.add(app)
    return apps.has(app) ? app : 'other'
  }

  const metrics: Metrics = {
    refreshEnded(app, outcome, seconds) {
      refreshes.inc({ app: appLabel(app), outcome })
      refreshDuration.observe({ outcome }, seconds)
    },
    leaseWaited: (seconds, granted) => leaseWait.observe({ granted: String(granted) }, seconds),
    requestEnded(method, route, status, seconds) {
      const known = methods.includes(method) ? method : 'OTHER'
      requests.inc({ method: known, route, status })
      requestDuration.observe({ method: known, route }, seconds)
    },
    queryEnded(kind, ok, seconds) {
      queryDuration.observe({ kind }, seconds)
      if (!ok) queryErrors.inc({ kind })
    },
    deliveryEnded(outcome, seconds) {
      deliveries.inc({ outcome })
      deliveryDuration.observe(seconds)
    },
  }

  let processFigures = false
  return {
    metrics,
    async expose(readings) {
      // They come with timers and observers, which a process that nobody scrapes can do without.
      if (!processFigures) collectDefaultMetrics({ register: registry })
      processFigures = true
      await readOnScrape(readings)
      return { contentType: registry.contentType, text: await registry.metrics() }
    },
  }
}

function readGauges(registers: Registry[]) {
  const accounts = new Gauge({
    name: 'holdfast_accounts',
    help: 'Connected accounts of the whole installation, by status; every process says the same.',
    labelNames: ['status', 'enabled'] as const,
    registers,
  })
  const dueLag = new Gauge({
    name: 'holdfast_refresh_due_lag_seconds',
    help: 'How late the oldest account is whose refresh in the background is due; every process says the same.',
    registers,
  })
  const queue = new Gauge({
    name: 'holdfast_webhook_queue_length',
    help: 'Webhook deliveries that wait to be made; every process says the same.',
    registers,
  })
  const up = new Gauge({
    name: 'holdfast_database_up',
    help: '1 when the database answered this scrape or one shortly before, else 0.',
    registers,
  })
  const connections = new Gauge({
    name: 'holdfast_database_connections',
    help: 'Connections to PostgreSQL that this process has, by state.',
    labelNames: ['state'] as const,
    registers,
  })
  const waiting = new Gauge({
    name: 'holdfast_database_waiting',
    help: 'Work of this process that waits for a connection to PostgreSQL.',
    registers,
  })

  return async (readings: Readings) => {
    const [counts, lag, length] = await Promise.all([
      readings.accounts(),
      readings.dueLagSeconds(),
      readings.webhookQueueLength(),
    ])
    up.set(lag === undefined ? 0 : 1)
    accounts.reset()
    for (const { status, enabled, count } of counts ?? []) accounts.set({ status, enabled: String(enabled) }, count)
    setOrRemove(dueLag, lag)
    setOrRemove(queue, length)
    const pool = readings.pool()
    if (!pool) return
    connections.set({ state: 'busy' }, pool.busy)
    connections.set({ state: 'idle' }, pool.idle)
    waiting.set(pool.waiting)
  }
}

/** A figure that isn't known is left out: 0 would be a claim. */
function setOrRemove(gauge: Gauge, value: number | undefined) {
  if (value === undefined) gauge.remove()
  else gauge.set(value)
}
