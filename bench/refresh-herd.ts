/**
 * Accounts that all expire in the same second and that nobody reads: are they all fresh in time, and at what rate do they
 * become so? Several processes on one PostgreSQL.
 *
 * `npm run bench refresh-herd [accounts] [lifetime of their tokens in seconds] [processes]`
 */
import { stopPostgres } from '../test/support/postgres.ts'
import { type ClusterProcess, startCluster } from '../test/support/refresh-cluster.ts'
import { importGrants, register, startScriptedProvider } from '../test/support/scripted-provider.ts'
import { percentile, report, round } from './lib/figures.ts'

const [accounts = 10_000, lifetimeSeconds = 3600, size = 3] = process.argv.slice(2).map(Number)
const providerMs = 100

const provider = await startScriptedProvider()
const cluster = await startCluster(provider)
try {
  const processes: ClusterProcess[] = []
  for (let count = 0; count < size; count++) processes.push(await cluster.start())
  const [first] = processes
  if (!first) throw new Error('at least one process')
  const integration = await register(first.api, provider, { key: 'herd' })
  const grants = Array.from({ length: accounts }, () => provider.newGrant())
  provider.always({ delayMs: providerMs })

  const begun = performance.now()
  for (let index = 0; index < accounts; index += 100)
    await importGrants(first.api, integration.id, grants.slice(index, index + 100), { expiresIn: 24 * 3600 })
  const importSeconds = (performance.now() - begun) / 1000

  // The last two margins of the tokens' life, as `expiryColumns` divides it: in the first the background refreshes, in the
  // second reads would too.
  const marginMs = Math.min(300_000, lifetimeSeconds * 100)
  const expiresAt = Date.now() + 2 * marginMs + 2_000
  await cluster.database.query(
    `update connected_accounts set updated_at = 0, expires_at = $1::bigint, refresh_after = $1::bigint - $2::bigint,
            background_after = $1::bigint - $2::bigint - floor(random() * $2::bigint)::bigint`,
    [expiresAt, marginMs],
  )
  const isDone = async () => {
    const [row] = await cluster.database.query<{ left: number }>(
      'select count(*)::int as left from connected_accounts where updated_at = 0',
    )
    return row?.left === 0 || Date.now() > expiresAt
  }
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 1000))

  const [state] = await cluster.database.query<{ late: number; lost: number }>(
    `select count(*) filter (where updated_at = 0)::int as late, count(*) filter (where status <> 'ACTIVE')::int as lost
     from connected_accounts`,
  )
  if (!state) throw new Error('no accounts')
  const rows = await cluster.database.query<{ updated_at: string }>(
    'select updated_at from connected_accounts where updated_at > 0',
  )
  const aheadSeconds = rows.map((row) => (expiresAt - Number(row.updated_at)) / 1000)
  report('refresh-herd', `${accounts} accounts that expire in the same second, ${size} processes`, {
    herd: {
      'fresh in time': accounts - state.late,
      late: state.late,
      'no longer ACTIVE': state.lost,
      'token requests per account': round(provider.calls() / accounts),
      'retired tokens sent': grants.reduce((sum, { reuses }) => sum + reuses, 0),
      'refreshes/s': round(rows.length / (Math.max(...aheadSeconds) - Math.min(...aheadSeconds))),
      'p50 s ahead of the end': round(percentile(aheadSeconds, 50)),
      'least s ahead of the end': round(Math.min(...aheadSeconds)),
      'imports/s': round(accounts / importSeconds),
    },
  })
} finally {
  await cluster.close()
  await provider.close()
  await stopPostgres()
}
