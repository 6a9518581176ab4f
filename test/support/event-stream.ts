/** Reads a stream of server-sent events as a browser does (HTML Living Standard §9.2.6). */
import assert from 'node:assert/strict'

export interface Told {
  id: string
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests find out
  data: any
}

export class EventStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #abort = new AbortController()
  #text = ''
  lastId = ''
  readonly contentType: string | null
  ended = false

  private constructor(response: Response, abort: AbortController) {
    assert.ok(response.body)
    this.#reader = response.body.getReader()
    this.#abort = abort
    this.contentType = response.headers.get('content-type')
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventStream> {
    const abort = new AbortController()
    const response = await fetch(`${url}/api/v1/stream`, { headers, signal: abort.signal })
    assert.equal(response.status, 200)
    const stream = new EventStream(response, abort)
    await stream.#block()
    return stream
  }

  /** @returns Undefined when the server ended it. */
  async next(): Promise<Told | undefined> {
    for (;;) {
      const block = await this.#block()
      if (block === undefined) return undefined
      const data = /^data: (.*)$/m.exec(block)?.[1]
      if (data !== undefined) return { id: this.lastId, data: JSON.parse(data) }
    }
  }

  close(): void {
    this.#abort.abort()
  }

  async #block(): Promise<string | undefined> {
    const decoder = new TextDecoder()
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end !== -1) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        this.lastId = /^id: (.*)$/m.exec(block)?.[1] ?? this.lastId
        return block
      }
      const { done, value } = await this.#reader.read()
      if (done) {
        this.ended = true
        return undefined
      }
      this.#text += decoder.decode(value, { stream: true })
    }
  }
}
