import { type AuthScheme, isMachine } from '@holdfast/catalog'
import type { Integration } from '../../integrations/index.ts'
import { refreshTokens } from '../../oauth/index.ts'
import type { OAuthProvider, TokenSet } from '../../oauth/types.ts'
import { Secret } from '../../secret.ts'
import type { Context } from '../context.ts'
import type { Credentials, expiryColumns } from '../credentials.ts'
import { byFetching, refetch } from '../machine-grants.ts'
import { isOAuth, oauthProviderFor } from '../providers.ts'

/** How an account gets its next token. */
export interface Renewal {
  /** @throws {TokenError} */
  renew(): Promise<TokenSet>
  rotates: Parameters<typeof expiryColumns>[1]
}

/** Whether accounts of this scheme get another token at all. One that is fetched may be wanting the first time too. */
export const isRenewed = (scheme: AuthScheme, { tokens }: Credentials): boolean =>
  isOAuth(scheme) ? tokens !== null : isMachine(scheme)

/** By the refresh token, or with what the person gave. Everything that can be done before the call is done here. */
export async function renewalFor(
  context: Context,
  integration: Integration,
  { params, tokens }: Credentials,
): Promise<Renewal> {
  const { scheme } = integration
  if (isMachine(scheme))
    return { renew: () => refetch(context, integration, scheme, params, refreshTimeoutMs), rotates: byFetching }
  const provider = patient(await oauthProviderFor(context, integration, params))
  return {
    renew: () => refreshTokens(provider, new Secret(tokens?.refreshToken ?? '')),
    rotates: provider.scheme.refresh.rotates,
  }
}

/** An answer that comes late is still the only copy of the new tokens, so a refresh waits far longer than its readers. */
const refreshTimeoutMs = 120_000

const patient = (provider: OAuthProvider): OAuthProvider => ({
  ...provider,
  fetch: (url, init) => provider.fetch(url, { ...init, timeoutMs: refreshTimeoutMs }),
})
