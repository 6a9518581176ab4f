import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccountChange, Store } from '../../index.ts'
import { aKey, anAccount, anApp, anIntegration, household } from '../rows.ts'
import { bytes, parallel } from './helpers.ts'

/** What was told about these rows; other tests change theirs at the same time. */
function listening(store: Store) {
  const accounts: AccountChange[] = []
  const keys: string[] = []
  let everything = 0
  store.changes.subscribe({
    account: (change) => accounts.push(change),
    key: (id) => keys.push(id),
    everything: () => {
      everything += 1
    },
  })
  return {
    ids: () => new Set(accounts.map(({ id }) => id)),
    accounts,
    keys,
    everything: () => everything,
    forget() {
      accounts.length = 0
      keys.length = 0
      everything = 0
    },
  }
}

export function describeChanges(store: () => Store): void {
  describe('changes', () => {
    test('an account is told before the call that changed it returns, however it was changed', async () => {
      const { project, account } = await household(store(), { credentials: bytes('sealed') })
      const told = listening(store())
      const { accounts, transaction } = store()
      const changes: Record<string, () => Promise<unknown>> = {
        update: () => accounts.update(project.id, account.id, { enabled: 0 }),
        'new credentials': () =>
          accounts.replaceCredentials(project.id, account.id, account.credentials_version, {
            credentials: bytes('new'),
          }),
        'a transaction': () =>
          transaction((queries) => queries.accounts.update(project.id, account.id, { labels: '[]' })),
        delete: () => accounts.delete(project.id, account.id),
      }
      for (const [name, change] of Object.entries(changes)) {
        told.forget()
        await change()
        assert.deepEqual([...told.ids()], [account.id], name)
      }
    })

    test('nothing is told before the transaction has ended', async () => {
      const { project, account } = await household(store())
      const told = listening(store())
      // By a mark of its own: PostgreSQL tells each connection, so what was made before may be heard of late.
      const isTold = () => told.accounts.some(({ identityIds }) => identityIds.includes('told at the end'))
      await store().transaction(async (queries) => {
        await queries.accounts.update(project.id, account.id, { identity_id: 'told at the end' })
        assert.equal(isTold(), false)
      })
      assert.equal(isTold(), true)
    })

    test('what no reader sees is not told: leases and backoffs', async () => {
      const { project, account } = await household(store())
      const told = listening(store())
      const times = 3
      for (let time = 0; time < times; time += 1) {
        const leased = await store().accounts.takeLease(project.id, account.id, 'a process', time, time + 1)
        await store().accounts.releaseLease(project.id, account.id, leased?.fence ?? 0)
        await store().accounts.update(project.id, account.id, { retry_after: time, refresh_failures: time })
      }
      // PostgreSQL tells each connection, so that the account was made may be heard of late; that is one.
      assert.ok(told.accounts.filter(({ id }) => id === account.id).length < times)
    })

    test('an identity that comes, changes or goes is named', async () => {
      const { project, integration } = await household(store())
      const told = listening(store())
      const account = anAccount(integration, { identity_id: 'jane' })
      // PostgreSQL tells each connection.
      const identities = () =>
        new Set(told.accounts.filter(({ id }) => id === account.id).map(({ identityIds }) => identityIds.join()))
      await store().accounts.insert(account)
      await store().accounts.update(project.id, account.id, { identity_id: 'john' })
      await store().accounts.delete(project.id, account.id)
      assert.deepEqual([...identities()], ['jane', 'jane,john', 'john'])
    })

    test('accounts that go with their integration are told', async () => {
      const { project, integration, account } = await household(store())
      const told = listening(store())
      await store().integrations.delete(project.id, integration.id)
      assert.ok(told.ids().has(account.id) && told.everything() > 0)
    })

    test('many that go at once are told, one way or the other', async () => {
      const { project, integration } = await household(store())
      const rows = Array.from({ length: 150 }, () => anAccount(integration))
      await parallel(rows.length, (index) => store().accounts.insert(rows[index] as (typeof rows)[number]))
      const told = listening(store())
      await store().projects.delete(project.id)
      assert.ok(told.everything() > 0 || rows.every(({ id }) => told.ids().has(id)))
    })

    test('a key is told by its id when it goes, also with its project', async () => {
      const { project } = await household(store())
      const [one, other] = [aKey(project.id), aKey(project.id)]
      await store().projects.insertKey(one)
      await store().projects.insertKey(other)
      const told = listening(store())
      await store().projects.deleteKey(project.id, one.id)
      assert.deepEqual([...new Set(told.keys)], [one.id])
      await store().projects.delete(project.id)
      assert.ok(told.keys.includes(other.id))
    })

    test('projects, integrations and apps change everything', async () => {
      const { project, integration } = await household(store())
      const app = anApp(project.id)
      const told = listening(store())
      // First: what was told by this process is heard once more from the database, a moment later.
      await store().integrations.insert(anIntegration(project.id))
      assert.equal(told.everything(), 0, 'a new integration has no accounts yet')
      const changes: Record<string, () => Promise<unknown>> = {
        'a project': () => store().projects.update(project.id, { name: 'another' }),
        'an integration': () => store().integrations.update(project.id, integration.id, { enabled: 0 }),
        'a new app': () => store().integrations.insertApp(app),
        'an app': () => store().integrations.updateApp(project.id, app.key, { definition: '{}', updated_at: 1 }),
        'an app that goes': () => store().integrations.deleteApp(project.id, app.key),
      }
      for (const [name, change] of Object.entries(changes)) {
        told.forget()
        await change()
        assert.ok(told.everything() > 0, name)
      }
    })

    test('what was told is all there is', () => assert.equal(store().changes.isCurrent(), true))

    test('the one statement of a credential read finds what is in use, of its project, with duplicates', async () => {
      const { project, integration } = await household(store())
      const other = await household(store())
      const [jane, twin] = [1, 2].map(() =>
        anAccount(integration, { identity_id: 'jane', credentials: bytes('sealed'), expires_at: 9, refresh_after: 8 }),
      ) as [ReturnType<typeof anAccount>, ReturnType<typeof anAccount>]
      const unusable = [
        anAccount(integration, { credentials: bytes('sealed'), enabled: 0 }),
        anAccount(integration, { credentials: bytes('sealed'), status: 'EXPIRED' }),
        anAccount(integration),
      ]
      for (const account of [jane, twin, ...unusable]) await store().accounts.insert(account)
      const row = await store().findCredentialRow(project.id, jane.id)
      assert.deepEqual(JSON.parse(row?.duplicates ?? ''), [twin.id])
      const whole: Record<string, unknown> = { ...(await store().accounts.find(project.id, jane.id)) }
      for (const [name, value] of Object.entries({ ...row, duplicates: undefined }))
        assert.deepEqual(value, whole[name], name)
      for (const { id } of unusable) assert.equal(await store().findCredentialRow(project.id, id), undefined)
      assert.equal(await store().findCredentialRow(other.project.id, jane.id), undefined)
      const together = await parallel(50, (index) =>
        store().findCredentialRow(index % 5 === 4 ? other.project.id : project.id, index % 2 ? jane.id : twin.id),
      )
      assert.deepEqual(
        together.map((found) => found?.id),
        together.map((_, index) => (index % 5 === 4 ? undefined : index % 2 ? jane.id : twin.id)),
      )
    })
  })
}
