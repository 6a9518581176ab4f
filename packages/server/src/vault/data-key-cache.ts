import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { KeyWrapper } from './types.ts'

export interface DataKeyCacheOptions {
  clock: Clock
  /** How long a data key is remembered after it was made or unwrapped. 0: not at all. */
  forMs: number
  /** The one that was not asked for longest goes first. */
  maxKeys?: number | undefined
}

const defaultMaxKeys = 10_000

/**
 * Remembers data keys, in this process only, so that a key service is asked at most once for each while it is in use:
 * readers that come together share one call. What is forgotten is overwritten.
 */
export function remembering(
  key: KeyWrapper,
  { clock, forMs, maxKeys = defaultMaxKeys }: DataKeyCacheOptions,
): KeyWrapper {
  const known = new Map<string, { dataKey: Uint8Array; until: number }>()
  const asking = new Map<string, Promise<Uint8Array>>()

  const forget = (name: string) => {
    known.get(name)?.dataKey.fill(0)
    known.delete(name)
  }

  const remember = (name: string, dataKey: Uint8Array) => {
    if (forMs <= 0) return
    forget(name)
    known.set(name, { dataKey: Uint8Array.from(dataKey), until: clock.now().getTime() + forMs })
    for (const oldest of known.keys()) {
      if (known.size <= maxKeys) return
      forget(oldest)
    }
  }

  const recall = (name: string): Uint8Array | undefined => {
    const found = known.get(name)
    if (!found) return undefined
    if (found.until <= clock.now().getTime()) {
      forget(name)
      return undefined
    }
    // A Map keeps the order of insertion: the last used goes to the end.
    known.delete(name)
    known.set(name, found)
    return Uint8Array.from(found.dataKey)
  }

  return {
    id: key.id,

    async wrap(dataKey, context) {
      const wrapped = await key.wrap(dataKey, context)
      remember(nameOf(wrapped, context), dataKey)
      return wrapped
    },

    async unwrap(wrapped, context) {
      const name = nameOf(wrapped, context)
      const remembered = recall(name)
      if (remembered) return remembered
      let asked = asking.get(name)
      if (!asked) {
        asked = Promise.resolve(key.unwrap(wrapped, context)).finally(() => asking.delete(name))
        asking.set(name, asked)
        asked.then(
          (dataKey) => {
            remember(name, dataKey)
            // Whoever shares this call takes a copy first.
            setImmediate(() => dataKey.fill(0))
          },
          () => {},
        )
      }
      return Uint8Array.from(await asked)
    },
  }
}

/** The context is part of the name: what was unwrapped for one place says nothing about another. */
const nameOf = (wrapped: Uint8Array, context: Uint8Array): string => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(wrapped.length)
  return createHash('sha256').update(length).update(wrapped).update(context).digest('base64')
}
