import { OpenAPIHono } from '@hono/zod-openapi'
import { eventTypeNames, eventTypes } from '../events.ts'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { eventBody } from './present-webhooks.ts'
import { answers, jsonContent, keyedRoute, noFilters } from './schemas/common.ts'
import { EventFeed, EventTypeList, eventTypeList, FeedFilters, webhookMessage } from './schemas/events.ts'

const tags = ['Events']

const readFeed = keyedRoute({
  method: 'get',
  path: '/api/v1/events',
  operationId: 'listEvents',
  tags,
  summary: 'Read the events of the project',
  description:
    'For those who would rather ask than be called: keep nextCursor and come back with it. No event is ever skipped.',
  request: { query: FeedFilters },
  responses: answers(EventFeed, 'The events, oldest first.', 'validation_failed'),
})

const listTypes = keyedRoute({
  method: 'get',
  path: '/api/v1/events/types',
  operationId: 'listEventTypes',
  tags,
  summary: 'List the types of events',
  request: { query: noFilters },
  responses: answers(EventTypeList, 'The types.', 'validation_failed'),
})

export function eventRoutes({ webhooks }: ApiDependencies): Routes {
  const routes = new OpenAPIHono<ApiEnv>()
  for (const type of eventTypeNames)
    routes.openAPIRegistry.registerWebhook({
      method: 'post',
      path: type,
      tags,
      summary: eventTypes[type],
      description: 'Signed by Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature.',
      request: { body: jsonContent(webhookMessage(type)) },
      responses: {
        '2XX': { description: 'It arrived.' },
        410: { description: 'Nothing is to be sent here any more: the endpoint is disabled.' },
        default: { description: 'It is sent again later.' },
      },
    })
  return routes
    .openapi(readFeed, async (c) => {
      const { items, ...rest } = await webhooks.feed(c.var.project.id, c.req.valid('query'))
      return c.json({ items: items.map(eventBody), ...rest }, 200)
    })
    .openapi(listTypes, (c) => c.json(eventTypeList(), 200))
}
