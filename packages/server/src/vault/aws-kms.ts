import { createHash } from 'node:crypto'
import { VaultError } from './error.ts'
import type { KeyWrapper } from './types.ts'

/** As much of `@aws-sdk/client-kms` as is used. The package is optional: only who names such a key needs it. */
export interface KmsModule {
  KMSClient: new (settings: { region?: string }) => KmsClient
  EncryptCommand: new (input: KmsInput & { KeyId: string; Plaintext: Uint8Array }) => unknown
  DecryptCommand: new (input: KmsInput & { KeyId: string; CiphertextBlob: Uint8Array }) => unknown
}

interface KmsInput {
  EncryptionContext: Record<string, string>
}

interface KmsClient {
  send(command: unknown): Promise<{ CiphertextBlob?: Uint8Array; Plaintext?: Uint8Array }>
}

export interface AwsKmsOptions {
  /** Tests hand in a service of their own. */
  load?: (() => Promise<KmsModule>) | undefined
}

/** What KMS calls a ciphertext that this key, or this context, did not make. */
const notAuthentic = ['InvalidCiphertextException', 'IncorrectKeyException']

/**
 * A symmetric master key in AWS KMS. The client finds region and identity as every AWS client does, in the environment, the
 * shared files or the instance, and connects by itself.
 *
 * @param keyId A key's or alias's ARN, or `alias/<name>` in the default region.
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
 */
export function awsKmsKey(id: string, keyId: string, { load = loadPackage }: AwsKmsOptions = {}): KeyWrapper {
  let connected: Promise<{ client: KmsClient; kms: KmsModule }> | undefined
  const connect = () => {
    connected ??= load().then((kms) => {
      const region = /^arn:[^:]+:kms:([^:]+):/.exec(keyId)?.[1]
      return { kms, client: new kms.KMSClient(region === undefined ? {} : { region }) }
    })
    return connected
  }

  const send = async (command: (kms: KmsModule) => unknown) => {
    try {
      const { kms, client } = await connect()
      return await client.send(command(kms))
    } catch (error) {
      if (error instanceof VaultError) throw error
      const name = error instanceof Error ? error.name : 'unknown error'
      if (notAuthentic.includes(name)) throw refused(id, error)
      throw unavailable(id, name, error)
    }
  }

  return {
    id,

    async wrap(dataKey, context) {
      const { CiphertextBlob } = await send(
        (kms) => new kms.EncryptCommand({ KeyId: keyId, Plaintext: dataKey, EncryptionContext: contextOf(context) }),
      )
      if (!CiphertextBlob) throw unavailable(id, 'no ciphertext')
      return CiphertextBlob
    },

    async unwrap(wrapped, context) {
      const { Plaintext } = await send(
        (kms) =>
          new kms.DecryptCommand({ KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext: contextOf(context) }),
      )
      if (!Plaintext) throw unavailable(id, 'no plaintext')
      return Plaintext
    },
  }
}

/** AWS writes the encryption context into its audit log, so it gets the fingerprint of the place and not its names. */
const contextOf = (context: Uint8Array) => ({
  holdfast: createHash('sha256').update(context).digest('base64'),
})

async function loadPackage(): Promise<KmsModule> {
  const name = '@aws-sdk/client-kms'
  try {
    return (await import(name)) as KmsModule
  } catch (error) {
    throw new VaultError(
      'key_service_unavailable',
      `A master key is kept by AWS KMS, and the package that talks to it is not installed. Install it: npm install --workspace @holdfast/server ${name}`,
      { cause: error },
    )
  }
}

const refused = (id: string, cause: unknown) =>
  new VaultError(
    'not_authentic',
    `AWS KMS does not open a value of the master key "${id}": it was changed, it was moved here from another row, or the key is not the one that sealed it.`,
    { cause },
  )

const unavailable = (id: string, why: string, cause?: unknown) =>
  new VaultError(
    'key_service_unavailable',
    `AWS KMS did not do what was asked with the master key "${id}" (${why}). Check that the key is enabled, that this machine's identity may kms:Encrypt and kms:Decrypt with it, and that KMS can be reached.`,
    { cause },
  )
