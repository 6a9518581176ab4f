import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sampleValue } from './sample.ts'

const patterns = [
  '^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.){1,4}(?:one|two)\\.example$',
  '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  '^(?!x)[^a-y]{5}\\d+$',
  '^T[A-Z0-9]{8,}$',
  '^https://[a-z]+\\.example\\.(com|eu)/\\w+\\?$',
]

test('a made-up value is one the pattern accepts, and the same each time', () => {
  fc.assert(
    fc.property(fc.constantFrom(...patterns), fc.string(), (pattern, seed) => {
      const value = sampleValue(pattern, seed)
      assert.match(value ?? '', new RegExp(pattern, 'u'))
      assert.equal(sampleValue(pattern, seed), value)
    }),
  )
})

test('a pattern that nothing matches gives nothing, and one that repeats without end stays short', () => {
  assert.equal(sampleValue('^(?=a)b$', 's'), undefined)
  assert.ok((sampleValue('^(?:z{1,9}){1,9}!$', 's') ?? '').length <= 100)
})
