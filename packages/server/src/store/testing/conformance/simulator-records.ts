import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { at } from '../rows.ts'
import { parallel } from './helpers.ts'

export function describeSimulatorRecords(store: () => Store): void {
  describe("the simulator's records", () => {
    test('a record is found until it ends, and put anew', async () => {
      const { get, put } = store().simulatorRecords
      const key = newId()
      await put('kind', key, 'one', at)
      assert.equal(await get('kind', key, at - 1), 'one')
      assert.equal(await get('kind', key, at), undefined)
      assert.equal(await get('other kind', key, at - 1), undefined)
      await put('kind', key, 'two', null)
      assert.equal(await get('kind', key, at * 2), 'two')
    })

    test('of 50 who take a record one gets it; nobody gets one that has ended', async () => {
      const { put, take, get } = store().simulatorRecords
      const key = newId()
      await put('kind', key, 'value', at + 1)
      const taken = await parallel(50, () => take('kind', key, at))
      assert.deepEqual(
        taken.filter((value) => value !== undefined),
        ['value'],
      )
      await put('kind', key, 'value', at)
      assert.equal(await take('kind', key, at), undefined)
      assert.equal(await get('kind', key, 0), undefined)
    })

    test('of 50 who replace the same value one does', async () => {
      const { put, replace, get } = store().simulatorRecords
      const key = newId()
      assert.equal(await replace('kind', key, 'absent', 'new'), false)
      await put('kind', key, 'old', null)
      const replaced = await parallel(50, (index) => replace('kind', key, 'old', `new ${index}`))
      assert.equal(replaced.filter(Boolean).length, 1)
      assert.equal(await get('kind', key, at), `new ${replaced.indexOf(true)}`)
    })

    test('ended records are deleted, others stay', async () => {
      const { put, get, deleteExpired } = store().simulatorRecords
      const [ended, running, endless] = [newId(), newId(), newId()]
      await put('kind', ended, 'value', 10)
      await put('kind', running, 'value', 11)
      await put('kind', endless, 'value', null)
      await deleteExpired(10)
      assert.equal(await get('kind', ended, 0), undefined)
      assert.equal(await get('kind', running, 0), 'value')
      assert.equal(await get('kind', endless, 0), 'value')
    })
  })
}
