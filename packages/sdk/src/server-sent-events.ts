import type { LiveEvent } from './resources/events.ts'

/**
 * Reads a stream of server-sent events whose data is JSON. The type is the JSON's own, else the event's name.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* readServerSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<LiveEvent, void, undefined> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      const blocks = text.split(/\r?\n\r?\n/)
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = parse(block)
        if (event) yield event
      }
    }
  } finally {
    await reader.cancel()
  }
}

/** @returns Undefined for what holds no data: a comment that keeps the connection open. */
function parse(block: string): LiveEvent | undefined {
  const fields = block.split(/\r?\n/).map((line) => /^([^:]*):? ?(.*)$/s.exec(line) ?? ['', '', ''])
  const valuesOf = (name: string) => fields.filter(([, field]) => field === name).map(([, , value]) => value as string)
  const data = valuesOf('data').join('\n')
  if (data === '') return undefined
  try {
    const parsed = JSON.parse(data) as { type?: string; data?: unknown }
    return { type: parsed.type ?? valuesOf('event').at(-1) ?? 'message', data: parsed.data ?? parsed }
  } catch {
    return undefined
  }
}
