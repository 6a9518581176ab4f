import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Integration } from '../packages/sdk/src/types.ts'
import { type Api, apiOf, ok, tokenIn } from './support/api.ts'
import { stopPostgres } from './support/postgres.ts'
import { type Cluster, type ClusterProcess, startCluster, until } from './support/refresh-cluster.ts'
import { importGrants, register, type ScriptedProvider, startScriptedProvider } from './support/scripted-provider.ts'
import { startProcess, temporaryFolder } from './support/server-process.ts'
import { shiftedClock } from './support/shifted-clock.ts'

const minute = 60_000

const tokenOf = async (api: Api, id: string) => tokenIn(ok(await api.info(id)))

let provider: ScriptedProvider
before(async () => {
  provider = await startScriptedProvider()
})
after(() => provider.close())

describe('processes whose clocks are ten minutes behind and ahead', () => {
  let cluster: Cluster
  let right: ClusterProcess
  let behind: ClusterProcess
  let ahead: ClusterProcess
  let integration: Integration
  const removals: (() => Promise<void>)[] = []

  before(async () => {
    cluster = await startCluster(provider)
    const startShifted = async (aheadMs: number) => {
      const { folder, remove } = await temporaryFolder()
      removals.push(remove)
      return cluster.start(undefined, await shiftedClock(folder, aheadMs))
    }
    right = await cluster.start()
    integration = await register(right.api, provider, { key: 'clocks' })
    behind = await startShifted(-10 * minute)
    ahead = await startShifted(10 * minute)
  })
  after(async () => {
    await cluster.close()
    await Promise.all(removals.map((remove) => remove()))
    await stopPostgres()
  })

  test('never serve a token that has ended', async () => {
    for (const { api } of [behind, ahead, right]) {
      const grant = provider.newGrant()
      const [id = ''] = await importGrants(right.api, integration.id, [grant])
      const old = grant.accessToken
      assert.equal(await tokenOf(api, id), `Bearer ${old}`)
      await cluster.expire(id)
      assert.equal(await tokenOf(api, id), `Bearer ${grant.accessToken}`)
      assert.notEqual(grant.accessToken, old)
      assert.deepEqual([grant.calls, grant.reuses], [1, 0])
    }
  })

  test('agree on when a new token ends, whoever fetched it', async () => {
    for (const { api } of [behind, ahead]) {
      const grant = provider.newGrant()
      const [id = ''] = await importGrants(api, integration.id, [grant])
      await cluster.expire(id)
      await tokenOf(api, id)
      const [row] = await cluster.database.query<{ left: number }>(
        'select (expires_at - extract(epoch from clock_timestamp()) * 1000)::float8 as left from connected_accounts where id = $1',
        [id],
      )
      const left = row?.left ?? 0
      assert.ok(left > 3_580_000 && left <= 3_600_500, `${left} ms`)
    }
  })

  test('refresh nothing before its time', async () => {
    const grant = provider.newGrant()
    const [id = ''] = await importGrants(right.api, integration.id, [grant], { expiresIn: 500 })
    for (const { api } of [behind, ahead, right]) assert.equal(await tokenOf(api, id), `Bearer ${grant.accessToken}`)
    assert.equal(grant.calls, 0)
  })

  test('take no lease from each other: one token request however slow the app', async () => {
    const readWith = async (first: ClusterProcess) => {
      const grant = provider.newGrant({ delayMs: 17_000 })
      const [id = ''] = await importGrants(right.api, integration.id, [grant])
      await cluster.expire(id)
      const reading = tokenOf(first.api, id)
      await provider.called(grant)
      const served = await Promise.all([reading, ...[behind, ahead, right].map(({ api }) => tokenOf(api, id))])
      assert.deepEqual(new Set(served), new Set([`Bearer ${grant.accessToken}`]))
      assert.deepEqual([grant.calls, grant.reuses], [1, 0])
    }
    await Promise.all([behind, ahead].map(readWith))
  })
})

describe('one process with the embedded database', () => {
  test('serves no token that has ended when its clock is moved back and forth under it', async (t) => {
    const { folder, remove } = await temporaryFolder()
    t.after(remove)
    const server = await startProcess({
      ...(await shiftedClock(folder, 0)),
      HOLDFAST_DATA_DIR: folder,
      HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host,
    })
    t.after(() => server.kill('SIGKILL'))
    const api = apiOf(server)
    const integration = await register(api, provider, { key: 'moved' })
    const moveTo = async (aheadMs: number) => {
      await writeFile(`${folder}/clock`, String(aheadMs))
      server.kill('SIGUSR2')
    }
    const grant = provider.newGrant()
    const [id = ''] = await importGrants(api, integration.id, [grant], { expiresIn: 8 })
    const endsAt = Date.now() + 8_000
    const old = grant.accessToken
    await moveTo(-10 * minute)
    await delay(endsAt - Date.now())
    assert.equal(await tokenOf(api, id), `Bearer ${grant.accessToken}`)
    assert.notEqual(grant.accessToken, old)
    assert.deepEqual([grant.calls, grant.reuses], [1, 0])

    await moveTo(120 * minute)
    await until('the token of an hour is renewed', async () => {
      await tokenOf(api, id)
      return grant.calls === 2
    })
    await moveTo(0)
    assert.equal(await tokenOf(api, id), `Bearer ${grant.accessToken}`)
    assert.deepEqual([grant.calls, grant.reuses], [2, 0])
  })
})
