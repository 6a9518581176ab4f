import { WebhookVerificationError } from './errors.ts'
import type { ProjectEvent } from './webhook-types.ts'

/** What a webhook tells. */
export interface WebhookEvent extends Omit<ProjectEvent, 'id'> {
  /** The `webhook-id`: the same in every attempt, so that a message that comes twice can be known. */
  webhookId: string
}

export interface ReceivedWebhook {
  /** Exactly as it arrived: a body that was parsed and written again no longer matches its signature. */
  body: string | Uint8Array | ArrayBuffer
  /** `Headers`, or an object as Node.js and its frameworks have them. */
  headers: { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>
  /** The endpoint's `whsec_…`. Several while you exchange one for another: any of them may have signed. */
  secret: string | readonly string[]
  /** How old or how far ahead the message may be. Default 300. */
  toleranceSeconds?: number
  /** Milliseconds since 1970; for tests. */
  now?: () => number
}

const encoder = new TextEncoder()

/**
 * Checks that a message comes from your Holdfast server and was sent just now, by Standard Webhooks.
 *
 * @throws {WebhookVerificationError} Answer 400 then, and do nothing else.
 */
export async function verifyWebhook<Event = WebhookEvent>({
  body,
  headers,
  secret,
  toleranceSeconds = 300,
  now = Date.now,
}: ReceivedWebhook): Promise<Event> {
  const text = textOf(body)
  const id = headerOf(headers, 'webhook-id')
  const timestamp = headerOf(headers, 'webhook-timestamp')
  const signatures = headerOf(headers, 'webhook-signature')
  if (!/^\d{1,12}$/.test(timestamp)) throw refused('The webhook-timestamp is not a number of seconds.', 'stale')
  const aheadSeconds = Number(timestamp) - now() / 1000
  if (aheadSeconds < -toleranceSeconds) throw refused('The message is too old.', 'stale')
  if (aheadSeconds > toleranceSeconds) throw refused('The message comes from the future.', 'stale')

  const content = encoder.encode(`${id}.${timestamp}.${text}`)
  const keys = await Promise.all([secret].flat().map(keyOf))
  if (!(await isSigned(keys, signatures, content))) throw refused('No signature is by this secret.', 'signature')
  return { ...parsed(text), webhookId: id } as Event
}

/** Web Crypto compares in constant time. */
async function isSigned(keys: readonly CryptoKey[], signatures: string, content: Uint8Array<ArrayBuffer>) {
  for (const signature of signatures.split(' ')) {
    const [version, encoded = ''] = signature.split(',')
    const bytes = version === 'v1' ? fromBase64(encoded) : undefined
    if (!bytes) continue
    for (const key of keys) if (await crypto.subtle.verify('HMAC', key, bytes, content)) return true
  }
  return false
}

async function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = fromBase64(secret.trim().replace(/^whsec_/, ''))
  if (!bytes || bytes.length < 24 || bytes.length > 64)
    throw new WebhookVerificationError(
      'The secret is not one of a webhook endpoint.',
      'Use the text that begins with whsec_, from the answer that created the endpoint or from its secret route.',
    )
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

function textOf(body: ReceivedWebhook['body']): string {
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array || body instanceof ArrayBuffer) return new TextDecoder().decode(body)
  throw new WebhookVerificationError(
    'The body is neither text nor bytes.',
    'Hand over the body as it arrived, before any JSON parser: express.raw(), await request.text().',
  )
}

function headerOf(headers: ReceivedWebhook['headers'], name: string): string {
  const value =
    typeof headers.get === 'function'
      ? headers.get(name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
  const one = Array.isArray(value) ? value[0] : value
  if (typeof one !== 'string' || one === '') throw refused(`The header ${name} is missing.`, 'missing')
  return one
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch {}
  throw refused('The message is not an object.', 'signature')
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}

const fixes = {
  missing: 'It was not sent by a Holdfast server, or a proxy took its headers away.',
  stale:
    'Check the clocks of both machines; a message that was recorded and played back is refused for the same reason.',
  signature: 'Check that the secret belongs to this endpoint, and that the body is what arrived, byte by byte.',
}

const refused = (detail: string, kind: keyof typeof fixes) => new WebhookVerificationError(detail, fixes[kind])
