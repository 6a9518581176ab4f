import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { aRevocation, at, household } from '../rows.ts'
import { bytes, parallel } from './helpers.ts'

export function describeRevocations(store: () => Store): void {
  describe('revocations', () => {
    test('of 50 who claim one exactly one gets it; after its lease the next does, and the first settles nothing', async () => {
      const { account } = await household(store())
      const row = aRevocation(account, { secrets: bytes('sealed') })
      const { revocations } = store()
      await revocations.insert(row)
      assert.equal(await revocations.claim(row.id, 'early', at - 1, at + 1000), undefined)
      const claims = await parallel(50, (index) => revocations.claim(row.id, `process-${index}`, at, at + 1000))
      const [first, ...others] = claims.filter((claim) => claim !== undefined)
      assert.ok(first)
      assert.equal(others.length, 0)
      assert.ok(!(await revocations.dueIds(at, 1000)).includes(row.id))
      assert.ok((await revocations.dueIds(at + 1000, 1000)).includes(row.id))

      const second = await revocations.claim(row.id, 'second', at + 1000, at + 2000)
      assert.equal(second?.attempts, first.attempts + 1)
      const outcome = { status: 'revoked', tokens: '[]', secrets: null, due_at: null, updated_at: at + 1500 } as const
      await revocations.settle(first, outcome)
      assert.deepEqual(await revocations.find(account.project_id, row.id), second)
      assert.ok(second)
      await revocations.settle(second, outcome)
      const settled = await revocations.find(account.project_id, row.id)
      assert.deepEqual([settled?.status, settled?.secrets, settled?.lease_owner], ['revoked', null, null])
      assert.equal(await revocations.claim(row.id, 'third', at + 9000, at + 9999), undefined)
    })

    test("are no other project's business, and are forgotten some time after their end", async () => {
      const { account } = await household(store())
      const ended = aRevocation(account, { due_at: null, updated_at: 10 })
      const recent = aRevocation(account, { due_at: null, updated_at: 20 })
      const open = aRevocation(account, { due_at: at, updated_at: 10 })
      for (const row of [ended, recent, open]) await store().revocations.insert(row)
      assert.equal(await store().revocations.find(newId(), recent.id), undefined)
      await store().revocations.deleteEnded(20)
      const left = []
      for (const { id } of [ended, recent, open])
        left.push((await store().revocations.find(account.project_id, id)) !== undefined)
      assert.deepEqual(left, [false, true, true])
    })
  })
}
