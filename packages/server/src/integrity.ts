/**
 * A stored secret that does not open is never served: the caller gets an error with a code of its own, the log says which
 * row it is, and the account's history gets an event.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { recordEvent } from './accounts/changes.ts'
import type { Clock } from './clock.ts'
import { AppError } from './errors.ts'
import type { Store } from './store/index.ts'
import { type SealContext, type Vault, VaultError } from './vault/index.ts'

type OnDamaged = (place: SealContext, error: VaultError) => void

/** The vault as the rooms get it. */
export function failClosed(vault: Vault, onDamaged: OnDamaged): Vault {
  const refused = (error: unknown, place: SealContext): unknown => {
    if (!(error instanceof VaultError)) return error
    if (error.code === 'unknown_key' || error.code === 'key_service_unavailable')
      return new AppError('key_unavailable', 'The key that protects this credential cannot be used now.', {
        cause: error,
      })
    onDamaged(place, error)
    return new AppError('integrity_failed', 'A stored secret is not what was stored here, so it was not used.', {
      cause: error,
    })
  }
  const guarded = async <Result>(place: SealContext, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work()
    } catch (error) {
      throw refused(error, place)
    }
  }
  return {
    get currentKeyId() {
      return vault.currentKeyId
    },
    get keyIds() {
      return vault.keyIds
    },
    keyIdOf: (sealed) => vault.keyIdOf(sealed),
    // What cannot be sealed is a fault of the caller's, unless the key is at fault.
    seal: (plaintext, place) => vault.seal(plaintext, place).catch((error) => rethrow(error, refused, place)),
    prepareSeal: (place) => vault.prepareSeal(place).catch((error) => rethrow(error, refused, place)),
    open: (sealed, place) => guarded(place, () => vault.open(sealed, place)),
    rewrap: (sealed, place) => guarded(place, () => vault.rewrap(sealed, place)),
  }
}

const rethrow = (
  error: unknown,
  refused: (error: unknown, place: SealContext) => unknown,
  place: SealContext,
): never => {
  throw error instanceof VaultError && error.code === 'malformed' ? error : refused(error, place)
}

export interface IntegrityWatchOptions {
  store: Store
  clock: Clock
  log: { error(details: Record<string, unknown>, message: string): void }
}

/** One event for each damaged value and process is enough; a value that is read every second is still one. */
const maxRemembered = 10_000

/** @returns What to call for each value that does not open, and what waits until all of it is recorded. */
export function createIntegrityWatch({ store, clock, log }: IntegrityWatchOptions): {
  onDamaged: OnDamaged
  idle(): Promise<void>
} {
  const known = new Set<string>()
  const recording = new Set<Promise<void>>()
  // Whoever reads may be inside a transaction, which is about to fail; the event must not be part of it.
  const outside = AsyncLocalStorage.snapshot()

  async function record({ projectId, table, rowId }: SealContext): Promise<void> {
    const accountId = await store.sealedValues.accountOf({ table, rowId })
    if (accountId === undefined) return
    await store.transaction(async (queries) => {
      const account = await queries.accounts.find(projectId, accountId)
      if (account) await recordEvent(queries, account, 'connected_account.integrity_failed', clock.now())
    })
  }

  return {
    onDamaged(place, error) {
      const { projectId, table, rowId, field, version } = place
      const name = JSON.stringify([projectId, table, rowId, field, version])
      if (known.has(name)) return
      if (known.size >= maxRemembered) known.clear()
      known.add(name)
      log.error(
        { integrity: 'failed', projectId, table, row: rowId, field, version, reason: error.code },
        'a sealed value does not open where it stands: it was changed, or moved here from another place',
      )
      const task = outside(() => record(place)).catch((problem: unknown) =>
        log.error({ err: problem, row: rowId }, 'an integrity event could not be recorded'),
      )
      recording.add(task)
      void task.finally(() => recording.delete(task))
    },
    idle: async () => {
      await Promise.all(recording)
    },
  }
}
