import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { placeOf, sealedColumns } from '../packages/server/src/store/index.ts'
import { freePort, startTestServer } from '../packages/server/src/testing.ts'
import { createVault, newMasterKey, readMasterKeyFile } from '../packages/server/src/vault/index.ts'
import { type Api, apiOf, newEntity, ok, tokenIn } from './support/api.ts'
import { keysOf, sealAccounts } from './support/keys.ts'
import { Person } from './support/person.ts'
import { postgresDatabase, stopPostgres } from './support/postgres.ts'
import { type ServerProcess, startProcess, temporaryFolder } from './support/server-process.ts'

after(stopPostgres)

const apiKey = 'hf_test_key_of_this_test'

async function aFolder(t: TestContext): Promise<string> {
  const { folder, remove } = await temporaryFolder()
  t.after(remove)
  return folder
}

async function aProcess(t: TestContext, environment: Record<string, string>): Promise<ServerProcess> {
  const server = await startProcess({ HOLDFAST_API_KEY: apiKey, ...environment })
  t.after(async () => {
    server.kill('SIGKILL')
    await server.ended
  })
  return server
}

/** An account, and what is needed to make more like it. */
async function connectOne(api: Api) {
  const account = await api.connect({ app: 'linear', data: { api_key: 'the-first-key' } })
  const project = ok(await api.get<{ id: string }>('/api/v1/project'))
  return { account, like: { projectId: project.id, integrationId: account.integrationId } }
}

async function assertOpens(api: Api, accounts: ReadonlyMap<string, string>, step = 1) {
  for (const [index, [id, key]] of [...accounts].entries())
    if (index % step === 0) assert.ok(tokenIn(ok(await api.info(id))).includes(key), id)
}

describe('a rotation', () => {
  test('while 20 requests a second are served fails none, from the new key to the end of the old one', async (t) => {
    const environment = { HOLDFAST_DATA_DIR: await aFolder(t) }
    const keys = keysOf(environment)
    const server = await aProcess(t, environment)
    const api = apiOf({ url: server.url, apiKey })
    const { like } = await connectOne(api)
    const accounts = await sealAccounts({ dataDir: environment.HOLDFAST_DATA_DIR }, like, 1_500)
    const [before] = (await keys.status()).keys
    assert.ok(before)

    const outcomes: Promise<boolean>[] = []
    const ids = [...accounts.keys()]
    const traffic = setInterval(() => {
      const id = ids[outcomes.length % ids.length] ?? ''
      const isWrite = outcomes.length % 5 === 4
      const answer = isWrite
        ? api.post('/api/v1/connectedAccounts', { app: 'linear', entityId: newEntity(), data: { api_key: 'new-key' } })
        : api.info(id)
      outcomes.push(
        answer.then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
    }, 50)
    try {
      assert.equal((await keys.run('rotate')).code, 0)
      const moved = await keys.until(({ waiting }) => waiting === 0)
      assert.equal(moved.keys.find(({ id }) => id === before.id)?.state, 'opens')
      assert.equal((await keys.run('drop', before.id)).code, 0)
      await keys.until(({ servers }) => servers.every((each) => !each.keys.includes(before.id)))
    } finally {
      clearInterval(traffic)
    }
    const results = await Promise.all(outcomes)
    assert.ok(results.length > 40, `${results.length} requests`)
    assert.equal(results.filter((isGood) => !isGood).length, 0)
    await assertOpens(api, accounts, 50)
    assert.ok(!(await readFile(join(environment.HOLDFAST_DATA_DIR, 'master-keys'), 'utf8')).includes(before.id))
  })

  test('goes on after a kill in the middle of it', async (t) => {
    const dataDir = await aFolder(t)
    const environment = { HOLDFAST_DATA_DIR: dataDir, PORT: String(await freePort()) }
    const keys = keysOf(environment)
    const first = await aProcess(t, environment)
    const { like } = await connectOne(apiOf({ url: first.url, apiKey }))
    const accounts = await sealAccounts({ dataDir }, like, 3_000)
    const [before] = (await keys.status()).keys
    assert.equal((await keys.run('rotate')).code, 0)
    for (const kill of [1, 2]) {
      const left = kill === 1 ? 3_001 : 2_500
      const cutOff = keys.until(({ waiting }) => waiting < left && waiting > 0)
      const server = kill === 1 ? first : await aProcess(t, environment)
      await cutOff
      server.kill('SIGKILL')
      await server.ended
    }
    assert.ok((await keys.status()).waiting > 0, 'the kills came too late to show anything')
    const last = await aProcess(t, environment)
    const done = await keys.until(({ waiting }) => waiting === 0)
    assert.equal(done.keys.find(({ id }) => id === before?.id)?.values, 0)
    await assertOpens(apiOf({ url: last.url, apiKey }), accounts, 100)
  })

  test('is shared by two processes on one PostgreSQL, which both serve everything all the time', async (t) => {
    const database = await postgresDatabase()
    t.after(() => database.drop())
    const dataDir = await aFolder(t)
    const environment = { HOLDFAST_DATA_DIR: dataDir, DATABASE_URL: database.url }
    const keys = keysOf(environment)
    const servers = [await aProcess(t, environment), await aProcess(t, environment)]
    const apis = servers.map(({ url }) => apiOf({ url, apiKey }))
    const [one, other] = apis as [Api, Api]
    const { like } = await connectOne(one)
    const accounts = await sealAccounts({ dataDir, databaseUrl: database.url }, like, 1_000)
    const [before] = (await keys.status()).keys
    assert.ok(before)
    assert.equal((await keys.run('rotate')).code, 0)
    const reading = { failed: 0, made: 0, isOn: true }
    const readers = apis.map(async (api) => {
      for (const id of accounts.keys()) {
        if (!reading.isOn) return
        reading.made += 1
        if ((await api.info(id)).status !== 200) reading.failed += 1
      }
    })
    // What one process seals from now on, the other opens.
    const { id } = await one.connect({ app: 'linear', data: { api_key: 'sealed-by-one' } })
    assert.match(tokenIn(ok(await other.info(id))), /sealed-by-one/)
    await keys.until(({ waiting }) => waiting === 0)
    reading.isOn = false
    await Promise.all(readers)
    assert.ok(reading.made > 0)
    assert.equal(reading.failed, 0)
    assert.equal((await keys.run('drop', before.id)).code, 0)
    for (const api of apis) await assertOpens(api, accounts, 100)
  })

  test('of keys in the environment waits until the last server was started anew', async (t) => {
    const database = await postgresDatabase()
    t.after(() => database.drop())
    const [older, newer] = [newMasterKey(), newMasterKey()]
    const idOf = (entry: string) => entry.slice(0, entry.indexOf(':'))
    const environment = async (masterKeys: string) => ({
      HOLDFAST_DATA_DIR: await aFolder(t),
      DATABASE_URL: database.url,
      HOLDFAST_MASTER_KEYS: masterKeys,
    })
    const keys = keysOf(await environment(`${newer},${older}`))
    const steps = (await keys.run('rotate')).printed
    assert.match(steps, /HOLDFAST_MASTER_KEYS, which only you can change/)
    const first = await aProcess(t, await environment(older))
    const second = await aProcess(t, await environment(older))
    const { id } = await apiOf({ url: second.url, apiKey }).connect({ app: 'linear', data: { api_key: 'a-key-123' } })
    first.kill('SIGTERM')
    await first.ended
    const third = await aProcess(t, await environment(`${newer},${older}`))
    assert.deepEqual(
      (await keys.status()).servers.map(({ sealsWith }) => sealsWith),
      [idOf(older), idOf(older)],
    )
    await assert.rejects(keys.run('drop', idOf(older)), /seals/)
    second.kill('SIGTERM')
    await second.ended
    await keys.until(({ servers, waiting }) => waiting === 0 && servers[0]?.sealsWith === idOf(newer))
    ok(await apiOf({ url: third.url, apiKey }).info(id))
  })
})

describe('holdfast keys', () => {
  /** A server in this process and one value of every kind, made as users make them. */
  async function oneOfEach(t: TestContext) {
    const dataDir = await aFolder(t)
    const server = await startTestServer({ dataDir, loops: false })
    let close = () => server.close()
    t.after(() => close())
    const api = apiOf(server)
    const oauth = await api.connect({ app: 'gmail' })
    const { redirectUrl } = await api.initiate({ app: 'gmail' })
    const person = new Person()
    const authorization = await person.agree(redirectUrl ?? '')
    const client = { app: 'gmail', authScheme: 'OAUTH2', clientId: 'client', clientSecret: 'client-secret-of-ours' }
    ok(await api.post('/api/v1/integrations', client))
    const params = { developer_token: 'developer-token-of-ours' }
    ok(await api.post('/api/v1/integrations', { app: 'google-ads', authScheme: 'OAUTH2', params }))
    const checked = ok(
      await api.post<{ id: string }>('/api/v1/integrations', { app: 'hubspot', userVerification: 'required' }),
    )
    const parked = await api.initiate({ integrationId: checked.id, redirectUri: 'https://yours.example/back' })
    await new Person().connect(parked.redirectUrl ?? '')
    const repeatable = { 'x-api-key': server.apiKey, 'content-type': 'application/json', 'idempotency-key': 'key-1' }
    const body = JSON.stringify({ app: 'linear', entityId: newEntity(), data: { api_key: 'a-key-123' } })
    await fetch(`${server.url}/api/v1/connectedAccounts`, { method: 'POST', headers: repeatable, body })
    const endpoint = ok(
      await api.post<{ id: string }>('/api/v1/webhookEndpoints', { url: 'https://receiver.example/' }),
    )
    ok(await api.post(`/api/v1/webhookEndpoints/${endpoint.id}/secret/rotations`))
    const ended = await api.connect({ app: 'gmail' })
    ok(await api.delete(`/api/v1/connectedAccounts/${ended.id}`))
    const stop = async () => {
      close = async () => {}
      await server.close()
    }
    return { dataDir, server, stop, oauth, person, authorization }
  }

  test('moves a value of every kind, each of which opens afterwards with the new key alone', async (t) => {
    const { dataDir, server, stop, oauth, person, authorization } = await oneOfEach(t)
    const keys = keysOf({ HOLDFAST_DATA_DIR: dataDir })
    const before = await keys.status()
    // What a person signs in with is made in another way, and has its own tests.
    const places = sealedColumns.map(placeOf).filter((place) => !place.startsWith('operators.'))
    assert.deepEqual(Object.keys(before.keys[0]?.places ?? {}).sort(), places.sort())
    await stop()

    assert.match((await keys.run('rotate')).printed, /No server runs/)
    const { code, printed } = await keys.run('rewrap')
    assert.equal(code, 0, printed)
    const old = before.keys[0]?.id ?? ''
    assert.equal((await keys.run('drop', old)).code, 0)
    const after = await keys.status()
    assert.deepEqual(
      after.keys.map(({ state, values }) => [state, values]),
      [
        ['seals', before.keys[0]?.values],
        ['dropped', 0],
      ],
    )
    assert.deepEqual(after.keys[0]?.places, before.keys[0]?.places)

    const again = await startTestServer({ dataDir, environment: { PORT: new URL(server.url).port } })
    t.after(() => again.close())
    ok(await apiOf(again).info(oauth.id))
    const { page, location } = await person.open(await person.consent(authorization))
    assert.ok(location || page.includes('connected'), page)
  })

  test('does not drop a key that seals, is the newest, is unknown, or is in use', async (t) => {
    const dataDir = await aFolder(t)
    const keys = keysOf({ HOLDFAST_DATA_DIR: dataDir })
    await assert.rejects(keys.run('status'), /There is no database/)
    const server = await startTestServer({ dataDir, loops: false })
    const { id } = await apiOf(server).connect({ app: 'linear', data: { api_key: 'a-key-123' } })
    const [first] = (await keys.status()).keys
    assert.ok(first)
    await assert.rejects(keys.run('drop', first.id), /seals: .* uses it for every new value/)
    await server.close()
    await assert.rejects(keys.run('drop', first.id), /is the newest/)
    await assert.rejects(keys.run('drop', 'nobody'), /There is no master key "nobody"/)
    await keys.run('rotate')
    const file = join(dataDir, 'master-keys')
    const before = await readFile(file, 'utf8')
    await assert.rejects(keys.run('drop', first.id), /is in use: 1 value .*connected_accounts\.credentials 1/)
    assert.equal(await readFile(file, 'utf8'), before)
    const again = await startTestServer({ dataDir, loops: false })
    ok(await apiOf(again).info(id))
    await again.close()

    // An app's answer that a killed server had no time to store.
    const vault = createVault({ keyRing: await readMasterKeyFile(file), sealingKeyId: first.id })
    const place = { projectId: '', table: 'connected_accounts', rowId: id, field: 'credentials', version: 1 }
    const sealed = Buffer.from(await vault.seal('an answer', place)).toString('base64')
    assert.equal((await keys.run('rewrap')).code, 0)
    const spooled = join(dataDir, 'spool', 'an-answer.json')
    await writeFile(spooled, JSON.stringify({ sealed }))
    await assert.rejects(keys.run('drop', first.id), /is in use: 1 answer in .*spool/)
    await rm(spooled)
    assert.equal((await keys.run('drop', first.id)).code, 0)
  })

  test('drops a key whose last copy is gone, if no value needs it', async (t) => {
    const dataDir = await aFolder(t)
    const keys = keysOf({ HOLDFAST_DATA_DIR: dataDir })
    await (await startTestServer({ dataDir, loops: false })).close()
    const file = join(dataDir, 'master-keys')
    const [first] = (await keys.status()).keys
    await keys.run('rotate')
    const kept = (await readFile(file, 'utf8')).split('\n').filter((line) => !line.startsWith(`${first?.id}:`))
    await writeFile(file, kept.join('\n'))
    await assert.rejects(startTestServer({ dataDir, loops: false }), /keys drop/)
    assert.equal((await keys.run('drop', first?.id ?? '')).code, 0)
    await (await startTestServer({ dataDir, loops: false })).close()
  })

  test('lets nobody write under a dropped key, whatever keys a server still has', async (t) => {
    const dataDir = await aFolder(t)
    const server = await startTestServer({ dataDir, loops: false })
    const { like } = await connectOne(apiOf(server))
    await server.close()
    const file = join(dataDir, 'master-keys')
    const oldFile = await readFile(file, 'utf8')
    const keys = keysOf({ HOLDFAST_DATA_DIR: dataDir })
    const [old = { id: '' }] = (await keys.status()).keys
    await keys.run('rotate')
    const newFile = await readFile(file, 'utf8')
    const sealWithOld = async () => {
      await writeFile(file, oldFile)
      await sealAccounts({ dataDir }, like, 1).finally(() => writeFile(file, newFile))
    }

    assert.equal((await keys.run('rewrap')).code, 0)
    await sealWithOld()
    await assert.rejects(keys.run('drop', old.id), /is in use: 1 value/)
    assert.equal((await keys.run('rewrap')).code, 0)
    assert.equal((await keys.run('drop', old.id)).code, 0)
    await assert.rejects(sealWithOld(), /was dropped/)
    assert.equal((await keys.status()).waiting, 0)
  })

  test('says how it is used', async () => {
    const keys = keysOf({ HOLDFAST_DATA_DIR: '/nowhere' })
    const { code, printed } = await keys.run()
    assert.equal(code, 0)
    assert.match(printed, /rotate .*\n.*rotate --to/s)
    for (const args of [['nonsense'], ['drop'], ['drop', 'a', 'b'], ['rotate', '--to'], ['status', '--yaml']])
      assert.equal((await keys.run(...args)).code, 2, args.join(' '))
  })
})
