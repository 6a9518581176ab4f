import { createPublicKey, type KeyObject } from 'node:crypto'
import { CompactEncrypt } from 'jose'
import { invalid } from '../../errors.ts'

const property = 'recipientPublicKey'
const leastRsaBits = 2048
const curves: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1']

/** Encrypts to whoever holds the private key. @returns A compact JWE (RFC 7516 §7.1). */
export type Encrypt = (text: string) => Promise<string>

/**
 * @param given PEM text, or a JWK as an object.
 * @throws {AppError} validation_failed. A private key is refused, since it would not be one any more.
 */
export function encryptionTo(given: unknown): Encrypt {
  const key = readKey(given)
  const alg = algorithmOf(key)
  return (text) =>
    new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg, enc: 'A256GCM', typ: 'JWE', cty: 'json' })
      .encrypt(key)
}

function readKey(given: unknown): KeyObject {
  if (typeof given === 'string') {
    if (given.includes('PRIVATE KEY')) throw isPrivate()
    return parsed(() => createPublicKey({ key: given, format: 'pem' }))
  }
  if (typeof given !== 'object' || given === null)
    throw invalid({ property, message: 'must be a public key, as PEM or JWK' })
  if ('d' in given || 'k' in given) throw isPrivate()
  return parsed(() => createPublicKey({ key: given, format: 'jwk' } as Parameters<typeof createPublicKey>[0]))
}

const isPrivate = () => invalid({ property, message: 'is a private key; send the public one, and replace this one' })

function parsed(read: () => KeyObject): KeyObject {
  try {
    return read()
  } catch {
    throw invalid({ property, message: 'is not a public key that can be read, as PEM or JWK' })
  }
}

function algorithmOf({
  asymmetricKeyType: type,
  asymmetricKeyDetails: details,
}: KeyObject): 'RSA-OAEP-256' | 'ECDH-ES' {
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) >= leastRsaBits) return 'RSA-OAEP-256'
    throw invalid({ property, message: `is too short: RSA needs at least ${leastRsaBits} bits` })
  }
  if (type === 'x25519' || (type === 'ec' && curves.includes(details?.namedCurve))) return 'ECDH-ES'
  throw invalid({ property, message: 'must be RSA, P-256, P-384, P-521 or X25519' })
}
