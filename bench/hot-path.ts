/**
 * The hot path: reads of credentials beside a bare `node:http` server that sends the same bytes, interleaved in one run, in
 * processes of their own. Then what else is measured of a server: `bench/lib/others.ts`.
 *
 * `npm run bench` takes all sizes on both databases. Shorter: `npm run bench -- --accounts 1000 --stores sqlite --rounds 3
 * --slice-ms 200`. `DATABASE_URL` names an empty PostgreSQL; without it one is started.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { postgresDatabase, stopPostgres } from '../test/support/postgres.ts'
import { median, report, round } from './lib/figures.ts'
import type { FloorOrder } from './lib/floor.ts'
import { activeOfKind, idAt } from './lib/ids.ts'
import type { LoadOrder, LoadResult } from './lib/load.ts'
import { measureOthers } from './lib/others.ts'
import { cores, cpuMicros, Helper, residentMib, type Server, startServer } from './lib/processes.ts'
import { apiKey, environmentOf, type Place, type StoreName, seed } from './lib/seed.ts'

const { values: options } = parseArgs({
  options: {
    stores: { type: 'string', default: 'sqlite,postgres' },
    accounts: { type: 'string', default: '1000,100000,1000000' },
    connections: { type: 'string', default: '1,16,64' },
    rounds: { type: 'string', default: '7' },
    'slice-ms': { type: 'string', default: '500' },
    only: { type: 'string', default: 'reads,others' },
  },
})
const list = (text: string) => text.split(',').filter((part) => part !== '')
const sizes = list(options.accounts).map(Number)
const rounds = Number(options.rounds)
const sliceMs = Number(options['slice-ms'])
const warmUpRequests = 10_000
/** Accounts that are read again and again. */
const hotAccounts = 2_000

interface Slice extends LoadResult {
  cpuMicrosEach: number
}

interface Scenario {
  path: string
  draw: LoadOrder['draw']
  connections: number
}

const floor = new Helper('./floor.ts', cores.server)
const load = new Helper('./load.ts', cores.load)
const reads: Record<string, Record<string, number | string>> = {}
const others: Record<string, Record<string, number | string>> = {}
const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
try {
  for (const store of list(options.stores) as StoreName[]) await measureStore(store)
} finally {
  await Promise.all([floor.stop(), load.stop()])
  await stopPostgres()
  await rm(folder, { recursive: true, force: true })
}
if (Object.keys(reads).length > 0) report('hot-path', `Reads of credentials, ${rounds} rounds of ${sliceMs} ms`, reads)
if (Object.keys(others).length > 0) report('others', 'The rest', others)

async function measureStore(store: StoreName) {
  const given = process.env.DATABASE_URL
  const database = store === 'postgres' && given === undefined ? await postgresDatabase() : undefined
  const place: Place = {
    store,
    dataDir: join(folder, store),
    ...(store === 'postgres' && { databaseUrl: given ?? database?.url }),
  }
  let seeded = 0
  for (const accounts of sizes) {
    console.log(`${store}: making ${accounts.toLocaleString('en')} accounts`)
    await seed(place, seeded, accounts)
    seeded = accounts
    const server = await startServer(environmentOf(place))
    try {
      if (options.only.includes('reads')) await measureReads(store, accounts, server)
      if (options.only.includes('others') && accounts === sizes.at(-1))
        Object.assign(others, await measureOthers({ store, accounts, server, load, rounds, sliceMs }))
    } finally {
      await server.stop()
    }
  }
  await database?.drop()
}

async function measureReads(store: StoreName, accounts: number, server: Server) {
  for (const [kind, first] of [
    ['API key', 0],
    ['OAuth', 1],
  ] as const)
    for (const [answer, path] of [
      ['account', '/api/v1/connectedAccounts/{id}'],
      ['info', '/api/v1/connectedAccounts/{id}/info'],
    ] as const)
      for (const [draw, count] of drawsOf(accounts))
        for (const connections of list(options.connections).map(Number)) {
          const name = `${store} ${accounts} ${kind} ${answer} ${draw} ×${connections}`
          reads[name] = await compare(server, { path, draw: { first, count }, connections })
          console.log(name, reads[name])
        }
}

function drawsOf(accounts: number): [string, number][] {
  const all = activeOfKind(accounts)
  return all > hotAccounts
    ? [
        ['hot', hotAccounts],
        ['uniform', all],
      ]
    : [['all', all]]
}

async function compare(server: Server, scenario: Scenario): Promise<Record<string, number | string>> {
  const headers = { 'x-api-key': apiKey }
  const order = { ...scenario, headers, method: 'GET' as const, status: 200, forMs: sliceMs }
  const sample = await fetch(
    `http://127.0.0.1:${server.port}${scenario.path.replace('{id}', idAt(scenario.draw.first))}`,
    {
      headers,
    },
  )
  const { port: floorPort } = await floor.ask<{ port: number }>(await sameBytes(sample))
  const slice = async (pid: number, port: number): Promise<Slice> => {
    const before = cpuMicros(pid)
    const result = await load.ask<LoadResult>({ ...order, port } satisfies LoadOrder)
    return { ...result, cpuMicrosEach: (cpuMicros(pid) - before) / result.requests }
  }
  // Until the code is compiled and what may be kept is kept.
  for (let asked = 0; asked < warmUpRequests; ) asked += (await slice(server.pid, server.port)).requests
  for (let asked = 0; asked < warmUpRequests; ) asked += (await slice(floor.pid, floorPort)).requests
  const taken: { floor: Slice; server: Slice }[] = []
  for (let round = 0; round < rounds; round++)
    taken.push({ floor: await slice(floor.pid, floorPort), server: await slice(server.pid, server.port) })
  return figuresOf(taken, server.pid)
}

async function sameBytes(sample: Response): Promise<FloorOrder> {
  if (!sample.ok) throw new Error(`the server answers ${sample.status}: ${await sample.text()}`)
  const own = new Set(['date', 'connection', 'keep-alive'])
  const headers = [...sample.headers].filter(([name]) => !own.has(name)).flat()
  return { status: sample.status, headers, body: await sample.text() }
}

function figuresOf(taken: readonly { floor: Slice; server: Slice }[], pid: number): Record<string, number | string> {
  const perSecond = ({ requests, seconds }: Slice) => requests / seconds
  const of = (side: 'floor' | 'server', figure: (slice: Slice) => number) => taken.map((round) => figure(round[side]))
  const ratio = (figure: (slice: Slice) => number) => taken.map(({ floor, server }) => figure(server) / figure(floor))
  const shares = ratio(perSecond).map((share) => share * 100)
  const ofServer = of('server', perSecond)
  return {
    'reads/s': Math.round(median(ofServer)),
    'min–max': `${Math.round(Math.min(...ofServer))}–${Math.round(Math.max(...ofServer))}`,
    'floor/s': Math.round(median(of('floor', perSecond))),
    '% of floor': round(median(shares)),
    'min–max %': `${Math.round(Math.min(...shares))}–${Math.round(Math.max(...shares))}`,
    'CPU µs': round(median(of('server', ({ cpuMicrosEach }) => cpuMicrosEach))),
    'floor CPU µs': round(median(of('floor', ({ cpuMicrosEach }) => cpuMicrosEach))),
    'CPU ×': round(median(ratio(({ cpuMicrosEach }) => cpuMicrosEach))),
    'p99 ms': round(median(of('server', ({ latenciesMs }) => latenciesMs.p99))),
    'floor p99 ms': round(median(of('floor', ({ latenciesMs }) => latenciesMs.p99))),
    'p99 ×': round(median(ratio(({ latenciesMs }) => latenciesMs.p99))),
    'resident MiB': Math.round(residentMib(pid)),
  }
}
