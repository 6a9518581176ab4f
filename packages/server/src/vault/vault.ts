import { randomBytes } from 'node:crypto'
import { decrypt, encrypt, keyLength } from './aead.ts'
import { dataKeyContext, decodeEnvelope, type Envelope, encodeEnvelope, keyIdIn, textContext } from './envelope.ts'
import { VaultError } from './error.ts'
import type { KeyedVault, KeyRing, KeyWrapper, SealContext } from './types.ts'

export interface VaultOptions {
  keyRing: KeyRing
  /** Default: the newest. */
  sealingKeyId?: string | undefined
  /**
   * Asked when a value names a key that the ring does not hold: another process may have been given it a moment earlier.
   * It calls `useKeys` if there is news; then the key is looked for once more.
   */
  lookForKeys?: (() => Promise<void>) | undefined
}

export function createVault(options: VaultOptions): KeyedVault {
  let byId = new Map<string, KeyWrapper>()
  let current = options.keyRing[0]
  useKeys(options.keyRing, options.sealingKeyId ?? current.id)

  return {
    get currentKeyId() {
      return current.id
    },

    get keyIds() {
      return [...byId.keys()]
    },

    seal: async (plaintext, context) => (await prepare(current, context))(plaintext),

    prepareSeal: (context) => prepare(current, context),

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
      const key = current
      if (envelope.keyId === key.id) return sealed
      const dataKey = await unwrap(envelope, context)
      try {
        const wrappedDataKey = await key.wrap(dataKey, dataKeyContext(key.id, context))
        return encodeEnvelope({ keyId: key.id, wrappedDataKey, box: envelope.box })
      } finally {
        dataKey.fill(0)
      }
    },

    keyIdOf: keyIdIn,

    useKeys,

    makeCheckValue: async (keyId) => (await prepare(await keyOf(keyId), checkContext(keyId)))(checkText),

    async verifyCheckValue(keyId, checkValue) {
      const envelope = decodeEnvelope(checkValue)
      const dataKey = await unwrap({ ...envelope, keyId }, checkContext(keyId))
      dataKey.fill(0)
    },
  }

  function useKeys(keyRing: KeyRing, sealingKeyId: string) {
    const next = new Map<string, KeyWrapper>(keyRing.map((key) => [key.id, key]))
    const sealing = next.get(sealingKeyId)
    if (!sealing) throw new Error('the key that seals must be on the ring')
    byId = next
    current = sealing
  }

  async function unwrap({ keyId, wrappedDataKey }: Envelope, context: SealContext): Promise<Uint8Array> {
    const key = await keyOf(keyId)
    return key.unwrap(wrappedDataKey, dataKeyContext(keyId, context))
  }

  async function keyOf(id: string): Promise<KeyWrapper> {
    if (!byId.has(id)) await options.lookForKeys?.()
    const key = byId.get(id)
    if (!key)
      throw new VaultError(
        'unknown_key',
        `A value was sealed with the master key "${id}", and the key ring has no key of that id. Add it again, after the newer ones: without it the value cannot be opened.`,
      )
    return key
  }
}

/** Makes a data key and has it wrapped: all of sealing that may take time. */
async function prepare(key: KeyWrapper, context: SealContext): Promise<(plaintext: string) => Uint8Array> {
  const dataKey = randomBytes(keyLength)
  const wrappedDataKey = await key.wrap(dataKey, dataKeyContext(key.id, context))
  let used = false
  return (plaintext) => {
    if (used) throw new Error('a data key seals one value')
    if (!plaintext.isWellFormed())
      throw new VaultError(
        'malformed',
        'A text that is not well-formed Unicode would not come back as it went in; it was not sealed.',
      )
    used = true
    const text = Buffer.from(plaintext, 'utf8')
    try {
      return encodeEnvelope({ keyId: key.id, wrappedDataKey, box: encrypt(dataKey, text, textContext(context)) })
    } finally {
      text.fill(0)
      dataKey.fill(0)
    }
  }
}

const checkText = 'holdfast key check'
const checkContext = (keyId: string): SealContext => ({
  projectId: '',
  table: 'master_keys',
  rowId: keyId,
  field: 'check_value',
  version: 0,
})
