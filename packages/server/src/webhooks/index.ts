/**
 * Webhooks: the endpoints of the developer's backend, and the outbox that brings every event to them. An event and its
 * deliveries are written in one transaction; from there each message is sent until it arrives, signed as Standard Webhooks
 * says. The feed is the same events for those who would rather ask.
 */
import type { Context } from './context.ts'
import { createDeliveries } from './deliveries.ts'
import { createDispatcher, type Dispatcher } from './dispatcher.ts'
import { createEndpoints } from './endpoints.ts'
import { createFeed } from './feed.ts'
import type { Webhooks } from './types.ts'

export type { Context, WebhooksLog } from './context.ts'
export type { Dispatcher } from './dispatcher.ts'
export { newSecret, signedHeaders } from './signing.ts'
export type * from './types.ts'

/** How long the log of deliveries goes back. */
const logMemoryMs = 30 * 24 * 60 * 60_000
/** Refreshes are so many that they are told of for this long only. */
const refreshMemoryMs = 2 * 24 * 60 * 60_000
const forgottenAtOnce = 1000

/** What the loops call. */
export interface WebhookJobs extends Dispatcher {
  /** Deletes old deliveries and refreshes, a bounded number at a time, and secrets that no longer sign. */
  forgetOld(): Promise<void>
}

export function createWebhooks(context: Context): { webhooks: Webhooks; jobs: WebhookJobs } {
  const { store, clock } = context
  return {
    webhooks: { ...createEndpoints(context), ...createDeliveries(context), ...createFeed(context) },
    jobs: {
      ...createDispatcher(context),
      async forgetOld() {
        const now = clock.now().getTime()
        await store.webhookEndpoints.dropPreviousSecrets(now)
        while ((await store.webhookDeliveries.deleteOld(now - logMemoryMs, forgottenAtOnce)) === forgottenAtOnce);
        for (const { id } of await store.projects.list())
          while ((await store.events.deleteRefreshes(id, now - refreshMemoryMs, forgottenAtOnce)) === forgottenAtOnce);
      },
    },
  }
}
