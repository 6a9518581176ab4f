/**
 * Looks after the master keys of a running server: reads them, compares them with those that sealed the values, follows
 * the key file, and agrees with the other processes on the key that seals.
 *
 * The rule that makes a rotation safe with any number of processes: a key seals nothing before every process that runs
 * can open with it.
 */
import { existsSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { samplePerKey } from './key-census.ts'
import type { MasterKeyHolderRow, MasterKeyRow, Store } from './store/index.ts'
import {
  createMasterKeyFile,
  createVault,
  isReadByOthers,
  type KeyedVault,
  type KeyRing,
  type KeyServices,
  type KeyWrapper,
  keyMark,
  parseMasterKeys,
  readMasterKeyFile,
  type Vault,
  VaultError,
} from './vault/index.ts'

/** A reason not to start, in words that help. */
export class StartError extends Error {}

export interface MasterKeys {
  vault: Vault
  /** Looks for a changed key file and for what the other processes do. To be called every second. */
  follow(): Promise<void>
  /** Whether every process that runs seals with the same key. */
  isAgreed(): Promise<boolean>
  /** Tells the others that this process is gone. */
  close(): Promise<void>
}

export interface MasterKeysOptions {
  store: Store
  clock: Clock
  log: MasterKeysLog
  /** Names this process among those on the same database. */
  processId: string
  services: KeyServices
  /** Whether this process is a server, which the others count on; a command comes and goes. Default true. */
  isServer?: boolean | undefined
}

export interface MasterKeysLog {
  info(details: Record<string, unknown>, message: string): void
  warn(details: Record<string, unknown>, message: string): void
  error(details: Record<string, unknown>, message: string): void
}

type KeySettings = Pick<Config, 'masterKeys' | 'masterKeysFile' | 'masterKeysFileGiven'>

/** How often a process says that it is there while nothing happens, and when the others stop counting on it. */
const reportEveryMs = 10_000
const goneAfterMs = 30_000
/** Rows of processes that never came back. */
const forgottenAfterMs = 24 * 60 * 60_000

/**
 * To be called before the database is opened: keys that cannot be read must not leave an empty one behind.
 *
 * @returns Undefined when there is no key yet and the first start may make one.
 * @throws {StartError} @throws {VaultError}
 */
export async function readMasterKeys(settings: KeySettings, services: KeyServices): Promise<KeyRing | undefined> {
  const { masterKeys, masterKeysFile, masterKeysFileGiven } = settings
  if (masterKeys) return parseMasterKeys(masterKeys, services)
  if (existsSync(masterKeysFile)) return readFile(masterKeysFile, services)
  if (masterKeysFileGiven)
    throw new StartError(
      `HOLDFAST_MASTER_KEYS_FILE names ${masterKeysFile}, and there is no such file. Make one line \`id:key\`, the key from: openssl rand -base64 32`,
    )
  return undefined
}

/**
 * To be called before the database is brought up to date: with wrong keys not even that is done.
 *
 * @param ring What `readMasterKeys` returned.
 * @throws {StartError}
 */
export async function compareMasterKeys(
  settings: KeySettings,
  ring: KeyRing | undefined,
  recorded: readonly MasterKeyRow[],
): Promise<void> {
  const needed = recorded.filter(({ state }) => state !== 'dropped')
  if (ring) await compareWithRecord(createVault({ keyRing: ring }), needed)
  else if (needed.length > 0)
    throw noKeyFile(
      settings,
      needed.map(({ id }) => id),
    )
}

async function readFile(path: string, services: KeyServices): Promise<KeyRing> {
  try {
    return await readMasterKeyFile(path, services)
  } catch (error) {
    if (error instanceof VaultError) throw error
    throw new StartError(`The master key file ${path} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}

/**
 * Opens the vault: no key, no start. The first start makes a key file; afterwards every key that ever sealed something
 * must be there and be the same, and nothing is written before that is certain.
 *
 * @param given What `readMasterKeys` returned.
 * @throws {StartError} @throws {VaultError}
 */
export async function openMasterKeys(
  settings: KeySettings,
  given: KeyRing | undefined,
  options: MasterKeysOptions,
): Promise<MasterKeys> {
  const { store, clock, log, processId, services, isServer = true } = options
  const file = settings.masterKeys ? undefined : settings.masterKeysFile

  const first = given ?? (await firstKeyRing(settings, store, services))
  const vault = createVault({ keyRing: first, lookForKeys: readNewKeys })
  await compareWithValues(vault, options)
  let ring: KeyRing | undefined
  /** Of keys that never sealed, so that the first use need not wait for a key service. */
  let checkValues = new Map<string, Uint8Array>()
  let fileSeen = signatureOf(file)
  let reportedAt = Number.NEGATIVE_INFINITY
  await warnOfOpenFile()
  await takeOver(first)

  return { vault, follow, isAgreed, close: () => store.masterKeys.forgetHolder(processId) }

  async function follow() {
    const found = signatureOf(file)
    if (found !== fileSeen) {
      fileSeen = found
      await reload()
      return
    }
    const now = clock.now().getTime()
    const isWaiting = vault.currentKeyId !== vault.keyIds[0]
    if (!isWaiting && now - reportedAt < reportEveryMs && now >= reportedAt) return
    // Also after a failure the next attempt waits: a database that is away is not asked every second.
    reportedAt = now
    await agree(ring ?? first)
  }

  async function reload() {
    if (file === undefined) return
    try {
      await takeOver(await readMasterKeyFile(file, services))
      await warnOfOpenFile()
    } catch (error) {
      if (!(error instanceof StartError || error instanceof VaultError || isSystemError(error))) throw error
      log.error(
        { reason: error.message },
        'the master key file changed and was not taken over; the keys from before stay',
      )
    }
  }

  /** A value names a key that another process took from the file a moment earlier. Asks no database: a read may be in a transaction. */
  async function readNewKeys() {
    if (file === undefined || !ring) return
    const known = new Set(vault.keyIds)
    const read = await readMasterKeyFile(file, services).catch(() => [])
    const newer = read.filter(({ id }) => !known.has(id))
    const [newest, ...others] = [...newer, ...ring.filter(({ id }) => known.has(id))]
    if (newer.length > 0 && newest) vault.useKeys([newest, ...others], vault.currentKeyId)
  }

  async function warnOfOpenFile() {
    if (file !== undefined && (await isReadByOthers(file)))
      log.warn({ file }, 'other users of this machine can read the master key file; run chmod 600 on it')
  }

  /**
   * Takes another key ring into use.
   * @throws {StartError} when a key that sealed something is missing from it, or is another one. Nothing has changed then.
   */
  async function takeOver(next: KeyRing): Promise<void> {
    const candidate = createVault({ keyRing: next })
    const recorded = await store.masterKeys.list()
    await compareWithRecord(candidate, recorded)
    const values = new Map<string, Uint8Array>()
    for (const id of candidate.keyIds)
      if (!recorded.some((key) => key.id === id)) values.set(id, await candidate.makeCheckValue(id))
    checkValues = values
    const usable = await agree(next)
    const dropped = next.filter((key) => !usable.includes(key)).map(({ id }) => id)
    if (dropped.length > 0)
      log.warn({ keys: dropped }, 'dropped master keys are still given and are not used; take them out')
  }

  /** All of the ring opens, and its newest key that every process holds seals. @returns The ring without dropped keys. */
  async function agree(next: KeyRing): Promise<KeyRing> {
    const { usable, sealing } = await store.transaction(async ({ masterKeys }) => {
      await masterKeys.alone()
      const recorded = await masterKeys.list()
      const missing = recorded.find(({ id, state }) => state !== 'dropped' && !next.some((key) => key.id === id))
      if (missing) throw missingKey(missing.id)
      const usable = withoutDropped(next, recorded)
      const now = clock.now().getTime()
      const others = (await masterKeys.holders()).filter((holder) => holder.id !== processId && isLive(holder, now))
      const sealing = sealingKey(usable, recorded, others)
      const checkValue = checkValues.get(sealing.id)
      if (checkValue) await masterKeys.insert(newRecord(sealing.id, checkValue, now))
      if (ring && vault.currentKeyId !== sealing.id) await masterKeys.sealedUntil(vault.currentKeyId, now)
      await masterKeys.forgetHoldersBefore(now - forgottenAfterMs)
      if (isServer)
        await masterKeys.report({
          id: processId,
          name: `${hostname()}:${process.pid}`,
          key_ids: JSON.stringify(usable.map(({ id }) => id)),
          sealing_key_id: sealing.id,
          seen_at: now,
        })
      reportedAt = now
      return { usable, sealing }
    })
    if (ring && vault.currentKeyId !== sealing.id) log.info({ key: sealing.id }, 'another master key seals from now on')
    ring = next
    vault.useKeys(usable, sealing.id)
    return usable
  }

  async function isAgreed() {
    const now = clock.now().getTime()
    const holders = (await store.masterKeys.holders()).filter((holder) => isLive(holder, now))
    return holders.every((holder) => holder.sealing_key_id === vault.currentKeyId)
  }
}

/**
 * Whether a start with these keys would do, for commands that only look: nothing is made and nothing written.
 *
 * @param store Undefined when there is no database yet.
 * @returns The ids of the keys, newest first; none when the first start will make one.
 * @throws {StartError} @throws {VaultError}
 */
export async function tryMasterKeys(
  settings: KeySettings,
  services: KeyServices,
  store: Store | undefined,
): Promise<readonly string[]> {
  const ring = await readMasterKeys(settings, services)
  if (!ring) {
    if (store) await refuseWithoutKeys(settings, store)
    return []
  }
  const vault = createVault({ keyRing: ring })
  if (store) await compareWithRecord(vault, await store.masterKeys.list())
  return vault.keyIds
}

/** There is no key anywhere: a new installation gets one, an old one has lost its own. */
async function firstKeyRing(settings: KeySettings, store: Store, services: KeyServices): Promise<KeyRing> {
  await refuseWithoutKeys(settings, store)
  await createMasterKeyFile(settings.masterKeysFile)
  return readFile(settings.masterKeysFile, services)
}

/** @throws {StartError} when something is sealed already. */
async function refuseWithoutKeys(settings: KeySettings, store: Store): Promise<void> {
  const recorded = await store.masterKeys.list()
  await compareMasterKeys(settings, undefined, recorded)
  const needed = recorded.length > 0 ? [] : [...(await samplePerKey(store)).keys()]
  if (needed.length > 0) throw noKeyFile(settings, needed)
}

const noKeyFile = ({ masterKeysFile }: KeySettings, needed: readonly string[]) =>
  new StartError(
    `There is no master key file at ${masterKeysFile}, but this database was made with the key(s) ${needed.join(', ')}. Put the file back, or set HOLDFAST_MASTER_KEYS or HOLDFAST_MASTER_KEYS_FILE.`,
  )

/** Every key that ever sealed something is there and is the same. @throws {StartError} */
async function compareWithRecord(vault: KeyedVault, recorded: readonly MasterKeyRow[]): Promise<void> {
  for (const { id, check_value, state } of recorded) {
    if (state === 'dropped') continue
    if (!vault.keyIds.includes(id)) throw missingKey(id)
    try {
      await vault.verifyCheckValue(id, check_value)
    } catch (error) {
      throw startError(id, error)
    }
  }
}

/**
 * The record was lost, or is of an earlier form: the values themselves say which keys they need, and whether the keys are
 * the right ones. @throws {StartError}
 */
async function compareWithValues(
  vault: KeyedVault,
  { store, clock }: Pick<MasterKeysOptions, 'store' | 'clock'>,
): Promise<void> {
  if ((await store.masterKeys.list()).length > 0) return
  const records: MasterKeyRow[] = []
  for (const [id, { sealed, context }] of await samplePerKey(store)) {
    if (id === '') continue
    if (!vault.keyIds.includes(id)) throw missingKey(id)
    try {
      await vault.open(sealed, context)
    } catch (error) {
      throw startError(id, error)
    }
    records.push(newRecord(id, await vault.makeCheckValue(id), clock.now().getTime()))
  }
  for (const record of records) await store.masterKeys.insert(record)
}

const newRecord = (id: string, check_value: Uint8Array, created_at: number): MasterKeyRow => ({
  id,
  mark: keyMark(id),
  check_value,
  state: 'used',
  sealed_until: null,
  created_at,
})

const missingKey = (id: string) =>
  new StartError(
    `The master key "${id}" is missing. Values in the database are sealed with it: add it to the key ring again, after the newer keys. Nothing was changed. If it is gone for good and no value needs it: npm run holdfast -- keys drop ${id}`,
  )

function startError(id: string, error: unknown): StartError {
  if (!(error instanceof VaultError)) throw error
  if (error.code === 'key_service_unavailable') return new StartError(error.message, { cause: error })
  return new StartError(
    `The master key "${id}" is not the one this database was made with. Nothing was changed; start with the right key.`,
    { cause: error },
  )
}

function withoutDropped(ring: KeyRing, recorded: readonly MasterKeyRow[]): KeyRing {
  const dropped = new Set(recorded.filter(({ state }) => state === 'dropped').map(({ id }) => id))
  const [first, ...others] = ring.filter(({ id }) => !dropped.has(id))
  if (!first)
    throw new StartError(
      `The master key${ring.length === 1 ? '' : 's'} ${ring.map(({ id }) => `"${id}"`).join(', ')} ${ring.length === 1 ? 'was' : 'were'} dropped and will not be used again. Give the key that took over, or a new one.`,
    )
  return [first, ...others]
}

/** The newest key that all others hold as well, and that nobody is dropping. */
function sealingKey(
  usable: KeyRing,
  recorded: readonly MasterKeyRow[],
  others: readonly MasterKeyHolderRow[],
): KeyWrapper {
  const dropping = new Set(recorded.filter(({ state }) => state !== 'used').map(({ id }) => id))
  const held = others.map((holder) => new Set(JSON.parse(holder.key_ids) as string[]))
  return usable.find(({ id }) => !dropping.has(id) && held.every((ids) => ids.has(id))) ?? usable[0]
}

/** Whether the process is there: it said so lately, and the machine does not say otherwise. */
export function isLive({ name, seen_at }: MasterKeyHolderRow, now: number): boolean {
  if (seen_at <= now - goneAfterMs) return false
  const [, host, pid] = /^(.*):(\d+)$/.exec(name) ?? []
  if (host !== hostname()) return true
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function signatureOf(file: string | undefined): string {
  const found = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false })
  return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : ''
}

const isSystemError = (error: unknown): error is Error => error instanceof Error && 'syscall' in error
