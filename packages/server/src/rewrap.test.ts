import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Clock, systemClock } from './clock.ts'
import { countByKey, totalOf } from './key-census.ts'
import { createRewrapper, type RewrapOptions } from './rewrap.ts'
import { Secret } from './secret.ts'
import { openStore, type Store } from './store/index.ts'
import { anAccount, household } from './store/testing/rows.ts'
import {
  createVault,
  type KeyRing,
  type KeyWrapper,
  parseMasterKeys,
  type SealContext,
  type Vault,
} from './vault/index.ts'

const newKey = (id: string): KeyWrapper => parseMasterKeys(new Secret(`${id}:${randomBytes(32).toString('base64')}`))[0]
const [older, newer] = [newKey('older'), newKey('newer')]
const vaultOf = (...keyRing: [KeyWrapper, ...KeyWrapper[]]) => createVault({ keyRing: keyRing satisfies KeyRing })

async function aStore(t: TestContext): Promise<Store> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-rewrap-'))
  const store = await openStore({ dataDir, onError: assert.ifError })
  t.after(async () => {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  })
  return store
}

const placeOf = (projectId: string, rowId: string, version = 0): SealContext => ({
  projectId,
  table: 'connected_accounts',
  rowId,
  field: 'credentials',
  version,
})

/** Accounts whose credentials are sealed with the older key. */
async function sealedAccounts(store: Store, count: number) {
  const { project, integration } = await household(store)
  const vault = vaultOf(older)
  const accounts = Array.from({ length: count }, () => anAccount(integration))
  const sealed = await Promise.all(accounts.map(({ id }) => vault.seal(`of ${id}`, placeOf(project.id, id))))
  await store.transaction(async (queries) => {
    for (const [index, account] of accounts.entries())
      await queries.accounts.insert({ ...account, credentials: sealed[index] ?? null })
  })
  return { project, ids: accounts.map(({ id }) => id) }
}

const rewrapper = (store: Store, options: Partial<RewrapOptions> = {}) =>
  createRewrapper({
    store,
    vault: vaultOf(newer, older),
    clock: systemClock,
    isAgreed: async () => true,
    onDamaged: (place) => assert.fail(`${place.rowId} does not open`),
    stopping: new AbortController().signal,
    share: 1,
    ...options,
  })

const countUnder = async (store: Store, keyId: string) => totalOf((await countByKey(store)).get(keyId))

/** A vault that does something else just before it re-wraps. */
const before = (work: (place: SealContext) => Promise<void>, vault: Vault = vaultOf(newer, older)): Vault => ({
  ...vault,
  currentKeyId: vault.currentKeyId,
  keyIds: vault.keyIds,
  rewrap: async (sealed, place) => {
    await work(place)
    return vault.rewrap(sealed, place)
  },
})

test('every value moves to the newer key and opens with it alone', async (t) => {
  const store = await aStore(t)
  const { project, ids } = await sealedAccounts(store, 450)
  assert.equal(await rewrapper(store)(), 450)
  const vault = vaultOf(newer)
  for (const id of ids) {
    const row = await store.accounts.find(project.id, id)
    assert.ok(row?.credentials)
    assert.equal(await vault.open(row.credentials, placeOf(project.id, id)), `of ${id}`)
  }
  assert.equal(await rewrapper(store)(), 0)
})

test('a change that comes in between is kept', async (t) => {
  const store = await aStore(t)
  const { project, ids } = await sealedAccounts(store, 5)
  const [changed = ''] = ids
  const vault = before(async ({ rowId }) => {
    if (rowId !== changed) return
    const place = placeOf(project.id, rowId, 1)
    const credentials = await vaultOf(older).seal('a reconnect', place)
    await store.accounts.replaceCredentials(project.id, rowId, 0, { credentials })
  })
  assert.equal(await rewrapper(store, { vault })(), 5)
  const row = await store.accounts.find(project.id, changed)
  assert.ok(row?.credentials)
  assert.equal(await vaultOf(newer).open(row.credentials, placeOf(project.id, changed, 1)), 'a reconnect')
})

test('a row that is deleted in between does not come back', async (t) => {
  const store = await aStore(t)
  const { project, ids } = await sealedAccounts(store, 3)
  const [gone = ''] = ids
  const vault = before(async ({ rowId }) => {
    if (rowId === gone) await store.accounts.delete(project.id, rowId)
  })
  assert.equal(await rewrapper(store, { vault })(), 2)
  assert.equal(await store.accounts.find(project.id, gone), undefined)
})

test('several work together, and each value is replaced once', async (t) => {
  const store = await aStore(t)
  await sealedAccounts(store, 900)
  const replaced = await Promise.all(Array.from({ length: 3 }, () => rewrapper(store)()))
  assert.equal(
    replaced.reduce((sum, count) => sum + count),
    900,
  )
  assert.equal(await countUnder(store, 'newer'), 900)
})

test('nothing moves before every process seals with the newer key', async (t) => {
  const store = await aStore(t)
  await sealedAccounts(store, 3)
  let agreed = false
  const run = rewrapper(store, { isAgreed: async () => agreed })
  assert.equal(await run(), 0)
  agreed = true
  assert.equal(await run(), 3)
})

test('work that was cut off after it was claimed is found again', async (t) => {
  const store = await aStore(t)
  await sealedAccounts(store, 300)
  let seen = 0
  const vault = before(async () => {
    seen += 1
    if (seen === 30) throw new Error('killed')
  })
  await assert.rejects(rewrapper(store, { vault })(), /killed/)
  const left = await countUnder(store, 'older')
  assert.ok(left > 0 && left < 300, `${left} left`)
  assert.equal(await rewrapper(store)(), left)
  assert.equal(await countUnder(store, 'older'), 0)
})

test('a stop ends it after the values in hand', async (t) => {
  const store = await aStore(t)
  await sealedAccounts(store, 300)
  const stopping = new AbortController()
  let seen = 0
  const vault = before(async () => {
    seen += 1
    if (seen === 30) stopping.abort()
  })
  await rewrapper(store, { vault, stopping: stopping.signal })()
  assert.ok((await countUnder(store, 'older')) > 200)
  await rewrapper(store)()
  assert.equal(await countUnder(store, 'older'), 0)
})

test('a damaged value is told once, left as it is, and holds up no other', async (t) => {
  const store = await aStore(t)
  const { project, ids } = await sealedAccounts(store, 5)
  const [one = '', other = ''] = ids
  const foreign = (await store.accounts.find(project.id, one))?.credentials
  assert.ok(foreign)
  await store.accounts.replaceCredentials(project.id, other, 0, { credentials: foreign })
  const damaged: string[] = []
  const run = rewrapper(store, { onDamaged: ({ rowId }) => damaged.push(rowId) })
  assert.equal(await run(), 4)
  assert.equal(await run(), 0)
  assert.deepEqual(damaged, [other])
  assert.deepEqual((await store.accounts.find(project.id, other))?.credentials, foreign)
})

test('a key service that is away stops it, and the next run goes on', async (t) => {
  const store = await aStore(t)
  await sealedAccounts(store, 50)
  let away = true
  const kept: KeyWrapper = {
    ...newer,
    wrap: (dataKey, context) => {
      if (away) throw new Error('away')
      return newer.wrap(dataKey, context)
    },
  }
  const run = rewrapper(store, { vault: vaultOf(kept, older) })
  await assert.rejects(run(), /away/)
  away = false
  assert.equal(await run(), 50)
})

test('a rotation in the middle of it begins anew for the newest key', async (t) => {
  const store = await aStore(t)
  await sealedAccounts(store, 300)
  const newest = newKey('newest')
  const vault = vaultOf(newer, older)
  let seen = 0
  const changing = before(async () => {
    seen += 1
    if (seen === 250) vault.useKeys([newest, newer, older], 'newest')
  }, vault)
  const live: Vault = Object.defineProperty({ ...changing }, 'currentKeyId', { get: () => vault.currentKeyId })
  await rewrapper(store, { vault: live })()
  assert.equal(await countUnder(store, 'newest'), 300)
})

test('values that come under an older key later are found after an hour', async (t) => {
  const store = await aStore(t)
  let aheadMs = 0
  const clock: Clock = { now: () => new Date(Date.now() + aheadMs), sleep: systemClock.sleep }
  const run = rewrapper(store, { clock })
  await run()
  await sealedAccounts(store, 2)
  assert.equal(await run(), 0)
  aheadMs = 60 * 60_000
  assert.equal(await run(), 2)
})
