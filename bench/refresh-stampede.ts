/**
 * An expired account that everybody reads at once: how many token requests that costs, how many reads fail, and how much
 * longer than the app itself the slowest read takes. Three processes on one PostgreSQL.
 *
 * `npm run bench refresh-stampede [reads] [seconds the app takes] [rounds]`
 */
import { stopPostgres } from '../test/support/postgres.ts'
import { startCluster } from '../test/support/refresh-cluster.ts'
import { importGrants, register, startScriptedProvider } from '../test/support/scripted-provider.ts'
import { percentile, report, round } from './lib/figures.ts'

const [reads = 200, providerSeconds = 15, rounds = 3] = process.argv.slice(2).map(Number)

const provider = await startScriptedProvider()
const cluster = await startCluster(provider)
try {
  const processes = [await cluster.start(), await cluster.start(), await cluster.start()] as const
  const integration = await register(processes[0].api, provider, { key: 'stampede' })
  const grant = provider.newGrant()
  const [id = ''] = await importGrants(processes[0].api, integration.id, [grant])
  provider.always({ delayMs: providerSeconds * 1000 })

  const table: Record<string, Record<string, number>> = {}
  for (let number = 1; number <= rounds; number++) {
    await cluster.expire(id)
    const callsBefore = grant.calls
    const times: number[] = []
    const tokens = new Set<string | undefined>()
    let failures = 0
    await Promise.all(
      Array.from({ length: reads }, async (_, index) => {
        const begun = performance.now()
        const { status, body } = await (processes[index % 3] ?? processes[0]).api.info(id)
        times.push((performance.now() - begun) / 1000)
        if (status === 200) tokens.add(body.params[0]?.value)
        else failures++
      }),
    )
    table[`expiry ${number}`] = {
      reads,
      'token requests': grant.calls - callsBefore,
      failures,
      'different tokens': tokens.size,
      'p50 s': round(percentile(times, 50)),
      'p99 s': round(percentile(times, 99)),
      'p99 over the time of the app': round(percentile(times, 99) / providerSeconds),
    }
  }
  report('refresh-stampede', `${reads} reads at once of an account whose app takes ${providerSeconds} s`, table)
} finally {
  await cluster.close()
  await provider.close()
  await stopPostgres()
}
