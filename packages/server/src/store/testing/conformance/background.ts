import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { AccountRow, Store } from '../../index.ts'
import { anAccount, at, household } from '../rows.ts'
import { parallel } from './helpers.ts'

export function describeBackground(store: () => Store): void {
  describe('what is due in the background', () => {
    test('accounts of an app, longest due first: not those that are disabled, ended, waiting or in hand', async () => {
      const { integration } = await household(store())
      const app_key = newId()
      const due = async (row: Partial<AccountRow>) => {
        const account = anAccount(integration, { app_key, background_after: at, ...row })
        await store().accounts.insert(account)
        return account.id
      }
      const later = await due({ background_after: at })
      const lapsed = await due({ background_after: at - 5, lease_until: at })
      const first = await due({ background_after: at - 4 })
      const waited = await due({ background_after: at - 3, retry_after: at })
      await due({ background_after: at + 1 })
      await due({ background_after: null })
      await due({ enabled: 0 })
      await due({ status: 'EXPIRED' })
      await due({ retry_after: at + 1 })
      await due({ lease_until: at + 1 })

      assert.equal(await store().accounts.nextForBackground(app_key, at), at + 1)
      assert.equal(await store().accounts.nextForBackground(app_key, at + 1), undefined)
      assert.ok((await store().accounts.appsDueForBackground(at)).includes(app_key))
      assert.ok(!(await store().accounts.appsDueForBackground(at - 6)).includes(app_key))
      assert.ok((await store().figures.refreshLagMs(at)) >= 5)

      const lease = { owner: 'process', until: at + 1000 }
      const leased: (string | undefined)[] = []
      for (let count = 0; count < 4; count++)
        leased.push((await store().accounts.leaseDueForBackground(app_key, at, lease))?.id)
      assert.deepEqual(leased, [first, waited, later, undefined])
      assert.deepEqual(
        (await store().accounts.lapsedForBackground(app_key, at, 10)).map(({ id }) => id),
        [lapsed],
      )
    })

    test('several who take what is due get each another account, and together all', async () => {
      const { integration } = await household(store())
      const app_key = newId()
      for (let count = 0; count < 20; count++)
        await store().accounts.insert(anAccount(integration, { app_key, background_after: at - count }))
      const lease = { owner: 'process', until: at + 1000 }
      const ids: string[] = []
      await parallel(5, async () => {
        for (;;) {
          const row = await store().accounts.leaseDueForBackground(app_key, at, lease)
          if (!row) return
          ids.push(row.id)
        }
      })
      assert.equal(new Set(ids).size, ids.length)
      assert.equal(ids.length, 20)
    })

    test('accounts whose refresh token ends soon, until they were warned of that end', async () => {
      const { project, account } = await household(store(), { refresh_expires_at: 1_000 })
      const soon = async (before: number) =>
        (await store().accounts.endingSoon(before, 100)).some(({ id }) => id === account.id)
      assert.equal(await soon(999), false)
      assert.equal(await soon(1_000), true)
      await store().accounts.update(project.id, account.id, { warned_until: 1_000 })
      assert.equal(await soon(1_000), false)
      await store().accounts.update(project.id, account.id, { refresh_expires_at: 900 })
      assert.equal(await soon(1_000), true)
    })

    test('figures count accounts by status', async () => {
      const countOf = async () =>
        (await store().figures.accounts()).find(({ status, enabled }) => status === 'FAILED' && !enabled)?.count ?? 0
      const before = await countOf()
      await household(store(), { status: 'FAILED', enabled: 0 })
      assert.equal(await countOf(), before + 1)
    })
  })
}
