import { randomBytes } from 'node:crypto'
import { decrypt, encrypt, keyLength } from './aead.ts'
import { dataKeyContext, decodeEnvelope, type Envelope, encodeEnvelope, textContext } from './envelope.ts'
import { VaultError } from './error.ts'
import type { KeyRing, KeyWrapper, SealContext, Vault } from './types.ts'

export function createVault({ keyRing }: { keyRing: KeyRing }): Vault {
  const [current] = keyRing
  const byId = new Map<string, KeyWrapper>(keyRing.map((key) => [key.id, key]))

  return {
    currentKeyId: current.id,

    async seal(plaintext, context) {
      if (!plaintext.isWellFormed())
        throw new VaultError(
          'malformed',
          'A text that is not well-formed Unicode would not come back as it went in; it was not sealed.',
        )
      const text = Buffer.from(plaintext, 'utf8')
      const dataKey = randomBytes(keyLength)
      try {
        const box = encrypt(dataKey, text, textContext(context))
        const wrappedDataKey = await current.wrap(dataKey, dataKeyContext(current.id, context))
        return encodeEnvelope({ keyId: current.id, wrappedDataKey, box })
      } finally {
        text.fill(0)
        dataKey.fill(0)
      }
    },

    async open(sealed, context) {
      const envelope = decodeEnvelope(sealed)
      const dataKey = await unwrap(envelope, context)
      try {
        const text = decrypt(dataKey, envelope.box, textContext(context))
        try {
          return text.toString('utf8')
        } finally {
          text.fill(0)
        }
      } finally {
        dataKey.fill(0)
      }
    },

    async rewrap(sealed, context) {
      const envelope = decodeEnvelope(sealed)
      if (envelope.keyId === current.id) return sealed
      const dataKey = await unwrap(envelope, context)
      try {
        const wrappedDataKey = await current.wrap(dataKey, dataKeyContext(current.id, context))
        return encodeEnvelope({ keyId: current.id, wrappedDataKey, box: envelope.box })
      } finally {
        dataKey.fill(0)
      }
    },

    keyIdOf: (sealed) => decodeEnvelope(sealed).keyId,

    keyCheckValues: () => keyRing.map(({ id, check }) => ({ id, check })),
  }

  async function unwrap({ keyId, wrappedDataKey }: Envelope, context: SealContext): Promise<Uint8Array> {
    const key = byId.get(keyId)
    if (!key)
      throw new VaultError(
        'unknown_key',
        `A value was sealed with the master key "${keyId}", and the key ring has no key of that id. Add it again, after the newer ones: without it the value cannot be opened.`,
      )
    return key.unwrap(wrappedDataKey, dataKeyContext(keyId, context))
  }
}
