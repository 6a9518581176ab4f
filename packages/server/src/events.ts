/** What can happen to a connected account. Stable names; the wire of webhooks and of the history. */
export const eventTypes = [
  'connected_account.initiated',
  'connected_account.active',
  'connected_account.failed',
  'connected_account.expired',
  'connected_account.reactivated',
  'connected_account.enabled',
  'connected_account.disabled',
  'connected_account.deleted',
] as const
export type EventType = (typeof eventTypes)[number]
