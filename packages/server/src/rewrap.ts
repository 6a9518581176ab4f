/**
 * Brings sealed values under the key that seals now, while the server serves. All processes work on it together: each
 * claims the next stretch of a table by moving the table's pass on, and a pass that found anything is followed by another
 * one, so what a killed process had claimed is found again. A pass that found nothing ends the work.
 */
import type { Clock } from './clock.ts'
import {
  placeOf,
  type RewrapPass,
  type SealedColumn,
  type SealedValue,
  type Store,
  sealedColumns,
} from './store/index.ts'
import { keyMark, type SealContext, type Vault, VaultError } from './vault/index.ts'

export interface RewrapOptions {
  store: Store
  vault: Vault
  clock: Clock
  /** Whether every process seals with the same key: before that, one would undo the work of the other. */
  isAgreed: () => Promise<boolean>
  /** Told of each value that does not open, once. It is left as it is. */
  onDamaged: (place: SealContext, error: VaultError) => void
  stopping: AbortSignal
  /** How much of the time goes into it while the server serves; 1 to do nothing else. Default a third. */
  share?: number | undefined
  /** Looks at every row once more, whatever was found before. */
  fromStart?: boolean | undefined
}

/** Rows of a table that a process claims at once. */
const stretchSize = 200
/** Values that one statement replaces: few, since on SQLite everybody else waits for it. */
const batchSize = 25
const pauseMs = { least: 5, most: 1_000 }
/** Values under an older key can appear again: from a restored backup, or a process that was stopped for long. */
const lookAgainMs = 60 * 60_000

/** @returns A function that works until nothing is left, and says how many values it replaced. */
export function createRewrapper(options: RewrapOptions): () => Promise<number> {
  const { store, vault, clock, stopping } = options
  /** Values that do not open, by place, row and bytes: they are not looked at again by this process. */
  const damaged = new Set<string>()

  return async function rewrap(): Promise<number> {
    let replaced = 0
    if (!options.fromStart && (await isDone())) return replaced
    for (const column of sealedColumns) {
      if (options.fromStart) {
        const pass = await store.sealedValues.findPass(placeOf(column))
        await store.sealedValues.beginPass(placeOf(column), vault.currentKeyId, pass)
      }
      for (;;) {
        if (stopping.aborted || !(await options.isAgreed())) return replaced
        const due = await claimStretch(column)
        if (due === undefined) break
        replaced += await rewrapAll(column, due)
      }
    }
    return replaced
  }

  async function isDone(): Promise<boolean> {
    const passes = new Map((await store.sealedValues.passes()).map((pass) => [pass.place, pass]))
    return sealedColumns.every((column) => {
      const pass = passes.get(placeOf(column))
      return pass?.key_id === vault.currentKeyId && pass.finished_at !== null && !isOld(pass)
    })
  }

  /** @returns The values to re-wrap, often none; undefined when the column is done. */
  async function claimStretch(column: SealedColumn): Promise<SealedValue[] | undefined> {
    const place = placeOf(column)
    const keyId = vault.currentKeyId
    for (;;) {
      const pass = await store.sealedValues.findPass(place)
      if (!pass || pass.key_id !== keyId || isOld(pass)) {
        await store.sealedValues.beginPass(place, keyId, pass)
        continue
      }
      if (pass.finished_at !== null) return undefined
      const upTo = await store.sealedValues.stretchEnd(column, pass.position, stretchSize)
      if (upTo === undefined) {
        const end = pass.found ? { position: '', found: 0 as const } : { finished_at: clock.now().getTime() }
        await store.sealedValues.movePass(pass, end)
        continue
      }
      const found = await store.sealedValues.notUnder(column, { after: pass.position, upTo }, keyMark(keyId))
      const due = found.filter((value) => !damaged.has(nameOf(value)))
      const claimed = await store.sealedValues.movePass(pass, {
        position: upTo,
        // Said before the work is done: should this process end now, another pass finds the rest.
        ...(due.length > 0 && { found: 1 }),
      })
      if (claimed) return due
    }
  }

  function isOld({ finished_at }: RewrapPass): boolean {
    return finished_at !== null && finished_at <= clock.now().getTime() - lookAgainMs
  }

  async function rewrapAll(column: SealedColumn, due: readonly SealedValue[]): Promise<number> {
    let replaced = 0
    for (let start = 0; start < due.length && !stopping.aborted; start += batchSize) {
      const begun = performance.now()
      const batch = due.slice(start, start + batchSize)
      const rewrapped = await Promise.all(batch.map(async (value) => ({ value, by: await rewrapOne(value) })))
      const replacements = rewrapped.flatMap(({ value, by }) => (by ? [{ value, by }] : []))
      replaced += await store.sealedValues.replace(column, replacements)
      await pause(performance.now() - begun)
    }
    return replaced
  }

  /** @returns Undefined for a value that does not open. */
  async function rewrapOne(value: SealedValue): Promise<Uint8Array | undefined> {
    try {
      return await vault.rewrap(value.sealed, value.context)
    } catch (error) {
      // A key service that is away says nothing about the value; the next run goes on.
      if (!(error instanceof VaultError) || error.code === 'key_service_unavailable') throw error
      damaged.add(nameOf(value))
      options.onDamaged(value.context, error)
      return undefined
    }
  }

  async function pause(workedMs: number) {
    const { share = 1 / 3 } = options
    if (share >= 1) return
    const restMs = Math.min(pauseMs.most, Math.max(pauseMs.least, workedMs * (1 / share - 1)))
    await clock.sleep(restMs, stopping).catch(() => undefined)
  }
}

const nameOf = ({ context, sealed }: SealedValue) =>
  `${placeOf({ table: context.table, column: context.field })} ${context.rowId} ${Buffer.from(sealed).toString('base64')}`
