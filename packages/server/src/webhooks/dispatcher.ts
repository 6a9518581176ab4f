import { deliveriesDue, type WebhookDeliveryRow, type WebhookEndpointRow } from '../store/index.ts'
import { type AttemptResult, attempt, attemptTimeoutMs } from './attempt.ts'
import type { Context } from './context.ts'
import { bodiesOf } from './payload.ts'
import { createRecorder } from './recorder.ts'
import { signingSecrets } from './secrets.ts'

/** How many messages may be on their way at once, in this process. */
export interface Limits {
  total: number
  project: number
  endpoint: number
  /** For an endpoint whose last attempt failed, so that hanging ones hold few of the places. */
  failingEndpoint: number
}

const defaultLimits: Limits = { total: 512, project: 128, endpoint: 16, failingEndpoint: 2 }

/** Longer than an attempt and its recording may take, so that no delivery is claimed twice while somebody works on it. */
const leaseMs = attemptTimeoutMs + 15_000
/** How long attempts may still take when the server stops. */
const gracePeriodMs = 3_000

export interface Dispatcher {
  /** Claims what is due, as far as there are places, and sends it off. Resolves when all of it is on its way. */
  dispatch(): Promise<void>
  /** Calls `listener` when there may be something to do, until the returned function is called. */
  onDue(listener: () => void): () => void
  /** Sends nothing more; what is on its way may still end within a few seconds. */
  stop(): Promise<void>
}

/**
 * Sends what is in the outbox. Every endpoint has a lane of its own, with its own few places, so that one that hangs fills
 * its lane and no other.
 */
export function createDispatcher(context: Context, limits: Limits = defaultLimits): Dispatcher {
  const { store, clock } = context
  const recorder = createRecorder(context)
  const lanes = new Map<string, Lane>()
  const takenInProject = new Map<string, number>()
  let taken = 0
  /** Somebody found no place although its own lane had one. */
  let starved = false
  const listeners = new Set<() => void>()
  const stopping = new AbortController()
  const cutOff = new AbortController()

  async function dispatch() {
    for (const endpoint of await store.webhookEndpoints.withDueDeliveries(clock.now().getTime()))
      await fill(endpoint.project_id, endpoint.id)
  }

  /** Fills the free places of one lane. */
  async function fill(projectId: string, endpointId: string) {
    const lane = lanes.get(endpointId) ?? { taken: 0, filling: false, again: false, backlog: false }
    lanes.set(endpointId, lane)
    if (lane.filling) {
      lane.again = true
      return
    }
    lane.filling = true
    try {
      do {
        lane.again = false
        lane.backlog = await claimOnce(projectId, endpointId, lane)
      } while (lane.again)
    } finally {
      lane.filling = false
      if (lane.taken === 0) lanes.delete(endpointId)
    }
  }

  /** @returns Whether there may be more than there were places for. */
  async function claimOnce(projectId: string, endpointId: string, lane: Lane): Promise<boolean> {
    if (stopping.signal.aborted) return false
    const endpoint = await store.webhookEndpoints.find(projectId, endpointId)
    if (endpoint?.enabled !== 1) return false
    const places = take(endpoint, lane)
    if (places === 0) return true
    let used = 0
    try {
      const now = clock.now().getTime()
      const claimed = await store.webhookDeliveries.claim(endpoint.id, now, now + leaseMs, places)
      const messages = await prepare(endpoint, claimed)
      used = claimed.length
      for (const message of messages) void send(endpoint, lane, message)
      return used === places
    } finally {
      for (let unused = used; unused < places; unused++) give(endpoint, lane)
    }
  }

  async function prepare(endpoint: WebhookEndpointRow, deliveries: readonly WebhookDeliveryRow[]): Promise<Message[]> {
    if (deliveries.length === 0) return []
    const bodies = await bodiesOf(store, endpoint, deliveries)
    const secrets = await signingSecrets(context, endpoint).catch((error: unknown) => {
      context.log.error({ endpointId: endpoint.id, err: error }, 'the secret of a webhook endpoint does not open')
      return []
    })
    return deliveries.map((delivery) => ({ delivery, body: bodies.get(delivery.id), secrets }))
  }

  async function send(endpoint: WebhookEndpointRow, lane: Lane, { delivery, body, secrets }: Message) {
    try {
      const result =
        body === undefined || secrets.length === 0
          ? unsendable(clock.now())
          : await attempt(context, { url: endpoint.url, id: delivery.id, body, secrets }, cutOff.signal)
      if (result) await recorder.record({ delivery, result })
      else await store.webhookDeliveries.release([delivery], clock.now().getTime())
    } catch (error) {
      context.log.error({ deliveryId: delivery.id, err: error }, 'a webhook attempt failed on our side')
    } finally {
      give(endpoint, lane)
      next(endpoint, lane)
    }
  }

  /** Half a lane at a time: one claim for several deliveries costs hardly more than for one. */
  function next({ project_id, id }: WebhookEndpointRow, lane: Lane) {
    if (lane.backlog && lane.taken <= limits.endpoint / 2)
      fill(project_id, id).catch((error: unknown) =>
        context.log.error({ endpointId: id, err: error }, 'webhook deliveries could not be claimed'),
      )
    else if (lane.taken === 0 && !lane.filling) lanes.delete(id)
    if (!starved) return
    starved = false
    for (const listener of listeners) listener()
  }

  function take({ project_id, failing_since }: WebhookEndpointRow, lane: Lane): number {
    const inLane = (failing_since === null ? limits.endpoint : limits.failingEndpoint) - lane.taken
    const inProject = limits.project - (takenInProject.get(project_id) ?? 0)
    const places = Math.max(0, Math.min(inLane, inProject, limits.total - taken))
    if (places === 0 && inLane > 0) starved = true
    lane.taken += places
    taken += places
    takenInProject.set(project_id, (takenInProject.get(project_id) ?? 0) + places)
    return places
  }

  function give({ project_id }: WebhookEndpointRow, lane: Lane) {
    lane.taken -= 1
    taken -= 1
    const left = (takenInProject.get(project_id) ?? 0) - 1
    if (left > 0) takenInProject.set(project_id, left)
    else takenInProject.delete(project_id)
  }

  return {
    dispatch,
    onDue(listener) {
      listeners.add(listener)
      const stop = store.signals.watch(deliveriesDue, listener)
      return () => {
        listeners.delete(listener)
        stop()
      }
    },
    async stop() {
      stopping.abort()
      const timer = setTimeout(() => cutOff.abort(), gracePeriodMs)
      while (taken > 0) await new Promise((resolve) => setTimeout(resolve, 10))
      clearTimeout(timer)
    },
  }
}

interface Lane {
  taken: number
  filling: boolean
  /** Something became due while it was being filled. */
  again: boolean
  /** It was full when it was last filled, so there may be more. */
  backlog: boolean
}

interface Message {
  delivery: WebhookDeliveryRow
  /** Undefined when it could not be made. */
  body: string | undefined
  secrets: Awaited<ReturnType<typeof signingSecrets>>
}

const unsendable = (startedAt: Date): AttemptResult => ({
  startedAt,
  durationMs: 0,
  statusCode: null,
  error: 'The message could not be prepared.',
  response: null,
  retryAfterMs: null,
})
