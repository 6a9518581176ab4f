import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccountRow, Store } from '../../index.ts'
import { anAccount, anEvent, aRequest, at, household } from '../rows.ts'
import { parallel } from './helpers.ts'

export function describeTransactions(store: () => Store): void {
  describe('transactions', () => {
    test('all of it is undone when the work throws, and the error is the one thrown', async () => {
      const { project, integration, account } = await household(store())
      const added = anAccount(integration)
      const problem = new Error('no')
      await assert.rejects(
        store().transaction(async (queries) => {
          await queries.accounts.insert(added)
          await queries.accounts.update(project.id, account.id, { status: 'FAILED' })
          await queries.events.append(anEvent(account))
          await queries.settings.put(account.id, 'inside')
          assert.ok(await queries.accounts.find(project.id, added.id))
          throw problem
        }),
        problem,
      )
      assert.equal(await store().accounts.find(project.id, added.id), undefined)
      assert.deepEqual(await store().accounts.find(project.id, account.id), account)
      assert.deepEqual(await store().events.ofAccount(project.id, account.id), [])
      assert.equal(await store().settings.get(account.id), undefined)
    })

    test('a statement that fails undoes all of it', async () => {
      const { project, integration, account } = await household(store())
      const added = anAccount(integration)
      await assert.rejects(
        store().transaction(async (queries) => {
          await queries.accounts.insert(added)
          await queries.accounts.insert(anAccount(integration, { id: account.id }))
        }),
      )
      assert.equal(await store().accounts.find(project.id, added.id), undefined)
    })

    test('the result of the work is handed out', async () => {
      assert.equal(await store().transaction(async () => 42), 42)
    })

    test('queries from elsewhere are answered while one is open, or wait for its end', async () => {
      const { project, account } = await household(store())
      const begun = Promise.withResolvers<void>()
      const goOn = Promise.withResolvers<void>()
      const open = store().transaction(async (queries) => {
        await queries.accounts.update(project.id, account.id, { status: 'EXPIRED' })
        begun.resolve()
        await goOn.promise
      })
      await begun.promise
      const reads = parallel(20, () => store().accounts.find(project.id, account.id))
      const writes = parallel(20, (index) => store().settings.put(`${account.id} ${index}`, 'value'))
      goOn.resolve()
      await open
      await writes
      for (const row of await reads) assert.equal(row?.id, account.id)
      assert.equal((await store().accounts.find(project.id, account.id))?.status, 'EXPIRED')
    })

    test('a query past an open transaction is an error, not silence', async () => {
      const { project, account } = await household(store())
      await assert.rejects(
        store().transaction(() => store().accounts.find(project.id, account.id)),
        /use only the queries handed in/,
      )
      await assert.rejects(
        store().transaction(() => store().transaction(async () => {})),
        /use only the queries handed in/,
      )
      assert.ok(await store().accounts.find(project.id, account.id))
    })

    test('what a transaction has read stays so until its end: of 20 that act on a status one does', async () => {
      const { project, account } = await household(store(), { status: 'INITIATED' })
      const acted = await parallel(20, (index) =>
        store().transaction(async (queries) => {
          const row = await queries.accounts.find(project.id, account.id)
          if (row?.status !== 'INITIATED') return false
          await queries.accounts.update(project.id, account.id, { status: index % 2 ? 'ACTIVE' : 'FAILED' })
          return true
        }),
      )
      assert.equal(acted.filter(Boolean).length, 1)
    })

    test('of 10 that begin a request for one account, each ends the one before', async () => {
      const { account } = await household(store())
      await parallel(10, () =>
        store().transaction(async (queries) => {
          for (const { id } of await queries.requests.openForAccount(account.id))
            await queries.requests.end(id, { status: 'failed', failure_code: 'superseded' })
          await queries.requests.insert(aRequest(account))
        }),
      )
      const open = await store().requests.openForAccount(account.id)
      assert.equal(open.length, 1)
      for (const { id } of open) await store().requests.end(id, { status: 'failed', failure_code: null })
    })

    test('two that take the same rows in opposite order both come through', async () => {
      const { project, account: one } = await household(store())
      const { project: otherProject, account: two } = await household(store())
      const change = (queries: Pick<Store, 'accounts'>, { id }: AccountRow) =>
        queries.accounts.update(id === one.id ? project.id : otherProject.id, id, { updated_at: at + 1 })
      await Promise.all([
        store().transaction(async (queries) => [await change(queries, one), await change(queries, two)]),
        store().transaction(async (queries) => [await change(queries, two), await change(queries, one)]),
      ])
    })
  })
}
