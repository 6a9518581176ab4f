import type { Clock } from '../clock.ts'
import type { Egress } from '../egress/index.ts'
import type { Metrics } from '../metrics.ts'
import type { Store } from '../store/index.ts'
import type { Vault } from '../vault/index.ts'

/** What the room works with; made once at start. */
export interface Context {
  store: Store
  vault: Vault
  clock: Clock
  /** Between 0 and 1, for jitter. */
  random: () => number
  egress: Pick<Egress, 'fetch' | 'refusal'>
  /** Whether endpoints may be on this very machine, by plain http: only where nobody else can reach this server. */
  loopbackReceivers: boolean
  metrics?: Pick<Metrics, 'deliveryEnded'> | undefined
  log: WebhooksLog
}

/** The few things this room has to say. No secret, URL or body is ever among the details. */
export interface WebhooksLog {
  warn(details: Record<string, unknown>, message: string): void
  error(details: Record<string, unknown>, message: string): void
}
