import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { isHoldfastError, verifyWebhook, WebhookVerificationError } from './index.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`
const sentAt = new Date('2026-11-25T10:00:00Z')
const now = () => sentAt.getTime()

/** Signed by the library of the standard. */
function message(body: string, by = secret, id = 'msg_1') {
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(sentAt.getTime() / 1000),
    'webhook-signature': new Webhook(by).sign(id, sentAt, body),
  }
  return { body, headers }
}

const event = { type: 'connected_account.active', timestamp: '2026-11-25T10:00:00.000Z', data: { sequence: 1 } }
const body = JSON.stringify(event)

const refusal = (received: Parameters<typeof verifyWebhook>[0], words: RegExp) =>
  assert.rejects(verifyWebhook(received), (error) => {
    assert.ok(error instanceof WebhookVerificationError && isHoldfastError(error))
    assert.equal(error.code, 'webhook_not_verified')
    assert.match(error.message, words)
    assert.ok(!error.message.includes(secret))
    return true
  })

describe('a webhook', () => {
  test('signed by the library of the standard is taken, with its id', async () => {
    assert.deepEqual(await verifyWebhook({ ...message(body), secret, now }), { ...event, webhookId: 'msg_1' })
  })

  test('may come as text or bytes, its headers as Headers or as any object', async () => {
    const { headers } = message(body)
    const bytes = new TextEncoder().encode(body)
    const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]))
    for (const received of [body, bytes, bytes.buffer, Buffer.from(body)])
      for (const given of [headers, new Headers(headers), upper])
        await verifyWebhook({ body: received, headers: given, secret, now })
  })

  test('is taken whatever text it holds, and refused when a character of it is another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.object({ withUnicodeString: true }), fc.nat(), async (data, position) => {
        const text = JSON.stringify({ data })
        assert.equal(
          JSON.stringify(
            ((await verifyWebhook({ ...message(text), secret, now })) as object as { data: unknown }).data,
          ),
          JSON.stringify(data),
        )
        const at = position % text.length
        const changed = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1)
        await refusal({ ...message(text), body: changed, secret, now }, /No signature/)
      }),
      { numRuns: 50 },
    )
  })

  test('is refused under another secret, id or time', async () => {
    const { headers } = message(body)
    await refusal({ body, headers, secret: other, now }, /No signature/)
    await refusal({ body, headers: { ...headers, 'webhook-id': 'msg_2' }, secret, now }, /No signature/)
    const later = String(Number(headers['webhook-timestamp']) + 1)
    await refusal({ body, headers: { ...headers, 'webhook-timestamp': later }, secret, now }, /No signature/)
  })

  test('is taken for five minutes', async () => {
    const at = (seconds: number) => ({ ...message(body), secret, now: () => now() + seconds * 1000 })
    for (const seconds of [-300, 0, 300]) await verifyWebhook(at(seconds))
    await refusal(at(301), /too old/)
    await refusal(at(-301), /future/)
    await verifyWebhook({ ...at(3600), toleranceSeconds: 3600 })
  })

  test('carries two signatures while a secret is rotated, and a receiver may know two secrets', async () => {
    const headers = { ...message(body).headers }
    headers['webhook-signature'] += ` v1a,abc ${message(body, other).headers['webhook-signature']} garbage v1,%%%`
    for (const known of [secret, other, [other, secret]]) await verifyWebhook({ body, headers, secret: known, now })
    await verifyWebhook({ ...message(body), secret: [other, secret], now })
  })

  test('is refused with what to do when something else was handed over', async () => {
    const { headers } = message(body)
    for (const name of Object.keys(headers))
      await refusal({ body, headers: { ...headers, [name]: undefined }, secret, now }, new RegExp(`${name} is missing`))
    await refusal({ body: event as never, headers, secret, now }, /express.raw/)
    await refusal({ body, headers, secret: 'my-secret', now }, /whsec_/)
    await refusal({ body, headers, secret: 'whsec_c2hvcnQ=', now }, /whsec_/)
    await refusal({ body, headers: { ...headers, 'webhook-timestamp': '1e9' }, secret, now }, /not a number/)
  })
})
