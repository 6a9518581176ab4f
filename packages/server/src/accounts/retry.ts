import { sha256 } from '../ids.ts'
import type { Context } from './context.ts'
import { holdsCookie } from './flow.ts'
import { reinitiate } from './initiate.ts'
import type { ConnectFlow, StatusReasonCode } from './types.ts'

/** Failures after which the same person may want to try once more. Not those that speak of somebody else, or of the operator. */
const passing: ReadonlySet<string> = new Set<StatusReasonCode>([
  'access_denied',
  'identity_mismatch',
  'identity_unknown',
  'provider_unavailable',
  'code_exchange_failed',
])

/** How long after its link was made a request may be begun again from its last page. */
const retryWithinMs = 60 * 60_000

/** A request that ended in the person's own browser is begun again there, for the same account and to the same return URL. */
export async function retry(
  context: Context,
  { state, cookies }: Parameters<ConnectFlow['retry']>[0],
): Promise<{ redirectUrl: string } | null> {
  const request = await context.store.requests.findByState(sha256(state))
  if (request?.status !== 'failed' || !passing.has(request.failure_code ?? '')) return null
  // A link makes its own requests: there is no second way to use it.
  if (request.link_id !== null || !holdsCookie(context, request, cookies)) return null
  if (context.clock.now().getTime() - request.created_at > retryWithinMs) return null
  // It was begun again before, and came to its end.
  if ((await context.store.requests.newestOfAccount(request.account_id))?.status === 'connected') return null
  const { redirectUrl } = await reinitiate(context, request.project_id, request.account_id, {
    redirectUri: request.redirect_uri ?? undefined,
    allowIdentityChange: request.allow_identity_change === 1,
  })
  return redirectUrl === null ? null : { redirectUrl }
}
