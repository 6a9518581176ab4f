import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { at } from '../rows.ts'
import { bytes, parallel } from './helpers.ts'

export function describeMasterKeys(store: () => Store): void {
  describe('master keys', () => {
    test('a key is recorded once, however many processes meet it at once', async () => {
      const id = newId()
      const row = { id, mark: bytes(id), state: 'used', sealed_until: null, created_at: at } as const
      await parallel(20, (index) =>
        store().transaction(async (queries) => {
          await queries.masterKeys.alone()
          if ((await queries.masterKeys.list()).every((key) => key.id !== id))
            await queries.masterKeys.insert({ ...row, check_value: bytes(`${index}`) })
        }),
      )
      assert.equal((await store().masterKeys.list()).filter((key) => key.id === id).length, 1)
      await store().masterKeys.sealedUntil(id, at)
      await store().masterKeys.setState(id, 'dropped')
      const key = (await store().masterKeys.list()).find((each) => each.id === id)
      assert.deepEqual([key?.state, key?.sealed_until], ['dropped', at])
    })

    test('waiting for writers ends, while many write', async () => {
      await Promise.all([
        parallel(5, () => store().transaction((queries) => queries.masterKeys.settleWriters())),
        parallel(20, (index) => store().settings.put(`writer ${index}`, 'value')),
      ])
    })

    test('holders report themselves and are forgotten', async () => {
      const [one, two] = [newId(), newId()]
      const holder = { name: 'host:1', key_ids: '["a"]', sealing_key_id: 'a' }
      await store().masterKeys.report({ ...holder, id: one, seen_at: 10 })
      await store().masterKeys.report({ ...holder, id: two, seen_at: 10 })
      await store().masterKeys.report({ ...holder, id: one, seen_at: 20 })
      const ids = async () => (await store().masterKeys.holders()).map(({ id }) => id)
      await store().masterKeys.forgetHoldersBefore(20)
      assert.deepEqual(await ids(), [one])
      await store().masterKeys.forgetHolder(one)
      assert.deepEqual(await ids(), [])
    })
  })
}
