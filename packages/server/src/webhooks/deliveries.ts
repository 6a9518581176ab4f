import { AppError } from '../errors.ts'
import type { EventType } from '../events.ts'
import type { WebhookAttemptRow, WebhookDeliveryRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { findEndpoint } from './endpoints.ts'
import { bodiesOf } from './payload.ts'
import { testBody } from './sample.ts'
import type { Delivery, DeliveryAttempt, Webhooks } from './types.ts'

type DeliveryVerbs = Pick<Webhooks, 'sendTest' | 'deliveries' | 'delivery' | 'resend' | 'replay'>

export function createDeliveries(context: Context): DeliveryVerbs {
  const { store, clock } = context

  const find = async (projectId: string, id: string): Promise<WebhookDeliveryRow> => {
    const row = await store.webhookDeliveries.find(projectId, id)
    if (!row) throw new AppError('not_found', 'There is no such delivery.')
    return row
  }

  /** Nothing is sent to a disabled endpoint, so asking for it is a mistake. */
  const findEnabled = async (projectId: string, id: string) => {
    const endpoint = await findEndpoint(context, projectId, id)
    if (endpoint.enabled === 0) throw new AppError('conflict', 'The webhook endpoint is disabled. Enable it first.')
    return endpoint
  }

  return {
    async sendTest(projectId, id, type) {
      const endpoint = await findEnabled(projectId, id)
      const now = clock.now()
      const body = testBody(endpoint.format, type as EventType, now)
      return present(await store.webhookDeliveries.insertTest(endpoint, type, body, now.getTime()), [])
    },

    async deliveries(projectId, endpointId, selection, { cursor, limit }) {
      const endpoint = await findEndpoint(context, projectId, endpointId)
      const rows = await store.webhookDeliveries.list(endpoint.id, selection, cursor, limit + 1)
      const shown = rows.slice(0, limit)
      const attempts = await attemptsOf(context, shown)
      return {
        items: shown.map((row) => present(row, attempts.get(row.id) ?? [])),
        nextCursor: rows.length > limit ? (shown.at(-1)?.id ?? null) : null,
      }
    },

    async delivery(projectId, id) {
      const row = await find(projectId, id)
      const endpoint = await findEndpoint(context, projectId, row.endpoint_id)
      const attempts = (await attemptsOf(context, [row])).get(id) ?? []
      const body = (await bodiesOf(store, endpoint, [row])).get(id)
      return { ...present(row, attempts), attempts, payload: body === undefined ? null : JSON.parse(body) }
    },

    async resend(projectId, id) {
      const { endpoint_id } = await find(projectId, id)
      await findEnabled(projectId, endpoint_id)
      await store.webhookDeliveries.requeue(projectId, id, clock.now().getTime())
      const row = await find(projectId, id)
      return present(row, (await attemptsOf(context, [row])).get(id) ?? [])
    },

    async replay(projectId, endpointId, { since, until, onlyFailed = false }) {
      const endpoint = await findEnabled(projectId, endpointId)
      const now = clock.now().getTime()
      const range = { since: since.getTime(), until: until?.getTime() ?? now + 1, onlyFailed }
      return store.webhookDeliveries.replay(endpoint, range, now)
    },
  }
}

async function attemptsOf(
  { store }: Pick<Context, 'store'>,
  rows: readonly WebhookDeliveryRow[],
): Promise<Map<string, DeliveryAttempt[]>> {
  if (rows.length === 0) return new Map()
  const attempts = await store.webhookDeliveries.attemptsOf(rows.map(({ id }) => id))
  const byDelivery = Map.groupBy(attempts, ({ delivery_id }) => delivery_id)
  return new Map([...byDelivery].map(([id, list]) => [id, list.map(presentAttempt)]))
}

const presentAttempt = (row: WebhookAttemptRow): DeliveryAttempt => ({
  number: row.number,
  startedAt: new Date(row.started_at),
  durationMs: row.duration_ms,
  statusCode: row.status_code,
  error: row.error,
  response: row.response,
})

const present = (row: WebhookDeliveryRow, attempts: readonly DeliveryAttempt[]): Delivery => ({
  id: row.id,
  endpointId: row.endpoint_id,
  eventId: row.event_id,
  type: row.event_type,
  status: row.status,
  test: row.test_body !== null,
  attemptCount: row.attempts,
  nextAttemptAt: row.due_at === null ? null : new Date(row.due_at),
  lastAttempt: attempts.at(-1) ?? null,
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
})
