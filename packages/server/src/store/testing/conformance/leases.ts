import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { at, household } from '../rows.ts'
import { parallel } from './helpers.ts'

export function describeLeases(store: () => Store): void {
  describe('leases', () => {
    test('of 50 who take a lease exactly one gets it', async () => {
      const { project, account } = await household(store())
      const taken = await parallel(50, (index) =>
        store().accounts.takeLease(project.id, account.id, `process-${index}`, at, at + 1000),
      )
      const [holder, ...others] = taken.filter((row) => row !== undefined)
      assert.equal(others.length, 0)
      assert.equal(holder?.fence, account.fence + 1)
      assert.deepEqual(await store().accounts.find(project.id, account.id), holder)
    })

    test('of 50 who find it expired exactly one gets it, with a higher fence', async () => {
      const { project, account } = await household(store())
      const first = await store().accounts.takeLease(project.id, account.id, 'first', at, at + 1000)
      assert.equal(await store().accounts.takeLease(project.id, account.id, 'early', at + 999, at + 2000), undefined)
      const taken = await parallel(50, (index) =>
        store().accounts.takeLease(project.id, account.id, `process-${index}`, at + 1000, at + 2000),
      )
      const [next, ...others] = taken.filter((row) => row !== undefined)
      assert.equal(others.length, 0)
      assert.equal(next?.fence, (first?.fence ?? 0) + 1)
    })

    test('a lease of a clock that is far ahead is no longer than one of a clock that is right', async () => {
      const { project, account } = await household(store())
      const { accounts } = store()
      const ahead = at + 600_000
      const first = await accounts.takeLease(project.id, account.id, 'ahead', ahead, ahead + 1000)
      const next = await accounts.takeLease(project.id, account.id, 'right', at, at + 1000)
      assert.equal(next?.fence, (first?.fence ?? 0) + 1)
      assert.equal(await accounts.takeLease(project.id, account.id, 'a little behind', at - 500, at + 500), undefined)
    })

    test('a lease that lapsed is not free; one that was given back is', async () => {
      const { project, account } = await household(store())
      const { accounts } = store()
      const lease = { owner: 'process', until: at + 1000 }
      const first = await accounts.takeFreeLease(project.id, account.id, lease)
      assert.equal(await accounts.takeFreeLease(project.id, account.id, lease), undefined)
      await accounts.releaseLease(project.id, account.id, first?.fence ?? 0)
      assert.equal(await accounts.takeFreeLease(newId(), account.id, lease), undefined)
      assert.equal((await accounts.takeFreeLease(project.id, account.id, lease))?.fence, account.fence + 2)
    })

    test('who has a call under way takes the lease back, unless the credentials are others by now', async () => {
      const { project, account } = await household(store())
      const { accounts } = store()
      const old = await accounts.takeLease(project.id, account.id, 'old', at, at + 1000)
      const next = await accounts.takeLease(project.id, account.id, 'next', at + 1000, at + 2000)
      assert.ok(old && next)
      const own = { owner: 'old', until: at + 3000 }
      const version = account.credentials_version
      assert.equal(await accounts.retakeLease(newId(), account.id, version, own), undefined)
      assert.equal(await accounts.retakeLease(project.id, account.id, version + 1, own), undefined)
      assert.equal((await accounts.retakeLease(project.id, account.id, version, own))?.fence, next.fence + 1)
      assert.equal(await accounts.extendLease(project.id, account.id, next.fence, at + 9000), false)
    })

    test('an old holder gives nothing back; the holder does', async () => {
      const { project, account } = await household(store())
      const old = await store().accounts.takeLease(project.id, account.id, 'old', at, at + 1000)
      const holder = await store().accounts.takeLease(project.id, account.id, 'holder', at + 1000, at + 2000)
      assert.ok(old && holder)
      await store().accounts.releaseLease(project.id, account.id, old.fence)
      assert.deepEqual(await store().accounts.find(project.id, account.id), holder)
      await store().accounts.releaseLease(project.id, account.id, holder.fence)
      const free = await store().accounts.find(project.id, account.id)
      assert.deepEqual([free?.lease_owner, free?.lease_until, free?.fence], [null, null, holder.fence])
    })

    test('the holder makes its lease longer; an old one does not', async () => {
      const { project, account } = await household(store())
      const { accounts } = store()
      const old = await accounts.takeLease(project.id, account.id, 'old', at, at + 1000)
      const holder = await accounts.takeLease(project.id, account.id, 'holder', at + 1000, at + 2000)
      assert.ok(old && holder)
      assert.equal(await accounts.extendLease(project.id, account.id, old.fence, at + 9000), false)
      assert.equal(await accounts.extendLease(newId(), account.id, holder.fence, at + 9000), false)
      assert.equal(await accounts.extendLease(project.id, account.id, holder.fence, at + 3000), true)
      assert.equal(await accounts.takeLease(project.id, account.id, 'early', at + 2999, at + 9000), undefined)
      assert.ok(await accounts.takeLease(project.id, account.id, 'next', at + 3000, at + 9000))
    })

    test('one attempt is journaled an account, and only its holder or a later one ends it', async () => {
      const { project, account } = await household(store())
      const attempt = (fence: number, calls: number) => ({
        account_id: account.id,
        project_id: project.id,
        credentials_version: 0,
        fence,
        started_at: at,
        calls,
      })
      await store().accounts.beginAttempt(attempt(1, 1))
      await store().accounts.beginAttempt(attempt(2, 2))
      assert.partialDeepStrictEqual(
        { ...(await store().accounts.findAttempt(project.id, account.id)) },
        { fence: 2, calls: 2 },
      )
      await store().accounts.endAttempt(account.id, 1)
      assert.ok(await store().accounts.findAttempt(project.id, account.id))
      assert.equal(await store().accounts.findAttempt(newId(), account.id), undefined)
      await store().accounts.endAttempt(account.id, 3)
      assert.equal(await store().accounts.findAttempt(project.id, account.id), undefined)
    })
  })
}
