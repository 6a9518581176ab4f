import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, describe, test } from 'node:test'
import type { DeletedEntity, ExportedAccounts, ImportedAccount, Page, Revocation } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Answer, apiOf, newEntity, ok } from './support/api.ts'
import { postgresDatabase, stopPostgres } from './support/postgres.ts'
import { startScriptedApp } from './support/scripted-app.ts'

const database = await postgresDatabase()
const masterKeys = `k1:${Buffer.alloc(32, 7).toString('base64')}`
const environment = { DATABASE_URL: database.url, HOLDFAST_MASTER_KEYS: masterKeys }
const app = await startScriptedApp({}, { environment })
const second = await startTestServer({ environment: { ...environment, HOLDFAST_ALLOW_PRIVATE_HOSTS: app.host } })
after(async () => {
  await second.close()
  await app.close()
  await database.drop()
  await stopPostgres()
})
const one = app.api
const two = apiOf(second, app.apiKey)
const { id: integrationId } = app.integration

async function ended(id: string): Promise<Revocation> {
  for (;;) {
    const found = ok(await two.get<Revocation>(`/api/v1/revocations/${id}`))
    if (found.status !== 'pending') return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const imported = async (items: unknown[], to = one) =>
  ok(await to.post<{ imported: number; items: ImportedAccount[] }>('/api/v1/connectedAccounts/import', { items }))

describe('two processes on one PostgreSQL', () => {
  test('give each grant back once', async () => {
    const { items } = await imported(
      Array.from({ length: 60 }, (_, index) => ({
        integrationId,
        entityId: newEntity(),
        accessToken: `shared-a-${index}`,
        refreshToken: `shared-r-${index}`,
        expiresIn: 3600,
      })),
    )
    const answers = await Promise.all(
      items.map(({ connectedAccountId }, index) =>
        (index % 2 ? one : two).delete<{ revocation: Revocation }>(`/api/v1/connectedAccounts/${connectedAccountId}`),
      ),
    )
    for (const answer of answers) assert.equal((await ended(ok(answer).revocation.id)).status, 'revoked')
    const given = app.seen.revoke.map((form) => form.get('token'))
    assert.equal(given.length, 120)
    assert.equal(new Set(given).size, 120)
  })

  test('end an account once, however many ask', async () => {
    const { id } = await one.connect({ integrationId })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? one : two).delete<{ revocation: Revocation }>(`/api/v1/connectedAccounts/${id}`),
      ),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 9 }, () => 404)])
  })

  test('make an account once, however many import it', async () => {
    const items = Array.from({ length: 10 }, (_, index) => ({
      integrationId,
      entityId: newEntity(),
      accessToken: `once-${index}`,
      externalId: `once-${index}`,
    }))
    const answers = await Promise.all([imported(items), imported(items, two), imported(items), imported(items, two)])
    assert.equal(
      answers.reduce((sum, answer) => sum + answer.imported, 0),
      10,
    )
    for (const { items } of answers)
      assert.deepEqual(
        items.map(({ connectedAccountId }) => connectedAccountId),
        answers[0]?.items.map(({ connectedAccountId }) => connectedAccountId),
      )
  })

  test('delete an entity while the other connects accounts of it', async () => {
    const entityId = newEntity()
    await one.connect({ integrationId, entityId })
    const connecting = Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? one : two).post('/api/v1/connectedAccounts', { integrationId, entityId }),
      ),
    )
    const deleted: Answer<DeletedEntity> = await two.delete(`/api/v1/entities/${entityId}`)
    await connecting
    assert.ok([200, 400].includes(deleted.status), JSON.stringify(deleted.body))
    await one.delete(`/api/v1/entities/${entityId}`)
    for (const table of ['entities', 'connected_accounts', 'events', 'connect_links']) {
      const rows = await database.query(`select 1 from ${table} t where t::text like $1`, [`%${entityId}%`])
      assert.deepEqual(rows, [], table)
    }
  })

  test('list, search and export alike', async () => {
    const entityId = `Person_${newEntity()}`
    await one.connect({ integrationId, entityId })
    for (const search of [entityId.toLowerCase(), 'PERSON_user'])
      assert.equal(ok(await two.get<Page<{ id: string }>>(`/api/v1/entities?search=${search}`)).items[0]?.id, entityId)
    const { publicKey } = generateKeyPairSync('x25519')
    const { count } = ok(
      await two.post<ExportedAccounts>('/api/v1/connectedAccounts/export', {
        recipientPublicKey: publicKey.export({ format: 'jwk' }),
        filter: { entityIds: [entityId] },
      }),
    )
    assert.equal(count, 1)
  })
})
