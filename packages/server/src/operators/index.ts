/**
 * The people who run the installation: how they get in (a setup link, passwords, one-time codes, passkeys, invitations), who
 * they are and may be, what they did, and the overview they see first.
 */
import type { Clock } from '../clock.ts'
import type { Store } from '../store/index.ts'
import type { Vault } from '../vault/types.ts'
import { createInvitations } from './invitations.ts'
import { createOneTimeCodes } from './one-time-codes.ts'
import { createOverview } from './overview.ts'
import { createPasskeys } from './passkeys.ts'
import { createSessions, idleMs } from './sessions.ts'
import { createSetup } from './setup.ts'
import { createSignIn } from './sign-in.ts'
import { createStaff } from './staff.ts'
import { createThrottle } from './throttle.ts'
import type { Operators } from './types.ts'

export { linkUrl, newLinkRow } from './links.ts'
export { makeLink } from './setup.ts'
export type * from './types.ts'

export interface OperatorsOptions {
  store: Store
  vault: Vault
  clock: Clock
  baseUrl: string
}

export function createOperators(options: OperatorsOptions): {
  operators: Operators
  /** What the loops call: forgets what has ended. */
  forgetOld(): Promise<void>
} {
  const { store, clock } = options
  const context = { ...options, throttle: createThrottle(options) }
  return {
    operators: {
      ...createSetup(context),
      ...createSignIn(context),
      ...createSessions(context),
      ...createOneTimeCodes(context),
      ...createPasskeys(context),
      ...createStaff(context),
      ...createInvitations(context),
      ...createOverview(context),
    },
    async forgetOld() {
      const now = clock.now().getTime()
      await store.operators.deleteEnded(now, { seenBefore: now - idleMs })
    },
  }
}
