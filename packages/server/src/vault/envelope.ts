import { VaultError } from './error.ts'
import type { SealContext } from './types.ts'

/** First byte of every sealed value. */
const magic = 0x48
/** Second byte. A later layout gets a number of its own, so that both can be read side by side. */
const format = 1
const marks = Buffer.from([magic, format])

const keyIdPattern = /^[A-Za-z0-9._-]{1,64}$/
export const isKeyId = (text: string): boolean => keyIdPattern.test(text)

/** The parts of a sealed value. */
export interface Envelope {
  keyId: string
  wrappedDataKey: Uint8Array
  /** `iv | tag | ciphertext`. */
  box: Uint8Array
}

/** @returns `magic(1) | format(1) | length(1) keyId | length(2) wrappedDataKey | iv(12) | tag(16) | ciphertext`. */
export function encodeEnvelope({ keyId, wrappedDataKey, box }: Envelope): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(wrappedDataKey.length)
  return Buffer.concat([keyMark(keyId), length, wrappedDataKey, box])
}

/**
 * The bytes that every value under this key begins with, and no value under another: the id follows its length. So values
 * of a key can be found without any key.
 */
export const keyMark = (keyId: string): Buffer =>
  Buffer.concat([marks, Buffer.from([keyId.length]), Buffer.from(keyId, 'latin1')])

/** @throws {VaultError} `malformed`. */
export function decodeEnvelope(sealed: Uint8Array): Envelope {
  const { keyId, take, rest } = readMark(sealed)
  const wrappedDataKey = take(take(2).readUInt16BE())
  return { keyId, wrappedDataKey, box: rest() }
}

/** So many bytes of a value are enough for `keyIdIn`. */
export const maxMarkLength = marks.length + 1 + 64

/** @param head The beginning of a sealed value. @throws {VaultError} `malformed`. */
export const keyIdIn = (head: Uint8Array): string => readMark(head).keyId

function readMark(sealed: Uint8Array) {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  let position = 0
  const take = (length: number): Buffer => {
    if (position + length > bytes.length) throw malformed('it ends too early')
    position += length
    return bytes.subarray(position - length, position)
  }
  if (take(1)[0] !== magic) throw malformed('its first byte is not that of a sealed value')
  const version = take(1)[0]
  if (version !== format) throw malformed(`its format is ${version}, and this release reads format ${format}`)
  const keyId = take(take(1).readUInt8()).toString('latin1')
  if (!isKeyId(keyId)) throw malformed('its key id has characters no key id has')
  return { keyId, take, rest: () => bytes.subarray(position) }
}

/**
 * What the text is bound to. The data key is bound to the same place and to the key id besides, so that every byte of the
 * header is authenticated and yet a new master key needs only a new wrapping.
 */
export const textContext = (context: SealContext): Buffer => encodeContext('text', context)
export const dataKeyContext = (keyId: string, context: SealContext): Buffer => encodeContext('data key', context, keyId)

/** Every part carries its length: no two contexts give the same bytes. */
function encodeContext(purpose: string, context: SealContext, ...more: string[]): Buffer {
  const { projectId, table, rowId, field, version } = context
  if (!Number.isSafeInteger(version)) throw malformed('the version of its row is not a whole number')
  const parts = [purpose, projectId, table, rowId, field, String(version), ...more]
  let length = marks.length
  for (const part of parts) {
    // Lone surrogates all become the same character in UTF-8, so two contexts could meet.
    if (!part.isWellFormed()) throw malformed('its place is named with text that is not well-formed Unicode')
    length += 4 + Buffer.byteLength(part)
  }
  // In one piece: every credential read makes two of these.
  const bytes = Buffer.allocUnsafe(length)
  let position = marks.copy(bytes)
  for (const part of parts) {
    const written = bytes.write(part, position + 4)
    position = bytes.writeUInt32BE(written, position) + written
  }
  return bytes
}

const malformed = (why: string) =>
  new VaultError(
    'malformed',
    `A sealed value cannot be read: ${why}. If the database is damaged, restore the row from a backup.`,
  )
