import { readFile } from 'node:fs/promises'
import type { Secret } from '../secret.ts'
import { VaultError } from './error.ts'
import type { KeyWrapper } from './types.ts'

/** As much of a fetch as a key service needs. Handed in: this room has no way out of its own. */
export type KeyServiceFetch = (
  url: string | URL,
  init: { method: string; headers: Record<string, string>; body: string; timeoutMs: number },
) => Promise<Response>

export interface TransitOptions {
  fetch: KeyServiceFetch
  /** `https://vault.example.com:8200`. */
  address: string
  /** Where the transit engine is mounted: `transit`. */
  mount: string
  /** One of the two: the token, or a file that an agent keeps it in and may replace at any time. */
  token?: Secret | undefined
  tokenFile?: string | undefined
  namespace?: string | undefined
}

const timeoutMs = 10_000

/** What a failed authentication of the ciphertext is called; other refusals with status 400 are about the request or the key. */
const notAuthentic = /unable to decrypt|message authentication failed|invalid ciphertext/i

/**
 * A master key in the transit engine of HashiCorp Vault (1.13 or newer) or OpenBao. It must be of an AEAD type
 * (`aes256-gcm96`, the default): then the place of a value is authenticated there as well.
 *
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
export function transitKey(id: string, name: string, options: TransitOptions): KeyWrapper {
  const call = async (verb: 'encrypt' | 'decrypt', body: Record<string, string>): Promise<Record<string, unknown>> => {
    const url = `${options.address.replace(/\/+$/, '')}/v1/${options.mount}/${verb}/${encodeURIComponent(name)}`
    let response: Response
    let answer: { data?: Record<string, unknown>; errors?: unknown }
    try {
      response = await options.fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-vault-request': 'true',
          'x-vault-token': await readToken(options),
          ...(options.namespace !== undefined && { 'x-vault-namespace': options.namespace }),
        },
        body: JSON.stringify(body),
        timeoutMs,
      })
      answer = (await response.json()) as typeof answer
    } catch (error) {
      throw unavailable(id, 'it could not be reached, or answered with something else than JSON', error)
    }
    if (response.ok && answer.data) return answer.data
    const said = Array.isArray(answer.errors) ? answer.errors.join('; ').slice(0, 300) : ''
    if (response.status === 400 && verb === 'decrypt' && notAuthentic.test(said)) throw refused(id)
    throw unavailable(id, `it answered with status ${response.status}${said === '' ? '' : ` (${said})`}`)
  }

  return {
    id,

    async wrap(dataKey, context) {
      const { ciphertext } = await call('encrypt', {
        plaintext: Buffer.from(dataKey).toString('base64'),
        associated_data: Buffer.from(context).toString('base64'),
      })
      if (typeof ciphertext !== 'string') throw unavailable(id, 'its answer holds no ciphertext')
      return Buffer.from(ciphertext, 'utf8')
    },

    async unwrap(wrapped, context) {
      const { plaintext } = await call('decrypt', {
        ciphertext: Buffer.from(wrapped).toString('utf8'),
        associated_data: Buffer.from(context).toString('base64'),
      })
      if (typeof plaintext !== 'string') throw unavailable(id, 'its answer holds no plaintext')
      return Buffer.from(plaintext, 'base64')
    },
  }
}

async function readToken({ token, tokenFile }: TransitOptions): Promise<string> {
  if (token) return token.reveal()
  return tokenFile === undefined ? '' : (await readFile(tokenFile, 'utf8')).trim()
}

const refused = (id: string) =>
  new VaultError(
    'not_authentic',
    `The key service does not open a value of the master key "${id}": it was changed, it was moved here from another row, or the key of that name is not the one that sealed it.`,
  )

const unavailable = (id: string, why: string, cause?: unknown) =>
  new VaultError(
    'key_service_unavailable',
    `The transit service did not do what was asked with the master key "${id}": ${why}. Check VAULT_ADDR, the token and its policy (update on encrypt and decrypt of this key), and that the service is unsealed.`,
    { cause },
  )
