/** The audit log: who is in it, that it is whole, and that nobody changes it. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { createAudit } from '../packages/server/src/audit/index.ts'
import { auditCommand } from '../packages/server/src/audit-command.ts'
import { readConfig } from '../packages/server/src/config.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, newEntity, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { postgresDatabase, stopPostgres, type TestDatabase } from './support/postgres.ts'

interface Entry {
  actor: { kind: string; id: string | null; name: string }
  action: string
  path: string
  projectId: string | null
  address: string | null
  status: number | null
  detail: string | null
  sequence: number
  hash: string
}

let server: TestServer
let api: Api
let operator: Api
let dataDir: string
let projectId: string

const logOf = async (keyed: Api, query = ''): Promise<Entry[]> =>
  ok(await keyed.get<{ items: Entry[] }>(`/api/v1/auditLog?limit=200${query}`)).items
const verify = async (folder: string, environment: Record<string, string> = {}) => {
  const lines: string[] = []
  const config = readConfig({ HOLDFAST_DATA_DIR: folder, ...environment })
  const code = await auditCommand(['verify'], { config, print: (line) => lines.push(line) })
  return { code, text: lines.join('\n') }
}

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'holdfast-audit-'))
  server = await startTestServer({ dataDir, environment: { HOLDFAST_AUDIT: 'strict' } })
  api = apiOf(server)
  operator = apiOf(server, server.adminKey)
  projectId = ok(await api.get<{ id: string }>('/api/v1/project')).id
})
after(async () => {
  await server.close()
  await rm(dataDir, { recursive: true, force: true })
})

describe('what is written down', () => {
  test('a change and a read of credentials by key, from where, before the answer', async () => {
    const account = await api.connect({ app: 'linear', data: { api_key: 'secret-of-the-audit' } })
    ok(await api.info(account.id))
    ok(await api.info(account.id))
    const log = await logOf(operator, `&projectId=${projectId}`)
    const reads = log.filter(({ action, path }) => action === 'credentials.read' && path.endsWith(account.id))
    assert.ok(reads.length >= 2)
    const made = log.find(({ action }) => action === 'POST /api/v1/connectedAccounts')
    for (const entry of [reads[0], made]) {
      assert.equal(entry?.actor.kind, 'key')
      assert.ok(entry.actor.id)
      assert.equal(entry.projectId, projectId)
      assert.match(entry.address ?? '', /127\.0\.0\.1/)
    }
    assert.ok(!JSON.stringify(log).includes('secret-of-the-audit'))
  })

  test("the operator's key, and a key that reaches for what it may not have", async () => {
    const limited = ok(
      await operator.post<{ id: string; key: string }>(`/api/v1/projects/${projectId}/apiKeys`, {
        scopes: ['accounts:read'],
      }),
    )
    const account = await api.connect({ app: 'linear', data: { api_key: 'a' } })
    await apiOf(server, limited.key).delete(`/api/v1/connectedAccounts/${account.id}`)
    const log = await logOf(operator)
    assert.equal(log.find(({ action }) => action.endsWith('/apiKeys'))?.actor.kind, 'operator_key')
    const refused = log.find(({ actor }) => actor.id === limited.id)
    assert.deepEqual([refused?.action, refused?.status], ['DELETE /api/v1/connectedAccounts/:id', 403])
  })

  test('failed attempts to sign in, without what was typed', async () => {
    const typed = 'hunter2-typed-into-the-wrong-field@example.com'
    const answer = await fetch(`${server.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.url, 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ email: typed, password: 'some-password-of-nobody' }),
    })
    assert.equal(answer.status, 401)
    const [entry] = (await logOf(operator)).filter(({ action }) => action === 'sign in')
    assert.deepEqual([entry?.actor.kind, entry?.actor.name, entry?.status], ['nobody', 'somebody', 401])
    const text = JSON.stringify(await logOf(operator))
    for (const part of ['hunter2', 'some-password-of-nobody']) assert.ok(!text.includes(part))
  })

  test('entities by a fingerprint only, since a deleted one leaves no trace', async () => {
    const entityId = newEntity()
    await api.connect({ app: 'linear', entityId, data: { api_key: 'a' } })
    ok(await api.delete(`/api/v1/entities/${entityId}`))
    const [entry] = (await logOf(operator)).filter(({ action }) => action === 'DELETE /api/v1/entities/:id')
    assert.match(entry?.path ?? '', /^\/api\/v1\/entities\/sha256-[0-9a-f]{16}$/)
  })

  test('an answer whose entry cannot be written shows nothing', async (t) => {
    const account = await api.connect({ app: 'linear', data: { api_key: 'secret-that-stays' } })
    t.mock.method(server.composition.store, 'transaction', () => Promise.reject(new Error('the disk is full')))
    const { status, body } = await api.info(account.id)
    assert.equal(status, 500)
    assert.ok(!JSON.stringify(body).includes('secret-that-stays'))
  })
})

describe('the chain', () => {
  test('is verified by a command, and its export has every entry', async () => {
    const { code, text } = await verify(dataDir)
    assert.equal(code, 0, text)
    assert.match(text, new RegExp(`^ok {5}${projectId}: \\d+ entries from 1 on; the end is \\d+:[0-9a-f]{64}$`, 'm'))
    const lines: string[] = []
    const config = readConfig({ HOLDFAST_DATA_DIR: dataDir })
    assert.equal(await auditCommand(['export', projectId], { config, print: (line) => lines.push(line) }), 0)
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as Entry).sequence),
      lines.map((_, index) => index + 1),
    )
  })

  test('no entry is changed or deleted in the database, and what past its walls was changed is found', async () => {
    const database = new DatabaseSync(join(dataDir, 'holdfast.db'))
    try {
      for (const statement of [
        "update audit_entries set actor = 'somebody else'",
        'delete from audit_entries',
        'delete from audit_chains',
        'update audit_chains set sequence = sequence - 1',
      ])
        assert.throws(() => database.exec(statement), /audit/, statement)
      const [{ sql } = { sql: '' }] = database
        .prepare("select sql from sqlite_master where name = 'audit_entries_unchanged'")
        .all() as { sql: string }[]
      database.exec('drop trigger audit_entries_unchanged')
      const change = (actor: string) =>
        database.prepare('update audit_entries set actor = ? where chain = ? and sequence = 2').run(actor, projectId)
      const [row] = database
        .prepare('select actor from audit_entries where chain = ? and sequence = 2')
        .all(projectId) as { actor: string }[]
      change('somebody else')
      const { code, text } = await verify(dataDir)
      assert.deepEqual([code, /entry 2 is not as it was written/.test(text)], [1, true], text)
      change(row?.actor ?? '')
      database.exec(sql)
      assert.equal((await verify(dataDir)).code, 0)
    } finally {
      database.close()
    }
  })

  test('stays verifiable when what is old was forgotten', async (t) => {
    const clock = movableClock()
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-audit-'))
    const old = await startTestServer({
      dataDir: folder,
      clock,
      loops: false,
    })
    t.after(async () => {
      await old.close()
      await rm(folder, { recursive: true, force: true })
    })
    const keyed = apiOf(old)
    await keyed.connect({ app: 'linear', data: { api_key: 'a' } })
    clock.advance(31 * 24 * 60 * 60_000)
    await keyed.connect({ app: 'linear', data: { api_key: 'b' } })
    const { jobs } = createAudit({
      store: old.composition.store,
      clock,
      strictReads: true,
      keptDays: 30,
      onError: (error) => assert.ifError(error),
    })
    await jobs.trim()
    const { code, text } = await verify(folder)
    assert.equal(code, 0, text)
    assert.match(text, /entries from 2 on/)
    const log = await logOf(apiOf(old, old.adminKey))
    assert.ok(log.some(({ action, actor }) => action === 'audit.trimmed' && actor.kind === 'job'))
  })
})

test('reads are gathered by default and are written within a moment, each counted', async (t) => {
  const plain = await startTestServer()
  t.after(() => plain.close())
  const keyed = apiOf(plain)
  const account = await keyed.connect({ app: 'linear', data: { api_key: 'a' } })
  for (let count = 0; count < 5; count++) ok(await keyed.info(account.id))
  const begun = performance.now()
  const counted = async () => {
    const reads = (await logOf(apiOf(plain, plain.adminKey))).filter(({ action }) => action === 'credentials.read')
    return reads.reduce(
      (sum, { detail }) => sum + (detail ? ((JSON.parse(detail) as Record<string, number>)[account.id] ?? 0) : 1),
      0,
    )
  }
  while ((await counted()) < 6) assert.ok(performance.now() - begun < 20_000, 'they were never written')
})

describe('on PostgreSQL', () => {
  let database: TestDatabase
  let servers: TestServer[] = []
  before(async () => {
    database = await postgresDatabase()
    const environment = { DATABASE_URL: database.url, HOLDFAST_AUDIT: 'strict' }
    const one = await startTestServer({ environment })
    servers = [one, await startTestServer({ environment, dataDir: one.dataDir })]
  })
  after(async () => {
    for (const one of servers.toReversed()) await one.close()
    await database.drop()
    await stopPostgres()
  })

  test('two processes write one chain, and no statement takes anything away', async () => {
    const [one, two] = servers.map((each) => apiOf(each, servers[0]?.apiKey)) as [Api, Api]
    const account = await one.connect({ app: 'linear', data: { api_key: 'a' } })
    await Promise.all(Array.from({ length: 30 }, (_, index) => (index % 2 ? one : two).info(account.id)))
    const folder = servers[0]?.dataDir ?? ''
    const { code, text } = await verify(folder, { DATABASE_URL: database.url })
    assert.equal(code, 0, text)
    for (const statement of [
      "update audit_entries set actor = 'somebody else'",
      'delete from audit_entries',
      'truncate audit_entries',
      'delete from audit_chains',
      'update audit_chains set sequence = 0',
    ])
      await assert.rejects(database.query(statement), /audit/, statement)
  })
})
