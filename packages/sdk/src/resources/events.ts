import { readServerSentEvents } from '../server-sent-events.ts'
import type { Transport } from '../transport.ts'
import type { CallOptions } from '../types.ts'
import type { EventTypeInfo, ProjectEvent } from '../webhook-types.ts'

export interface EventFilter {
  /** `nextCursor` of the page before; `latest`: only what happens from now on; absent: from the beginning. */
  cursor?: string | undefined
  types?: readonly string[] | undefined
  limit?: number | undefined
}

/** Something that has just happened, as the stream tells it. */
export interface LiveEvent {
  type: string
  data: unknown
}

/** What happened in the project, oldest first. */
export class Events {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  list(
    { cursor, types, limit }: EventFilter = {},
    options?: CallOptions,
  ): Promise<{ items: ProjectEvent[]; nextCursor: string; hasMore: boolean }> {
    return this.#transport.get('/api/v1/events', { ...options, query: { cursor, types, limit } })
  }

  async types(options?: CallOptions): Promise<EventTypeInfo[]> {
    return (await this.#transport.get<{ items: EventTypeInfo[] }>('/api/v1/events/types', options)).items
  }

  /** What happens from now on, until the signal aborts or the connection ends. What is missed in between is in `list`. */
  async *follow(options: CallOptions = {}): AsyncGenerator<LiveEvent, void, undefined> {
    const body = await this.#transport.stream('/api/v1/stream', options)
    yield* readServerSentEvents(body)
  }
}
