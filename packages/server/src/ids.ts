import { hash, randomBytes, randomInt, randomUUIDv7 } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** A UUID that sorts by time (RFC 9562 §5.7), so that new rows land together. */
export const newId = (): string => randomUUIDv7()

/** Whether it looks like one of ours; nothing else is worth a query. */
export const isId = (text: string): boolean => /^[0-9a-f-]{36}$/.test(text)

/** 256 random bits for links, states and cookies; URL-safe. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** What is stored of a token or key instead of itself. */
export const sha256 = (text: string): Uint8Array => hash('sha256', text, 'buffer')

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

const randomText = (length: number) => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')

/**
 * A new key `hf_<kind>_<id>_<secret><checksum>`: 43 characters of secret (256 bits) and a CRC-32 over all before it in
 * 6 characters, so that secret scanners can tell a key from chance.
 */
export function newKey(kind: 'test' | 'live' | 'admin' | 'session'): string {
  const body = `hf_${kind}_${randomText(10)}_${randomText(43)}`
  return body + checksum(body)
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let position = 0; position < 6; position++) {
    digits = alphabet[rest % alphabet.length] + digits
    rest = Math.floor(rest / alphabet.length)
  }
  return digits
}
