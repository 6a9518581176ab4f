import assert from 'node:assert/strict'
import { after, describe, type TestContext, test } from 'node:test'
import {
  createDatabase,
  postgresDatabase,
  startPostgres,
  stopPostgres,
  type TestDatabase,
} from '../../../../test/support/postgres.ts'
import { startProxy } from '../../../../test/support/proxy.ts'
import { openStore, type Store, type StoreOptions } from './index.ts'
import { describeStore } from './testing/conformance/index.ts'
import { storeProcess } from './testing/processes.ts'
import { household } from './testing/rows.ts'

after(stopPostgres)

/** Whatever the tests break, they say themselves what must come of it. */
const onError = () => {}

async function aStore(t: TestContext, databaseUrl: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({ databaseUrl, dataDir: '', onError, ...options })
  t.after(() => store.close())
  return store
}

async function aDatabase(t: TestContext) {
  const database = await postgresDatabase()
  t.after(() => database.drop())
  return database
}

const nextSignal = (store: Store, accountId: string): Promise<void> =>
  new Promise((resolve) => {
    const stop = store.signals.watch(accountId, () => {
      stop()
      resolve()
    })
  })

/** Cuts off the sessions that an application name picks. @returns How many. */
async function cutOff({ query }: TestDatabase, applicationName: string): Promise<number> {
  const cut = await query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = $1 and datname = current_database()`,
    [applicationName],
  )
  return cut.length
}

describe('a store on PostgreSQL', () => {
  let database: TestDatabase
  describeStore(async () => {
    database = await postgresDatabase()
    return openStore({ databaseUrl: database.url, dataDir: '', onError: assert.ifError })
  })
  after(() => database?.drop())

  test('five processes that open a new database at once all succeed', async (t) => {
    const { url } = await aDatabase(t)
    await Promise.all(Array.from({ length: 5 }, () => storeProcess(t, '', url)))
  })

  test('a signal wakes who waits in another process', async (t) => {
    const { url } = await aDatabase(t)
    const [waiting, acting] = await Promise.all([storeProcess(t, '', url), storeProcess(t, '', url)])
    await waiting.tell('watch account-1')
    await acting.tell('changed account-2')
    await acting.tell('changed account-1')
    await waiting.said('woken account-1')
  })
})

describe('when connections to PostgreSQL are lost', () => {
  test('the listener is made anew, and whoever waits looks again', async (t) => {
    const database = await aDatabase(t)
    const store = await aStore(t, database.url)
    const acting = await aStore(t, database.url)
    const afterGap = nextSignal(store, 'account-1')
    assert.equal(await cutOff(database, 'holdfast signals'), 2)
    await afterGap
    const afterChange = nextSignal(store, 'account-2')
    await acting.signals.changed('account-2')
    await afterChange
  })

  test('idle ones are replaced', async (t) => {
    const database = await aDatabase(t)
    const store = await aStore(t, database.url)
    const { project, account } = await household(store)
    await Promise.all(Array.from({ length: 10 }, () => store.ping()))
    assert.ok((await cutOff(database, 'holdfast')) > 1)
    await untilAnswered(store)
    assert.deepEqual(await store.accounts.find(project.id, account.id), account)
  })

  test('one lost inside a transaction undoes it, and the process lives on', async (t) => {
    const database = await aDatabase(t)
    const store = await aStore(t, database.url)
    const { project, account } = await household(store)
    await assert.rejects(
      store.transaction(async (queries) => {
        await queries.accounts.update(project.id, account.id, { status: 'EXPIRED' })
        await cutOff(database, 'holdfast')
        await queries.accounts.find(project.id, account.id)
      }),
    )
    await untilAnswered(store)
    assert.deepEqual(await store.accounts.find(project.id, account.id), account)
  })

  test('a server that goes away fails what is asked at once, and answers again when it is back', async (t) => {
    const server = await startPostgres()
    t.after(() => server.stop())
    const { url } = await createDatabase(server.url)
    const store = await aStore(t, url)
    const { project, account } = await household(store)

    await server.pause()
    const asked = performance.now()
    await assert.rejects(store.accounts.find(project.id, account.id))
    await assert.rejects(store.transaction((queries) => queries.accounts.delete(project.id, account.id)))
    await assert.rejects(store.ping())
    await store.signals.changed(account.id)
    assert.ok(performance.now() - asked < 10_000)

    const woken = nextSignal(store, account.id)
    await server.resume()
    await woken
    assert.deepEqual(await store.accounts.find(project.id, account.id), account)
    const acting = await aStore(t, url)
    const signalled = nextSignal(store, 'account-1')
    await acting.signals.changed('account-1')
    await signalled
  })

  test('a server that falls silent fails what is asked, and its connections are given up', async (t) => {
    const { url } = await aDatabase(t)
    const proxy = await startProxy(url)
    t.after(() => proxy.close())
    const store = await aStore(t, proxy.url, { statementTimeoutMs: 200 })
    await store.ping()
    proxy.freeze()
    await assert.rejects(store.ping(), /timeout/)
    await store.ping()
  })

  test('a statement that takes too long is ended', async (t) => {
    const database = await aDatabase(t)
    const store = await aStore(t, database.url, { statementTimeoutMs: 100 })
    const { project, account } = await household(store)
    const unhurried = await aStore(t, database.url)
    await unhurried.transaction(async (queries) => {
      await queries.accounts.find(project.id, account.id)
      const update = store.accounts.update(project.id, account.id, { status: 'EXPIRED' })
      await assert.rejects(update, { code: '57014' })
    })
    assert.ok(await store.accounts.update(project.id, account.id, { status: 'EXPIRED' }))
  })
})

describe('at start', () => {
  /** Withholds notifications (message type `A`), as a pooler in transaction mode does. */
  function withoutNotifications(bytes: Buffer): Buffer {
    const kept: Buffer[] = []
    for (let start = 0; start < bytes.length; ) {
      const end = start + 1 + bytes.readUInt32BE(start + 1)
      if (bytes[start] !== 'A'.charCodeAt(0)) kept.push(bytes.subarray(start, end))
      start = end
    }
    return Buffer.concat(kept)
  }

  const refused = (databaseUrl: string, message: RegExp) =>
    assert.rejects(openStore({ databaseUrl, dataDir: '', onError }), { name: 'StoreError', message })

  test('a pooler that swallows notifications is refused, with what to do', async (t) => {
    const { url, query } = await aDatabase(t)
    const proxy = await startProxy(url, withoutNotifications)
    t.after(() => proxy.close())
    await refused(proxy.url, /does not deliver notifications.+direct address.+session mode/)
    assert.deepEqual(await query(`select 1 from pg_tables where schemaname = 'public'`), [])
  })

  test('an old server is refused, with what to do', async (t) => {
    const { url, query } = await aDatabase(t)
    const [row] = await query<{ number: string }>(`select current_setting('server_version_num') as number`)
    const proxy = await startProxy(url, (bytes) =>
      Buffer.from(bytes.toString('latin1').replaceAll(row?.number ?? '', '130014'), 'latin1'),
    )
    t.after(() => proxy.close())
    await refused(proxy.url, /needs 14 or newer/)
  })

  test('a server that is not there is named, without its password', async () => {
    await refused(
      'postgres://user:hunter2@127.0.0.1:1/name',
      /^The database name at 127\.0\.0\.1:1 can't be used: (?!.*hunter2)/,
    )
  })

  test('a database that is not there is named', async (t) => {
    const url = new URL((await aDatabase(t)).url)
    url.pathname = '/absent'
    await refused(url.href, /"absent" does not exist/)
  })

  test('a database of a newer version is left as it is', async (t) => {
    const { url, query } = await aDatabase(t)
    await (await openStore({ databaseUrl: url, dataDir: '', onError })).close()
    await query(`insert into kysely_migration (name, timestamp) values ('9999-later', now()::text)`)
    await refused(url, /made by a newer version of Holdfast/)
  })
})

/** The pool learns of a lost connection when it is told, or when it uses it. */
async function untilAnswered(store: Store): Promise<void> {
  for (;;) {
    const answered = await store.ping().then(
      () => true,
      () => false,
    )
    if (answered) return
  }
}
