import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store } from '../../index.ts'
import { aLink, anAccount, anEvent, at, household } from '../rows.ts'
import { everything } from './helpers.ts'

export function describeEntities(store: () => Store): void {
  describe('entities', () => {
    test('are listed newest first and found by a part of their id in any case, and by nothing else', async () => {
      const { project } = await household(store())
      for (const [index, id] of ['Ada', 'ada_2', 'bob', '100%'].entries())
        await store().accounts.ensureEntity(project.id, id, at + index)
      const found = async (search?: string) => {
        const rows = await store().entities.list(project.id, search, everything)
        assert.equal(await store().entities.count(project.id, search), rows.length)
        return rows.map(({ id }) => id)
      }
      assert.deepEqual(await found(), ['100%', 'bob', 'ada_2', 'Ada'])
      assert.deepEqual(await found('ADA'), ['ada_2', 'Ada'])
      assert.deepEqual(await found('%'), ['100%'])
      assert.deepEqual(await found('_'), ['ada_2'])
      assert.deepEqual(await found('\\'), [])
    })

    test('know their accounts by status', async () => {
      const { project, integration, account } = await household(store(), { entity_id: 'ada' })
      const expired = anAccount(integration, { entity_id: 'ada', status: 'EXPIRED' })
      await store().accounts.insert(expired)
      const counts = await store().entities.accountCounts(project.id, ['ada', 'bob'])
      assert.deepEqual(counts.map(({ status, total }) => [status, total]).toSorted(), [
        ['ACTIVE', 1],
        ['EXPIRED', 1],
      ])
      assert.deepEqual(await store().entities.accountIds(project.id, 'ada'), [account.id, expired.id].toSorted())
      assert.deepEqual(await store().entities.accountCounts(project.id, []), [])
    })

    test("are deleted with their links and events, and without another project's", async () => {
      const one = await household(store(), { entity_id: 'ada' })
      const other = await household(store(), { entity_id: 'ada' })
      const links = []
      for (const { project, account } of [one, other]) {
        const link = aLink(project.id, { entity_id: 'ada' })
        links.push(link)
        await store().accounts.ensureEntity(project.id, 'ada', at)
        await store().requests.insertLink(link)
        await store().events.append(anEvent(account, { entity_id: 'ada' }))
      }
      assert.equal(await store().entities.delete(one.project.id, 'ada'), true)
      assert.equal(await store().entities.delete(one.project.id, 'ada'), false)
      assert.equal(await store().entities.find(one.project.id, 'ada'), undefined)
      assert.deepEqual(await store().events.ofAccount(one.project.id, one.account.id), [])
      const [gone, kept] = links
      assert.ok(gone && kept)
      assert.equal(await store().requests.findLinkByToken(gone.token_hash), undefined)
      assert.ok(await store().requests.findLinkByToken(kept.token_hash))
      assert.ok(await store().entities.find(other.project.id, 'ada'))
      assert.equal((await store().events.ofAccount(other.project.id, other.account.id)).length, 1)
    })
  })
}
