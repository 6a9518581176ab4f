/** One-time codes of an authenticator app: RFC 6238 with the values every app supports (SHA-1, 6 digits, 30 seconds). */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const stepSeconds = 30
const digits = 6
/** Steps before and after now whose codes are taken: clocks of phones drift, and typing takes time (RFC 6238 §5.2). */
const drift = 1

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 160 bits (RFC 4226 §4) in base32 (RFC 4648 §6). */
export function newTotpSecret(): string {
  let bits = ''
  for (const byte of randomBytes(20)) bits += byte.toString(2).padStart(8, '0')
  return bits.replace(/.{5}/g, (five) => alphabet[Number.parseInt(five, 2)] ?? '')
}

/** What a QR code shows to an authenticator app. */
export function totpUri(secret: string, account: string, issuer = 'Holdfast'): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`
}

/** @returns The time step whose code this is; undefined when it is none around `now`. Which of them it is takes the same time. */
export function totpStepOf(secret: string, code: string, now: Date): number | undefined {
  const given = Buffer.from(code.replace(/\s/g, ''))
  const current = Math.floor(now.getTime() / 1000 / stepSeconds)
  let found: number | undefined
  for (let step = current - drift; step <= current + drift; step++) {
    const right = Buffer.from(totpCode(secret, step))
    if (given.length === right.length && timingSafeEqual(given, right)) found = step
  }
  return found
}

/** RFC 4226 §5.3. @param step Time in units of 30 seconds since 1970. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits
  return String(number).padStart(digits, '0')
}

function fromBase32(text: string): Buffer {
  let bits = ''
  for (const letter of text) bits += alphabet.indexOf(letter).toString(2).padStart(5, '0')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
