import type { Secret } from '../secret.ts'
import { decrypt, encrypt, keyLength } from './aead.ts'
import { type AwsKmsOptions, awsKmsKey } from './aws-kms.ts'
import { type DataKeyCacheOptions, remembering } from './data-key-cache.ts'
import { isKeyId } from './envelope.ts'
import { VaultError } from './error.ts'
import { type TransitOptions, transitKey } from './transit.ts'
import type { KeyRing, KeyWrapper } from './types.ts'

/** How keys that another service keeps are reached. */
export interface KeyServices {
  /** Absent when the operator set none up. */
  transit?: TransitOptions | undefined
  awsKms?: AwsKmsOptions | undefined
  dataKeyCache: DataKeyCacheOptions
}

/**
 * Reads master keys, newest first, separated by commas or line ends. In a file, blank lines and lines that begin with `#`
 * are left out. A key is one of:
 * - `id:key`, the key being 32 bytes in base64;
 * - `id:transit:name`, a key of that name in the transit engine of HashiCorp Vault or OpenBao;
 * - `id:aws-kms:key`, a symmetric key in AWS KMS, by its ARN or `alias/<name>`.
 *
 * @throws {VaultError} `malformed`, naming every problem by position and id, never by key.
 */
export function parseMasterKeys(text: Secret, services?: KeyServices): KeyRing {
  const problems: string[] = []
  const keys = new Map<string, KeyWrapper>()
  for (const [index, entry] of entriesOf(text.reveal()).entries()) {
    const id = idOf(entry)
    if (id === undefined) {
      problems.push(`key ${index + 1} must begin with its id and a colon (letters, digits, ".", "_" and "-")`)
      continue
    }
    if (keys.has(id)) {
      problems.push(`the id ${id} appears twice`)
      continue
    }
    const key = keyOf(id, entry.slice(id.length + 1), services)
    if (typeof key === 'string') problems.push(key)
    else keys.set(id, key)
  }
  const [newest, ...older] = keys.values()
  if (problems.length > 0 || !newest)
    throw new VaultError(
      'malformed',
      `The master keys cannot be used: ${problems.join('; ') || 'there is no key'}. Each is written as id:key, newest first.`,
    )
  return [newest, ...older]
}

/** The keys as they are written, without comments. */
export const entriesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .filter((line) => !line.trim().startsWith('#'))
    .flatMap((line) => line.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

/** @returns Undefined for an entry without a usable id. */
export function idOf(entry: string): string | undefined {
  const id = entry.slice(0, Math.max(entry.indexOf(':'), 0))
  return isKeyId(id) ? id : undefined
}

/** @returns The key, or what is wrong with it. */
function keyOf(id: string, text: string, services: KeyServices | undefined): KeyWrapper | string {
  const [, service, name] = /^(transit|aws-kms):(.*)$/.exec(text) ?? []
  if (service === undefined || name === undefined) {
    const key = Buffer.from(text, 'base64')
    if (key.length !== keyLength || !isBase64Of(text, key))
      return `the key ${id} is not ${keyLength} bytes in base64 (make one with: openssl rand -base64 32)`
    return localKey(id, key)
  }
  if (name === '') return `the key ${id} does not say which key of the service it is`
  if (!services) return `the key ${id} is kept by a service, and none can be reached from here`
  if (service === 'aws-kms') return remembering(awsKmsKey(id, name, services.awsKms), services.dataKeyCache)
  if (!services.transit)
    return `the key ${id} is kept by a transit engine: set VAULT_ADDR, and VAULT_TOKEN or VAULT_TOKEN_FILE`
  return remembering(transitKey(id, name, services.transit), services.dataKeyCache)
}

/** Node's decoder skips what is not base64; a key with a slip in it must not pass as another key. */
function isBase64Of(text: string, bytes: Buffer): boolean {
  const bare = text.replace(/=+$/, '')
  return bare === bytes.toString('base64').replace(/=+$/, '') || bare === bytes.toString('base64url')
}

/** A master key held in this process. */
export function localKey(id: string, key: Uint8Array): KeyWrapper {
  return {
    id,
    wrap: (dataKey, context) => encrypt(key, dataKey, context),
    unwrap: (wrapped, context) => decrypt(key, wrapped, context),
  }
}
