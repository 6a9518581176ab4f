import { randomBytes } from 'node:crypto'
import { chmod, chown, link, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Secret } from '../secret.ts'
import { keyLength } from './aead.ts'
import { VaultError } from './error.ts'
import { entriesOf, idOf, type KeyServices, parseMasterKeys } from './key-ring.ts'
import type { KeyRing } from './types.ts'

/** @throws {VaultError} `malformed`, as `parseMasterKeys`. @throws {Error} The system's, when the file cannot be read. */
export async function readMasterKeyFile(path: string, services?: KeyServices): Promise<KeyRing> {
  return parsed(path, new Secret(await readFile(path, 'utf8')), services)
}

/**
 * Makes a file with one new master key, readable by its owner only (0600), and returns when it is safely on the disk. It
 * appears whole or not at all; a file that is already there is left as it is.
 *
 * @returns Whether this call made it: `false` when there was one.
 */
export async function createMasterKeyFile(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  return write(path, `${header}${newMasterKey()}\n`, async (unfinished) => {
    try {
      await link(unfinished, path)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  })
}

/** @param kept As for `addMasterKey`. @returns A new entry, `id:key`. */
export const newMasterKey = (kept: string = randomBytes(keyLength).toString('base64')): string =>
  `key-${randomBytes(4).toString('hex')}:${kept}`

/**
 * Puts a key before all others.
 *
 * @param kept `transit:<name>` or `aws-kms:<key>` for one that a service keeps; absent: a new key of this file's own.
 * @returns Its id.
 * @throws {VaultError} `malformed` when the file, or the key, cannot be used.
 */
export async function addMasterKey(path: string, kept?: string): Promise<string> {
  const entry = newMasterKey(kept)
  await change(path, (lines) => {
    const first = lines.findIndex((line) => entriesOf(line).length > 0)
    return lines.toSpliced(Math.max(first, 0), 0, entry)
  })
  return idOf(entry) ?? ''
}

/** @returns Whether it was there. @throws {VaultError} `malformed`, also for the last key of the file. */
export async function removeMasterKey(path: string, id: string): Promise<boolean> {
  let found = false
  await change(path, (lines) =>
    lines.flatMap((line) => {
      const entries = entriesOf(line)
      const kept = entries.filter((entry) => idOf(entry) !== id)
      if (kept.length === entries.length) return [line]
      found = true
      return kept.length === 0 ? [] : [kept.join(',')]
    }),
  )
  return found
}

/** Whether others than its owner may read the file. Windows has no such mode. */
export async function isReadByOthers(path: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0
}

/** Reads, changes and replaces the file, one change at a time; a crash leaves the old one or the new one. */
async function change(named: string, edit: (lines: string[]) => string[]): Promise<void> {
  // A name that leads elsewhere goes on leading there.
  const path = await realpath(named)
  const lock = `${path}.lock`
  try {
    await (await open(lock, 'wx', 0o600)).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new VaultError(
      'malformed',
      `Another command is changing ${path}. If there is none, one was cut off: delete ${lock} and try again.`,
    )
  }
  try {
    const before = await readFile(path, 'utf8')
    const after = edit(before.split('\n')).join('\n')
    if (after === before) return
    // What the next start could not read is never written. Whether a service answers is not the question here.
    parsed(path, new Secret(after), anyService)
    const owner = await stat(path)
    await write(path, after, async (unfinished) => {
      // The server may run as another user than this command.
      await chmod(unfinished, owner.mode & 0o777)
      if (owner.uid !== process.getuid?.()) await chown(unfinished, owner.uid, owner.gid)
      await rename(unfinished, path)
      return true
    })
  } finally {
    await rm(lock, { force: true })
  }
}

async function write(path: string, text: string, put: (unfinished: string) => Promise<boolean>): Promise<boolean> {
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(unfinished, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    if (!(await put(unfinished))) return false
  } finally {
    await rm(unfinished, { force: true })
  }
  await syncFolder(dirname(path))
  return true
}

const header = `# Master keys of this installation, newest first. Whoever has this file and the database can read all credentials;
# without it nobody can. Keep a copy apart from the database's backups.
`

const anyService: KeyServices = {
  transit: { fetch: async () => Response.error(), address: '', mount: '' },
  dataKeyCache: { clock: { now: () => new Date(0), sleep: async () => {} }, forMs: 0 },
}

function parsed(path: string, text: Secret, services: KeyServices | undefined): KeyRing {
  try {
    return parseMasterKeys(text, services)
  } catch (error) {
    throw error instanceof VaultError ? new VaultError(error.code, `${path}: ${error.message}`) : error
  }
}

/** The file's name is lasting only when the folder is on the disk as well. Windows has no such call. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
