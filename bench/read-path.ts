/**
 * The server's own part of a credential read, in this process and without a socket: CPU time of the short way for answers
 * that are kept and for answers that are read and opened each time. Unlike rates it hardly depends on what else the machine
 * does. `npm run bench read-path`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../packages/server/src/clock.ts'
import { type Composition, compose } from '../packages/server/src/compose.ts'
import { readConfig } from '../packages/server/src/config.ts'
import { createLog } from '../packages/server/src/log.ts'
import { report, round } from './lib/figures.ts'
import { activeNumber, activeOfKind, idAt } from './lib/ids.ts'
import { apiKey, environmentOf, type Place, seed } from './lib/seed.ts'

const accounts = 4_000
const readsARound = 5_000
const rounds = 7
const headers = { host: '127.0.0.1', 'x-api-key': apiKey }
const socket = { remoteAddress: '127.0.0.1' }

type Environment = Record<string, string>

const folder = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
try {
  const { DATABASE_URL: databaseUrl } = process.env
  const place: Place = { store: databaseUrl === undefined ? 'sqlite' : 'postgres', dataDir: folder, databaseUrl }
  await seed(place, 0, accounts)
  const figures = {
    ...(await measure('kept', { ...environmentOf(place) })),
    ...(await measure('read and opened', { ...environmentOf(place), HOLDFAST_CREDENTIAL_CACHE_MIB: '0' })),
  }
  report('read-path', `CPU of a credential read without HTTP, µs, ${place.store}`, figures)
} finally {
  await rm(folder, { recursive: true, force: true })
}
// What is left open belongs to compositions that nobody stops.
process.exit(0)

async function measure(name: string, environment: Environment) {
  const config = readConfig({ LOG_LEVEL: 'info', HOLDFAST_RATE_LIMIT_READS: '0', ...environment })
  const server = await compose(config, { clock: systemClock, log: createLog(config), random: Math.random })
  await server.projects.authenticate(apiKey)
  const figures: Record<string, Record<string, number>> = {}
  for (const [kind, first] of [
    ['API key', 0],
    ['OAuth', 1],
  ] as const)
    for (const answer of ['', '/info']) {
      const micros: number[] = []
      for (let roundNumber = 0; roundNumber <= rounds; roundNumber++) {
        const before = process.cpuUsage()
        for (let count = 0; count < readsARound; count++) await read(server, first, count, answer)
        const { user, system } = process.cpuUsage(before)
        // The first warms up.
        if (roundNumber > 0) micros.push((user + system) / readsARound)
      }
      figures[`${name}: ${kind} ${answer === '' ? 'account' : 'info'}`] = {
        least: round(Math.min(...micros)),
        most: round(Math.max(...micros)),
      }
    }
  await server.close()
  return figures
}

function read(server: Composition, first: 0 | 1, count: number, answer: string): Promise<void> {
  const id = idAt(activeNumber(first, (count * 7) % activeOfKind(accounts)))
  const url = `/api/v1/connectedAccounts/${id}${answer}`
  return new Promise((resolve, reject) => {
    const response = { writeHead() {}, end: () => resolve() }
    server.readCredentials({ method: 'GET', url, headers, socket } as never, response as never, () =>
      reject(new Error(`${url} did not go the short way`)),
    )
  })
}
