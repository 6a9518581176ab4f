import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Integration } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Answer, type Api, type AuthParamsAnswer, apiOf, assertRefused, ok, tokenIn } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'
import { stopPostgres } from './support/postgres.ts'
import { type Cluster, type ClusterProcess, clusterKey, startCluster, until } from './support/refresh-cluster.ts'
import {
  type Grant,
  gate,
  importGrants,
  type Reaction,
  register,
  type ScriptedProvider,
  startScriptedProvider,
} from './support/scripted-provider.ts'
import { startProcess, temporaryFolder } from './support/server-process.ts'

/**
 * Real processes on one PostgreSQL, and an authorization server that replaces refresh tokens and ends a grant when it sees
 * a retired one. Most tests wait for a lease to lapse, so they run side by side, each with an account of its own.
 */

let provider: ScriptedProvider
let cluster: Cluster
/** They live through everything. */
let processes: ClusterProcess[]
/** By what we know of the provider. */
let strict: Integration
let unknown: Integration
/** Of a provider that takes a retired token for less time than a lease takes to lapse. */
let brief: Integration
let briefProvider: ScriptedProvider

before(async () => {
  provider = await startScriptedProvider()
  briefProvider = await startScriptedProvider({ graceSeconds: 20 })
  cluster = await startCluster({ host: `${provider.host},${briefProvider.host}` })
  const first = await cluster.start()
  strict = await register(first.api, provider, { key: 'strict', rotates: true, revocation: true })
  unknown = await register(first.api, provider, { key: 'unknown', rotates: 'unknown' })
  brief = await register(first.api, briefProvider, { key: 'brief', rotates: true, graceSeconds: 20 })
  processes = [first, ...(await Promise.all([cluster.start(), cluster.start()]))]
})
after(async () => {
  await cluster.close()
  await provider.close()
  await briefProvider.close()
  await stopPostgres()
})

const any = (): ClusterProcess => processes[0] as ClusterProcess
const other = (): ClusterProcess => processes[1] as ClusterProcess

/** An account whose access token is over. */
async function expired(integration: Integration, ...next: Reaction[]): Promise<{ id: string; grant: Grant }> {
  const grant = provider.newGrant(...next)
  const [id] = await importGrants(any().api, integration.id, [grant])
  assert.ok(id)
  await cluster.expire(id)
  return { id, grant }
}

/** A read may be told to come back, and does. */
async function read(api: Api, id: string): Promise<Answer<AuthParamsAnswer>> {
  for (let count = 0; ; count++) {
    const answer = await api.info(id)
    if (answer.status !== 502 || count === 3) return answer
    await delay(1000)
  }
}

const tokenOf = async (api: Api, id: string) => tokenIn(ok(await read(api, id)))

describe('refreshes of', { concurrency: true }, () => {
  describe('many processes', { concurrency: true }, () => {
    test('200 reads of an expired account make one token request and get one token', async () => {
      const { id, grant } = await expired(unknown, { delayMs: 3000 })
      const answers = await Promise.all(
        Array.from(
          { length: 200 },
          (_, index) => processes[index % 3]?.api.info(id) as Promise<Answer<AuthParamsAnswer>>,
        ),
      )
      assert.deepEqual(new Set(answers.map((answer) => tokenIn(ok(answer)))), new Set([`Bearer ${grant.accessToken}`]))
      assert.deepEqual([grant.calls, grant.reuses], [1, 0])
    })

    test('an app slower than any lease is asked once', async () => {
      const { id, grant } = await expired(unknown, { delayMs: 20_000 })
      const tokens = await Promise.all(processes.map(({ api }) => tokenOf(api, id)))
      assert.deepEqual(new Set(tokens), new Set([`Bearer ${grant.accessToken}`]))
      assert.deepEqual([grant.calls, grant.reuses], [1, 0])
    })

    test('a process whose clock is ten minutes ahead takes no lease from one that is at work', async () => {
      const clock = movableClock()
      clock.advance(10 * 60_000)
      const ahead = await startTestServer({ clock, loops: false, environment: cluster.environment })
      try {
        const { id, grant } = await expired(unknown, { delayMs: 12_000 })
        const reading = tokenOf(any().api, id)
        await provider.called(grant)
        const served = await tokenOf(apiOf({ url: ahead.url, apiKey: clusterKey }), id)
        assert.deepEqual([served, await reading], Array(2).fill(`Bearer ${grant.accessToken}`))
        assert.deepEqual([grant.calls, grant.reuses], [1, 0])
      } finally {
        await ahead.close()
      }
    })
  })

  describe('a process that is killed', { concurrency: true }, () => {
    test('before its call leaves the account to the others', async () => {
      const victim = await cluster.start()
      const { id, grant } = await expired(strict)
      // The journal cannot be written while another transaction is about to write the same row.
      const blocking = await cluster.transaction()
      await blocking.query(
        `insert into refresh_attempts (account_id, project_id, credentials_version, fence, started_at, calls)
         select id, project_id, -1, -1, 0, 0 from connected_accounts where id = $1`,
        [id],
      )
      victim.api.info(id).catch(() => undefined)
      await until('the lease is taken', async () => (await leaseOf(id)) !== null)
      await victim.kill()
      await blocking.end()
      assert.equal(await tokenOf(any().api, id), `Bearer ${grant.accessToken}`)
      assert.deepEqual([grant.calls, grant.reuses], [1, 0])
    })

    test('during its call, with an app of unknown habits that carried out nothing, costs one more call', async () => {
      const victim = await cluster.start()
      const { opened, open } = gate()
      const { id, grant } = await expired(unknown, { hold: opened, lose: 'request' })
      victim.api.info(id).catch(() => undefined)
      await provider.called(grant)
      await victim.kill()
      open()
      assert.equal(await tokenOf(other().api, id), `Bearer ${grant.accessToken}`)
      assert.deepEqual([grant.calls, grant.reuses], [2, 0])
    })

    test('during its call, with an app that replaced the refresh token, ends the account and sends no retired token', async () => {
      const victim = await cluster.start()
      const { opened, open } = gate()
      const { id, grant } = await expired(strict, { hold: opened })
      victim.api.info(id).catch(() => undefined)
      await provider.called(grant)
      await victim.kill()
      open()
      assertRefused(await read(other().api, id), { status: 400, code: 'reconnect_required' })
      assert.equal((await any().api.account(id)).statusReason?.code, 'refresh_outcome_unknown')
      assert.deepEqual([grant.calls, grant.reuses], [1, 0])
    })

    test('during its call is missed soon enough to call again while the app takes the retired token', async () => {
      const victim = await cluster.start()
      const { opened, open } = gate()
      const grant = briefProvider.newGrant({ hold: opened })
      const [id = ''] = await importGrants(any().api, brief.id, [grant])
      await cluster.expire(id)
      victim.api.info(id).catch(() => undefined)
      await briefProvider.called(grant)
      await victim.kill()
      open()
      assert.equal(await tokenOf(other().api, id), `Bearer ${grant.accessToken}`)
      assert.deepEqual([grant.calls, grant.reuses], [2, 0])
    })

    test('between the answer and the commit has the answer when it comes back', async () => {
      const { victim, id, grant } = await killedBeforeCommit()
      const revived = await cluster.start(victim.folder)
      assert.equal(await tokenOf(revived.api, id), `Bearer ${grant.accessToken}`)
      assert.equal(await tokenOf(other().api, id), `Bearer ${grant.accessToken}`)
      assert.deepEqual([revived.spool(), grant.calls, grant.reuses], [[], 1, 0])
    })

    test('between the answer and the commit brings the account back, even when the others have given it up', async () => {
      const { victim, id, grant } = await killedBeforeCommit()
      assertRefused(await read(other().api, id), { status: 400, code: 'reconnect_required' })
      const revived = await cluster.start(victim.folder)
      await until('the answer is settled', () => revived.spool().length === 0)
      assert.equal(await tokenOf(other().api, id), `Bearer ${grant.accessToken}`)
      const { status, statusReason } = await any().api.account(id)
      assert.deepEqual([status, statusReason, grant.calls, grant.reuses], ['ACTIVE', null, 1, 0])
    })

    test('after the commit is missed by nobody', async () => {
      const victim = await cluster.start()
      const { id, grant } = await expired(strict)
      ok(await victim.api.info(id))
      await victim.kill()
      assert.equal(await tokenOf(other().api, id), `Bearer ${grant.accessToken}`)
      assert.equal(grant.calls, 1)
    })

    test('on SQLite waits for no lease of its own when it comes back', async () => {
      const { folder, remove } = await temporaryFolder()
      const environment = {
        HOLDFAST_DATA_DIR: folder,
        HOLDFAST_API_KEY: clusterKey,
        HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host,
      }
      const victim = await startProcess(environment)
      const integration = await register(apiOf(victim, clusterKey), provider, { key: 'embedded', rotates: 'unknown' })
      const { opened, open } = gate()
      const grant = provider.newGrant({ hold: opened, lose: 'request' })
      const [id = ''] = await importGrants(apiOf(victim, clusterKey), integration.id, [grant], { expiresIn: 0 })
      await provider.called(grant)
      victim.kill('SIGKILL')
      await victim.ended
      open()
      const revived = await startProcess(environment)
      const begun = Date.now()
      assert.equal(await tokenOf(apiOf(revived, clusterKey), id), `Bearer ${grant.accessToken}`)
      assert.ok(Date.now() - begun < 6_000, `${Date.now() - begun} ms`)
      assert.deepEqual([grant.calls, grant.reuses], [2, 0])
      revived.kill('SIGKILL')
      await revived.ended
      await remove()
    })

    /** The row is locked while the answer arrives, so that its commit waits, and the process with it. */
    async function killedBeforeCommit() {
      const victim = await cluster.start()
      const { opened, open } = gate()
      const { id, grant } = await expired(strict, { hold: opened })
      victim.api.info(id).catch(() => undefined)
      await provider.called(grant)
      const blocking = await cluster.transaction()
      await blocking.query('select 1 from connected_accounts where id = $1 for update', [id])
      open()
      await until('the answer is on disk', () => victim.spool().length === 1)
      await victim.kill()
      await blocking.end()
      return { victim, id, grant }
    }
  })

  describe('a change on another process while a refresh is under way', { concurrency: true }, () => {
    async function during(id: string, grant: Grant, open: () => void, change: () => Promise<void>) {
      const reading = any().api.info(id)
      await provider.called(grant)
      await change()
      open()
      return reading
    }

    test('disabling wins, and the new token is there when it is enabled again', async () => {
      const { opened, open } = gate()
      const { id, grant } = await expired(strict, { hold: opened })
      const reading = await during(id, grant, open, async () => {
        ok(await other().api.post(`/api/v1/connectedAccounts/${id}/disable`))
      })
      assertRefused(reading, { status: 400, code: 'account_disabled' })
      ok(await other().api.post(`/api/v1/connectedAccounts/${id}/enable`))
      assert.equal(await tokenOf(other().api, id), `Bearer ${grant.accessToken}`)
      assert.equal(grant.calls, 1)
    })

    test('deleting wins, and the tokens that came too late are given back', async () => {
      const { opened, open } = gate()
      const { id, grant } = await expired(strict, { hold: opened })
      const reading = await during(id, grant, open, async () => {
        ok(await other().api.delete(`/api/v1/connectedAccounts/${id}`))
      })
      assertRefused(reading, { status: 404, code: 'not_found' })
      assertRefused(await other().api.get(`/api/v1/connectedAccounts/${id}`), { status: 404, code: 'not_found' })
      await until('the late token is given back', () => provider.revoked.includes(grant.refreshToken))
    })

    test('reconnecting wins: the late answer does not replace the new grant', async () => {
      const { opened, open } = gate()
      const { id, grant } = await expired(strict, { hold: opened })
      const reading = during(id, grant, open, async () => {
        const path = `/api/v1/connectedAccounts/${id}/reinitiate`
        const { redirectUrl } = ok(await other().api.post<{ redirectUrl: string }>(path))
        const person = new Person()
        const { location } = await person.open(await person.agree(redirectUrl))
        assert.ok(location)
        await person.open(location)
      })
      const served = tokenIn(ok(await reading))
      assert.notEqual(provider.grantOf(served), grant)
      assert.equal(await tokenOf(other().api, id), served)
      assert.equal((await any().api.account(id)).status, 'ACTIVE')
    })
  })

  describe('a database that goes away', { concurrency: true }, () => {
    test('for longer than a lease loses no answer, whether it comes meanwhile or later, and needs no restart', async () => {
      const own = await startCluster(provider)
      try {
        const [one, two] = await Promise.all([own.start(), own.start()])
        const integration = await register(one.api, provider, { key: 'away', rotates: 'unknown' })
        const answers = { meanwhile: gate(), later: gate() }
        const grants = [
          provider.newGrant({ hold: answers.meanwhile.opened }),
          provider.newGrant({ hold: answers.later.opened }),
        ] as const
        const ids = await importGrants(one.api, integration.id, grants)
        for (const id of ids) await own.expire(id)
        for (const id of ids) one.api.info(id).catch(() => undefined)
        await Promise.all(grants.map((grant) => provider.called(grant)))

        const comeBack = await own.goAway()
        answers.meanwhile.open()
        await until('the answer is on disk', () => one.spool().length === 1)
        await delay(17_000)
        await comeBack()
        setTimeout(answers.later.open, 3_000)
        for (const { api } of [two, one])
          assert.deepEqual(
            await Promise.all(ids.map((id) => tokenOf(api, id))),
            grants.map((grant) => `Bearer ${grant.accessToken}`),
          )
        assert.deepEqual(
          grants.map(({ calls, reuses }) => [calls, reuses]),
          [
            [1, 0],
            [1, 0],
          ],
        )
        await until('the spool is empty', () => one.spool().length === 0)
      } finally {
        await own.close()
      }
    })
  })
})

async function leaseOf(id: string): Promise<string | null> {
  const [row] = await cluster.database.query<{ lease_owner: string | null }>(
    'select lease_owner from connected_accounts where id = $1',
    [id],
  )
  return row?.lease_owner ?? null
}
