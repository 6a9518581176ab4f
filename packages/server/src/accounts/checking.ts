import { AppError } from '../errors.ts'
import { tryCredential } from '../oauth/index.ts'
import type { AccountRow } from '../store/index.ts'
import type { Context } from './context.ts'
import { openCredentials } from './credentials.ts'
import { signingProviderFor } from './signing.ts'
import type { CredentialCheck } from './types.ts'
import { usable } from './usable.ts'

type EnsureFresh = (row: AccountRow) => Promise<AccountRow | undefined>

/**
 * Asks for a new access token although the old one is still good. The app's answer is handled as in any refresh: a lost
 * grant becomes EXPIRED, an app that is down changes nothing. An account without tokens that end is left as it is.
 *
 * @returns The row as it is afterwards.
 * @throws {AppError} not_found, account_disabled, account_not_active, reconnect_required, provider_unavailable.
 */
export async function refreshNow(
  context: Context,
  ensureFresh: EnsureFresh,
  projectId: string,
  id: string,
): Promise<AccountRow> {
  const row = usable(await context.store.accounts.find(projectId, id))
  if (row.refresh_after === null || row.auth_scheme === 'OAUTH1') return row
  const now = context.clock.now().getTime()
  // Only while the credentials are those that were seen: a refresh that has just ended is as good as ours.
  const due = await context.store.accounts.updateAtVersion(projectId, id, row.credentials_version, {
    refresh_after: Math.min(row.refresh_after, now),
    updated_at: row.updated_at,
  })
  const renewed = await ensureFresh(due ?? usable(await context.store.accounts.find(projectId, id)))
  if (!renewed) throw new AppError('not_found', 'There is no such connected account.')
  return renewed
}

/**
 * Makes the app's cheap test call with the account's credentials. Nothing is stored but, for a key that could not be
 * checked when it was given, that it is good after all.
 *
 * @throws {AppError} not_found, account_disabled, account_not_active, reconnect_required, provider_unavailable.
 */
export async function checkAccount(
  context: Context,
  ensureFresh: EnsureFresh,
  projectId: string,
  id: string,
): Promise<CredentialCheck> {
  const row = usable(await ensureFresh(usable(await context.store.accounts.find(projectId, id))))
  const integration = await context.integrations.get(projectId, row.integration_id)
  const credentials = await openCredentials(context, row)
  if (!credentials) throw new AppError('account_not_active', 'The connected account has no credentials.')
  const provider = await signingProviderFor(context, integration, {
    ...credentials.params,
    ...(credentials.tokens && { access_token: credentials.tokens.accessToken }),
  })
  const result = await tryCredential(provider)
  const checkedAt = context.clock.now()
  if (result === 'accepted' && row.verification === 'unverified')
    await context.store.accounts.updateAtVersion(projectId, id, row.credentials_version, {
      verification: 'verified',
      ...(row.reason_code === 'unverified' && { reason_code: null, reason_message: null }),
      updated_at: checkedAt.getTime(),
    })
  return { result, checkedAt }
}
