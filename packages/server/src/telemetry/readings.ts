import { type Clock, within } from '../clock.ts'

/** Figures that nobody counts as they happen: they are read when someone looks. */
export interface ReadingSources {
  /** How many accounts there are, over all projects. A whole-table count, so asked for rarely. */
  accounts(): Promise<AccountCount[]>
  /** How late the oldest account is whose refresh in the background is due; 0 when none is. */
  dueLagSeconds(): Promise<number>
  /** Webhook deliveries that wait to be made. */
  webhookQueueLength(): Promise<number>
  /** Connections to the database; undefined where there is only the one. */
  pool(): { busy: number; idle: number; waiting: number } | undefined
}

export interface AccountCount {
  status: string
  enabled: boolean
  count: number
}

/** Whoever scrapes more often, or from several places, gets the figures of a moment ago. */
const freshForMs = 15_000
/** A scrape must answer although the database doesn't: then these figures are missing from it. */
const patienceMs = 3_000

export interface Readings {
  accounts(): Promise<AccountCount[] | undefined>
  dueLagSeconds(): Promise<number | undefined>
  webhookQueueLength(): Promise<number | undefined>
  pool: ReadingSources['pool']
}

/** @returns Readings that never reject: a figure that can't be had is undefined. */
export function createReadings(sources: ReadingSources, clock: Clock): Readings {
  return {
    accounts: remembered(sources.accounts, clock),
    dueLagSeconds: remembered(sources.dueLagSeconds, clock),
    webhookQueueLength: remembered(sources.webhookQueueLength, clock),
    pool: sources.pool,
  }
}

function remembered<Value>(read: () => Promise<Value>, clock: Clock): () => Promise<Value | undefined> {
  let last: { value: Value; at: number } | undefined
  let running: Promise<Value | undefined> | undefined

  const readAgain = async () => {
    try {
      last = { value: await read(), at: clock.now().getTime() }
      return last.value
    } catch {
      return undefined
    } finally {
      running = undefined
    }
  }

  return async () => {
    if (last && clock.now().getTime() - last.at < freshForMs) return last.value
    running ??= readAgain()
    return within(clock, patienceMs, running)
  }
}
