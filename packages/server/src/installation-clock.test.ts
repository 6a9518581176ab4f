import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createInstallationClock } from './installation-clock.ts'

const begin = 1_900_000_000_000
const minute = 60_000

/** A machine, and a database whose answers take `travelMs` each way. */
function world({ databaseAheadMs = 0, travelMs = [0] }: { databaseAheadMs?: number; travelMs?: number[] } = {}) {
  const state = { wall: begin, steady: 5_000, asked: 0, pulled: [] as number[] }
  const pass = (ms: number) => {
    state.wall += ms
    state.steady += ms
  }
  const machine = { wall: () => state.wall, steady: () => state.steady }
  const database = {
    trueTime: () => begin + databaseAheadMs + (state.steady - 5_000),
    async time() {
      const travel = travelMs[state.asked++ % travelMs.length] ?? 0
      pass(travel)
      const time = database.trueTime()
      pass(travel)
      return time
    },
    pullDeadlines: async () => assert.fail('the clock of the database was not put back'),
  }
  const file = {
    time: async () => undefined,
    async pullDeadlines(byMs: number) {
      state.pulled.push(byMs)
    },
  }
  return { state, pass, machine, database, file, clock: createInstallationClock(machine) }
}

describe('with a database that has a clock', () => {
  test('every process goes by it, however wrong its machine is', async () => {
    for (const databaseAheadMs of [-10 * minute, 0, 10 * minute]) {
      const { clock, database } = world({ databaseAheadMs })
      await clock.keepWith(database)
      assert.equal(clock.now().getTime(), database.trueTime())
    }
  })

  test('the answer that came fastest counts', async () => {
    const { clock, database } = world({ databaseAheadMs: 3 * minute, travelMs: [4_000, 2, 900] })
    await clock.keepWith(database)
    assert.equal(clock.now().getTime(), database.trueTime())
  })

  test('a clock of the machine that is moved changes nothing', async () => {
    const { clock, database, state, pass } = world()
    await clock.keepWith(database)
    for (const byMs of [10 * minute, -25 * minute]) {
      state.wall += byMs
      pass(100)
      assert.equal(clock.now().getTime(), database.trueTime())
      await clock.follow()
      assert.equal(clock.now().getTime(), database.trueTime())
    }
  })

  test('it is asked again at once when the machine seems to have slept, else every half minute', async () => {
    const { clock, database, state, pass } = world()
    await clock.keepWith(database)
    const first = state.asked
    pass(29_000)
    await clock.follow()
    assert.equal(state.asked, first)
    pass(1_000)
    await clock.follow()
    assert.equal(state.asked, 2 * first)
    // Its steady clock stood still for an hour.
    state.wall += 60 * minute
    const slept = { ...database, time: async () => database.trueTime() + 60 * minute }
    await clock.keepWith(slept)
    assert.equal(clock.now().getTime(), database.trueTime() + 60 * minute)
  })

  test('an answer that took long moves the time only as far as it proves it wrong', async () => {
    const { clock, database, state, pass } = world({ travelMs: [0, 0, 0, 400, 400, 400] })
    await clock.keepWith(database)
    const ahead = { ...database, time: async () => (await database.time()) + 500 }
    await clock.keepWith(ahead)
    assert.equal(clock.now().getTime() - database.trueTime(), 100)
    assert.equal(state.asked, 6)
    pass(1)
  })
})

describe('with the embedded database', () => {
  test('a clock that goes forward is believed at once', async () => {
    const { clock, file, state } = world()
    await clock.keepWith(file)
    state.wall += 10 * minute
    assert.equal(clock.now().getTime(), begin + 10 * minute)
  })

  test('one that is put back is believed once every deadline was moved along', async () => {
    const { clock, file, state, pass } = world()
    await clock.keepWith(file)
    pass(minute)
    state.wall -= 10 * minute
    assert.equal(clock.now().getTime(), begin + minute)
    await clock.follow()
    assert.deepEqual(state.pulled, [10 * minute])
    assert.equal(clock.now().getTime(), begin + minute - 10 * minute)
    await clock.follow()
    assert.deepEqual(state.pulled, [10 * minute])
  })

  test('without the deadlines moved the time goes on as it was', async () => {
    const { clock, file, state, pass } = world()
    await clock.keepWith({ ...file, pullDeadlines: () => Promise.reject(new Error('the disk is full')) })
    state.wall -= 10 * minute
    await assert.rejects(clock.follow(), /disk is full/)
    pass(2_000)
    assert.equal(clock.now().getTime(), begin + 2_000)
  })
})
