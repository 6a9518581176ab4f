import { z } from '@hono/zod-openapi'
import { type EventType, eventTypeNames, eventTypes, quietEventTypes } from '../../events.ts'
import { IdentityBody, RevealedBody, StatusField, StatusReasonBody } from './accounts.ts'
import { filters, isoDate, listFilter } from './common.ts'
import { AuthSchemeNameField } from './integrations.ts'

export const EventTypeField = z.enum(eventTypeNames).openapi('EventType')

const EventAccount = z
  .object({
    id: z.string(),
    integrationId: z.string(),
    appName: z.string().openapi({ description: 'App key, lower case.' }),
    authScheme: z.union([AuthSchemeNameField, z.string()]).openapi({ type: 'string', example: 'OAUTH2' }),
    entityId: z.string(),
    status: StatusField,
    statusReason: StatusReasonBody.nullable(),
    enabled: z.boolean(),
    verification: z.enum(['verified', 'unverified', 'not_checked']),
    identity: IdentityBody.nullable(),
    labels: z.array(z.string()),
    requestedScopes: z.array(z.string()).nullable(),
    grantedScopes: z.array(z.string()).nullable(),
    expiresAt: isoDate('When the access token ends; null when it does not, or is unknown.').nullable(),
    simulated: z.boolean(),
    createdAt: isoDate('When the account was begun.'),
    updatedAt: isoDate('When it last changed.'),
    truncated: z.literal(true).optional().openapi({
      description: 'The account is too long for a message: read it from the API for what is missing here.',
    }),
  })
  .openapi('EventAccount', { description: 'The account at the moment of the event, without credentials.' })

export const EventData = z
  .object({
    connectedAccount: EventAccount,
    previousStatus: z.union([StatusField, z.null()]).openapi({ description: 'Null when the account is new.' }),
    status: StatusField,
    statusReason: StatusReasonBody.nullable(),
    entityId: z.string(),
    integrationId: z.string(),
    app: z.string().openapi({ description: 'App key, lower case.' }),
    sequence: z.number().int().openapi({
      description:
        "Counts the account's events from 1. Messages may arrive out of order: ignore one whose number is lower than what you have.",
    }),
    revealed: RevealedBody.optional(),
    test: z.literal(true).optional().openapi({ description: 'Only in a test event: the account does not exist.' }),
  })
  .openapi('EventData')

const timestamp = isoDate('When it happened.')

/** Grows when a field changes its meaning or goes away. New fields and types come without it. */
export const eventSchemaVersion = 1

/** The message of a webhook, for one type of event. */
export const webhookMessage = (type: EventType) =>
  z.object({ type: z.literal(type), timestamp, data: EventData }).openapi(messageName(type), {
    description: eventTypes[type],
  })

/** `connected_account.active` → `ConnectedAccountActiveMessage`. */
export const messageName = (type: EventType) =>
  `${type.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())}Message`

export const EventBody = z
  .object({
    id: z.string().openapi({ description: 'Of the event. The webhook-id of a delivery is another one.' }),
    type: EventTypeField,
    timestamp,
    data: EventData,
  })
  .openapi('Event')

export const EventFeed = z
  .object({
    items: z.array(EventBody),
    nextCursor: z.string().openapi({ description: 'Where to go on, now or later. Always there.' }),
    hasMore: z.boolean().openapi({ description: 'Whether the next page has something already.' }),
  })
  .openapi('EventFeed')

export const EventTypeList = z
  .object({
    items: z.array(
      z.object({
        type: EventTypeField,
        description: z.string(),
        version: z
          .literal(eventSchemaVersion)
          .openapi({ description: 'Of its schema, which is among the webhooks of /openapi.json.' }),
        sentByDefault: z
          .boolean()
          .openapi({ description: 'False: only to endpoints that name it in eventTypes, since it is frequent.' }),
      }),
    ),
  })
  .openapi('EventTypeList')

export const eventTypeList = (): z.output<typeof EventTypeList> => ({
  items: eventTypeNames.map((type) => ({
    type,
    description: eventTypes[type],
    version: eventSchemaVersion,
    sentByDefault: !quietEventTypes.includes(type),
  })),
})

/** A list of event types, each of which exists. */
export const eventTypeFilter = () =>
  listFilter('Event types.', 'connected_account.expired').transform((types, context) => {
    for (const type of types ?? [])
      if (!Object.hasOwn(eventTypes, type))
        context.addIssue({
          code: 'custom',
          message: `${JSON.stringify(type)} is not an event type; there are: ${eventTypeNames.join(', ')}`,
        })
    return types?.length ? (types as EventType[]) : undefined
  })

export const pageLimit = (byDefault: number, most: number) =>
  z.coerce
    .number('must be a number')
    .int()
    .min(1)
    .max(most)
    .optional()
    .transform((limit) => limit ?? byDefault)
    .openapi({ type: 'integer', minimum: 1, maximum: most, default: byDefault, description: 'How many at most.' })

export const FeedFilters = filters({
  cursor: z.string().max(50).optional().openapi({
    description: 'nextCursor of the page before; latest: only what happens from now on; absent: from the beginning.',
  }),
  types: eventTypeFilter(),
  limit: pageLimit(100, 1000),
})
