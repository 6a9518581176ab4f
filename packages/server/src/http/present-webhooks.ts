import type { z } from '@hono/zod-openapi'
import type { EventType } from '../events.ts'
import type { Delivery, DeliveryAttempt, DeliveryDetail, FeedEvent, WebhookEndpoint } from '../webhooks/types.ts'
import type { EventBody, EventData } from './schemas/events.ts'
import type { DeliveryBody, DeliveryDetailBody, EndpointBody } from './schemas/webhooks.ts'

type Wire<Schema extends z.ZodType> = z.output<Schema>

export const endpointBody = (endpoint: WebhookEndpoint): Wire<typeof EndpointBody> => ({
  id: endpoint.id,
  url: endpoint.url,
  description: endpoint.description,
  format: endpoint.format,
  eventTypes: endpoint.eventTypes,
  enabled: endpoint.enabled,
  disabledReason: endpoint.disabledReason,
  failingSince: endpoint.failingSince?.toISOString() ?? null,
  previousSecretUntil: endpoint.previousSecretUntil?.toISOString() ?? null,
  createdAt: endpoint.createdAt.toISOString(),
  updatedAt: endpoint.updatedAt.toISOString(),
})

export const deliveryBody = (delivery: Delivery): Wire<typeof DeliveryBody> => ({
  id: delivery.id,
  endpointId: delivery.endpointId,
  eventId: delivery.eventId,
  type: delivery.type as EventType,
  test: delivery.test,
  status: delivery.status,
  attemptCount: delivery.attemptCount,
  nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
  lastAttempt: delivery.lastAttempt && attemptBody(delivery.lastAttempt),
  createdAt: delivery.createdAt.toISOString(),
  updatedAt: delivery.updatedAt.toISOString(),
})

export const deliveryDetailBody = (delivery: DeliveryDetail): Wire<typeof DeliveryDetailBody> => ({
  ...deliveryBody(delivery),
  attempts: delivery.attempts.map(attemptBody),
  payload: delivery.payload,
})

const attemptBody = (attempt: DeliveryAttempt) => ({
  number: attempt.number,
  startedAt: attempt.startedAt.toISOString(),
  durationMs: attempt.durationMs,
  statusCode: attempt.statusCode,
  error: attempt.error,
  response: attempt.response,
})

/** `data` was made by the schema's own description when the event was written. */
export const eventBody = ({ id, type, timestamp, data }: FeedEvent): Wire<typeof EventBody> => ({
  id,
  type: type as EventType,
  timestamp: timestamp.toISOString(),
  data: data as Wire<typeof EventData>,
})
