import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveEvent } from './resources/events.ts'
import { readServerSentEvents } from './server-sent-events.ts'

async function read(...parts: string[]): Promise<LiveEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })
  return Array.fromAsync(readServerSentEvents(body))
}

const event = { type: 'connected_account.active', data: { connectedAccountId: '1' } }

test('events are read however the stream is cut', async () => {
  const text = `id: 7\ndata: ${JSON.stringify(event)}\n\n`
  assert.deepEqual(await read(text, text), [event, event])
  assert.deepEqual(await read(...(text + text)), [event, event])
  assert.deepEqual(await read(text.replaceAll('\n', '\r\n')), [event])
})

test('the name of the event stands in for a type, and data may have several lines', async () => {
  assert.deepEqual(await read('event: ended\ndata: {\ndata: "a": 1}\n\n'), [{ type: 'ended', data: { a: 1 } }])
})

test('comments, what is no JSON and an event that is cut off are left out', async () => {
  assert.deepEqual(await read(': still here\n\n', 'data: {oops\n\n', 'data: {"type":"half"'), [])
})
