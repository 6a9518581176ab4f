/** What the doctor finds out about a real PostgreSQL. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { checkClocks, checkDatabase, type Finding } from '../packages/server/src/doctor/index.ts'
import { inspectDatabase, openStore } from '../packages/server/src/store/index.ts'
import { movableClock } from './support/clock.ts'
import { postgresDatabase, stopPostgres } from './support/postgres.ts'

after(stopPostgres)

const dataDir = '/nowhere'

const statuses = (findings: Finding[]) => Object.fromEntries(findings.map(({ check, status }) => [check, status]))

test('an empty database is fine, and is left empty', async () => {
  const database = await postgresDatabase()
  try {
    const facts = await inspectDatabase({ databaseUrl: database.url, dataDir, clock: movableClock() })
    assert.deepEqual(statuses(checkDatabase(facts, undefined)), {
      database: 'ok',
      migrations: 'note',
      notifications: 'ok',
    })
    assert.match(facts.version, /^PostgreSQL \d+/)
    assert.ok(facts.pending.length > 0)
    assert.deepEqual(await database.query(`select 1 from pg_tables where schemaname = 'public'`), [])
  } finally {
    await database.drop()
  }
})

test('the tables of this version are known, and those of a newer one as well', async () => {
  const database = await postgresDatabase()
  try {
    const store = await openStore({ databaseUrl: database.url, dataDir, onError: () => {} })
    await store.close()
    const look = () => inspectDatabase({ databaseUrl: database.url, dataDir, clock: movableClock() })
    assert.deepEqual(statuses(checkDatabase(await look(), undefined)), {
      database: 'ok',
      migrations: 'ok',
      notifications: 'ok',
    })
    await database.query(`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`)
    assert.equal(statuses(checkDatabase(await look(), undefined)).migrations, 'problem')
  } finally {
    await database.drop()
  }
})

test("a clock that differs from the database's is found, by how much and in which direction", async () => {
  const database = await postgresDatabase()
  try {
    const clock = movableClock()
    const look = async () => {
      const { clock: theirs } = await inspectDatabase({ databaseUrl: database.url, dataDir, clock })
      assert.ok(theirs)
      return checkClocks([{ whose: 'the database', ...theirs }])
    }
    assert.equal((await look()).status, 'ok')
    clock.advance(10_000)
    const warned = await look()
    assert.equal(warned.status, 'warning')
    assert.match(warned.details.join(), /the database: 10 s behind/)
    clock.advance(-60_000)
    const broken = await look()
    assert.equal(broken.status, 'problem')
    assert.match(broken.details.join(), /the database: 50 s ahead/)
  } finally {
    await database.drop()
  }
})
