import type { EventType } from '../events.ts'
import type { EventRow, Store, WebhookDeliveryRow, WebhookEndpointRow } from '../store/index.ts'
import type { FeedEvent } from './types.ts'

/** The messages of the first generation, by the event that each stands for. There are no others. */
export const firstGenerationTypes: Partial<Record<EventType, string>> = {
  'connected_account.initiated': 'connected_account.add.start',
  'connected_account.active': 'connected_account.add.completed',
  'connected_account.reactivated': 'connected_account.add.completed',
}

export const feedEvent = (row: EventRow): FeedEvent => ({
  id: row.id,
  type: row.type,
  timestamp: new Date(row.created_at),
  data: { ...(JSON.parse(row.data) as Record<string, unknown>), sequence: row.sequence },
})

/** @returns The body of each delivery by its id. One that cannot be made is left out. */
export async function bodiesOf(
  store: Pick<Store, 'events' | 'integrations'>,
  { format }: Pick<WebhookEndpointRow, 'format'>,
  deliveries: readonly WebhookDeliveryRow[],
): Promise<Map<string, string>> {
  const ids = deliveries.flatMap(({ event_id }) => event_id ?? [])
  const rows = ids.length === 0 ? [] : await store.events.findMany(ids)
  const events = new Map(rows.map((row) => [row.id, row]))
  const bodies = new Map<string, string>()
  for (const { id, event_id, test_body } of deliveries) {
    const row = event_id === null ? undefined : events.get(event_id)
    const body = row ? await bodyOf(store, format, row).catch(() => undefined) : test_body
    if (typeof body === 'string') bodies.set(id, body)
  }
  return bodies
}

async function bodyOf(
  store: Pick<Store, 'integrations'>,
  format: WebhookEndpointRow['format'],
  row: EventRow,
): Promise<string> {
  const { type, timestamp, data } = feedEvent(row)
  if (format === 'standard') return JSON.stringify({ type, timestamp, data })
  const integration = await store.integrations.find(row.project_id, String(data.integrationId))
  return JSON.stringify(firstGenerationMessage({ type, timestamp, data }, integration?.name ?? String(data.app)))
}

export const firstGenerationMessage = ({ type, timestamp, data }: Omit<FeedEvent, 'id'>, integrationName: string) => ({
  type: firstGenerationTypes[type as EventType] ?? type,
  timestamp,
  data: {
    app_name: data.app,
    integration_name: integrationName,
    integration_id: data.integrationId,
    connected_account_id: (data.connectedAccount as { id: string }).id,
    body: {},
  },
})
