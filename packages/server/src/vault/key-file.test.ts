import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  addMasterKey,
  createMasterKeyFile,
  createVault,
  isReadByOthers,
  readMasterKeyFile,
  removeMasterKey,
  VaultError,
} from './index.ts'

const place = { projectId: 'p', table: 't', rowId: 'r', field: 'f', version: 1 }
const entry = (id: string) => `${id}:${randomBytes(32).toString('base64')}`
const idsIn = async (path: string) => (await readMasterKeyFile(path)).map(({ id }) => id)

async function temporaryFolder(t: { after(cleanUp: () => unknown): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-keys-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

test('a new key file is for its owner only and opens what it sealed', async (t) => {
  const path = join(await temporaryFolder(t), 'data', 'master-keys')
  assert.equal(await createMasterKeyFile(path), true)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const sealed = await createVault({ keyRing: await readMasterKeyFile(path) }).seal('secret', place)
  assert.equal(await createVault({ keyRing: await readMasterKeyFile(path) }).open(sealed, place), 'secret')
})

test('a key file that is there is never replaced', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await createMasterKeyFile(path)
  const before = await readFile(path, 'utf8')
  assert.equal(await createMasterKeyFile(path), false)
  assert.equal(await readFile(path, 'utf8'), before)
})

test('of many starts at once exactly one makes the key file, and none leaves another file', async (t) => {
  const folder = await temporaryFolder(t)
  const made = await Promise.all(Array.from({ length: 8 }, () => createMasterKeyFile(join(folder, 'master-keys'))))
  assert.equal(made.filter(Boolean).length, 1)
  assert.deepEqual(await readdir(folder), ['master-keys'])
})

test('a damaged key file is named in the refusal', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await writeFile(path, 'key-1:dGhpcyBpcyBub3QgYSBrZXk=\n')
  await assert.rejects(readMasterKeyFile(path), (error: unknown) => {
    assert.ok(error instanceof VaultError)
    assert.ok(error.message.startsWith(`${path}: `))
    assert.equal(error.message.includes('dGhpcyBpcyB'), false)
    return true
  })
})

test('a new key goes before the others, and comments stay where they are', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  const old = entry('old')
  await writeFile(path, `# ours\n\n${old}\n`, { mode: 0o600 })
  const id = await addMasterKey(path)
  assert.deepEqual(await idsIn(path), [id, 'old'])
  const lines = (await readFile(path, 'utf8')).split('\n')
  assert.deepEqual([lines[0], lines[1], lines[3], lines[4]], ['# ours', '', old, ''])
  assert.match(lines[2] ?? '', /^key-[0-9a-f]{8}:/)
})

test('a key is taken out alone, also from a line with others', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await writeFile(path, `${entry('a')},${entry('b')}\n${entry('c')}\n`)
  assert.equal(await removeMasterKey(path, 'a'), true)
  assert.deepEqual(await idsIn(path), ['b', 'c'])
  assert.equal(await removeMasterKey(path, 'c'), true)
  assert.equal(await removeMasterKey(path, 'c'), false)
  assert.deepEqual(await idsIn(path), ['b'])
})

test('the last key stays, whatever is asked', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await createMasterKeyFile(path)
  const before = await readFile(path, 'utf8')
  const [id = ''] = await idsIn(path)
  await assert.rejects(removeMasterKey(path, id), /there is no key/)
  assert.equal(await readFile(path, 'utf8'), before)
})

test('a change keeps the mode of the file and leaves no other file', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'master-keys')
  await createMasterKeyFile(path)
  await addMasterKey(path)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  await chmod(path, 0o640)
  await addMasterKey(path)
  assert.equal((await stat(path)).mode & 0o777, 0o640)
  assert.deepEqual(await readdir(folder), ['master-keys'])
})

test('of two changes at once neither is lost', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await createMasterKeyFile(path)
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => addMasterKey(path)))
  const added = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  assert.ok(added.length > 0)
  assert.deepEqual((await idsIn(path)).slice(0, -1).sort(), added.sort())
})

test('the lock of a command that was cut off is named', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await createMasterKeyFile(path)
  await writeFile(`${path}.lock`, '')
  await assert.rejects(addMasterKey(path), /master-keys\.lock/)
})

test('a name that leads to the file elsewhere goes on leading there', async (t) => {
  const folder = await temporaryFolder(t)
  await createMasterKeyFile(join(folder, 'real', 'keys'))
  await symlink(join(folder, 'real', 'keys'), join(folder, 'master-keys'))
  const id = await addMasterKey(join(folder, 'master-keys'))
  assert.equal((await idsIn(join(folder, 'real', 'keys')))[0], id)
})

test('what the next start could not read is not written', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await createMasterKeyFile(path)
  const before = await readFile(path, 'utf8')
  await assert.rejects(addMasterKey(path, 'not base64!'), VaultError)
  assert.equal(await readFile(path, 'utf8'), before)
})

test('a file that others can read is noticed', async (t) => {
  const path = join(await temporaryFolder(t), 'master-keys')
  await createMasterKeyFile(path)
  assert.equal(await isReadByOthers(path), false)
  await chmod(path, 0o644)
  assert.equal(await isReadByOthers(path), true)
})
