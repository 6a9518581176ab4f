import type { SimulatorRecords } from './types.ts'

/** Records that live as long as the process: for tests, and for hosts that need no restart. */
export function createMemoryRecords(now: () => Date = () => new Date()): SimulatorRecords {
  const entries = new Map<string, { value: string; expiresAt: Date | undefined }>()
  const keyOf = (kind: string, key: string) => JSON.stringify([kind, key])

  const read = (kind: string, key: string) => {
    const entry = entries.get(keyOf(kind, key))
    if (entry?.expiresAt === undefined || entry.expiresAt > now()) return entry
    entries.delete(keyOf(kind, key))
    return undefined
  }

  return {
    async get(kind, key) {
      return read(kind, key)?.value
    },
    async put(kind, key, value, expiresAt) {
      entries.set(keyOf(kind, key), { value, expiresAt })
    },
    async take(kind, key) {
      const entry = read(kind, key)
      entries.delete(keyOf(kind, key))
      return entry?.value
    },
    async replace(kind, key, expected, value) {
      const entry = read(kind, key)
      if (entry?.value !== expected) return false
      entries.set(keyOf(kind, key), { value, expiresAt: entry.expiresAt })
      return true
    },
  }
}
