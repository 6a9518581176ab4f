import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillPaths } from './json-path.ts'

const json = (values: Parameters<typeof fillPaths>[0]) => JSON.stringify(fillPaths(values))

test('paths become nested objects and lists', () => {
  assert.equal(
    json([
      ['a.b.c', 1],
      ['a.b.d', 2],
      ['e', 3],
    ]),
    '{"a":{"b":{"c":1,"d":2}},"e":3}',
  )
  assert.equal(json([['0.id', 'x']]), '[{"id":"x"}]')
  assert.equal(json([['sites.1.id', 'x']]), '{"sites":[null,{"id":"x"}]}')
  assert.equal(json([]), '{}')
})

test('a path through a plain value is left out, and an object is not overwritten', () => {
  assert.equal(
    json([
      ['a', 1],
      ['a.b', 2],
    ]),
    '{"a":1}',
  )
  assert.equal(
    json([
      ['a.b', 2],
      ['a', 1],
    ]),
    '{"a":{"b":2}}',
  )
})

test('a path called __proto__ is a field and changes no other object', () => {
  assert.equal(json([['__proto__.polluted', 'yes']]), '{"__proto__":{"polluted":"yes"}}')
  assert.equal(json([['constructor.prototype.polluted', 'yes']]), '{"constructor":{"prototype":{"polluted":"yes"}}}')
  assert.equal(Reflect.get({}, 'polluted'), undefined)
})
