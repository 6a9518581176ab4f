import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newId } from '../../../ids.ts'
import type { Store } from '../../index.ts'
import { parallel } from './helpers.ts'

export function describeSettings(store: () => Store): void {
  describe('settings', () => {
    test('of 50 who claim a thing one gets it, and its value stays', async () => {
      const name = newId()
      const claims = await parallel(50, (index) => store().settings.claim(name, `${index}`))
      assert.equal(claims.filter(Boolean).length, 1)
      assert.equal(await store().settings.get(name), String(claims.indexOf(true)))
    })

    test('a setting is put anew', async () => {
      const name = newId()
      assert.equal(await store().settings.get(name), undefined)
      await store().settings.put(name, 'one')
      await store().settings.put(name, 'two')
      assert.equal(await store().settings.get(name), 'two')
    })
  })
}
