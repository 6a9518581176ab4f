import { createHmac, randomBytes } from 'node:crypto'
import { Secret } from '../secret.ts'

/** Standard Webhooks: a symmetric secret is `whsec_` and the base64 of 24 to 64 random bytes. */
const prefix = 'whsec_'
const secretBytes = 32

export const newSecret = (): Secret => new Secret(prefix + randomBytes(secretBytes).toString('base64'))

/**
 * The three headers of Standard Webhooks.
 *
 * @param id Stable over all attempts; holds no dot, which separates the signed parts.
 * @param at The time of this attempt, so that a receiver can refuse what somebody recorded and plays back.
 * @param secrets One, or two while a rotation overlaps; the receiver accepts either signature.
 */
export function signedHeaders(
  id: string,
  at: Date,
  body: string,
  secrets: readonly Secret[],
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const content = `${id}.${timestamp}.${body}`
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${signature(secret, content)}`).join(' '),
  }
}

const signature = (secret: Secret, content: string): string =>
  createHmac('sha256', Buffer.from(secret.reveal().slice(prefix.length), 'base64'))
    .update(content)
    .digest('base64')
