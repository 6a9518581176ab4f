import { type ExpressionBuilder, sql } from 'kysely'
import { quietEventTypes } from '../events.ts'
import { newId } from '../ids.ts'
import type {
  Database,
  DatabaseKind,
  Db,
  EventRow,
  WebhookAttemptRow,
  WebhookDeliveryRow,
  WebhookEndpointRow,
} from './database.ts'
import { locks } from './locks.ts'

export interface DeliverySelection {
  status?: WebhookDeliveryRow['status'] | undefined
  types?: readonly string[] | undefined
}

/** Signals under this name, instead of an account's id, say that there is something to deliver. */
export const deliveriesDue = 'webhook deliveries'

/** How many rows one statement inserts: both databases bound the parameters of a statement. */
const insertAtOnce = 500
/** How many rows of a replay one statement looks for, so that none takes long. */
const replayedAtOnce = 5000

/**
 * The outbox. A delivery is written in the transaction of its event, so no crash comes between the two, and `due_at` is the
 * queue: a claim moves it to the end of its lease, and whoever finds it in the past may claim.
 *
 * @param onQueued Called when there is something new to deliver.
 */
export const webhookDeliveryQueries = (db: Db, kind: DatabaseKind, onQueued: () => void) => ({
  /** One delivery for each enabled endpoint of the project that wants events of this type. */
  async fanOut(event: Pick<EventRow, 'id' | 'project_id' | 'type' | 'created_at'>): Promise<void> {
    const endpoints = await db
      .selectFrom('webhook_endpoints')
      .selectAll()
      .where('project_id', '=', event.project_id)
      .where('enabled', '=', 1)
      // An endpoint that is deleted right now must not make the account's own change fail.
      .$if(locks(db, kind), (query) => query.forKeyShare())
      .execute()
    const wanted = endpoints.filter((endpoint) => wants(endpoint, event.type))
    if (wanted.length === 0) return
    await db
      .insertInto('webhook_deliveries')
      .values(wanted.map((endpoint) => newDelivery(endpoint, event, event.created_at)))
      .execute()
    onQueued()
  },

  /** A delivery of no event. */
  async insertTest(endpoint: WebhookEndpointRow, type: string, body: string, now: number): Promise<WebhookDeliveryRow> {
    const row = { ...newDelivery(endpoint, { id: null, type }, now), test_body: body }
    await db.insertInto('webhook_deliveries').values(row).execute()
    onQueued()
    return row
  },

  /**
   * Takes up to `limit` due deliveries, longest due first, until `until`. One statement, so that of all processes one gets
   * each; rows that another is about to take are passed over.
   */
  claim(endpointId: string, now: number, until: number, limit: number): Promise<WebhookDeliveryRow[]> {
    return db
      .with('due', (query) =>
        query
          .selectFrom('webhook_deliveries')
          .select('id')
          .where('endpoint_id', '=', endpointId)
          .where('due_at', '<=', now)
          .orderBy('due_at')
          .limit(limit)
          .$if(kind === 'postgres', (rows) => rows.forUpdate().skipLocked()),
      )
      .updateTable('webhook_deliveries')
      .set((expression) => ({ due_at: until, claimed: 1, claim: expression('claim', '+', 1) }))
      .where('id', 'in', (expression) => expression.selectFrom('due').select('due.id'))
      .returningAll()
      .execute()
  },

  /** Gives claims back unused. */
  async release(claims: readonly Pick<WebhookDeliveryRow, 'id' | 'claim'>[], now: number): Promise<void> {
    for (const { id, claim } of claims)
      await db
        .updateTable('webhook_deliveries')
        .set({ due_at: now, claimed: 0 })
        .where('id', '=', id)
        .where('claim', '=', claim)
        .where('status', '=', 'pending')
        .execute()
  },

  async recordAttempts(rows: readonly WebhookAttemptRow[]): Promise<void> {
    for (const part of inParts(rows))
      await db
        .insertInto('webhook_attempts')
        .values(part)
        // Two processes made the same attempt: the lease of the first had ended.
        .onConflict((conflict) => conflict.columns(['delivery_id', 'number']).doNothing())
        .execute()
  },

  /** It arrived: whoever else holds a claim by now. */
  async delivered(ids: readonly string[], at: number): Promise<void> {
    await db
      .updateTable('webhook_deliveries')
      .set((expression) => ({
        status: 'delivered',
        due_at: null,
        claimed: 0,
        attempts: expression('attempts', '+', 1),
        updated_at: at,
      }))
      .where('id', 'in', ids)
      .where('status', '!=', 'delivered')
      .execute()
  },

  /** @param dueAt When to try again; null: never. */
  async failedAttempt(id: string, claim: number, dueAt: number | null, at: number): Promise<void> {
    await db
      .updateTable('webhook_deliveries')
      .set((expression) => ({
        status: dueAt === null ? 'failed' : 'pending',
        due_at: dueAt,
        claimed: 0,
        attempts: expression('attempts', '+', 1),
        retries: expression('retries', '+', 1),
        updated_at: at,
      }))
      .where('id', '=', id)
      .where('claim', '=', claim)
      .where('status', '=', 'pending')
      .execute()
  },

  find(projectId: string, id: string): Promise<WebhookDeliveryRow | undefined> {
    return db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
  },

  attemptsOf(deliveryIds: readonly string[]): Promise<WebhookAttemptRow[]> {
    return db
      .selectFrom('webhook_attempts')
      .selectAll()
      .where('delivery_id', 'in', deliveryIds)
      .orderBy('delivery_id')
      .orderBy('number')
      .execute()
  },

  /** Newest first. @param before The id to begin below. */
  list(
    endpointId: string,
    { status, types }: DeliverySelection,
    before: string | undefined,
    limit: number,
  ): Promise<WebhookDeliveryRow[]> {
    return db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('endpoint_id', '=', endpointId)
      .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'pending'))
      .$if(types !== undefined, (query) => query.where('event_type', 'in', types ?? []))
      .$if(before !== undefined, (query) => query.where('id', '<', before ?? ''))
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  },

  /** From the beginning of the schedule, now. One that is on its way is left alone. */
  async requeue(projectId: string, id: string, now: number): Promise<WebhookDeliveryRow | undefined> {
    const row = await db
      .updateTable('webhook_deliveries')
      .set(queuedAt(now))
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .where((expression) => isNotOnItsWay(expression, now))
      .returningAll()
      .executeTakeFirst()
    if (row) onQueued()
    return row
  },

  /**
   * Queues again what was recorded from `since` to before `until`, under the ids it had, and what was never queued for this
   * endpoint, because it did not exist then, or was disabled.
   *
   * @param onlyFailed Leave out what arrived.
   * @returns How many.
   */
  async replay(
    endpoint: WebhookEndpointRow,
    { since, until, onlyFailed }: { since: number; until: number; onlyFailed: boolean },
    now: number,
  ): Promise<number> {
    let queued = 0
    // What is queued again is pending with no failure counted, or has a later time, and is not found a second time.
    for (let found = replayedAtOnce; found === replayedAtOnce; queued += found) {
      const { numUpdatedRows } = await db
        .updateTable('webhook_deliveries')
        .set(queuedAt(now))
        .where('id', 'in', (expression) =>
          expression
            .selectFrom('webhook_deliveries')
            .innerJoin('events', 'events.id', 'webhook_deliveries.event_id')
            .select('webhook_deliveries.id')
            .where('webhook_deliveries.endpoint_id', '=', endpoint.id)
            .where(({ and, eb, or }) =>
              or([
                eb('webhook_deliveries.status', 'in', onlyFailed ? ['failed'] : ['failed', 'delivered']),
                // One that failed may else wait for hours after the receiver is well again.
                and([
                  eb('webhook_deliveries.status', '=', 'pending'),
                  eb('webhook_deliveries.retries', '>', 0),
                  or([eb('webhook_deliveries.claimed', '=', 0), eb('webhook_deliveries.due_at', '<=', now)]),
                ]),
              ]),
            )
            .where('webhook_deliveries.updated_at', '<=', now)
            .where('events.created_at', '>=', since)
            .where('events.created_at', '<', until)
            .limit(replayedAtOnce),
        )
        .where((expression) => isNotOnItsWay(expression, now))
        .executeTakeFirst()
      found = Number(numUpdatedRows)
    }
    for (let found = replayedAtOnce; found === replayedAtOnce; queued += found) {
      const missing = await db
        .selectFrom('events')
        .select(['id', 'type'])
        .where('project_id', '=', endpoint.project_id)
        .where('created_at', '>=', since)
        .where('created_at', '<', until)
        .where('type', ...wantedTypes(endpoint))
        .where((expression) =>
          expression.not(
            expression.exists(
              expression
                .selectFrom('webhook_deliveries')
                .select(sql`1`.as('one'))
                .whereRef('webhook_deliveries.event_id', '=', 'events.id')
                .where('webhook_deliveries.endpoint_id', '=', endpoint.id),
            ),
          ),
        )
        .orderBy('created_at')
        .orderBy('id')
        .limit(replayedAtOnce)
        .execute()
      found = missing.length
      for (const part of inParts(missing))
        await db
          .insertInto('webhook_deliveries')
          .values(part.map((event) => newDelivery(endpoint, event, now)))
          .onConflict((conflict) => conflict.columns(['endpoint_id', 'event_id']).doNothing())
          .execute()
    }
    if (queued > 0) onQueued()
    return queued
  },

  /** How many wait, over all projects. */
  async queueLength(): Promise<number> {
    const { total } = await db
      .selectFrom('webhook_deliveries')
      .select((expression) => expression.fn.countAll<number>().as('total'))
      .where('due_at', 'is not', null)
      .executeTakeFirstOrThrow()
    return Number(total)
  },

  /** All of an endpoint, a bounded number at a time. @returns How many. */
  async deleteOf(endpointId: string, limit: number): Promise<number> {
    const { numDeletedRows } = await db
      .deleteFrom('webhook_deliveries')
      .where('id', 'in', (expression) =>
        expression.selectFrom('webhook_deliveries').select('id').where('endpoint_id', '=', endpointId).limit(limit),
      )
      .executeTakeFirst()
    return Number(numDeletedRows)
  },

  /** Ended deliveries, and those of endpoints that stay disabled. @returns How many. */
  async deleteOld(before: number, limit: number): Promise<number> {
    const { numDeletedRows } = await db
      .deleteFrom('webhook_deliveries')
      .where('id', 'in', (expression) =>
        expression
          .selectFrom('webhook_deliveries')
          .select('id')
          .where('created_at', '<', before)
          .where('updated_at', '<', before)
          .orderBy('created_at')
          .limit(limit),
      )
      .executeTakeFirst()
    return Number(numDeletedRows)
  },
})

const wants = (endpoint: WebhookEndpointRow, type: string): boolean => {
  const [within, types] = wantedTypes(endpoint)
  return types.includes(type) === (within === 'in')
}

const wantedTypes = ({ event_types }: WebhookEndpointRow): ['in' | 'not in', readonly string[]] =>
  event_types === null ? ['not in', quietEventTypes] : ['in', JSON.parse(event_types) as string[]]

const newDelivery = (
  endpoint: WebhookEndpointRow,
  event: { id: string | null; type: string },
  now: number,
): WebhookDeliveryRow => ({
  // No dot: it is part of what is signed, where dots separate. Sorts by time.
  id: `msg_${newId().replaceAll('-', '')}`,
  project_id: endpoint.project_id,
  endpoint_id: endpoint.id,
  event_id: event.id,
  event_type: event.type,
  test_body: null,
  status: 'pending',
  due_at: now,
  claim: 0,
  claimed: 0,
  attempts: 0,
  retries: 0,
  created_at: now,
  updated_at: now,
})

const queuedAt = (now: number) => ({
  status: 'pending' as const,
  due_at: now,
  claimed: 0 as const,
  retries: 0,
  updated_at: now,
})

const isNotOnItsWay = (expression: ExpressionBuilder<Database, 'webhook_deliveries'>, now: number) =>
  expression.or([expression('claimed', '=', 0), expression('due_at', '<=', now)])

function inParts<Item>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = []
  for (let start = 0; start < items.length; start += insertAtOnce) parts.push(items.slice(start, start + insertAtOnce))
  return parts
}
