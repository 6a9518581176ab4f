import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { anEvent, at, household } from '../rows.ts'
import { parallel } from './helpers.ts'

export function describeEvents(store: () => Store): void {
  describe('events', () => {
    test('old refreshes go, a few at a time, and nothing else does', async () => {
      const { project, account } = await household(store())
      const refreshed = 'connected_account.credentials_refreshed'
      const times = [
        [refreshed, at],
        [refreshed, at + 1],
        [refreshed, at + 2],
        ['connected_account.expired', at],
        ['connected_account.active', at],
      ] as const
      for (const [type, created_at] of times) await store().events.append(anEvent(account, { type, created_at }))
      assert.equal(await store().events.deleteRefreshes(newId(), at + 2, 10), 0)
      assert.equal(await store().events.deleteRefreshes(project.id, at + 2, 1), 1)
      assert.equal(await store().events.deleteRefreshes(project.id, at + 2, 10), 1)
      const left = await store().events.ofAccount(project.id, account.id)
      assert.deepEqual(
        left.map(({ type }) => type).sort(),
        ['connected_account.active', refreshed, 'connected_account.expired'].sort(),
      )
    })

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

    test('the feed numbers what is committed, once and without a gap, though many number and append at once', async () => {
      const { project, account } = await household(store())
      await parallel<unknown>(40, (index) =>
        index % 4
          ? store().events.append(anEvent(account))
          : store().transaction((queries) => queries.events.number(project.id, 7)),
      )
      while ((await store().transaction((queries) => queries.events.number(project.id, 7))) > 0);
      const feed = await store().events.feed(project.id, 0, undefined, 1000)
      assert.deepEqual(
        feed.map(({ position }) => position),
        Array.from({ length: 30 }, (_, index) => index + 1),
      )
      assert.equal(await store().events.feedEnd(project.id), 30)
      assert.deepEqual(
        (await store().events.feed(project.id, 10, undefined, 5)).map(({ position }) => position),
        [11, 12, 13, 14, 15],
      )
      assert.deepEqual(await store().events.feed(project.id, 0, ['another.type'], 5), [])
      assert.equal(await store().events.feedEnd(newId()), 0)
    })

    test('a page of the history begins below a number, newest first', async () => {
      const { project, account } = await household(store())
      for (let count = 0; count < 5; count++) await store().events.append(anEvent(account))
      const page = async (before: number | undefined, limit: number) =>
        (await store().events.page(project.id, account.id, before, limit)).map(({ sequence }) => sequence)
      assert.deepEqual(await page(undefined, 2), [5, 4])
      assert.deepEqual(await page(4, 2), [3, 2])
      const [first] = await store().events.ofAccount(project.id, account.id)
      assert.deepEqual(
        (await store().events.findMany([first?.id ?? '', newId()])).map(({ id }) => id),
        [first?.id],
      )
    })
  })
}
