/**
 * What the rooms report about their work, as a port: none of them knows where the figures go. Durations are in seconds.
 * Labels come from closed lists, route patterns and app keys; never an id, a name of a person, or a secret.
 */
export interface Metrics {
  /** An attempt ended, whatever its cause (a read, the background). `seconds` from its lease to its commit. */
  refreshEnded(app: string, outcome: RefreshOutcome, seconds: number): void
  /** A reader waited for a refresh that another held. `granted` is false when it gave up. */
  leaseWaited(seconds: number, granted: boolean): void
  /** A request was answered. `route` is the pattern, or `unmatched`. */
  requestEnded(method: string, route: string, status: number, seconds: number): void
  /** A statement or a whole transaction ended. */
  queryEnded(kind: QueryKind, ok: boolean, seconds: number): void
  /** One attempt to deliver a webhook ended. */
  deliveryEnded(outcome: DeliveryOutcome, seconds: number): void
}

/** How a refresh attempt can end. */
export const refreshOutcomes = [
  /** New tokens were received and stored. */
  'renewed',
  /** Tokens that an earlier, interrupted attempt had received were stored. */
  'recovered',
  /** The provider says that the grant is gone. */
  'grant_lost',
  /** The provider refuses our client: the operator must act, the grant may live. */
  'client_rejected',
  'rate_limited',
  /** Timeout, connection failure, 5xx or an answer that cannot be read. */
  'unavailable',
  /** Whether the provider acted on the call is not known. */
  'outcome_unknown',
  /** A reconnect, a delete or another refresh came first; its result stands. */
  'overtaken',
  /** A fault of ours, such as a database that is gone. */
  'error',
] as const
export type RefreshOutcome = (typeof refreshOutcomes)[number]

export const queryKinds = ['select', 'insert', 'update', 'delete', 'other', 'transaction'] as const
export type QueryKind = (typeof queryKinds)[number]

/** `failed` will be tried again, `given_up` will not. */
export const deliveryOutcomes = ['delivered', 'failed', 'given_up'] as const
export type DeliveryOutcome = (typeof deliveryOutcomes)[number]

export const noMetrics: Metrics = {
  refreshEnded() {},
  leaseWaited() {},
  requestEnded() {},
  queryEnded() {},
  deliveryEnded() {},
}
