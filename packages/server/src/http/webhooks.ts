import { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiDependencies, ApiEnv, Routes } from './context.ts'
import { deliveryBody, deliveryDetailBody, endpointBody } from './present-webhooks.ts'
import { answers, Done, jsonContent, keyedRoute, noFilters, PathId } from './schemas/common.ts'
import {
  CreateEndpointBody,
  DeliveryBody,
  DeliveryDetailBody,
  DeliveryFilters,
  DeliveryPage,
  EndpointBody,
  EndpointList,
  EndpointWithSecret,
  ReplayAnswer,
  ReplayBody,
  SecretBody,
  SetEventWebhookAnswer,
  SetEventWebhookBody,
  TestEventBody,
  UpdateEndpointBody,
} from './schemas/webhooks.ts'

const tags = ['Webhooks']

const createEndpoint = keyedRoute({
  method: 'post',
  path: '/api/v1/webhookEndpoints',
  operationId: 'createWebhookEndpoint',
  tags,
  summary: 'Create a webhook endpoint',
  description: 'From now on every event of the chosen types is sent there, signed with the secret in the answer.',
  request: { body: jsonContent(CreateEndpointBody) },
  responses: answers(EndpointWithSecret, 'The endpoint and its secret.', 'validation_failed', 'conflict'),
})

const listEndpoints = keyedRoute({
  method: 'get',
  path: '/api/v1/webhookEndpoints',
  operationId: 'listWebhookEndpoints',
  tags,
  summary: 'List webhook endpoints',
  request: { query: noFilters },
  responses: answers(EndpointList, 'The endpoints, oldest first.', 'validation_failed'),
})

const getEndpoint = keyedRoute({
  method: 'get',
  path: '/api/v1/webhookEndpoints/{id}',
  operationId: 'getWebhookEndpoint',
  tags,
  summary: 'Get a webhook endpoint',
  request: { params: PathId },
  responses: answers(EndpointBody, 'The endpoint.', 'not_found'),
})

const updateEndpoint = keyedRoute({
  method: 'patch',
  path: '/api/v1/webhookEndpoints/{id}',
  operationId: 'updateWebhookEndpoint',
  tags,
  summary: 'Change a webhook endpoint',
  description: 'Enabling one sends what waited for it. What happened while it was disabled comes with a replay.',
  request: { params: PathId, body: jsonContent(UpdateEndpointBody) },
  responses: answers(EndpointBody, 'The endpoint.', 'validation_failed', 'not_found'),
})

const deleteEndpoint = keyedRoute({
  method: 'delete',
  path: '/api/v1/webhookEndpoints/{id}',
  operationId: 'deleteWebhookEndpoint',
  tags,
  summary: 'Delete a webhook endpoint with its deliveries',
  request: { params: PathId },
  responses: answers(Done, 'It is gone.', 'not_found'),
})

const getSecret = keyedRoute({
  method: 'get',
  path: '/api/v1/webhookEndpoints/{id}/secret',
  operationId: 'getWebhookSecret',
  tags,
  summary: 'Reveal the secret of a webhook endpoint',
  request: { params: PathId },
  responses: answers(SecretBody, 'The current secret.', 'not_found'),
})

const rotateSecret = keyedRoute({
  method: 'post',
  path: '/api/v1/webhookEndpoints/{id}/secret/rotations',
  operationId: 'rotateWebhookSecret',
  tags,
  summary: 'Rotate the secret of a webhook endpoint',
  description: 'For 24 hours every message carries two signatures, by the new and by the old secret.',
  request: { params: PathId },
  responses: answers(EndpointWithSecret, 'The endpoint and its new secret.', 'not_found', 'conflict'),
})

const sendTestEvent = keyedRoute({
  method: 'post',
  path: '/api/v1/webhookEndpoints/{id}/testEvents',
  operationId: 'sendTestWebhook',
  tags,
  summary: 'Send a test event',
  description: 'About an account that does not exist: its ids are zero and data.test is true.',
  request: { params: PathId, body: jsonContent(TestEventBody, false) },
  responses: answers(DeliveryBody, 'The delivery that was queued.', 'validation_failed', 'not_found', 'conflict'),
})

const listDeliveries = keyedRoute({
  method: 'get',
  path: '/api/v1/webhookEndpoints/{id}/deliveries',
  operationId: 'listWebhookDeliveries',
  tags,
  summary: 'List the deliveries of a webhook endpoint',
  description: 'They are kept for 30 days.',
  request: { params: PathId, query: DeliveryFilters },
  responses: answers(DeliveryPage, 'The deliveries, newest first.', 'validation_failed', 'not_found'),
})

const replay = keyedRoute({
  method: 'post',
  path: '/api/v1/webhookEndpoints/{id}/replays',
  operationId: 'replayWebhooks',
  tags,
  summary: 'Send the events of a time again',
  description:
    'Also those that were never sent to this endpoint, because it did not exist or was disabled. Messages keep their webhook-id.',
  request: { params: PathId, body: jsonContent(ReplayBody) },
  responses: answers(ReplayAnswer, 'How many were queued.', 'validation_failed', 'not_found', 'conflict'),
})

const getDelivery = keyedRoute({
  method: 'get',
  path: '/api/v1/deliveries/{id}',
  operationId: 'getWebhookDelivery',
  tags,
  summary: 'Get a delivery with its attempts and its message',
  request: { params: PathId },
  responses: answers(DeliveryDetailBody, 'The delivery.', 'not_found'),
})

const resend = keyedRoute({
  method: 'post',
  path: '/api/v1/deliveries/{id}/attempts',
  operationId: 'resendWebhookDelivery',
  tags,
  summary: 'Send a delivery again',
  description: 'Now, whatever its status, and again by the schedule if it fails. One that is on its way is left alone.',
  request: { params: PathId },
  responses: answers(DeliveryBody, 'The delivery.', 'not_found', 'conflict'),
})

/** The first generation's one webhook of a project, made there from a page of the dashboard. */
const setEventWebhook = keyedRoute({
  method: 'post',
  path: '/api/v1/event_logs/set/webhook',
  operationId: 'setEventWebhook',
  tags,
  summary: 'Set the v1 webhook of the project',
  description: 'Makes the endpoint of format v1, or points it elsewhere and enables it.',
  request: { body: jsonContent(SetEventWebhookBody) },
  responses: answers(SetEventWebhookAnswer, 'It is set.', 'validation_failed', 'conflict'),
})

export function webhookRoutes({ webhooks }: ApiDependencies): Routes {
  return new OpenAPIHono<ApiEnv>()
    .openapi(createEndpoint, async (c) => {
      const { endpoint, secret } = await webhooks.create(c.var.project.id, c.req.valid('json'))
      return c.json({ ...endpointBody(endpoint), secret: secret.reveal() }, 200)
    })
    .openapi(listEndpoints, async (c) =>
      c.json({ items: (await webhooks.list(c.var.project.id)).map(endpointBody) }, 200),
    )
    .openapi(getEndpoint, async (c) =>
      c.json(endpointBody(await webhooks.get(c.var.project.id, c.req.valid('param').id)), 200),
    )
    .openapi(updateEndpoint, async (c) => {
      const endpoint = await webhooks.update(c.var.project.id, c.req.valid('param').id, c.req.valid('json'))
      return c.json(endpointBody(endpoint), 200)
    })
    .openapi(deleteEndpoint, async (c) => {
      await webhooks.delete(c.var.project.id, c.req.valid('param').id)
      return c.json({ status: 'success' as const, count: 1 }, 200)
    })
    .openapi(getSecret, async (c) => {
      const secret = await webhooks.revealSecret(c.var.project.id, c.req.valid('param').id)
      return c.json({ secret: secret.reveal() }, 200)
    })
    .openapi(rotateSecret, async (c) => {
      const { endpoint, secret } = await webhooks.rotateSecret(c.var.project.id, c.req.valid('param').id)
      return c.json({ ...endpointBody(endpoint), secret: secret.reveal() }, 200)
    })
    .openapi(sendTestEvent, async (c) => {
      const { type } = c.req.valid('json')
      return c.json(deliveryBody(await webhooks.sendTest(c.var.project.id, c.req.valid('param').id, type)), 200)
    })
    .openapi(listDeliveries, async (c) => {
      const { status, type: types, cursor, limit } = c.req.valid('query')
      const { id } = c.req.valid('param')
      const page = await webhooks.deliveries(c.var.project.id, id, { status, types }, { cursor, limit })
      return c.json({ items: page.items.map(deliveryBody), nextCursor: page.nextCursor }, 200)
    })
    .openapi(replay, async (c) => {
      const { since, until, onlyFailed } = c.req.valid('json')
      const range = { since: new Date(since), until: until === undefined ? undefined : new Date(until), onlyFailed }
      return c.json({ queued: await webhooks.replay(c.var.project.id, c.req.valid('param').id, range) }, 200)
    })
    .openapi(getDelivery, async (c) =>
      c.json(deliveryDetailBody(await webhooks.delivery(c.var.project.id, c.req.valid('param').id)), 200),
    )
    .openapi(resend, async (c) =>
      c.json(deliveryBody(await webhooks.resend(c.var.project.id, c.req.valid('param').id)), 200),
    )
    .openapi(setEventWebhook, async (c) => {
      const { eventWebhookURL } = c.req.valid('json')
      const { endpoint, secret } = await webhooks.setFirstGenerationUrl(c.var.project.id, eventWebhookURL)
      return c.json(
        { status: 'success' as const, endpoint: endpointBody(endpoint), ...(secret && { secret: secret.reveal() }) },
        200,
      )
    })
}
