import { isGrantedInBrowser } from '@holdfast/catalog'
import { AppError } from '../errors.ts'
import { sha256 } from '../ids.ts'
import type { AccountRow, ConnectionRequestRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { type Redemption, redeem } from './flow.ts'
import { connectTyped } from './initiate.ts'
import { statusReason } from './reasons.ts'
import { failConnection, openAnswer } from './requests.ts'
import type { StatusReasonCode } from './types.ts'

/** How long the app may take to answer once it is confirmed. */
const redemptionTimeMs = 2 * 60_000

/**
 * The same-user check: the developer's backend says which of its users came back with the handle. The one the connection
 * was begun for: the parked answer is used. Anybody else: the connection ends, and the code is never redeemed.
 *
 * @see draft-ietf-oauth-security-topics-update, cross-user session fixation
 */
export async function confirm(
  context: Context,
  projectId: string,
  { handle, entityId }: { handle: string; entityId: string },
): Promise<AccountRow> {
  const { store, clock } = context
  const hash = sha256(handle)
  const now = clock.now().getTime()
  const request = await store.requests.unpark(projectId, hash, now, now + redemptionTimeMs)
  if (!request) {
    if (await store.requests.findByHandle(projectId, hash))
      throw new AppError('conflict', 'This handle was used or has expired.')
    throw noHandle()
  }
  const account = await store.accounts.find(projectId, request.account_id)
  if (!account || request.answer === null) throw noHandle()
  if (account.entity_id !== entityId) {
    await failConnection(context, request, 'user_mismatch')
    throw new AppError('user_mismatch', statusReason('user_mismatch').message)
  }
  const outcome = await use(context, { ...request, answer: request.answer })
  if (outcome.kind === 'refused') {
    await failConnection(context, request, outcome.code, outcome.detail)
    throw failure(outcome.code, outcome.detail)
  }
  const connected = await store.accounts.find(projectId, account.id)
  if (outcome.kind === 'gone' || !connected) throw new AppError('conflict', 'The connection was ended meanwhile.')
  return connected
}

async function use(context: Context, request: ConnectionRequestRow & { answer: Uint8Array }): Promise<Redemption> {
  const integration = await context.integrations.get(request.project_id, request.integration_id)
  if (!isGrantedInBrowser(integration.scheme)) return connectTyped(context, request, integration)
  const { params } = await openAnswer(context, request)
  return redeem(context, request, new URLSearchParams(params))
}

function failure(code: StatusReasonCode, detail: string | undefined): AppError {
  const { message } = statusReason(code, detail)
  if (code === 'provider_unavailable' || code === 'identity_unknown')
    return new AppError('provider_unavailable', message)
  if (code === 'identity_mismatch' || code === 'credential_refused') return new AppError(code, message)
  return new AppError('connection_failed', message)
}

const noHandle = () => new AppError('not_found', 'There is no such handle.')
