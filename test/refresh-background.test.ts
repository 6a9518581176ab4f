import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { stopPostgres } from './support/postgres.ts'
import { startCluster, until } from './support/refresh-cluster.ts'
import { importGrants, type Reaction, register, startScriptedProvider } from './support/scripted-provider.ts'
import { temporaryFolder } from './support/server-process.ts'

const minutes = 60_000
const days = 24 * 60 * minutes

after(() => stopPostgres())

describe('accounts that nobody reads', () => {
  test('are refreshed ahead of their end, each once, and every process does its part', async (t) => {
    const count = 100
    const provider = await startScriptedProvider()
    t.after(() => provider.close())
    const cluster = await startCluster(provider)
    t.after(() => cluster.close())
    const one = await cluster.start()
    const two = await cluster.start()
    const integration = await register(one.api, provider, { key: 'herd' })
    const grants = Array.from({ length: count }, () => provider.newGrant())
    const expiresAt = new Date(Date.now() + 15_000).toISOString()
    const times = { expiresIn: undefined, expiresAt }
    await importGrants(one.api, integration.id, grants, times)

    await until('all are refreshed', () => grants.every(({ calls }) => calls > 0))
    const renewed = 'select count(*)::int as left from connected_accounts where expires_at < $1'
    const late = Date.parse(expiresAt) + 1
    await until('all are stored', async () => {
      const [row] = await cluster.database.query<{ left: number }>(renewed, [late])
      return row?.left === 0
    })
    assert.ok(Date.now() < late, `${Date.now() - late} ms late`)
    assert.deepEqual(new Set(grants.map(({ calls, reuses }) => `${calls} ${reuses}`)), new Set(['1 0']))
    const shares = await Promise.all([one, two].map(({ url }) => refreshesOf(url, cluster.environment)))
    assert.equal(
      shares.reduce((sum, share) => sum + share),
      count,
    )
    assert.ok(Math.min(...shares) > count / 10, shares.join())
  })
})

describe('an account that cannot be refreshed', () => {
  test('keeps no other from its turn, sends no retired token, and ends when its access token does', async (t) => {
    const clock = movableClock()
    const provider = await startScriptedProvider()
    t.after(() => provider.close())
    const server = await startTestServer({ clock, environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host } })
    t.after(() => server.close())
    const api = apiOf(server)
    const integration = await register(api, provider, { key: 'losing' })
    const lost = provider.newGrant({ lose: 'answer' })
    const [id = ''] = await importGrants(api, integration.id, [lost])
    clock.advance(58 * minutes)
    await provider.called(lost)
    const fine = Array.from({ length: 40 }, () => provider.newGrant())
    await importGrants(api, integration.id, fine, { expiresIn: 1 })
    clock.advance(1 * minutes)
    await until('the others are refreshed', () => fine.every(({ calls }) => calls === 1))
    const seen = async () =>
      ok(await api.get<{ items: { status: string }[] }>(`/api/v1/connectedAccounts?connectionId=${id}`)).items
    assert.deepEqual(
      (await seen()).map(({ status }) => status),
      ['ACTIVE'],
    )
    clock.advance(1 * minutes)
    await until('it has ended', async () => (await seen())[0]?.status === 'EXPIRED')
    assert.deepEqual([lost.calls, lost.reuses], [1, 0])
  })
})

describe('an account whose credentials do not open', () => {
  test('is tried less and less often, and refreshed when they are mended', async (t) => {
    const clock = movableClock()
    const provider = await startScriptedProvider()
    t.after(() => provider.close())
    const { folder, remove } = await temporaryFolder()
    t.after(remove)
    const environment = { HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host }
    const server = await startTestServer({ clock, dataDir: folder, environment })
    t.after(() => server.close())
    const api = apiOf(server)
    const integration = await register(api, provider, { key: 'damaged' })
    const grant = provider.newGrant()
    const [id = ''] = await importGrants(api, integration.id, [grant])
    const database = new DatabaseSync(join(folder, 'holdfast.db'), { timeout: 5000 })
    t.after(() => database.close())
    const set = database.prepare('update connected_accounts set credentials = ? where id = ?')
    const look = () =>
      database
        .prepare(
          'select credentials, refresh_failures, background_after, lease_until from connected_accounts where id = ?',
        )
        .get(id) as {
        credentials: Uint8Array
        refresh_failures: number
        background_after: number
        lease_until: unknown
      }

    const { credentials } = look()
    set.run(credentials.with(-1, (credentials.at(-1) ?? 0) ^ 1), id)
    clock.advance(58 * minutes)
    const delays: number[] = []
    for (let failures = 1; failures <= 4; failures++) {
      await until(`attempt ${failures} has ended`, () => {
        const { refresh_failures, lease_until } = look()
        return refresh_failures === failures && lease_until === null
      })
      const delay = look().background_after - clock.now().getTime()
      delays.push(delay)
      if (failures === 4) set.run(credentials, id)
      clock.advance(Math.max(0, delay))
    }
    // From 5 seconds on it doubles, and each is between half and the whole of it.
    assert.ok((delays[0] ?? 0) <= 5_000 && (delays[3] ?? 0) > 15_000, delays.join())
    await until('it is refreshed', () => grant.calls === 1)
    assert.equal((await api.account(id)).status, 'ACTIVE')
  })
})

describe('a refresh token that ends', () => {
  test('is used a week before, although the access token never ends and nobody reads, and so kept alive', async (t) => {
    const clock = movableClock()
    const provider = await startScriptedProvider()
    t.after(() => provider.close())
    const server = await startTestServer({ clock, environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host } })
    t.after(() => server.close())
    const api = apiOf(server)
    const integration = await register(api, provider, { key: 'idle' })
    const endsIn = async (count: number) => {
      const grant = provider.newGrant()
      const refreshExpiresAt = new Date(clock.now().getTime() + count * days).toISOString()
      const times = { expiresIn: undefined, expiresAt: null, refreshExpiresAt }
      const [id = ''] = await importGrants(api, integration.id, [grant], times)
      return { id, grant }
    }
    const sooner = await endsIn(28)
    const later = await endsIn(30)

    clock.advance(22 * days)
    await until('the sooner one is used', () => sooner.grant.calls === 1)
    assert.equal(later.grant.calls, 0)
    clock.advance(2 * days)
    await until('the later one is used', () => later.grant.calls === 1)
    const calls = [sooner, later].map(({ grant }) => [grant.reuses, grant.isRevoked])
    assert.deepEqual(calls, Array(2).fill([0, false]))
    assert.equal((await api.account(later.id)).status, 'ACTIVE')
  })

  test('and that no refresh renews is announced once, days before, with the date', async (t) => {
    const provider = await startScriptedProvider({ rotates: false })
    t.after(() => provider.close())
    const { folder, remove } = await temporaryFolder()
    t.after(remove)
    const options = {
      clock: movableClock(),
      dataDir: folder,
      environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host },
    }
    const idle = await startTestServer({ ...options, loops: false })
    const integration = await register(apiOf(idle), provider, { key: 'ending', rotates: false })
    const refreshExpiresAt = new Date(Date.now() + 2 * days).toISOString()
    const [id = ''] = await importGrants(apiOf(idle), integration.id, [provider.newGrant()], { refreshExpiresAt })
    await idle.close()

    for (let start = 1; start <= 2; start++) {
      const server = await startTestServer(options)
      try {
        const api = apiOf(server)
        await until('the end is announced', async () => (await api.account(id)).statusReason !== null)
        const { status, statusReason } = await api.account(id)
        assert.deepEqual([status, statusReason?.code], ['ACTIVE', 'expiring'])
        assert.ok(statusReason?.message.includes(refreshExpiresAt), String(statusReason?.message))
        assert.equal((await typesIn(api, id)).filter((type) => type === 'connected_account.expiring').length, 1)
      } finally {
        await server.close()
      }
    }
  })

  test('is no news while renewals put it off, and announced when one fails', async (t) => {
    const clock = movableClock()
    const provider = await startScriptedProvider({ accessTokenSeconds: 3600 })
    t.after(() => provider.close())
    const environment = { HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host }
    const server = await startTestServer({ clock, environment })
    t.after(() => server.close())
    const api = apiOf(server)
    const { accounts } = server.composition.store
    const isToBeTold = async (id: string) =>
      (await accounts.endingSoon(clock.now().getTime() + 3 * days, 10)).some((row) => row.id === id)

    for (const rotates of [true, false]) {
      const integration = await register(api, provider, { key: `short-${rotates}`, rotates })
      const alter: Reaction['alter'] = ({ refresh_token, ...fields }) => ({
        ...fields,
        ...(rotates && { refresh_token }),
        refresh_token_expires_in: rotates ? 86_400 : 4 * 86_400,
      })
      const grant = provider.newGrant({ alter }, { refuse: { status: 503, body: {} } })
      const refreshExpiresAt = new Date(clock.now().getTime() + 1 * days).toISOString()
      const [id = ''] = await importGrants(api, integration.id, [grant], { expiresIn: 0, refreshExpiresAt })
      await until('it is renewed', async () => (await api.account(id)).statusReason === null && grant.calls === 1)
      assert.equal(await isToBeTold(id), false)
      if (!rotates) continue
      clock.advance(61 * minutes)
      await until('the end is announced', async () => grant.calls >= 2 && (await isToBeTold(id)))
    }
  })
})

async function typesIn(api: Api, id: string): Promise<string[]> {
  const { items } = ok(await api.get<{ items: { type: string }[] }>(`/api/v1/connectedAccounts/${id}/history`))
  return items.map(({ type }) => type)
}

/** How many accounts a process has refreshed. */
async function refreshesOf(url: string, { HOLDFAST_ADMIN_KEY: key = '' }: Record<string, string>): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
  const lines = (await response.text()).split('\n').filter((line) => /^holdfast_refresh\w*_total\{.*renewed/.test(line))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
