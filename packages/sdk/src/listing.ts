import type { Page } from './types.ts'

/**
 * A list that has not been fetched yet. Iterate it for every item of all pages, or ask for one page:
 *
 *     for await (const account of holdfast.connectedAccounts.list({ entityId })) …
 *     const { items, totalPages } = await holdfast.connectedAccounts.list({ entityId }).page(2)
 */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #load: (page: number) => Promise<Page<Item>>

  constructor(load: (page: number) => Promise<Page<Item>>) {
    this.#load = load
  }

  /** @param page Counts from 1. */
  page(page = 1): Promise<Page<Item>> {
    return this.#load(page)
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
      const { items, totalPages } = await this.#load(number)
      yield* items
      if (items.length === 0 || number >= totalPages) return
    }
  }
}
