/**
 * `holdfast keys`: shows the master keys, adds one, moves the values to it and drops an old one, on a stopped installation
 * or beside any number of running servers.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { createInstallationClock } from './installation-clock.ts'
import { type Census, countByKey, totalOf } from './key-census.ts'
import { openKeyServices } from './key-services.ts'
import { isLive, openMasterKeys, readMasterKeys } from './master-keys.ts'
import { createRewrapper } from './rewrap.ts'
import { Secret } from './secret.ts'
import { type MasterKeyHolderRow, type MasterKeyRow, openStore, type Store } from './store/index.ts'
import {
  addMasterKey,
  createVault,
  type KeyRing,
  keyIdIn,
  keyMark,
  newMasterKey,
  parseMasterKeys,
  removeMasterKey,
} from './vault/index.ts'

export interface KeysCommandOptions {
  config: Config
  /** Default: that of the installation. */
  clock?: Clock | undefined
  /** A line for people, or the JSON that was asked for. */
  print: (line: string) => void
  stopping?: AbortSignal | undefined
}

/** A refusal in words that help. */
export class KeysCommandError extends Error {}

const usage = `Usage: npm run holdfast -- keys <command>

  status [--json]   each master key, and how many values are under it
  rotate            adds a new key to the key file; servers that run take it over
  rotate --to KEY   the same with a key that a service keeps: transit:NAME or aws-kms:ARN
  rewrap            brings all values under the newest key now; servers do so by themselves, in a while
  drop ID           ends a key that no value is under`

/** How long servers that run may take to see a new key, and then to seal with it. */
const takeOverMs = 20_000
/** What a server had begun to seal when it turned to another key is written within this time. */
const settledAfterMs = 45_000
const pollMs = 500

/** @returns The exit code. @throws {KeysCommandError} @throws {StartError} @throws {VaultError} @throws {StoreError} */
export async function keysCommand(args: readonly string[], options: KeysCommandOptions): Promise<number> {
  const [command, ...rest] = args
  const [first, second, ...more] = rest
  if (command === 'status' && (rest.length === 0 || (first === '--json' && rest.length === 1)))
    return withStore(options, (tools) => status(tools, first === '--json'), { onlyLooks: true })
  if (command === 'rotate' && (rest.length === 0 || (first === '--to' && second && more.length === 0)))
    return withStore(options, (tools) => rotate(tools, second), { onlyLooks: true })
  if (command === 'rewrap' && rest.length === 0) return withStore(options, rewrap)
  if (command === 'drop' && first && rest.length === 1) return withStore(options, (tools) => drop(tools, first))
  options.print(usage)
  return command === undefined || command === 'help' ? 0 : 2
}

interface Tools extends KeysCommandOptions {
  store: Store
  clock: Clock
  keyServices: ReturnType<typeof openKeyServices>
}

async function withStore(
  options: KeysCommandOptions,
  run: (tools: Tools) => Promise<number>,
  { onlyLooks = false } = {},
): Promise<number> {
  const { config, clock: given } = options
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'holdfast.db')))
    throw new KeysCommandError(
      `There is no database in ${config.dataDir} yet: the first start makes it, and the first key. Check HOLDFAST_DATA_DIR if there should be one.`,
    )
  const installationClock = createInstallationClock()
  const clock = given ?? installationClock
  const keyServices = openKeyServices(config, clock)
  try {
    const { databaseUrl, dataDir } = config
    const store = await openStore({ databaseUrl, dataDir, upgrade: !onlyLooks, onError: () => {} })
    try {
      if (!given) await installationClock.keepWith(store)
      return await run({ ...options, clock, store, keyServices })
    } finally {
      await store.close()
    }
  } finally {
    await keyServices.close()
  }
}

/* ── status ────────────────────────────────────────────────────────────────────────────────────────────────────────── */

interface KeyStatus {
  id: string
  /** `seals`: new values are under it. `opens`: only old ones. `missing`: values need it, and it is not there. */
  state: 'seals' | 'waits' | 'opens' | 'dropping' | 'dropped' | 'missing'
  values: number
  places: Record<string, number>
}

async function status({ store, config, clock, keyServices, print }: Tools, asJson: boolean): Promise<number> {
  const ring = await readMasterKeys(config, keyServices.services)
  const recorded = await store.masterKeys.list()
  const servers = await liveServers(store, clock)
  const census = await countByKey(store)
  const keys = keyStatuses(ring, recorded, servers, census)
  const waiting = keys.filter(({ state }) => state !== 'seals').reduce((sum, { values }) => sum + values, 0)
  if (asJson) {
    const running = servers.map(({ name, key_ids, sealing_key_id }) => ({
      name,
      keys: JSON.parse(key_ids) as string[],
      sealsWith: sealing_key_id,
    }))
    print(JSON.stringify({ keys, unreadable: totalOf(census.get('')), waiting, servers: running }, null, 2))
    return 0
  }
  print(`Master keys from ${sourceOf(config)}, newest first\n`)
  for (const line of table(keys)) print(line)
  const unreadable = totalOf(census.get(''))
  if (unreadable > 0) print(`\n${count(unreadable, 'value')} cannot be read at all: ${placesIn(census.get(''))}`)
  print(`\nServers        ${describeServers(servers)}`)
  print(`Re-wrapping    ${waiting === 0 ? 'done' : `${count(waiting, 'value')} to go`}`)
  return 0
}

function keyStatuses(
  ring: KeyRing | undefined,
  recorded: readonly MasterKeyRow[],
  servers: readonly MasterKeyHolderRow[],
  census: Census,
): KeyStatus[] {
  const stateOf = new Map(recorded.map(({ id, state }) => [id, state]))
  const held = ring?.map(({ id }) => id) ?? []
  const usable = held.filter((id) => (stateOf.get(id) ?? 'used') === 'used')
  const sealing = new Set(servers.length > 0 ? servers.map((server) => server.sealing_key_id) : usable.slice(0, 1))
  const describe = (id: string): KeyStatus['state'] => {
    const state = stateOf.get(id)
    if (state === 'dropped' || state === 'dropping') return state
    if (sealing.has(id)) return 'seals'
    if (!held.includes(id)) return 'missing'
    return state === undefined && usable[0] === id ? 'waits' : 'opens'
  }
  const others = [...new Set([...recorded.map(({ id }) => id), ...census.keys()])].filter(
    (id) => id !== '' && !held.includes(id),
  )
  return [...held, ...others].map((id) => ({
    id,
    state: describe(id),
    values: totalOf(census.get(id)),
    places: Object.fromEntries(census.get(id) ?? []),
  }))
}

const stateWords: Record<KeyStatus['state'], string> = {
  seals: 'seals and opens',
  waits: 'not taken over yet',
  opens: 'opens',
  dropping: 'being dropped',
  dropped: 'dropped',
  missing: 'MISSING',
}

function table(keys: readonly KeyStatus[]): string[] {
  const idWidth = Math.max(...keys.map(({ id }) => id.length))
  const stateWidth = Math.max(...keys.map(({ state }) => stateWords[state].length))
  const countWidth = Math.max(...keys.map(({ values }) => count(values, 'value').length))
  return keys.map((key) => {
    const about =
      key.state === 'opens' && key.values === 0
        ? `npm run holdfast -- keys drop ${key.id}`
        : placesIn(new Map(Object.entries(key.places)))
    return `  ${key.id.padEnd(idWidth)}   ${stateWords[key.state].padEnd(stateWidth)}   ${count(key.values, 'value').padStart(countWidth)}   ${about}`.trimEnd()
  })
}

function describeServers(servers: readonly MasterKeyHolderRow[]): string {
  if (servers.length === 0) return 'none runs'
  const seals = new Set(servers.map((server) => server.sealing_key_id))
  if (seals.size === 1) return `${servers.length} running, sealing with ${[...seals].join()}`
  return servers.map((server) => `${server.name} seals with ${server.sealing_key_id}`).join('; ')
}

/* ── rotate ────────────────────────────────────────────────────────────────────────────────────────────────────────── */

async function rotate(tools: Tools, kept: string | undefined): Promise<number> {
  const { config, store, clock, keyServices, print } = tools
  if (kept !== undefined) await tryKey(kept, keyServices)
  if (config.masterKeys) {
    for (const line of stepsForVariable(kept)) print(line)
    return 0
  }
  if (!existsSync(config.masterKeysFile))
    throw new KeysCommandError(`There is no master key file at ${config.masterKeysFile}: the first start makes it.`)
  const id = await addMasterKey(config.masterKeysFile, kept)
  print(`Added ${id} to ${config.masterKeysFile}. Make your copy of the file anew.`)
  const begun = clock.now().getTime()
  for (;;) {
    const servers = await liveServers(store, clock)
    if (servers.length === 0) {
      print('No server runs; the next one to start seals with it.')
      return 0
    }
    const late = servers.filter((server) => server.sealing_key_id !== id)
    if (late.length === 0) {
      print(
        `${count(servers.length, 'server')} took it over and ${servers.length === 1 ? 'seals' : 'seal'} with it now.`,
      )
      print('Older values move to it in the background; see: npm run holdfast -- keys status')
      return 0
    }
    if (clock.now().getTime() - begun > takeOverMs) {
      const without = late.filter((server) => !(JSON.parse(server.key_ids) as string[]).includes(id))
      const names = (without.length > 0 ? without : late).map(({ name }) => name).join(', ')
      print(`Not taken over yet by ${names}. A server with a copy of the file needs the new one as well.`)
      print('Until all of them have it, the key from before goes on sealing: nothing is lost.')
      return 1
    }
    await clock.sleep(pollMs, tools.stopping)
  }
}

/** A key that a service keeps must do its work before it is written down. */
async function tryKey(kept: string, { services }: Tools['keyServices']): Promise<void> {
  if (!/^(?:transit|aws-kms):./.test(kept))
    throw new KeysCommandError('Name the key as transit:NAME or aws-kms:ARN. Without --to a new key is made.')
  const vault = createVault({ keyRing: parseMasterKeys(new Secret(`new:${kept}`), services) })
  const place = { projectId: '', table: 'master_keys', rowId: 'new', field: 'try', version: 0 }
  await vault.open(await vault.seal('try', place), place)
}

const stepsForVariable = (kept: string | undefined) => [
  'The keys come from HOLDFAST_MASTER_KEYS, which only you can change.',
  '',
  '1. Put this before the other keys, with a comma between, wherever a server gets the variable:',
  '',
  `     ${newMasterKey(kept)}`,
  '',
  '2. Start the servers anew, one after the other if you like: none seals with the key before all of them have it.',
  '3. Values move to it in the background; see: npm run holdfast -- keys status',
  '4. When none is left: npm run holdfast -- keys drop OLD-ID, then take the old key out of the variable.',
]

/* ── rewrap ────────────────────────────────────────────────────────────────────────────────────────────────────────── */

async function rewrap(tools: Tools): Promise<number> {
  const { config, store, clock, keyServices, print } = tools
  const { services } = keyServices
  const stopping = tools.stopping ?? new AbortController().signal
  const silent = { info() {}, warn() {}, error() {} }
  const masterKeys = await openMasterKeys(config, await readMasterKeys(config, services), {
    store,
    clock,
    log: silent,
    processId: 'command',
    services,
    isServer: false,
  })
  const { vault } = masterKeys
  await untilAgreed(tools, () => masterKeys.isAgreed())
  const isServed = (await liveServers(store, clock)).length > 0
  const run = createRewrapper({
    store,
    vault,
    clock,
    isAgreed: () => masterKeys.isAgreed(),
    onDamaged: (place, error) =>
      print(`${place.table}.${place.field} of row ${place.rowId} does not open and was left as it is (${error.code}).`),
    stopping,
    share: isServed ? 1 / 2 : 1,
    fromStart: true,
  })
  const replaced = await run()
  const census = await countByKey(store)
  const left = [...census].filter(([id]) => id !== vault.currentKeyId).reduce((sum, [, at]) => sum + totalOf(at), 0)
  print(
    `Re-wrapped ${count(replaced, 'value')}. ${left === 0 ? 'All' : 'Not all'} are under ${vault.currentKeyId} now.`,
  )
  if (left > 0) print(`${count(left, 'value')} left; see: npm run holdfast -- keys status`)
  return left === 0 ? 0 : 1
}

async function untilAgreed(tools: Tools, isAgreed: () => Promise<boolean>): Promise<void> {
  const begun = tools.clock.now().getTime()
  while (!(await isAgreed())) {
    if (tools.clock.now().getTime() - begun > takeOverMs)
      throw new KeysCommandError(
        `The servers that run do not all seal with the same key: ${describeServers(await liveServers(tools.store, tools.clock))}. Give all of them the same keys first.`,
      )
    await tools.clock.sleep(pollMs, tools.stopping)
  }
}

/* ── drop ──────────────────────────────────────────────────────────────────────────────────────────────────────────── */

async function drop(tools: Tools, id: string): Promise<number> {
  const { config, store, keyServices, print } = tools
  const ring = await readMasterKeys(config, keyServices.services)
  const recorded = (await store.masterKeys.list()).find((key) => key.id === id)
  if (recorded?.state !== 'dropped') {
    if (!recorded && !ring?.some((key) => key.id === id))
      throw new KeysCommandError(`There is no master key "${id}". See: npm run holdfast -- keys status`)
    await refuseIfSealing(tools, ring, id)
    await settled(tools, recorded)
    refuseIfUsed(id, await countByKey(store))
    refuseIfInSpool(config, id)
    await fenceAndCount(tools, ring, id)
    print(`Dropped ${id}: no value is under it, and the database takes none any more.`)
  } else print(`${id} was dropped before.`)
  if (config.masterKeys) print('Take it out of HOLDFAST_MASTER_KEYS; until then it is left aside.')
  else if (existsSync(config.masterKeysFile) && (await removeMasterKey(config.masterKeysFile, id)))
    print(`Took it out of ${config.masterKeysFile}. Keep the copy that belongs to your older backups.`)
  return 0
}

async function refuseIfSealing({ store, clock }: Tools, ring: KeyRing | undefined, id: string): Promise<void> {
  const servers = await liveServers(store, clock)
  const sealing = servers.filter((server) => server.sealing_key_id === id)
  if (sealing.length > 0)
    throw new KeysCommandError(
      `The master key "${id}" seals: ${sealing.map(({ name }) => name).join(', ')} ${sealing.length === 1 ? 'uses' : 'use'} it for every new value. Rotate first.`,
    )
  if (ring?.[0].id === id)
    throw new KeysCommandError(`The master key "${id}" is the newest: the next start would seal with it. Rotate first.`)
}

/** Waits for values that a server began to seal with this key just before it turned to another one. */
async function settled({ store, clock, print, stopping }: Tools, recorded: MasterKeyRow | undefined): Promise<void> {
  if ((await liveServers(store, clock)).length === 0) return
  const waitMs = (recorded?.sealed_until ?? 0) + settledAfterMs - clock.now().getTime()
  if (waitMs <= 0) return
  print(`Waiting ${Math.ceil(waitMs / 1000)} s for what the servers had begun to seal with it.`)
  await clock.sleep(waitMs, stopping)
}

function refuseIfUsed(id: string, census: Census): void {
  const places = census.get(id)
  if (totalOf(places) === 0) return
  throw new KeysCommandError(
    `The master key "${id}" is in use: ${count(totalOf(places), 'value')} could not be opened without it (${placesIn(places)}). Move them first: npm run holdfast -- keys rewrap`,
  )
}

/** Answers of apps that wait on this machine's disk to be stored. */
function refuseIfInSpool({ dataDir }: Config, id: string): void {
  const folder = join(dataDir, 'spool')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []
  const waiting = names.filter((name) => {
    const { sealed } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { sealed: string }
    return keyIdIn(Buffer.from(sealed, 'base64')) === id
  })
  if (waiting.length > 0)
    throw new KeysCommandError(
      `The master key "${id}" is in use: ${count(waiting.length, 'answer')} in ${folder} wait to be stored. Start the server; it stores them at once.`,
    )
}

/** From the mark on the database refuses new values under the key, so what is counted then is the truth. */
async function fenceAndCount({ store, clock, print }: Tools, ring: KeyRing | undefined, id: string): Promise<void> {
  const isHeld = ring?.some((key) => key.id === id)
  const check_value = ring && isHeld ? await createVault({ keyRing: ring }).makeCheckValue(id) : new Uint8Array()
  await store.transaction(async (queries) => {
    await queries.masterKeys.alone()
    const created_at = clock.now().getTime()
    // One that never sealed is recorded now, so that no server begins to.
    await queries.masterKeys.insert({
      id,
      mark: keyMark(id),
      check_value,
      state: 'dropping',
      sealed_until: null,
      created_at,
    })
    await queries.masterKeys.setState(id, 'dropping')
    await queries.masterKeys.settleWriters()
  })
  const census = await countByKey(store)
  try {
    refuseIfUsed(id, census)
  } catch (error) {
    await store.masterKeys.setState(id, 'used')
    print('Values were sealed with it while it was being dropped; the drop was undone.')
    throw error
  }
  await store.masterKeys.setState(id, 'dropped')
}

/* ── shared ────────────────────────────────────────────────────────────────────────────────────────────────────────── */

async function liveServers(store: Store, clock: Clock): Promise<MasterKeyHolderRow[]> {
  const now = clock.now().getTime()
  return (await store.masterKeys.holders()).filter((holder) => isLive(holder, now))
}

const sourceOf = (config: Config) => (config.masterKeys ? 'HOLDFAST_MASTER_KEYS' : config.masterKeysFile)

const count = (number: number, thing: string) => `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`

const placesIn = (places: ReadonlyMap<string, number> | undefined) =>
  [...(places ?? [])].map(([place, values]) => `${place} ${values.toLocaleString('en')}`).join(' · ')
