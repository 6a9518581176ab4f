import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount, DeletedEntity, Entity, Page, Revocation } from '../packages/sdk/src/types.ts'
import { apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { startScriptedApp } from './support/scripted-app.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-entities-'))
const app = await startScriptedApp({}, { dataDir })
after(async () => {
  await app.close()
  await rm(dataDir, { recursive: true, force: true })
})
const api = apiOf(app.server)

const pathOf = (id: string) => `/api/v1/entities/${encodeURIComponent(id)}`

/** Every value of every table that holds one of these texts, in any case. */
function findInDatabase(texts: readonly string[]): string[] {
  const database = new DatabaseSync(join(dataDir, 'holdfast.db'), { readOnly: true })
  try {
    const tables = database.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[]
    return tables.flatMap(({ name }) =>
      database
        .prepare(`select * from "${name}"`)
        .all()
        .flatMap((row) =>
          Object.entries(row)
            .filter(([, value]) => holds(value, texts))
            .map(([column, value]) => `${name}.${column}: ${String(value)}`),
        ),
    )
  } finally {
    database.close()
  }
}

const holds = (value: unknown, texts: readonly string[]) => {
  const text = (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)).toLowerCase()
  return texts.some((wanted) => text.includes(wanted.toLowerCase()))
}

describe('entities', () => {
  test('are listed newest first, found by a part of their id, and counted by status', async () => {
    const mark = randomUUID().slice(0, 8)
    const ids = [`Anna.${mark}`, `bert_${mark}`, `100%_${mark}`]
    for (const entityId of ids) ok(await api.post('/api/v1/connectedAccounts', { app: 'gmail', entityId }))
    await api.connect({ app: 'gmail', entityId: ids[0] })
    const search = async (text: string) =>
      ok(await api.get<Page<Entity>>(`/api/v1/entities?search=${encodeURIComponent(text)}`)).items.map(({ id }) => id)
    assert.deepEqual(await search(mark.toUpperCase()), [...ids].reverse())
    assert.deepEqual(await search(`ANNA.${mark}`), [ids[0]])
    assert.deepEqual(await search(`%_${mark}`), [ids[2]])
    const second = ok(await api.get<Page<Entity>>(`/api/v1/entities?search=${mark}&page=2&pageSize=2`))
    assert.deepEqual([second.items.map(({ id }) => id), second.page, second.totalPages], [[ids[0]], 2, 2])
    assert.deepEqual(ok(await api.get<Entity>(pathOf(ids[0] ?? ''))).accounts, {
      total: 2,
      byStatus: { INITIATED: 1, ACTIVE: 1, FAILED: 0, EXPIRED: 0 },
    })
  })

  test('are found whatever characters their id has', async () => {
    for (const entityId of ['a/b?c=d#e', 'ü 🙂', '100%', '..%2F', 'mira@example.test']) {
      const { id } = await api.connect({ app: 'gmail', entityId })
      assert.equal(ok(await api.get<Entity>(pathOf(entityId))).id, entityId)
      const { accounts } = ok(await api.delete<DeletedEntity>(pathOf(entityId)))
      assert.deepEqual(
        accounts.map((account) => account.id),
        [id],
        entityId,
      )
    }
  })

  test('that are not there, or of another project, are not found', async () => {
    const entityId = newEntity()
    await api.connect({ app: 'gmail', entityId })
    for (const answer of [
      await api.get(pathOf('nobody')),
      await api.delete(pathOf('nobody')),
      await app.api.get(pathOf(entityId)),
      await app.api.delete(pathOf(entityId)),
    ])
      assertRefused(answer, { status: 404, code: 'not_found' })
    ok(await api.get(pathOf(entityId)))
  })
})

describe('deleting an entity', () => {
  test('revokes and deletes all it owns, says what became of each, and leaves no trace of the person', async () => {
    const person = `person-${randomUUID()}`
    const entityId = `entity-${randomUUID()}`
    app.answers.me = () => ({
      status: 200,
      body: { id: `id-of-${person}`, name: `name of ${person}`, email: `${person}@example.test` },
    })
    const other = await app.api.connect({ integrationId: app.integration.id })
    const keys = ok(
      await app.api.post<{ id: string }>('/api/v1/integrations', { app: 'scripted', authScheme: 'API_KEY' }),
    )
    const own = { entityId, labels: [`label of ${person}`] }
    const oauth = await app.api.connect({ ...own, integrationId: app.integration.id })
    const key = await app.api.connect({ ...own, integrationId: keys.id, data: { key: 'key-1', tenant: person } })
    const gone = await app.api.connect({ ...own, integrationId: app.integration.id })
    ok(await app.api.delete(`/api/v1/connectedAccounts/${gone.id}`))
    ok(await app.api.post(`/api/v1/connectedAccounts/${oauth.id}/reinitiate`))
    ok(await app.api.post('/api/v1/connectedAccounts', { ...own, integrationId: app.integration.id }))
    ok(await app.api.post('/api/v1/connectLinks', { entityId, integrationIds: [app.integration.id] }))
    assert.ok(findInDatabase([entityId]).length > 5)
    ok(await app.api.delete(`/api/v1/connectedAccounts/${other.id}`))

    const { count, accounts } = ok(await app.api.delete<DeletedEntity>(pathOf(entityId)))
    assert.equal(count, 3)
    const became = new Map(accounts.map(({ id, revocation }) => [id, revocation.status]))
    assert.deepEqual([became.get(oauth.id), became.get(key.id)], ['pending', 'unsupported'])
    assert.deepEqual(findInDatabase([entityId]), [])

    assertRefused(await app.api.get(`/api/v1/connectedAccounts/${oauth.id}`), { status: 404, code: 'not_found' })
    assertRefused(await app.api.get(`/api/v1/connectedAccounts/${gone.id}/history`), { status: 404, code: 'not_found' })
    const listed = ok(await app.api.get<Page<ConnectedAccount>>(`/api/v1/connectedAccounts?entityId=${entityId}`))
    assert.deepEqual(listed.items, [])
    for (const { revocation } of accounts) {
      let found = revocation
      while (found.status === 'pending') {
        await new Promise((resolve) => setTimeout(resolve, 50))
        found = ok(await app.api.get<Revocation>(`/api/v1/revocations/${revocation.id}`))
      }
    }
    const left = findInDatabase([entityId, person]).filter((text) => !text.includes(other.entityId))
    assert.deepEqual(left, [])
  })

  test('leaves nothing in the database file either, once the log is folded into it', async () => {
    const entityId = `entity-${randomUUID()}`
    await api.connect({ app: 'gmail', entityId })
    ok(await api.delete(pathOf(entityId)))
    const database = new DatabaseSync(join(dataDir, 'holdfast.db'))
    database.exec('pragma wal_checkpoint(truncate)')
    database.close()
    for (const file of await readdir(dataDir))
      if (file.startsWith('holdfast.db')) assert.ok(!(await readFile(join(dataDir, file))).includes(entityId), file)
  })

  test('takes what is connected meanwhile with it, or comes before it', async () => {
    const entityId = newEntity()
    await api.connect({ app: 'gmail', entityId })
    const [deleted] = await Promise.all([
      api.delete<DeletedEntity>(pathOf(entityId)),
      ...Array.from({ length: 5 }, () => api.post('/api/v1/connectedAccounts', { app: 'gmail', entityId })),
    ])
    ok(deleted)
    const later = await api.get<Entity>(pathOf(entityId))
    if (later.status === 200) {
      const listed = ok(await api.get<Page<ConnectedAccount>>(`/api/v1/connectedAccounts?entityId=${entityId}`))
      assert.equal(listed.items.length, later.body.accounts.total)
    }
  })
})
