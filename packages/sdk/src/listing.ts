import type { Page } from './types.ts'
import type { CursorPage } from './webhook-types.ts'

/**
 * A list that has not been fetched yet. Iterate it for every item of all pages, or ask for one page:
 *
 *     for await (const account of holdfast.connectedAccounts.list({ entityId })) …
 *     const { items, totalPages } = await holdfast.connectedAccounts.list({ entityId }).page(2)
 */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #load: (page: number) => Promise<Page<Item>>
  readonly #loadFrom: ((cursor: string) => Promise<CursorPage<Item>>) | undefined

  /** @param loadFrom For lists whose pages tell a cursor: going through all of them costs the same at the end as at the start. */
  constructor(load: (page: number) => Promise<Page<Item>>, loadFrom?: (cursor: string) => Promise<CursorPage<Item>>) {
    this.#load = load
    this.#loadFrom = loadFrom
  }

  /** @param page Counts from 1. */
  page(page = 1): Promise<Page<Item>> {
    return this.#load(page)
  }

  /** The page after the one that told this cursor. @throws When the list has none. */
  after(cursor: string): Promise<CursorPage<Item>> {
    if (!this.#loadFrom) throw new TypeError('This list has pages by number only.')
    return this.#loadFrom(cursor)
  }

  /** Every item, in one array; at most `limit`. */
  async all(limit = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const items: Item[] = []
    if (limit <= 0) return items
    for await (const item of this) {
      items.push(item)
      if (items.length >= limit) break
    }
    return items
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let number = 1; ; number += 1) {
      const { items, totalPages, nextCursor } = await this.#load(number)
      yield* items
      if (this.#loadFrom && nextCursor) return yield* this.#rest(this.#loadFrom, nextCursor)
      if (items.length === 0 || number >= totalPages) return
    }
  }

  async *#rest(
    loadFrom: (cursor: string) => Promise<CursorPage<Item>>,
    first: string,
  ): AsyncGenerator<Item, void, undefined> {
    for (let cursor: string | null = first; cursor !== null; ) {
      const page: CursorPage<Item> = await loadFrom(cursor)
      yield* page.items
      cursor = page.nextCursor
    }
  }
}
