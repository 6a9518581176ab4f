import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store } from '../../index.ts'
import { anEvent, household } from '../rows.ts'
import { parallel } from './helpers.ts'

export function describeEvents(store: () => Store): void {
  describe('events', () => {
    test('the sequence of an account has no gap, though many append at once', async () => {
      const { project, account } = await household(store())
      const { account: neighbour } = await household(store())
      await parallel(60, (index) =>
        index % 2
          ? store().events.append(anEvent(account))
          : store().transaction((queries) => queries.events.append(anEvent(account))),
      )
      await store().events.append(anEvent(neighbour))
      const events = await store().events.ofAccount(project.id, account.id)
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        Array.from({ length: 60 }, (_, index) => index + 1),
      )
      assert.equal((await store().accounts.find(project.id, account.id))?.sequence, 60)
      assert.equal((await store().events.ofAccount(neighbour.project_id, neighbour.id))[0]?.sequence, 1)
    })

    test('an event of an account that is gone is not written, and those before stay', async () => {
      const { project, account } = await household(store())
      await store().events.append(anEvent(account, { type: 'connected_account.deleted' }))
      await store().accounts.delete(project.id, account.id)
      await store().events.append(anEvent(account))
      assert.deepEqual(
        (await store().events.ofAccount(project.id, account.id)).map(({ type }) => type),
        ['connected_account.deleted'],
      )
    })
  })
}
