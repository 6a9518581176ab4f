/** The transit engine of HashiCorp Vault or OpenBao, as far as a key of type aes256-gcm96 goes. For tests. */
import { randomBytes } from 'node:crypto'
import { decrypt, encrypt } from '../aead.ts'
import type { KeyServiceFetch } from '../transit.ts'

export interface FakeTransit {
  fetch: KeyServiceFetch
  calls: { url: string; verb: string; headers: Record<string, string> }[]
  /** Answers everything with this status from now on; undefined: works again. */
  fail(status: number | undefined): void
  /** A new version of the key, as `transit/keys/<name>/rotate` makes it. */
  rotate(): void
}

export function fakeTransit(token: string): FakeTransit {
  const versions = [randomBytes(32)]
  const calls: FakeTransit['calls'] = []
  let failing: number | undefined
  const answer = (status: number, body: unknown) => Response.json(body, { status })

  const fetch: KeyServiceFetch = async (address, { headers, body }) => {
    const url = String(address)
    const [, verb = '', name] = /\/v1\/transit\/(encrypt|decrypt)\/([^/]+)$/.exec(url) ?? []
    calls.push({ url, verb, headers })
    if (failing !== undefined) return answer(failing, { errors: failing === 503 ? ['Vault is sealed'] : [] })
    if (headers['x-vault-token'] !== token) return answer(403, { errors: ['permission denied'] })
    if (name !== 'holdfast') return answer(400, { errors: ['encryption key not found'] })
    const input = JSON.parse(body) as { plaintext?: string; ciphertext?: string; associated_data: string }
    const associated = Buffer.from(input.associated_data, 'base64')
    if (verb === 'encrypt') {
      const box = encrypt(versions.at(-1)!, Buffer.from(input.plaintext ?? '', 'base64'), associated)
      return answer(200, { data: { ciphertext: `vault:v${versions.length}:${box.toString('base64')}` } })
    }
    const [, version, box] = /^vault:v(\d+):(.*)$/.exec(input.ciphertext ?? '') ?? []
    const key = versions[Number(version) - 1]
    if (!key || box === undefined) return answer(400, { errors: ['invalid ciphertext: no prefix'] })
    try {
      const plaintext = decrypt(key, Buffer.from(box, 'base64'), associated)
      return answer(200, { data: { plaintext: plaintext.toString('base64') } })
    } catch {
      return answer(400, { errors: ['invalid ciphertext: unable to decrypt'] })
    }
  }

  return {
    fetch,
    calls,
    fail(status) {
      failing = status
    },
    rotate: () => versions.push(randomBytes(32)),
  }
}
