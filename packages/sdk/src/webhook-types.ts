/** Webhooks and events, as they come over the wire. Dates are ISO 8601 in UTC. */
import type { AccountStatus, ConnectedAccount, StatusReason } from './types.ts'

/** Somewhere that events are sent to. */
export interface WebhookEndpoint {
  id: string
  url: string
  description: string
  /** `v1`: as first-generation receivers expect. */
  format: 'standard' | 'v1'
  /** Null: all that are sent by default. */
  eventTypes: string[] | null
  enabled: boolean
  /** Set when the server disabled it. */
  disabledReason: { code: 'gone' | 'failing'; message: string } | null
  /** The first failure since the last success. */
  failingSince: string | null
  /** While a rotation overlaps: until when the old secret signs as well. */
  previousSecretUntil: string | null
  createdAt: string
  updatedAt: string
}

export interface WebhookAttempt {
  /** Counts from 1. */
  number: number
  startedAt: string
  durationMs: number
  /** Null when no answer came. */
  statusCode: number | null
  /** Why it failed; null when it arrived. */
  error: string | null
  /** How the answer began. */
  response: string | null
}

export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | (string & Record<never, never>)

/** One event on its way to one endpoint. */
export interface WebhookDelivery {
  /** The `webhook-id` that every attempt carries. */
  id: string
  endpointId: string
  /** Null for a test event. */
  eventId: string | null
  type: string
  test: boolean
  status: DeliveryStatus
  attemptCount: number
  nextAttemptAt: string | null
  lastAttempt: WebhookAttempt | null
  createdAt: string
  updatedAt: string
}

export interface WebhookDeliveryDetail extends WebhookDelivery {
  attempts: WebhookAttempt[]
  /** The message as it is sent. */
  payload: unknown
}

/** Something that happened in the project, with the account as it was then, without credentials. */
export interface ProjectEvent {
  id: string
  type: string
  timestamp: string
  data: {
    connectedAccount: Partial<ConnectedAccount> & { id: string }
    previousStatus: AccountStatus | null
    status: AccountStatus
    statusReason: StatusReason | null
    entityId: string
    integrationId: string
    app: string
    sequence: number
    test?: true
  }
}

export interface EventTypeInfo {
  type: string
  description: string
  /** False: only to endpoints that name it. */
  sentByDefault: boolean
}

/** A page of a list that goes on from a cursor. */
export interface CursorPage<Item> {
  items: Item[]
  nextCursor: string | null
}
