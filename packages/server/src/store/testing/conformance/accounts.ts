import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { newId } from '../../../ids.ts'
import type { AccountRow, Store } from '../../index.ts'
import { anAccount, anEvent, anIntegration, aProject, at, household } from '../rows.ts'
import { bytes, everything, parallel } from './helpers.ts'

export function describeAccounts(store: () => Store): void {
  describe('accounts', () => {
    test('times and counters come back as numbers, absent values as null', async () => {
      const { project, account } = await household(store(), { expires_at: at, refresh_after: at - 1, fence: 7 })
      for (const [name, value] of Object.entries({ expires_at: at, refresh_after: at - 1, fence: 7, created_at: at }))
        assert.equal(account[name as keyof AccountRow], value)
      assert.equal(account.lease_until, null)
      assert.equal(account.credentials, null)
      assert.equal(await store().accounts.count(project.id, {}), 1)
      const [listed] = await store().accounts.list(project.id, {}, everything)
      assert.deepEqual(listed, account)
    })

    test('text comes back as it was, whatever it holds', async () => {
      const { integration, project } = await household(store())
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), async (entity_id) => {
          const row = anAccount(integration, { entity_id })
          await store().accounts.insert(row)
          // NUL is not kept by every database; both keep its replacement.
          assert.equal(
            (await store().accounts.find(project.id, row.id))?.entity_id,
            entity_id.replaceAll('\0', '\ufffd'),
          )
          assert.ok(await store().accounts.count(project.id, { entityIds: [entity_id] }))
        }),
        { numRuns: 50 },
      )
    })

    test('update changes what it names, and only in the project', async () => {
      const { project, account } = await household(store())
      const other = aProject()
      await store().projects.insert(other)
      assert.equal(await store().accounts.update(other.id, account.id, { status: 'FAILED' }), undefined)
      const changed = await store().accounts.update(project.id, account.id, { status: 'EXPIRED', updated_at: at + 5 })
      assert.deepEqual({ ...changed }, { ...account, status: 'EXPIRED', updated_at: at + 5 })
      assert.equal(await store().accounts.update(project.id, newId(), { status: 'FAILED' }), undefined)
    })

    test("another project's account is not found by any query", async () => {
      const { project, account } = await household(store(), { credentials: bytes('sealed') })
      const other = aProject()
      await store().projects.insert(other)
      const { accounts } = store()
      assert.equal(await accounts.find(other.id, account.id), undefined)
      assert.deepEqual(await accounts.list(other.id, { accountIds: [account.id] }, everything), [])
      assert.equal(await accounts.count(other.id, { accountIds: [account.id] }), 0)
      assert.deepEqual(await accounts.countByIntegration(other.id, [account.integration_id]), new Map())
      const changes = { credentials: bytes('stolen') }
      assert.equal(await accounts.replaceCredentials(other.id, account.id, 0, changes), undefined)
      assert.equal(await accounts.updateAtVersion(other.id, account.id, 0, { status: 'FAILED' }), undefined)
      assert.equal(await accounts.takeLease(other.id, account.id, 'thief', at, at + 1000), undefined)
      await accounts.releaseLease(other.id, account.id, account.fence)
      assert.equal(await accounts.delete(other.id, account.id), false)
      await store().events.append(anEvent({ ...account, project_id: other.id }))
      assert.deepEqual(await store().events.ofAccount(other.id, account.id), [])
      assert.deepEqual(await accounts.find(project.id, account.id), account)
    })

    test('of 100 who replace the same credentials exactly one does', async () => {
      const { project, account } = await household(store(), { credentials: bytes('first') })
      const outcomes = await parallel(100, (index) =>
        store().accounts.replaceCredentials(project.id, account.id, 0, { credentials: bytes(`${index}`) }),
      )
      const winners = outcomes.flatMap((row, index) => (row ? [{ row, index }] : []))
      assert.equal(winners.length, 1)
      const stored = await store().accounts.find(project.id, account.id)
      assert.equal(Buffer.from(stored?.credentials ?? []).toString(), String(winners[0]?.index))
      assert.equal(stored?.credentials_version, 1)
    })

    test('credentials are replaced at their version only, and never bring back a deleted account', async () => {
      const { project, account } = await household(store())
      const changes = { credentials: bytes('new'), status: 'ACTIVE' as const }
      assert.equal(await store().accounts.replaceCredentials(project.id, account.id, 1, changes), undefined)
      assert.equal(await store().accounts.updateAtVersion(project.id, account.id, 1, { status: 'EXPIRED' }), undefined)
      assert.equal(
        (await store().accounts.replaceCredentials(project.id, account.id, 0, changes))?.credentials_version,
        1,
      )
      const expired = await store().accounts.updateAtVersion(project.id, account.id, 1, { status: 'EXPIRED' })
      assert.equal(expired?.status, 'EXPIRED')
      assert.equal(expired?.credentials_version, 1)
      assert.equal(await store().accounts.delete(project.id, account.id), true)
      assert.equal(await store().accounts.replaceCredentials(project.id, account.id, 1, changes), undefined)
      assert.equal(await store().accounts.find(project.id, account.id), undefined)
    })

    test('dropped credentials are gone, and to a late answer the account is another one', async () => {
      const { project, account } = await household(store(), { credentials: bytes('sealed') })
      const { accounts } = store()
      assert.equal(await accounts.dropCredentials(newId(), account.id, 0, { status: 'EXPIRED' }), undefined)
      assert.equal(await accounts.dropCredentials(project.id, account.id, 1, { status: 'EXPIRED' }), undefined)
      const dropped = await accounts.dropCredentials(project.id, account.id, 0, { status: 'EXPIRED' })
      assert.deepEqual(
        [dropped?.credentials, dropped?.credentials_version, dropped?.status],
        [null, account.credentials_version + 1, 'EXPIRED'],
      )
      assert.equal(
        await accounts.replaceCredentials(project.id, account.id, 0, { credentials: bytes('late') }),
        undefined,
      )
    })

    test('of 20 that delete an account at its version one does', async () => {
      const { project, account } = await household(store())
      assert.equal(await store().accounts.deleteAtVersion(project.id, account.id, 1), false)
      assert.equal(await store().accounts.deleteAtVersion(newId(), account.id, 0), false)
      const deleted = await parallel(20, () => store().accounts.deleteAtVersion(project.id, account.id, 0))
      assert.equal(deleted.filter(Boolean).length, 1)
    })

    test('accounts of the same identity at the same app know each other, within the project', async () => {
      const { project, integration, account } = await household(store(), { identity_id: 'ada' })
      const [same, someone, nobody] = [
        anAccount(integration, { identity_id: 'ada' }),
        anAccount(integration, { identity_id: 'bob' }),
        anAccount(integration, { identity_id: null }),
      ]
      for (const row of [same, someone, nobody]) await store().accounts.insert(row)
      await household(store(), { identity_id: 'ada' })
      assert.deepEqual(await store().accounts.idsWithIdentity(project.id, account, 10), [same.id])
      const unknown = { ...account, identity_id: null }
      assert.deepEqual(await store().accounts.idsWithIdentity(project.id, unknown, 10), [])
    })

    test('an external id is used once a project', async () => {
      const { project, integration, account } = await household(store(), { external_id: 'theirs' })
      await household(store(), { external_id: 'theirs' })
      await assert.rejects(store().accounts.insert(anAccount(integration, { external_id: 'theirs' })))
      await store().accounts.insert(anAccount(integration))
      await store().accounts.insert(anAccount(integration))
      const found = await store().accounts.findByExternalIds(project.id, ['theirs', 'absent'])
      assert.deepEqual(
        found.map(({ id }) => id),
        [account.id],
      )
      assert.deepEqual(await store().accounts.findByExternalIds(project.id, []), [])
    })

    test('pages by id reach every account once', async () => {
      const { project, integration, account } = await household(store())
      const ids = [account.id]
      for (let count = 0; count < 9; count++) {
        const row = anAccount(integration)
        ids.push(row.id)
        await store().accounts.insert(row)
      }
      const reached: string[] = []
      for (let after: string | undefined; ; after = reached.at(-1)) {
        const page = await store().accounts.pageById(project.id, {}, after, 4)
        if (page.length === 0) break
        reached.push(...page.map(({ id }) => id))
      }
      assert.deepEqual(reached, ids.toSorted())
    })

    test('an entity that many name at once exists, and nobody fails', async () => {
      const { project } = await household(store())
      await parallel(20, () => store().accounts.ensureEntity(project.id, 'jessica', at))
    })

    test('counts by integration', async () => {
      const { project, integration } = await household(store())
      const empty = anIntegration(project.id)
      await store().integrations.insert(empty)
      await store().accounts.insert(anAccount(integration))
      assert.deepEqual(
        await store().accounts.countByIntegration(project.id, [integration.id, empty.id]),
        new Map([[integration.id, 2]]),
      )
      assert.deepEqual(await store().accounts.countByIntegration(project.id, []), new Map())
    })
  })
}
