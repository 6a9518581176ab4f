import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { openStore, placeOf, type StoreError, sealedColumns } from './index.ts'
import { describeStore } from './testing/conformance/index.ts'
import { storeProcess } from './testing/processes.ts'
import { household } from './testing/rows.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-'))
after(() => rm(folder, { recursive: true, force: true }))

const open = (name: string) => openStore({ dataDir: join(folder, name), onError: assert.ifError })

describe('a store on SQLite', () => {
  describeStore(() => open('conformance'))

  test('its files are for nobody but the owner', async () => {
    const store = await open('modes')
    await household(store)
    const files = await readdir(join(folder, 'modes'))
    assert.ok(files.includes('holdfast.db-wal'))
    for (const file of files) assert.equal((await stat(join(folder, 'modes', file))).mode & 0o077, 0, file)
    await store.close()
  })

  test('every column of bytes is listed as sealed, with a fence, or known to hold none of our secrets', async () => {
    await (await open('columns')).close()
    const database = new DatabaseSync(join(folder, 'columns', 'holdfast.db'))
    const found = database
      .prepare(
        `select m.name || '.' || c.name as place from sqlite_master m join pragma_table_info(m.name) c
         where m.type = 'table' and lower(c.type) = 'blob'`,
      )
      .all()
      .map(({ place }) => String(place))
    const triggers = database.prepare("select name from sqlite_master where type = 'trigger'").all()
    database.close()
    const listed = sealedColumns.map(placeOf)
    const isHash = (place: string) => /[._]hash$/.test(place)
    const isOfTheKeyItself = (place: string) => place.startsWith('master_keys.')
    assert.deepEqual(found.filter((place) => !isHash(place) && !isOfTheKeyItself(place)).sort(), [...listed].sort())
    assert.deepEqual(
      triggers
        .map(({ name }) => String(name))
        .filter((name) => name.startsWith('fence_'))
        .sort(),
      listed
        .flatMap((place) => ['insert', 'update'].map((event) => `fence_${place.replace('.', '_')}_${event}`))
        .sort(),
    )
  })

  test('who opens it is told its master keys before it is brought up to date', async () => {
    const dataDir = join(folder, 'told')
    const key = {
      id: 'k',
      mark: Buffer.from('m'),
      check_value: Buffer.from('c'),
      state: 'used',
      sealed_until: null,
    } as const
    const store = await open('told')
    await store.masterKeys.insert({ ...key, created_at: 1 })
    await store.close()
    // The last migrations were not applied yet, and could not be.
    const database = new DatabaseSync(join(dataDir, 'holdfast.db'))
    database.exec("delete from kysely_migration where name >= '0005'")
    database.close()
    const told: string[] = []
    const beforeUpgrade = async (keys: readonly { id: string }[]) => {
      told.push(...keys.map(({ id }) => id))
      throw new Error('the wrong key')
    }
    await assert.rejects(openStore({ dataDir, onError: assert.ifError, beforeUpgrade }), /the wrong key/)
    assert.deepEqual(told, ['k'])
    const nothing = async (keys: readonly unknown[]) => assert.deepEqual(keys, [])
    const fresh = { dataDir: join(folder, 'fresh'), onError: assert.ifError, beforeUpgrade: nothing }
    await (await openStore(fresh)).close()
  })

  test('what was stored is there when it is opened again', async () => {
    const first = await open('again')
    const { project, account } = await household(first)
    await first.close()
    const second = await open('again')
    assert.deepEqual(await second.accounts.find(project.id, account.id), account)
    await second.close()
  })

  test('five processes that open a new database at once all succeed', async (t) => {
    await Promise.all(Array.from({ length: 5 }, () => storeProcess(t, join(folder, 'together'))))
  })

  test('a schema that was made halfway is no obstacle: it was undone', async () => {
    const file = join(folder, 'halfway', 'holdfast.db')
    await (await open('halfway')).close()
    const database = new DatabaseSync(file)
    // As a crash before the commit of the first migration leaves it: one of its tables is in the way of the next start.
    const tables = database.prepare("select name from sqlite_master where type = 'table' and name <> 'settings'").all()
    database.exec('pragma foreign_keys = off')
    for (const { name } of tables) database.exec(`drop table "${name}"`)
    database.close()
    await assert.rejects(open('halfway'), { name: 'StoreError', message: /was left as it was/ })
    const untouched = new DatabaseSync(file)
    const left = untouched.prepare("select name from sqlite_master where type = 'table' order by name").all()
    untouched.close()
    assert.deepEqual(
      left.map(({ name }) => name).filter((name) => !String(name).startsWith('kysely')),
      ['settings'],
    )
  })

  test('a file that is no database stops the start with a sentence', async () => {
    await (await open('other')).close()
    for (const suffix of ['-wal', '-shm']) await rm(join(folder, 'other', `holdfast.db${suffix}`), { force: true })
    await writeFile(join(folder, 'other', 'holdfast.db'), 'x'.repeat(4096))
    await assert.rejects(open('other'), (error: StoreError) => {
      assert.match(error.message, /holdfast\.db can't be opened: .+ Check HOLDFAST_DATA_DIR/)
      return error.name === 'StoreError'
    })
  })
})
