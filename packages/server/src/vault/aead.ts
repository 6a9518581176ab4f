import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { VaultError } from './error.ts'

const algorithm = 'aes-256-gcm'
export const keyLength = 32
const ivLength = 12
const tagLength = 16
const overhead = ivLength + tagLength

/**
 * AES-256-GCM with a random 96-bit IV (NIST SP 800-38D §8.2.2).
 *
 * @returns `iv(12) | tag(16) | ciphertext`.
 */
export function encrypt(key: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Buffer {
  const iv = randomBytes(ivLength)
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagLength })
  cipher.setAAD(associatedData)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext])
}

/** @throws {VaultError} `not_authentic` for anything that `encrypt` did not make with this key and associated data. */
export function decrypt(key: Uint8Array, box: Uint8Array, associatedData: Uint8Array): Buffer {
  if (box.length < overhead) throw notAuthentic()
  // Without authTagLength Node would accept a tag of four bytes, which can be guessed.
  const decipher = createDecipheriv(algorithm, key, box.subarray(0, ivLength), { authTagLength: tagLength })
  decipher.setAAD(associatedData)
  decipher.setAuthTag(box.subarray(ivLength, overhead))
  const begin = decipher.update(box.subarray(overhead))
  try {
    return Buffer.concat([begin, decipher.final()])
  } catch (error) {
    throw notAuthentic(error)
  } finally {
    begin.fill(0)
  }
}

const notAuthentic = (cause?: unknown) =>
  new VaultError(
    'not_authentic',
    'A sealed value does not open: it was changed, it was moved here from another row, or the master key under its id ' +
      'is not the one that sealed it. Check the master keys first; if they are right, restore the row from a backup.',
    { cause },
  )
