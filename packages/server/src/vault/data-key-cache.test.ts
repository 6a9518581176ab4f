import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Clock } from '../clock.ts'
import { remembering } from './data-key-cache.ts'
import type { KeyWrapper } from './types.ts'

/** A key service that counts what it is asked. */
function service() {
  const wrapped = new Map<string, Uint8Array>()
  const asked = { wrap: 0, unwrap: 0 }
  const key: KeyWrapper = {
    id: 'remote',
    async wrap(dataKey) {
      asked.wrap += 1
      const handle = randomBytes(16)
      wrapped.set(handle.toString('hex'), Uint8Array.from(dataKey))
      return handle
    },
    async unwrap(handle) {
      asked.unwrap += 1
      const dataKey = wrapped.get(Buffer.from(handle).toString('hex'))
      if (!dataKey) throw new Error('away')
      return Uint8Array.from(dataKey)
    },
  }
  return { key, asked, forget: () => wrapped.clear() }
}

function handClock(): Clock & { nowMs: number } {
  return {
    nowMs: 0,
    now() {
      return new Date(this.nowMs)
    },
    sleep: async () => {},
  }
}

const context = Buffer.from('here')
const dataKey = randomBytes(32)
const fiveMinutes = 5 * 60_000

test('a data key is unwrapped at most once while it is remembered, however many ask together', async () => {
  const { key, asked } = service()
  const clock = handClock()
  const wrapped = await key.wrap(dataKey, context)
  const cache = remembering(key, { clock, forMs: fiveMinutes })
  const opened = await Promise.all(Array.from({ length: 50 }, () => cache.unwrap(wrapped, context)))
  for (const one of opened) assert.deepEqual(Buffer.from(one), dataKey)
  clock.nowMs = fiveMinutes - 1
  await cache.unwrap(wrapped, context)
  assert.equal(asked.unwrap, 1)
  clock.nowMs = fiveMinutes
  await cache.unwrap(wrapped, context)
  assert.equal(asked.unwrap, 2)
})

test('a data key that was just made needs no unwrapping', async () => {
  const { key, asked } = service()
  const cache = remembering(key, { clock: handClock(), forMs: fiveMinutes })
  const wrapped = await cache.wrap(dataKey, context)
  assert.deepEqual(Buffer.from(await cache.unwrap(wrapped, context)), dataKey)
  assert.equal(asked.unwrap, 0)
})

test('each reader has a copy of its own: overwriting it after use spoils nothing', async () => {
  const { key } = service()
  const cache = remembering(key, { clock: handClock(), forMs: fiveMinutes })
  const wrapped = await key.wrap(dataKey, context)
  const [one, other] = await Promise.all([cache.unwrap(wrapped, context), cache.unwrap(wrapped, context)])
  one.fill(0)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(Buffer.from(other), dataKey)
  assert.deepEqual(Buffer.from(await cache.unwrap(wrapped, context)), dataKey)
})

test('what is remembered for one place opens nothing at another', async () => {
  const { key, asked, forget } = service()
  const cache = remembering(key, { clock: handClock(), forMs: fiveMinutes })
  const wrapped = await cache.wrap(dataKey, context)
  forget()
  await assert.rejects(async () => cache.unwrap(wrapped, Buffer.from('there')), /away/)
  assert.equal(asked.unwrap, 1)
})

test('only so many are remembered, and the one not asked for longest goes first', async () => {
  const { key, asked } = service()
  const cache = remembering(key, { clock: handClock(), forMs: fiveMinutes, maxKeys: 2 })
  const [first, second] = [await cache.wrap(dataKey, context), await cache.wrap(dataKey, context)]
  await cache.unwrap(first, context)
  await cache.wrap(dataKey, context)
  await cache.unwrap(first, context)
  assert.equal(asked.unwrap, 0)
  await cache.unwrap(second, context)
  assert.equal(asked.unwrap, 1)
})

test('a service that was away is asked again', async () => {
  const { key } = service()
  let away = true
  const flaky: KeyWrapper = {
    ...key,
    unwrap: async (wrapped, where) => {
      if (away) throw new Error('away')
      return key.unwrap(wrapped, where)
    },
  }
  const cache = remembering(flaky, { clock: handClock(), forMs: fiveMinutes })
  const wrapped = await key.wrap(dataKey, context)
  await assert.rejects(async () => cache.unwrap(wrapped, context), /away/)
  away = false
  assert.deepEqual(Buffer.from(await cache.unwrap(wrapped, context)), dataKey)
})

test('with no time to remember, every need asks', async () => {
  const { key, asked } = service()
  const cache = remembering(key, { clock: handClock(), forMs: 0 })
  const wrapped = await cache.wrap(dataKey, context)
  await cache.unwrap(wrapped, context)
  await cache.unwrap(wrapped, context)
  assert.equal(asked.unwrap, 2)
})
