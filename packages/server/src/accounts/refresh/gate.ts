import type { Clock } from '../../clock.ts'

/** At most this many callers of one kind at once. */
const widest = 32
/** When callers wait and nobody inside has come to an end for so long, the app is slow, and no reason to let fewer in. */
const silenceMs = 2_000

interface Door {
  width: number
  inside: number
  waiting: (() => void)[]
  isWatched: boolean
}

/** How the one inside tells what it found. */
export interface Findings {
  /** More may come. */
  good(): void
  /** The others would find the same. */
  bad(): void
}

/**
 * Lets few callers of each kind in at once: one at first, twice as many with each one that finds all well, so that what
 * would go wrong for a thousand goes wrong for a few. The others wait their turn.
 */
export function createGate(clock: Clock) {
  const doors = new Map<string, Door>()

  function letIn(door: Door): void {
    while (door.inside < door.width) {
      const enter = door.waiting.shift()
      if (!enter) return
      door.inside++
      enter()
    }
  }

  function widen(door: Door): void {
    door.width = Math.min(widest, door.width * 2)
    letIn(door)
  }

  async function watch(door: Door): Promise<void> {
    if (door.isWatched) return
    door.isWatched = true
    while (door.waiting.length > 0 && door.width < widest) {
      await clock.sleep(silenceMs)
      widen(door)
    }
    door.isWatched = false
  }

  return async function pass<Result>(kind: string, work: (findings: Findings) => Promise<Result>): Promise<Result> {
    const door = doors.get(kind) ?? { width: 1, inside: 0, waiting: [], isWatched: false }
    doors.set(kind, door)
    if (door.inside < door.width) door.inside++
    else {
      const entered = new Promise<void>((enter) => door.waiting.push(enter))
      void watch(door)
      await entered
    }
    try {
      return await work({
        good: () => widen(door),
        bad: () => {
          door.width = 1
        },
      })
    } finally {
      door.inside--
      letIn(door)
      if (door.inside === 0) doors.delete(kind)
    }
  }
}

export type Gate = ReturnType<typeof createGate>
