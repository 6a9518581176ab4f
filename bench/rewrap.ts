/**
 * A rotation while the server serves: how many values a second move to the new key, and what it costs those who read at
 * 20 requests a second, beside the same reads with nothing else going on.
 *
 * The server is a process of its own. `DATABASE_URL` names an empty PostgreSQL; without it the embedded SQLite is
 * measured. `npm run bench rewrap [values]`
 */
import { systemClock } from '../packages/server/src/clock.ts'
import { openStore, placeOf, sealedColumns } from '../packages/server/src/store/index.ts'
import { readMasterKeyFile } from '../packages/server/src/vault/index.ts'
import { apiOf, ok } from '../test/support/api.ts'
import { keysOf, sealAccounts } from '../test/support/keys.ts'
import { startProcess, temporaryFolder } from '../test/support/server-process.ts'

const count = Number(process.argv[2] ?? 20_000)
const requestsPerSecond = 20
const quietMs = 10_000

const { folder, remove } = await temporaryFolder()
const { DATABASE_URL: databaseUrl } = process.env
const environment = { HOLDFAST_DATA_DIR: folder, ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }) }
const keys = keysOf(environment)
const server = await startProcess(environment)
try {
  const api = apiOf(server)
  const { integrationId } = await api.connect({ app: 'linear', data: { api_key: 'the-first-key' } })
  const { id: projectId } = ok(await api.get<{ id: string }>('/api/v1/project'))
  const ids = [...(await sealAccounts({ dataDir: folder, databaseUrl }, { projectId, integrationId }, count)).keys()]

  const quiet = await readingWhile(ids, () => systemClock.sleep(quietMs))
  let seconds = 0
  const busy = await readingWhile(ids, async () => {
    await keys.run('rotate')
    const begun = performance.now()
    await untilMoved()
    seconds = (performance.now() - begun) / 1000
  })

  console.log(`Re-wrapping on ${databaseUrl ? 'PostgreSQL' : 'SQLite'}, Node ${process.version}\n`)
  console.table({
    [`${count.toLocaleString('en')} values`]: { seconds: round(seconds), 'values/s': Math.round(count / seconds) },
  })
  console.table({
    'nothing else': describe(quiet),
    're-wrapping': describe(busy),
    'times as long': {
      'p50 ms': round(percentile(busy.times, 50) / percentile(quiet.times, 50)),
      'p99 ms': round(percentile(busy.times, 99) / percentile(quiet.times, 99)),
    },
  })
} finally {
  server.kill('SIGTERM')
  await server.ended
  await remove()
}

/** By what the servers note about their work: counting all values would take time that is not theirs. */
async function untilMoved(): Promise<void> {
  const store = await openStore({ dataDir: folder, databaseUrl, upgrade: false, onError: () => {} })
  try {
    const newest = (await readMasterKeyFile(`${folder}/master-keys`))[0].id
    const isDone = async () => {
      const passes = await store.sealedValues.passes()
      return sealedColumns.every((column) =>
        passes.some(({ place, key_id, finished_at }) => place === placeOf(column) && key_id === newest && finished_at),
      )
    }
    while (!(await isDone())) await systemClock.sleep(100)
  } finally {
    await store.close()
  }
}

interface Reading {
  times: number[]
  failed: number
}

/** Reads auth params at a steady rate, whether or not the answers keep up, for as long as `work` takes. */
async function readingWhile(ids: readonly string[], work: () => Promise<unknown>): Promise<Reading> {
  const reading: Reading = { times: [], failed: 0 }
  const answers: Promise<void>[] = []
  const api = apiOf(server)
  const read = async () => {
    const begun = performance.now()
    const isGood = await api.info(ids[(answers.length * 7919) % ids.length] ?? '').then(
      ({ status }) => status === 200,
      () => false,
    )
    reading.times.push(performance.now() - begun)
    if (!isGood) reading.failed += 1
  }
  const timer = setInterval(() => answers.push(read()), 1000 / requestsPerSecond)
  await work().finally(() => clearInterval(timer))
  await Promise.all(answers)
  return reading
}

function describe({ times, failed }: Reading) {
  return {
    requests: times.length,
    failed,
    'p50 ms': round(percentile(times, 50)),
    'p99 ms': round(percentile(times, 99)),
    'max ms': round(percentile(times, 100)),
  }
}

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))] ?? Number.NaN
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
