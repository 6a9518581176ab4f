import type { EventType } from '../events.ts'
import type { Secret } from '../secret.ts'

/** `standard`: the events of the reference. `v1`: the two messages that receivers of the first generation know. */
export const endpointFormats = ['standard', 'v1'] as const
export type EndpointFormat = (typeof endpointFormats)[number]

export interface WebhookEndpoint {
  id: string
  projectId: string
  url: string
  description: string
  format: EndpointFormat
  /** Null: every type but the quiet ones. */
  eventTypes: EventType[] | null
  enabled: boolean
  /** Set when we disabled it; null when a person did, or it is enabled. */
  disabledReason: { code: 'gone' | 'failing'; message: string } | null
  /** The first failure since the last success. */
  failingSince: Date | null
  /** While a rotation overlaps: until when the previous secret signs as well. */
  previousSecretUntil: Date | null
  createdAt: Date
  updatedAt: Date
}

export interface CreateEndpoint {
  url: string
  description?: string | undefined
  format?: EndpointFormat | undefined
  /** Absent or null: every type but the quiet ones. */
  eventTypes?: readonly string[] | null | undefined
  enabled?: boolean | undefined
}

export type UpdateEndpoint = Partial<Omit<CreateEndpoint, 'format'>>

export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const
export type DeliveryStatus = (typeof deliveryStatuses)[number]

export interface Delivery {
  /** The `webhook-id` that every attempt carries. */
  id: string
  endpointId: string
  /** Null for a test event. */
  eventId: string | null
  type: string
  status: DeliveryStatus
  test: boolean
  /** All attempts made so far. */
  attemptCount: number
  /** Null once it has ended. */
  nextAttemptAt: Date | null
  lastAttempt: DeliveryAttempt | null
  createdAt: Date
  updatedAt: Date
}

export interface DeliveryAttempt {
  /** Counts from 1. */
  number: number
  startedAt: Date
  durationMs: number
  /** Null when no answer came. */
  statusCode: number | null
  /** Why it failed, in a sentence; null when it arrived. */
  error: string | null
  /** The beginning of what the receiver answered, with control characters as visible escapes; null when nothing came. */
  response: string | null
}

/** With everything that was sent and answered. */
export interface DeliveryDetail extends Delivery {
  attempts: DeliveryAttempt[]
  payload: unknown
}

export interface Replay {
  since: Date
  until?: Date | undefined
  onlyFailed?: boolean | undefined
}

/** An event as the feed tells it and as a webhook carries it. */
export interface FeedEvent {
  id: string
  type: string
  timestamp: Date
  /** See `connectedAccountEvent` in accounts. */
  data: Record<string, unknown>
}

/** The verbs of the room. `projectId` comes from the caller's key; another project's id is `not_found`. */
export interface Webhooks {
  /** @throws {AppError} validation_failed (url, eventTypes), conflict when there are too many. */
  create(projectId: string, input: CreateEndpoint): Promise<{ endpoint: WebhookEndpoint; secret: Secret }>
  list(projectId: string): Promise<WebhookEndpoint[]>
  get(projectId: string, id: string): Promise<WebhookEndpoint>
  update(projectId: string, id: string, changes: UpdateEndpoint): Promise<WebhookEndpoint>
  delete(projectId: string, id: string): Promise<void>
  /** Creates, or points elsewhere, the project's one endpoint of the first generation. `secret` only when it is new. */
  setFirstGenerationUrl(
    projectId: string,
    url: string,
  ): Promise<{ endpoint: WebhookEndpoint; secret: Secret | undefined }>
  revealSecret(projectId: string, id: string): Promise<Secret>
  /** The previous secret goes on signing for a day beside the new one. */
  rotateSecret(projectId: string, id: string): Promise<{ endpoint: WebhookEndpoint; secret: Secret }>
  sendTest(projectId: string, id: string, type: EventType): Promise<Delivery>
  /** Newest first. @param cursor The `nextCursor` of the page before. */
  deliveries(
    projectId: string,
    endpointId: string,
    selection: { status?: DeliveryStatus | undefined; types?: readonly string[] | undefined },
    paging: { cursor?: string | undefined; limit: number },
  ): Promise<{ items: Delivery[]; nextCursor: string | null }>
  delivery(projectId: string, id: string): Promise<DeliveryDetail>
  /** Sends again, now, and again by the schedule if it fails. */
  resend(projectId: string, id: string): Promise<Delivery>
  /** @returns How many deliveries were queued. */
  replay(projectId: string, endpointId: string, range: Replay): Promise<number>
  /**
   * Every event of the project in an order that never skips one. @param cursor Of the page before; `latest` for the end;
   * absent for the beginning.
   */
  feed(
    projectId: string,
    options: { cursor?: string | undefined; types?: readonly string[] | undefined; limit: number },
  ): Promise<{ items: FeedEvent[]; nextCursor: string; hasMore: boolean }>
  /** Calls `wake` when the feed has more, until the returned function is called. A hint: look, and look now and then besides. */
  onEvents(projectId: string, wake: () => void): () => void
}
