import type { Store, WebhookDeliveryRow, WebhookEndpointRow } from '../store/index.ts'
import type { AttemptResult } from './attempt.ts'
import type { Context } from './context.ts'
import { waitAfterFailure } from './schedule.ts'

/** An endpoint that has not taken anything for so long is disabled. */
const failingLimitMs = 5 * 24 * 60 * 60_000
/** The receiver says that it is gone for good. */
const goneStatus = 410
const batchSize = 200

export interface Outcome {
  delivery: WebhookDeliveryRow
  result: AttemptResult
}

type Recording = Pick<Context, 'store' | 'clock' | 'random' | 'log' | 'metrics'>

/**
 * Writes down what became of attempts. Those that end about the same time share a transaction, since waiting for the disk is
 * most of the work; a crash before it only means that they are made again.
 */
export function createRecorder(context: Recording) {
  const waiting: { outcome: Outcome; done: () => void }[] = []
  let running = false

  /** Resolves when it is stored, or was found to be impossible to store. */
  function record(outcome: Outcome): Promise<void> {
    return new Promise((done) => {
      waiting.push({ outcome, done })
      if (running) return
      running = true
      setImmediate(writeAll)
    })
  }

  async function writeAll() {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchSize)
      await write(batch.map(({ outcome }) => outcome))
      for (const { done } of batch) done()
    }
    running = false
  }

  /** One outcome that can't be stored, say of an endpoint deleted meanwhile, must not take the others with it. */
  async function write(outcomes: Outcome[]) {
    try {
      await settle(context, outcomes)
    } catch (error) {
      if (outcomes.length > 1) {
        for (const outcome of outcomes) await write([outcome])
        return
      }
      const [outcome] = outcomes
      const { store } = context
      const delivery = outcome && (await store.webhookDeliveries.find(outcome.delivery.project_id, outcome.delivery.id))
      // Its claim ends by itself, and then it is made again.
      if (delivery) context.log.error({ deliveryId: delivery.id, err: error }, 'a webhook attempt was not recorded')
    }
  }

  return { record }
}

async function settle(context: Recording, outcomes: readonly Outcome[]) {
  const { store, clock, log } = context
  const now = clock.now().getTime()
  const givenUp = new Set<string>()
  const disabled = await store.transaction(async (queries) => {
    const { webhookDeliveries: deliveries, webhookEndpoints: endpoints } = queries
    const failures = outcomes.filter(({ result }) => result.error !== null)
    const successes = outcomes.filter(({ result }) => result.error === null)
    await deliveries.recordAttempts(outcomes.map(attemptRow))
    const disabled: WebhookEndpointRow[] = []
    for (const { delivery, result } of failures) {
      const gone = result.statusCode === goneStatus
      const wait = gone ? null : waitAfterFailure(delivery.retries, result.retryAfterMs, context.random())
      if (wait === null) givenUp.add(delivery.id)
      await deliveries.failedAttempt(delivery.id, delivery.claim, wait === null ? null : Math.round(now + wait), now)
      await endpoints.failed(delivery.endpoint_id, result.startedAt.getTime())
    }
    if (successes.length > 0) {
      await deliveries.delivered(
        successes.map(({ delivery }) => delivery.id),
        now,
      )
      await endpoints.succeeded([...new Set(successes.map(({ delivery }) => delivery.endpoint_id))])
    }
    for (const [id, reason] of endpointsToDisable(failures)) {
      const row = await endpoints.disable(id, reason, now, reason === 'failing' ? now - failingLimitMs : undefined)
      if (row) disabled.push(row)
    }
    return disabled
  })
  for (const { delivery, result } of outcomes) {
    const failed = givenUp.has(delivery.id) ? 'given_up' : 'failed'
    context.metrics?.deliveryEnded(result.error === null ? 'delivered' : failed, result.durationMs / 1000)
  }
  for (const { id, project_id, disabled_reason } of disabled)
    log.warn({ endpointId: id, projectId: project_id, reason: disabled_reason }, 'a webhook endpoint was disabled')
}

/** By endpoint id: why it would be. Whether it failed for long enough is for the database to say. */
function endpointsToDisable(failures: readonly Outcome[]): Map<string, 'gone' | 'failing'> {
  const reasons = new Map<string, 'gone' | 'failing'>()
  for (const { delivery, result } of failures)
    if (result.statusCode === goneStatus) reasons.set(delivery.endpoint_id, 'gone')
    else if (!reasons.has(delivery.endpoint_id)) reasons.set(delivery.endpoint_id, 'failing')
  return reasons
}

const attemptRow = ({
  delivery,
  result,
}: Outcome): Parameters<Store['webhookDeliveries']['recordAttempts']>[0][number] => ({
  delivery_id: delivery.id,
  number: delivery.attempts + 1,
  started_at: result.startedAt.getTime(),
  duration_ms: result.durationMs,
  status_code: result.statusCode,
  error: result.error,
  response: result.response,
})
