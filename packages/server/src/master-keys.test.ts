import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { systemClock } from './clock.ts'
import { type MasterKeys, openMasterKeys, readMasterKeys } from './master-keys.ts'
import { Secret } from './secret.ts'
import { openStore, type Store } from './store/index.ts'
import { anAccount, household } from './store/testing/rows.ts'
import { addMasterKey, newMasterKey, type SealContext } from './vault/index.ts'

const place: SealContext = { projectId: 'p', table: 'connected_accounts', rowId: 'r', field: 'credentials', version: 0 }
const idOf = (entry: string) => entry.slice(0, entry.indexOf(':'))

async function anInstallation(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-master-keys-'))
  const store = await openStore({ dataDir: folder, onError: assert.ifError })
  t.after(async () => {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  })
  let aheadMs = 0
  const clock = { now: () => new Date(Date.now() + aheadMs), sleep: systemClock.sleep }
  const services = { dataKeyCache: { clock, forMs: 0 } }
  const file = join(folder, 'master-keys')
  const logged: string[] = []
  const log = (level: string) => (_: object, message: string) => logged.push(`${level}: ${message}`)
  let count = 0

  /** A process with this text as its keys, or with the file. */
  async function start(text?: string): Promise<MasterKeys> {
    count += 1
    const settings = {
      masterKeys: text === undefined ? undefined : new Secret(text),
      masterKeysFile: file,
      masterKeysFileGiven: false,
    }
    return openMasterKeys(settings, await readMasterKeys(settings, services), {
      store,
      clock,
      log: { info: log('info'), warn: log('warn'), error: log('error') },
      processId: `process ${count}`,
      services,
    })
  }

  return {
    store,
    file,
    start,
    logged,
    loseRecord() {
      const database = new DatabaseSync(join(folder, 'holdfast.db'))
      database.exec('delete from master_keys')
      database.close()
    },
    advance(ms: number) {
      aheadMs += ms
    },
  }
}

const recordedIn = async (store: Store) => (await store.masterKeys.list()).map(({ id }) => id)

/** An account whose credentials are sealed. */
async function sealedAccount(store: Store, { vault }: MasterKeys) {
  const { project, integration } = await household(store)
  const account = anAccount(integration)
  const context = { ...place, projectId: project.id, rowId: account.id }
  await store.accounts.insert({ ...account, credentials: await vault.seal('secret', context) })
}

test('the first start makes a key, and the next one opens with it', async (t) => {
  const { store, file, start } = await anInstallation(t)
  const first = await start()
  const sealed = await first.vault.seal('secret', place)
  await first.close()
  assert.deepEqual(await recordedIn(store), [first.vault.currentKeyId])
  assert.match(await readFile(file, 'utf8'), new RegExp(`^${first.vault.currentKeyId}:`, 'm'))
  assert.equal(await (await start()).vault.open(sealed, place), 'secret')
})

test('a new key in the file is taken over without a restart', async (t) => {
  const { store, file, start, logged } = await anInstallation(t)
  const running = await start()
  const sealed = await running.vault.seal('before', place)
  const id = await addMasterKey(file)
  await running.follow()
  assert.equal(running.vault.currentKeyId, id)
  assert.equal(running.vault.keyIdOf(await running.vault.seal('after', place)), id)
  assert.equal(await running.vault.open(sealed, place), 'before')
  assert.deepEqual((await recordedIn(store)).sort(), [...running.vault.keyIds].sort())
  assert.deepEqual(logged, ['info: another master key seals from now on'])
})

test('a key seals nothing before every process has it', async (t) => {
  const { store, start } = await anInstallation(t)
  const [older, newer] = [newMasterKey(), newMasterKey()]
  const late = await start(older)
  const early = await start(`${newer},${older}`)
  assert.equal(early.vault.currentKeyId, idOf(older))
  assert.deepEqual(await recordedIn(store), [idOf(older)])
  assert.equal(await late.vault.open(await early.vault.seal('shared', place), place), 'shared')
  await late.close()
  const restarted = await start(`${newer},${older}`)
  assert.equal(restarted.vault.currentKeyId, idOf(newer))
  assert.equal(await early.isAgreed(), false)
  await early.follow()
  assert.equal(early.vault.currentKeyId, idOf(newer))
  assert.equal(await early.isAgreed(), true)
})

test('a process that is gone is not waited for', async (t) => {
  const { start, advance } = await anInstallation(t)
  const [older, newer] = [newMasterKey(), newMasterKey()]
  await start(older)
  const running = await start(`${newer},${older}`)
  await running.follow()
  assert.equal(running.vault.currentKeyId, idOf(older))
  advance(30_000)
  await running.follow()
  assert.equal(running.vault.currentKeyId, idOf(newer))
})

test('a process that starts without a key that seals by now is refused', async (t) => {
  const { start } = await anInstallation(t)
  const [older, newer] = [newMasterKey(), newMasterKey()]
  await (await start(`${newer},${older}`)).close()
  await assert.rejects(start(older), { name: 'Error', message: new RegExp(`"${idOf(newer)}" is missing`) })
})

test('a value under a key that another process took over a moment earlier opens at once', async (t) => {
  const { file, start } = await anInstallation(t)
  const [one, other] = [await start(), await start()]
  const id = await addMasterKey(file)
  await one.follow()
  await other.follow()
  await one.follow()
  assert.equal(one.vault.currentKeyId, id)
  const late = await start()
  const newest = await addMasterKey(file)
  for (const process of [one, other, one, other]) await process.follow()
  // `late` has not looked at the file again, and is counted as gone.
  await late.close()
  for (const process of [one, other, one]) await process.follow()
  assert.equal(one.vault.currentKeyId, newest)
  assert.equal(await late.vault.open(await one.vault.seal('secret', place), place), 'secret')
})

test('a file that got damaged, or lost a key, changes nothing for those who run', async (t) => {
  const { file, start, logged } = await anInstallation(t)
  const running = await start()
  const sealed = await running.vault.seal('secret', place)
  const keyId = running.vault.currentKeyId
  for (const text of ['no key at all', newMasterKey(), `${newMasterKey()},${keyId}:${newMasterKey().slice(13)}`]) {
    await writeFile(file, text)
    await running.follow()
    assert.equal(running.vault.currentKeyId, keyId)
    assert.equal(await running.vault.open(sealed, place), 'secret')
  }
  await rm(file)
  await running.follow()
  assert.equal(await running.vault.open(sealed, place), 'secret')
  assert.equal(logged.filter((line) => line.startsWith('error: the master key file changed')).length, 4)
})

test('with the record of keys lost, the values themselves tell the right key from a wrong one', async (t) => {
  const { store, start, loseRecord } = await anInstallation(t)
  const key = newMasterKey()
  const sealing = await start(key)
  await sealedAccount(store, sealing)
  await sealing.close()
  loseRecord()
  await assert.rejects(start(newMasterKey()), /is missing/)
  await assert.rejects(start(`${idOf(key)}:${newMasterKey().slice(13)}`), /is not the one this database was made with/)
  await assert.rejects(start(), /this database was made with the key/)
  assert.deepEqual(await recordedIn(store), [])
  const newer = newMasterKey()
  await start(`${newer},${key}`)
  assert.deepEqual((await recordedIn(store)).sort(), [idOf(key), idOf(newer)].sort())
})

test('a dropped key is left aside, and no start goes on with it alone', async (t) => {
  const { store, start, logged } = await anInstallation(t)
  const [older, newer] = [newMasterKey(), newMasterKey()]
  await (await start(older)).close()
  const running = await start(`${newer},${older}`)
  await store.masterKeys.setState(idOf(older), 'dropped')
  await running.close()
  const again = await start(`${older},${newer}`)
  assert.deepEqual(again.vault.keyIds, [idOf(newer)])
  assert.ok(logged.some((line) => /dropped master keys are still given/.test(line)))
  await again.close()
  await store.masterKeys.setState(idOf(newer), 'dropped')
  await assert.rejects(start(`${newer},${older}`), /were dropped and will not be used again/)
})

test('a key that is being dropped opens and no longer seals', async (t) => {
  const { store, start } = await anInstallation(t)
  const [older, newer] = [newMasterKey(), newMasterKey()]
  const sealing = await start(older)
  const sealed = await sealing.vault.seal('secret', place)
  await sealing.close()
  await store.masterKeys.setState(idOf(older), 'dropping')
  const running = await start(`${older},${newer}`)
  assert.equal(running.vault.currentKeyId, idOf(newer))
  assert.equal(await running.vault.open(sealed, place), 'secret')
})

test('a key file that others can read is warned of', { skip: process.platform === 'win32' }, async (t) => {
  const { file, start, logged } = await anInstallation(t)
  await (await start()).close()
  assert.deepEqual(logged, [])
  await chmod(file, 0o640)
  await start()
  assert.deepEqual(logged, ['warn: other users of this machine can read the master key file; run chmod 600 on it'])
})
