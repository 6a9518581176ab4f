/**
 * The time by which a whole installation judges, whatever becomes of the clocks of its machines.
 *
 * With PostgreSQL every process goes by the clock of the database: two processes never differ on whether a token has ended
 * or whose lease lapsed. The embedded database belongs to one machine, whose clock may still be moved under us: forwards is
 * believed at once (a machine that slept wakes up like that), backwards only after every stored end was moved along, so
 * that no token is held good for longer than it was issued for.
 */
import { type Clock, systemClock } from './clock.ts'
import type { Store } from './store/index.ts'

export interface InstallationClock extends Clock {
  /** Goes by this store from now on. Before, it goes by the clock of this machine. */
  keepWith(store: Keeper): Promise<void>
  /** Looks whether it still goes right. To be called every second. */
  follow(): Promise<void>
}

type Keeper = Pick<Store, 'time' | 'pullDeadlines'>

/** What this machine knows, in milliseconds. */
export interface Machine {
  /** Its clock, which anybody may move. */
  wall(): number
  /** Goes on evenly, from an arbitrary beginning. */
  steady(): number
}

const askEveryMs = 30_000
/** The answer to the fastest of so many questions counts. */
const questions = 3
/** A clock of this machine that was moved by more than this is noticed. */
const noticedMs = 1_000

const thisMachine: Machine = { wall: Date.now, steady: () => performance.now() }

export function createInstallationClock(machine: Machine = thisMachine): InstallationClock {
  const wallOffset = () => machine.wall() - machine.steady()
  /** From steady time to ours. */
  let offset = wallOffset()
  let keeper: Keeper | undefined
  let isShared = false
  let askedAt = 0
  let wallOffsetThen = offset

  async function ask(from: Keeper): Promise<void> {
    askedAt = machine.steady()
    wallOffsetThen = wallOffset()
    const answers: { offset: number; uncertainty: number }[] = []
    for (let count = 0; count < questions; count++) {
      const sentAt = machine.steady()
      const time = await from.time()
      if (time === undefined) return
      const uncertainty = (machine.steady() - sentAt) / 2
      answers.push({ offset: time - sentAt - uncertainty, uncertainty })
    }
    const [best] = answers.toSorted((one, other) => one.uncertainty - other.uncertainty)
    if (!best) return
    // What cannot be told from being right stays, so that the time does not tremble with every answer.
    const { offset: found, uncertainty } = best
    offset = isShared ? Math.min(Math.max(offset, found - uncertainty), found + uncertainty) : found
    isShared = true
  }

  return {
    now() {
      if (!isShared) offset = Math.max(offset, wallOffset())
      return new Date(machine.steady() + offset)
    },

    sleep: systemClock.sleep,

    async keepWith(store) {
      await ask(store)
      keeper = store
    },

    async follow() {
      if (!keeper) return
      if (isShared) {
        const isMoved = Math.abs(wallOffset() - wallOffsetThen) >= noticedMs
        if (isMoved || machine.steady() - askedAt >= askEveryMs) await ask(keeper)
        return
      }
      const behindMs = Math.round(offset - wallOffset())
      if (behindMs < noticedMs) return
      await keeper.pullDeadlines(behindMs)
      offset -= behindMs
    },
  }
}
