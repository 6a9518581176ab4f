import type { ConnectionView } from '../accounts/types.ts'
import { AppError } from '../errors.ts'
import type { ProblemKind } from './messages.ts'

/** The page for a request that has ended, as its state and the reason of its failure tell. */
export function problemOfState(view: ConnectionView): ProblemKind {
  if (view.state === 'connected') return 'already_connected'
  if (view.state === 'expired') return 'link_expired'
  if (view.state === 'used') return 'link_used'
  const reasons: Record<string, ProblemKind> = {
    access_denied: 'denied',
    link_expired: 'link_expired',
    browser_mismatch: 'wrong_browser',
    identity_mismatch: 'wrong_account',
    identity_unknown: 'provider_down',
    provider_unavailable: 'provider_down',
  }
  return reasons[view.failure ?? ''] ?? 'failed'
}

/** Reloading the page after success is not a failure. */
export const problemAfterCallback = (problem: ProblemKind, view: ConnectionView): ProblemKind =>
  problem === 'link_used' && view.state === 'connected' ? 'already_connected' : problem

/** The page for an error that a verb threw. */
export function problemOf(error: unknown): ProblemKind {
  if (!(error instanceof AppError)) return 'internal'
  const kinds: Partial<Record<AppError['code'], ProblemKind>> = {
    not_found: 'unknown_link',
    conflict: 'link_used',
    provider_unavailable: 'provider_down',
    rate_limited: 'too_many',
    too_many_pending: 'too_many',
    integration_disabled: 'switched_off',
    account_disabled: 'switched_off',
    internal: 'internal',
  }
  return kinds[error.code] ?? 'failed'
}
