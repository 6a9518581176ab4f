import type { SimulatorScript, SimulatorState } from '@holdfast/simulator'
import type { Clock } from '../clock.ts'
import type { Fetch } from '../egress/types.ts'
import type { Integration, IntegrationSecrets, Integrations } from '../integrations/index.ts'
import type { Metrics } from '../metrics.ts'
import type { Store } from '../store/index.ts'
import type { Tracing } from '../tracing.ts'
import type { Vault } from '../vault/types.ts'

/** Where an app is really reached: at its own addresses, or in the simulator. The one thing that differs between test and live. */
export interface ProviderSide {
  resolve: (url: URL) => URL
  fetch: Fetch
}

/** What the verbs of this room work with; made once at start. */
export interface Context {
  store: Store
  vault: Vault
  clock: Clock
  integrations: Integrations & IntegrationSecrets
  baseUrl: string
  /** Between 0 and 1, for jitter. */
  random: () => number
  /** A folder on this machine for answers of apps between their arrival and their commit. */
  spoolDir: string
  /** Names this process in leases. */
  processId: string
  side: (integration: Integration) => ProviderSide
  /** Absent when test mode is off. */
  scriptSimulator: ((token: string, script: SimulatorScript) => Promise<SimulatorState | undefined>) | undefined
  log: AccountsLog
  metrics: Metrics
  tracing: Tracing
  /** How many connections may be begun and not ended at a time. */
  pendingLimits: { perEntity: number; perProject: number }
  /** Aborted when the server stops: whoever waits is answered with what is known. */
  stopping: AbortSignal
}

/** The few things this room has to say. No secret is ever among the details. */
export interface AccountsLog {
  info(details: Record<string, unknown>, message: string): void
  warn(details: Record<string, unknown>, message: string): void
}
