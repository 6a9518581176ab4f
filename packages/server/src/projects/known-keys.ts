import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Store } from '../store/index.ts'
import type { Caller } from './types.ts'

/** The one that was not used for longest goes first. */
const maxKeys = 10_000

interface Known {
  caller: Extract<Caller, { kind: 'project' }>
  /** Milliseconds since 1970; null: no end. */
  expiresAt: number | null
}

export interface KnownKeys {
  /** @returns Undefined when the key is not known here, which says nothing about it. */
  find(key: string): Known['caller'] | undefined
  /** Looks a key up, and remembers it if nothing changed meanwhile. */
  lookUp(key: string, look: () => Promise<Known | undefined>): Promise<Known['caller'] | undefined>
}

/**
 * Whose keys were good a moment ago, by their hash: asked only while every change to keys and projects is told. Keys that
 * were not found are not remembered.
 */
export function createKnownKeys({ store, clock }: { store: Pick<Store, 'changes'>; clock: Clock }): KnownKeys {
  const known = new Map<string, Known>()
  let changed = 0
  store.changes.subscribe({
    key(id) {
      changed += 1
      for (const [name, { caller }] of known) if (caller.keyId === id) known.delete(name)
    },
    everything() {
      changed += 1
      known.clear()
    },
  })
  const nameOf = (key: string) => hash('sha256', key, 'base64')

  return {
    find(key) {
      const found = store.changes.isCurrent() ? known.get(nameOf(key)) : undefined
      if (!found || (found.expiresAt !== null && found.expiresAt <= clock.now().getTime())) return undefined
      return found.caller
    },
    async lookUp(key, look) {
      const before = changed
      const found = await look()
      if (!found) return undefined
      // What is not told yet is told before the next key is looked for, and drops this one again.
      if (before === changed) {
        known.set(nameOf(key), found)
        for (const oldest of known.keys()) {
          if (known.size <= maxKeys) break
          known.delete(oldest)
        }
      }
      return found.caller
    },
  }
}
