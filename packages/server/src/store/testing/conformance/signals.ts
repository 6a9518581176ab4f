import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Store } from '../../index.ts'

export function describeSignals(store: () => Store): void {
  describe('signals', () => {
    test('whoever watches an account is told, until they stop', async () => {
      const told: string[] = []
      const stop = store().signals.watch('one', () => told.push('one'))
      const stopOther = store().signals.watch('two', () => told.push('two'))
      await store().signals.changed('one')
      assert.deepEqual(told.slice(0, 1), ['one'])
      assert.ok(!told.includes('two'))
      stop()
      told.length = 0
      await store().signals.changed('one')
      assert.deepEqual(told, [])
      stopOther()
    })
  })
}
