import { invalid } from '../errors.ts'
import { eventsOf } from '../store/index.ts'
import type { Context } from './context.ts'
import { feedEvent } from './payload.ts'
import type { Webhooks } from './types.ts'

/** How many events get their number at once. */
const numberedAtOnce = 1000

/**
 * The feed's order is made when somebody reads that far; see `number` in the store for why. The cursor is the number of the
 * last event seen.
 */
export const createFeed = ({ store }: Pick<Context, 'store'>): Pick<Webhooks, 'feed' | 'onEvents'> => ({
  onEvents: (projectId, wake) => store.signals.watch(eventsOf(projectId), wake),

  async feed(projectId, { cursor, types, limit }) {
    const numberMore = () => store.transaction(({ events }) => events.number(projectId, numberedAtOnce))
    if (cursor === 'latest') {
      while ((await numberMore()) > 0);
      return { items: [], nextCursor: String(await store.events.feedEnd(projectId)), hasMore: false }
    }
    const after = readCursor(cursor)
    for (;;) {
      // Read before the rows: what is numbered in between is for the next page.
      const end = await store.events.feedEnd(projectId)
      const rows = await store.events.feed(projectId, after, types, limit + 1)
      if (rows.length <= limit) {
        if ((await numberMore()) > 0) continue
        // Another reader may have numbered them since the rows were read.
        if ((await store.events.feedEnd(projectId)) > end) continue
      }
      const shown = rows.slice(0, limit)
      const hasMore = rows.length > limit
      // Past the events of other types, too, so that the next page need not look at them again.
      const seen = hasMore ? (shown.at(-1)?.position ?? after) : Math.max(after, end, shown.at(-1)?.position ?? 0)
      return { items: shown.map(feedEvent), nextCursor: String(seen), hasMore }
    }
  },
})

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  if (!/^\d{1,15}$/.test(cursor))
    throw invalid({ property: 'cursor', message: 'is not a nextCursor of this feed, nor latest' })
  return Number(cursor)
}
