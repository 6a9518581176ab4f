/** Lets a bounded number of callers of each kind in at once; the others wait their turn. */
export function createGate(width: number) {
  const waiting = new Map<string, (() => void)[]>()
  const inside = new Map<string, number>()

  return async function pass<Result>(kind: string, work: () => Promise<Result>): Promise<Result> {
    const count = inside.get(kind) ?? 0
    if (count < width) inside.set(kind, count + 1)
    else await new Promise<void>((enter) => waiting.set(kind, [...(waiting.get(kind) ?? []), enter]))
    try {
      return await work()
    } finally {
      const [next, ...others] = waiting.get(kind) ?? []
      if (next) {
        waiting.set(kind, others)
        next()
      } else {
        waiting.delete(kind)
        const left = (inside.get(kind) ?? 1) - 1
        if (left > 0) inside.set(kind, left)
        else inside.delete(kind)
      }
    }
  }
}

export type Gate = ReturnType<typeof createGate>
