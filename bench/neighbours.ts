/**
 * What a project that asks a hundred times as often as it may costs another one: latency of the other's reads alone and beside
 * it, in turns, against one server. Server, loud project and measured project are processes of their own.
 *
 * `npm run bench neighbours [limit a second] [rounds] [seconds a slice]`
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { apiOf, ok } from '../test/support/api.ts'
import { startProcess, temporaryFolder } from '../test/support/server-process.ts'
import { median, percentile, report, round } from './lib/figures.ts'
import type { SteadyOrder, SteadyResult } from './lib/steady.ts'

const [limit = 20, rounds = 5, sliceSeconds = 4] = process.argv.slice(2).map(Number)
const overload = 100
const adminKey = 'operator-key-of-this-bench'

const { folder, remove } = await temporaryFolder()
const server = await startProcess({
  HOLDFAST_DATA_DIR: folder,
  HOLDFAST_ADMIN_KEY: adminKey,
  HOLDFAST_RATE_LIMIT_READS: String(limit),
})
const steady = fileURLToPath(new URL('lib/steady.ts', import.meta.url))
const workers = { quiet: fork(steady), loud: fork(steady) }

async function ask(name: keyof typeof workers, order: SteadyOrder): Promise<SteadyResult> {
  workers[name].send(order)
  const [result] = (await once(workers[name], 'message')) as [SteadyResult]
  return result
}

async function project(name: string): Promise<{ apiKey: string; url: string }> {
  const { apiKey } = ok(await apiOf(server, adminKey).post<{ apiKey: string }>('/api/v1/projects', { name }))
  const { connectedAccountId } = await apiOf(server, apiKey).initiate({ app: 'linear', data: { api_key: name } })
  return { apiKey, url: `${server.url}/api/v1/connectedAccounts/${connectedAccountId}/info` }
}

try {
  const forMs = sliceSeconds * 1000
  // Well below its own limit, as a project that behaves.
  const quiet = { ...(await project('quiet')), perSecond: limit / 2, forMs }
  const loud = { ...(await project('loud')), perSecond: limit * overload, forMs }
  await ask('quiet', quiet)
  const alone: number[] = []
  const beside: number[] = []
  const statuses: Record<string, number> = {}
  for (let number = 0; number < rounds; number++) {
    alone.push(percentile((await ask('quiet', quiet)).latenciesMs, 99))
    const [measured, flood] = await Promise.all([ask('quiet', quiet), ask('loud', loud)])
    beside.push(percentile(measured.latenciesMs, 99))
    if (Object.keys(measured.statuses).join() !== '200') throw new Error('the quiet project was refused')
    for (const [status, count] of Object.entries(flood.statuses)) statuses[status] = (statuses[status] ?? 0) + count
  }
  const figures = (values: number[]) => ({
    'p99 ms': round(median(values)),
    min: round(Math.min(...values)),
    max: round(Math.max(...values)),
  })
  report('neighbours', `A quiet project beside one at ${overload} times its limit of ${limit} a second`, {
    alone: figures(alone),
    beside: figures(beside),
    ratio: { 'p99 ms': round(median(beside) / median(alone)) },
    'answers to the loud one': statuses,
  })
} finally {
  for (const worker of Object.values(workers)) worker.kill()
  server.kill('SIGTERM')
  await server.ended
  await remove()
}
