/**
 * Webhooks end to end: how many events a second reach a receiver, and how long one takes from the call that commits it to
 * its arrival, when nothing else is to be done, while 100,000 others wait, and while another endpoint hangs.
 *
 * The server is a process of its own, the receiver is in this one. `DATABASE_URL` names an empty PostgreSQL; without it
 * the embedded SQLite is measured. `npm run bench webhooks`
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../packages/server/src/clock.ts'
import { compose } from '../packages/server/src/compose.ts'
import { readConfig } from '../packages/server/src/config.ts'
import { createLog } from '../packages/server/src/log.ts'

const eventCount = 10_000
const queueLength = 100_000
const sampleCount = 500
const writersAtOnce = 8
/** Between two samples of a latency, so that each finds the server at rest. */
const pauseMs = 10

type Order =
  | { do: 'endpoint'; url: string }
  | { do: 'events'; count: number }
  | { do: 'sample' }
  | { do: 'queue'; endpointId: string; count: number }
  | { do: 'disable'; endpointId: string }
  | { do: 'cpu' }
  | { do: 'stop' }

async function measure() {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const arrivals = await startReceiver()
  const hanging = await startReceiver(false)
  const queued = await startReceiver()
  const child = fork(fileURLToPath(import.meta.url), {
    env: { ...process.env, HOLDFAST_DATA_DIR: folder, LOG_LEVEL: 'error' },
  })
  try {
    await answerOf(child)
    const database = process.env.DATABASE_URL ? 'PostgreSQL' : 'SQLite'
    console.log(`Webhooks on ${database}, Node ${process.version}\n`)
    await ask(child, { do: 'endpoint', url: arrivals.url })

    const cpuBefore = await ask<number>(child, { do: 'cpu' })
    const begun = performance.now()
    await ask(child, { do: 'events', count: eventCount })
    await arrivals.count(eventCount)
    const seconds = (performance.now() - begun) / 1000
    const cpuSeconds = ((await ask<number>(child, { do: 'cpu' })) - cpuBefore) / 1e6
    console.table({
      'recorded, sent, received': {
        events: eventCount,
        'events/s': Math.round(eventCount / seconds),
        'CPU µs an event': Math.round((cpuSeconds / eventCount) * 1e6),
        'events/s a core': Math.round(eventCount / cpuSeconds),
      },
    })

    const latencies: Record<string, object> = {}
    latencies['nothing else to do'] = await latency(child, arrivals)
    const { id } = await ask<{ id: string }>(child, { do: 'endpoint', url: queued.url })
    await ask(child, { do: 'queue', endpointId: id, count: queueLength })
    latencies[`${queueLength.toLocaleString('en')} others waiting`] = await latency(child, arrivals)
    const left = queueLength - queued.messages()
    await ask(child, { do: 'disable', endpointId: id })
    await ask(child, { do: 'endpoint', url: hanging.url })
    latencies['another endpoint hangs'] = await latency(child, arrivals)
    console.table(latencies)
    console.log(`${left.toLocaleString('en')} of them were still waiting when that row was measured.`)
    await ask(child, { do: 'stop' })
  } finally {
    child.kill('SIGKILL')
    for (const { server } of [arrivals, hanging, queued]) {
      server.closeAllConnections()
      server.close()
    }
    await rm(folder, { recursive: true, force: true })
  }
}

/** Milliseconds from the call that records an event to the event's arrival. */
async function latency(child: ChildProcess, receiver: Receiver) {
  const samples: number[] = []
  for (let sample = 0; sample < sampleCount; sample++) {
    const before = receiver.messages()
    const { calledAt } = await ask<{ calledAt: number }>(child, { do: 'sample' })
    await receiver.count(before + 1)
    samples.push(receiver.lastAt() - calledAt)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  samples.sort((a, b) => a - b)
  const at = (share: number) => Number((samples[Math.floor(share * (samples.length - 1))] ?? 0).toFixed(1))
  return { samples: samples.length, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'max ms': at(1) }
}

interface Receiver {
  url: string
  server: Server
  messages(): number
  /** On a clock that both processes share. */
  lastAt(): number
  count(messages: number): Promise<void>
}

async function startReceiver(answers = true): Promise<Receiver> {
  let messages = 0
  let lastAt = 0
  let look = () => {}
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      messages += 1
      lastAt = sharedNow()
      if (answers) response.end()
      look()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    server,
    messages: () => messages,
    lastAt: () => lastAt,
    count: (wanted) =>
      new Promise<void>((resolve) => {
        look = () => {
          if (messages >= wanted) resolve()
        }
        look()
      }),
  }
}

const sharedNow = () => performance.timeOrigin + performance.now()

function ask<Result>(child: ChildProcess, order: Order): Promise<Result> {
  child.send(order)
  return answerOf<Result>(child)
}

const answerOf = <Result>(child: ChildProcess): Promise<Result> =>
  new Promise((resolve, reject) => {
    const failed = (code: unknown) => reject(new Error(`the server ended: ${code}`))
    child.once('exit', failed)
    child.once('message', (answer: Result) => {
      child.off('exit', failed)
      resolve(answer)
    })
  })

/** The server's side: no API in between, only what records and what sends. */
async function serve() {
  const config = readConfig(process.env)
  const server = await compose(config, { clock: systemClock, log: createLog(config), random: Math.random })
  server.startJobs()
  const { accounts, store, webhooks } = server
  const projectId = server.readiness.project?.id ?? ''
  const integration = (await server.integrations.list(projectId)).find(({ scheme }) => scheme.scheme === 'API_KEY')
  if (!integration) throw new Error('no app takes an API key')
  const data = Object.fromEntries(integration.scheme.params.map(({ name, example }) => [name, example ?? '1234567890']))
  const made = await Promise.all(
    Array.from({ length: writersAtOnce }, (_, index) =>
      accounts.initiate(projectId, { integrationId: integration.id, entityId: `bench-${index}`, data }),
    ),
  )
  const ids = made.map(({ account }) => account.id)
  let sampled = true

  async function carryOut(order: Order): Promise<unknown> {
    switch (order.do) {
      case 'endpoint':
        return { id: (await webhooks.create(projectId, { url: order.url })).endpoint.id }
      case 'events': {
        const each = order.count / ids.length
        await Promise.all(
          ids.map(async (id) => {
            for (let change = 0; change < each; change++) await accounts.setEnabled(projectId, id, change % 2 === 1)
          }),
        )
        return {}
      }
      case 'sample': {
        const calledAt = sharedNow()
        sampled = !sampled
        await accounts.setEnabled(projectId, ids[0] ?? '', sampled)
        return { calledAt }
      }
      case 'queue': {
        const endpoint = await store.webhookEndpoints.find(projectId, order.endpointId)
        if (!endpoint) throw new Error('no such endpoint')
        const now = Date.now()
        // Gets nothing but these, so that each sample is one message to one receiver; and none before all are there.
        await store.webhookEndpoints.update(projectId, endpoint.id, { event_types: '[]', enabled: 0 })
        for (let written = 0; written < order.count; written += 1000)
          await store.transaction(async ({ webhookDeliveries }) => {
            for (let index = 0; index < 1000; index++)
              await webhookDeliveries.insertTest(endpoint, 'connected_account.active', '{}', now)
          })
        await webhooks.update(projectId, endpoint.id, { enabled: true })
        return {}
      }
      case 'disable':
        await webhooks.update(projectId, order.endpointId, { enabled: false })
        return {}
      case 'cpu': {
        const { user, system } = process.cpuUsage()
        return user + system
      }
      case 'stop':
        await server.close()
        return {}
    }
  }

  process.on('message', async (order: Order) => process.send?.(await carryOut(order)))
  process.send?.('ready')
}

if (process.send) await serve()
else await measure()
