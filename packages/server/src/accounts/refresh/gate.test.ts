import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../../clock.ts'
import { createGate, type Findings } from './gate.ts'

/** A gate, callers that stay inside until they are told what they found, and a clock that only moves when told. */
function crowd(size: number) {
  const sleepers: (() => void)[] = []
  const clock: Clock = { now: () => new Date(0), sleep: () => new Promise((wake) => sleepers.push(wake)) }
  const pass = createGate(clock)
  const inside: ((find?: keyof Findings) => Promise<void>)[] = []
  const ended: Promise<void>[] = []
  const come = (count: number) => {
    for (let index = 0; index < count; index++)
      ended.push(
        pass('app', async (findings) => {
          const { promise, resolve } = Promise.withResolvers<keyof Findings | undefined>()
          inside.push(async (find) => {
            resolve(find)
            await settled()
          })
          const find = await promise
          if (find) findings[find]()
        }),
      )
  }
  come(size)
  return {
    inside,
    ended,
    come,
    pass,
    async silence() {
      for (const wake of sleepers.splice(0)) wake()
      await settled()
    },
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('the gate', () => {
  test('lets one in at first, and twice as many with each that finds all well, up to 32', async () => {
    const { inside } = crowd(200)
    await settled()
    const widths: number[] = []
    for (let round = 0; round < 7; round++) {
      widths.push(inside.length)
      await inside.shift()?.('good')
    }
    assert.deepEqual(widths, [1, 2, 4, 8, 16, 32, 32])
  })

  test('lets no more in by those who find nothing, and one at a time after a bad finding', async () => {
    const { inside } = crowd(50)
    await settled()
    await inside.shift()?.('good')
    await inside.shift()?.('good')
    assert.equal(inside.length, 4)
    await inside.shift()?.()
    assert.equal(inside.length, 4)
    await inside.shift()?.('bad')
    assert.equal(inside.length, 3)
    while (inside.length > 1) await inside.shift()?.()
    await inside.shift()?.()
    assert.equal(inside.length, 1)
  })

  test('opens wider while those inside say nothing', async () => {
    const { inside, silence } = crowd(10)
    await settled()
    await silence()
    assert.equal(inside.length, 2)
    await silence()
    assert.equal(inside.length, 4)
  })

  test('lets everybody in some day, begins anew when it is empty, and counts each kind on its own', async () => {
    const { inside, ended, come, pass } = crowd(100)
    await settled()
    while (inside.length > 0) await inside.shift()?.('good')
    await Promise.all(ended)
    come(10)
    await settled()
    assert.equal(inside.length, 1)
    assert.equal(await pass('another app', async () => 'in'), 'in')
  })

  test('an exception leaves its place to the next', async () => {
    const pass = createGate({ now: () => new Date(0), sleep: () => new Promise(() => {}) })
    const failing = Array.from({ length: 5 }, () => pass('app', () => Promise.reject(new Error('no'))))
    for (const one of failing) await assert.rejects(one, /no/)
    assert.equal(await pass('app', async () => 'in'), 'in')
  })
})
