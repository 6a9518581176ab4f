import { z } from '@hono/zod-openapi'
import { deliveryStatuses, endpointFormats } from '../../webhooks/types.ts'
import { filters, isoDate } from './common.ts'
import { EventTypeField, eventTypeFilter, pageLimit } from './events.ts'

const endpointShape = {
  id: z.string(),
  url: z.string(),
  description: z.string(),
  format: z.enum(endpointFormats).openapi({
    description:
      'standard: the events as described. v1: connected_account.add.start and .completed, as first-generation receivers expect.',
  }),
  eventTypes: z.array(EventTypeField).nullable().openapi({ description: 'Null: all that are sent by default.' }),
  enabled: z.boolean(),
  disabledReason: z
    .object({
      code: z.enum(['gone', 'failing']),
      message: z.string().openapi({ description: 'A plain sentence.' }),
    })
    .nullable()
    .openapi({
      description: 'Set when the server disabled it: the receiver answered 410, or took nothing for 5 days.',
    }),
  failingSince: isoDate('The first failure since the last success; null while all is well.').nullable(),
  previousSecretUntil: isoDate('While a rotation overlaps: until when the old secret signs as well.').nullable(),
  createdAt: isoDate('When it was made.'),
  updatedAt: isoDate('When it last changed.'),
}

export const EndpointBody = z.object(endpointShape).openapi('WebhookEndpoint')

export const EndpointWithSecret = z
  .object({ ...endpointShape, secret: z.string().openapi({ description: 'Signs the messages.', example: 'whsec_…' }) })
  .openapi('WebhookEndpointWithSecret')

export const EndpointList = z.object({ items: z.array(EndpointBody) }).openapi('WebhookEndpointList')

export const SecretBody = z.object({ secret: z.string().openapi({ example: 'whsec_…' }) }).openapi('WebhookSecret')

const url = z.string().openapi({
  description:
    'https. Plain http only to this very machine, and only where the server itself is reached from nowhere else.',
  example: 'https://yours.example/webhooks/holdfast',
})
const description = z.string().max(500)
/** Checked by the service, whose message names the type that does not exist. */
const types = z
  .array(z.string().max(100))
  .max(100)
  .nullable()
  .optional()
  .openapi({ description: 'Null or absent: all that are sent by default.', example: ['connected_account.expired'] })

export const CreateEndpointBody = z
  .strictObject({
    url,
    description: description.optional(),
    format: z.enum(endpointFormats).optional().openapi({ default: 'standard' }),
    eventTypes: types,
    enabled: z.boolean().optional(),
  })
  .openapi('CreateWebhookEndpoint', {
    example: { url: 'https://yours.example/webhooks/holdfast', eventTypes: ['connected_account.expired'] },
  })

export const UpdateEndpointBody = z
  .strictObject({
    url: url.optional(),
    description: description.optional(),
    eventTypes: types,
    enabled: z.boolean().optional(),
  })
  .openapi('UpdateWebhookEndpoint', { example: { enabled: true } })

export const TestEventBody = z
  .strictObject({ type: EventTypeField.default('connected_account.active') })
  .openapi('SendTestEvent')

export const ReplayBody = z
  .strictObject({
    since: z.iso.datetime({ offset: true }).openapi({ description: 'Events from this moment on.' }),
    until: z.iso.datetime({ offset: true }).optional().openapi({ description: 'Up to this moment. Default: now.' }),
    onlyFailed: z.boolean().optional().openapi({ description: 'Leave out what arrived.', default: false }),
  })
  .refine(({ since, until }) => until === undefined || Date.parse(since) <= Date.parse(until), {
    path: ['until'],
    message: 'is before since',
  })
  .openapi('ReplayWebhooks', { example: { since: '2026-11-25T00:00:00.000Z', onlyFailed: true } })

export const ReplayAnswer = z
  .object({ queued: z.number().int().openapi({ description: 'How many messages will be sent.' }) })
  .openapi('WebhookReplay')

const AttemptBody = z
  .object({
    number: z.number().int().openapi({ description: 'Counts from 1.' }),
    startedAt: isoDate('When it was sent.'),
    durationMs: z.number().int(),
    statusCode: z.number().int().nullable().openapi({ description: 'Null when no answer came.' }),
    error: z.string().nullable().openapi({ description: 'Why it failed; null when it arrived.' }),
    response: z
      .string()
      .nullable()
      .openapi({ description: 'The first 16 KiB of the answer, with control characters as visible escapes.' }),
  })
  .openapi('WebhookAttempt')

const deliveryShape = {
  id: z.string().openapi({ description: 'The webhook-id that every attempt carries.', example: 'msg_0198…' }),
  endpointId: z.string(),
  eventId: z.string().nullable().openapi({ description: 'Null for a test event.' }),
  type: EventTypeField,
  test: z.boolean(),
  status: z.enum(deliveryStatuses).openapi({ description: 'failed: no attempt is left.' }),
  attemptCount: z.number().int(),
  nextAttemptAt: isoDate('Null once it has ended.').nullable(),
  lastAttempt: AttemptBody.nullable(),
  createdAt: isoDate('When it was queued first.'),
  updatedAt: isoDate('When it last changed.'),
}

export const DeliveryBody = z.object(deliveryShape).openapi('WebhookDelivery')

export const DeliveryDetailBody = z
  .object({
    ...deliveryShape,
    attempts: z.array(AttemptBody),
    payload: z.unknown().openapi({ description: 'The message as it is sent.' }),
  })
  .openapi('WebhookDeliveryDetail')

export const DeliveryPage = z
  .object({
    items: z.array(DeliveryBody),
    nextCursor: z.string().nullable().openapi({ description: 'Null on the last page.' }),
  })
  .openapi('WebhookDeliveryPage')

export const DeliveryFilters = filters({
  status: z.enum(deliveryStatuses).optional(),
  type: eventTypeFilter(),
  cursor: z.string().max(100).optional().openapi({ description: 'nextCursor of the page before.' }),
  limit: pageLimit(50, 500),
})

export const SetEventWebhookBody = z
  .object({ eventWebhookURL: url })
  .openapi('SetEventWebhook', { example: { eventWebhookURL: 'https://yours.example/webhooks/holdfast' } })

export const SetEventWebhookAnswer = z
  .object({
    status: z.literal('success'),
    endpoint: EndpointBody,
    secret: z.string().optional().openapi({ description: 'Only when the endpoint is new.' }),
  })
  .openapi('EventWebhookSet')
