import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { assertRefused, ok } from './support/api.ts'
import { stopPostgres } from './support/postgres.ts'
import { startCluster, until } from './support/refresh-cluster.ts'
import { importGrants, register, startScriptedProvider } from './support/scripted-provider.ts'

after(() => stopPostgres())

test('an app that takes its time to refuse the client of 1,000 accounts is asked a few times, by three processes together', async (t) => {
  const provider = await startScriptedProvider()
  t.after(() => provider.close())
  const cluster = await startCluster(provider)
  t.after(() => cluster.close())
  const processes = await Promise.all([cluster.start(), cluster.start(), cluster.start()])
  const [{ api }] = processes
  const integration = await register(api, provider, { key: 'refused' })
  const ids: string[] = []
  for (let count = 0; count < 10; count++) {
    const grants = Array.from({ length: 100 }, () => provider.newGrant())
    ids.push(...(await importGrants(api, integration.id, grants)))
  }
  provider.always({ delayMs: 3_000, refuse: { status: 401, body: { error: 'invalid_client' } } })

  const over = Date.now() - 1_000
  await cluster.database.query(
    'update connected_accounts set expires_at = $1, refresh_after = $1, background_after = $1',
    [over],
  )
  const answers = await Promise.all(
    ids.slice(0, 150).map((id, index) => (processes[index % 3] ?? processes[0]).api.info(id)),
  )
  for (const answer of answers) assertRefused(answer, { status: 502, code: 'provider_unavailable' })
  await until('the background has had its turn with all', async () => {
    const [row] = await cluster.database.query<{ left: number }>(
      'select count(*)::int as left from connected_accounts where retry_after is null',
    )
    return row?.left === 0
  })
  // One a process, and one more of each after two seconds of silence.
  assert.ok(provider.calls() <= 6, `${provider.calls()} calls`)
  const { problem } = ok(await api.get<{ problem: { code: string } | null }>(`/api/v1/integrations/${integration.id}`))
  assert.equal(problem?.code, 'client_rejected')
  const [state] = await cluster.database.query<{ ended: number }>(
    "select count(*)::int as ended from connected_accounts where status <> 'ACTIVE'",
  )
  assert.equal(state?.ended, 0)
})
