import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { anAccount, at, household } from '../rows.ts'
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

    test('a write that had begun is waited for, so that its value is counted', async () => {
      const mark = bytes(`mark ${newId()}`)
      const keyId = newId()
      const key = { id: keyId, mark, check_value: bytes('check'), sealed_until: null, created_at: at }
      await store().masterKeys.insert({ ...key, state: 'used' })
      const { integration } = await household(store())
      let wrote = () => {}
      const writing = new Promise<void>((resolve) => {
        wrote = resolve
      })
      let committed = false
      const writer = store().transaction(async (queries) => {
        await queries.accounts.insert(anAccount(integration, { credentials: Buffer.concat([mark, bytes('value')]) }))
        wrote()
        // Long enough for the other transaction to come as far as it can.
        for (let turn = 0; turn < 50; turn++) await queries.settings.get('turn')
        committed = true
      })
      await writing
      await store().transaction(async ({ masterKeys }) => {
        await masterKeys.setState(keyId, 'dropping')
        await masterKeys.settleWriters()
        assert.equal(committed, true)
      })
      await writer
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
