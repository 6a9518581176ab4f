import { createHmac, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Secret } from '../secret.ts'
import { decrypt, encrypt, keyLength } from './aead.ts'
import { isKeyId } from './envelope.ts'
import { VaultError } from './error.ts'
import type { KeyRing, KeyWrapper } from './types.ts'

/**
 * Reads master keys as `id:key`, newest first, separated by commas or line ends; the key is 32 bytes in base64. In a file,
 * blank lines and lines that begin with `#` are left out.
 *
 * @throws {VaultError} `malformed`, naming every problem by position and id, never by key.
 */
export function parseMasterKeys(text: Secret): KeyRing {
  const entries = text
    .reveal()
    .split(/\r?\n/)
    .filter((line) => !line.trim().startsWith('#'))
    .flatMap((line) => line.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  const problems: string[] = []
  const keys = new Map<string, KeyWrapper>()
  for (const [index, entry] of entries.entries()) {
    const colon = entry.indexOf(':')
    const id = entry.slice(0, Math.max(colon, 0))
    if (!isKeyId(id)) {
      problems.push(`key ${index + 1} must begin with its id and a colon (letters, digits, ".", "_" and "-")`)
      continue
    }
    const key = Buffer.from(entry.slice(colon + 1), 'base64')
    if (keys.has(id)) problems.push(`the id ${id} appears twice`)
    else if (key.length !== keyLength || !isBase64Of(entry.slice(colon + 1), key))
      problems.push(`the key ${id} is not ${keyLength} bytes in base64 (make one with: openssl rand -base64 32)`)
    else keys.set(id, localKey(id, key))
  }
  const [first, ...others] = keys.values()
  if (problems.length === 0 && !first) problems.push('there is no key')
  if (problems.length > 0 || !first)
    throw new VaultError('malformed', `The master keys cannot be used: ${problems.join('; ')}.`)
  return [first, ...others]
}

/** @throws {VaultError} `malformed`, as `parseMasterKeys`. @throws {Error} The system's, when the file cannot be read. */
export async function readMasterKeyFile(path: string): Promise<KeyRing> {
  const text = new Secret(await readFile(path, 'utf8'))
  try {
    return parseMasterKeys(text)
  } catch (error) {
    throw error instanceof VaultError ? new VaultError(error.code, `${path}: ${error.message}`) : error
  }
}

/**
 * Makes a file with one new master key, readable by its owner only (0600), and returns when it is safely on the disk. It
 * appears whole or not at all; a file that is already there is left as it is.
 *
 * @returns Whether this call made it: `false` when there was one.
 */
export async function createMasterKeyFile(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const unfinished = `${path}.${randomBytes(6).toString('hex')}`
  const key = randomBytes(keyLength)
  try {
    const file = await open(unfinished, 'wx', 0o600)
    try {
      await file.writeFile(`${header}key-${randomBytes(4).toString('hex')}:${key.toString('base64')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(unfinished, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    key.fill(0)
    await rm(unfinished, { force: true })
  }
  await syncFolder(dirname(path))
  return true
}

const header = `# Master keys of this installation, newest first. Whoever has this file and the database can read all credentials;
# without it nobody can. Keep a copy apart from the database's backups.
`

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

/** A master key held in this process. */
export function localKey(id: string, key: Uint8Array): KeyWrapper {
  return {
    id,
    check: createHmac('sha256', key).update('holdfast key check').digest('hex').slice(0, 16),
    wrap: (dataKey, context) => encrypt(key, dataKey, context),
    unwrap: (wrapped, context) => decrypt(key, wrapped, context),
  }
}

/** Node's decoder skips what is not base64; a key with a slip in it must not pass as another key. */
function isBase64Of(text: string, bytes: Buffer): boolean {
  const bare = text.replace(/=+$/, '')
  return bare === bytes.toString('base64').replace(/=+$/, '') || bare === bytes.toString('base64url')
}
