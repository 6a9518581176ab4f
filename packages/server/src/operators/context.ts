import type { Clock } from '../clock.ts'
import type { Store } from '../store/index.ts'
import type { Vault } from '../vault/types.ts'
import type { Throttle } from './throttle.ts'

/** What the verbs of this room work with; made once at start. */
export interface Context {
  store: Store
  vault: Vault
  clock: Clock
  /** Where browsers reach the server, without a trailing slash. */
  baseUrl: string
  throttle: Throttle
}
