import { AppError } from '../errors.ts'
import { newToken, sha256 } from '../ids.ts'
import type { Integration } from '../integrations/index.ts'
import {
  authorizationUrl,
  grantedToken,
  oauth1AuthorizationUrl,
  readAuthorizationResponse,
  readOAuth1Response,
  redeemCode,
  requestToken,
  tokenOfCallback,
} from '../oauth/index.ts'
import type { OAuth1Provider, OAuthProvider, Provider, TokenSet } from '../oauth/types.ts'
import { Secret } from '../secret.ts'
import type { Context } from './context.ts'
import { type Credentials, type ExpiryColumns, expiryColumns, storedTokens } from './credentials.ts'
import { clientOf, isOAuth, providerFor } from './providers.ts'
import { abandonGrant, type RevokedAccount } from './revocation.ts'

/**
 * What the schemes have in common whose grant a person gives in the browser, at the app's own pages: a way there, a way
 * back, and one exchange for what is kept.
 */
export interface BrowserGrant {
  /**
   * @returns Where the browser goes, what the callback is recognised by, and what the exchange will need.
   * @throws {TokenError} when the app must be asked first and does not answer.
   */
  begin(redirectUri: string, scopes: string[]): Promise<{ url: URL; stateHash: Uint8Array; secret: string }>
  /** Whether the app sent the browser back with a yes. @throws {AuthorizationError} */
  check(response: URLSearchParams): void
  /** @throws {AuthorizationError} @throws {TokenError} */
  exchange(response: URLSearchParams, redirectUri: string, secret: string): Promise<Granted>
}

/** What an app granted. */
export interface Granted {
  /** With the token among its values. */
  provider: Provider
  /** Learned params of the answer. */
  learned: Record<string, string>
  /** Null where the app does not say. */
  scopes: string[] | null
  /** What is kept: nothing of the old grant outlives the new one, but for a refresh token the app did not repeat. */
  credentials(params: Record<string, string>, previous: Credentials | null): Credentials
  expiry(credentials: Credentials): ExpiryColumns
  /** Gives it back to the app in the background, where that is possible. */
  abandon(account: RevokedAccount): Promise<void>
}

/** @throws {AppError} not_supported when the operator has set no OAuth client. */
export async function browserGrantFor(
  context: Context,
  integration: Integration,
  params: Record<string, string>,
): Promise<BrowserGrant> {
  const client = await clientOf(context, integration)
  const { scheme } = integration
  const provider = providerFor(context, integration, params)
  const values = { ...provider.values, client_id: client.clientId }
  if (isOAuth(scheme)) return oauth2Grant(context, { ...provider, scheme, values, client })
  if (scheme.scheme === 'OAUTH1') return oauth1Grant(context, integration.id, { ...provider, scheme, values, client })
  throw new AppError('not_supported', `${scheme.scheme} is not granted in a browser.`)
}

/**
 * What a callback is recognised by: the state of OAuth 2, the request token of OAuth 1.
 * @returns Undefined when there is none, or more than one.
 */
export function stateHashOf(integrationId: string, params: URLSearchParams): Uint8Array | undefined {
  const states = params.getAll('state')
  if (states.length > 0) return states.length === 1 ? sha256(states[0] ?? '') : undefined
  const token = tokenOfCallback(params)
  return token === undefined ? undefined : tokenHash(integrationId, token)
}

/** Servers choose their tokens, so two of them may choose the same: one of another integration is another. */
const tokenHash = (integrationId: string, token: string) => sha256(`oauth1 ${integrationId} ${token}`)

const oauth2Grant = (context: Context, provider: OAuthProvider): BrowserGrant => ({
  async begin(redirectUri, scopes) {
    const state = newToken()
    const codeVerifier = newToken()
    const url = authorizationUrl(provider, { redirectUri, state, codeVerifier, scopes })
    return { url, stateHash: sha256(state), secret: codeVerifier }
  },
  check: (response) => void readAuthorizationResponse(provider, response),
  async exchange(response, redirectUri, codeVerifier) {
    const authorization = readAuthorizationResponse(provider, response)
    return tokensGranted(context, provider, await redeemCode(provider, { ...authorization, redirectUri, codeVerifier }))
  },
})

/** Tokens of OAuth 2, whichever grant brought them. */
export function tokensGranted(context: Context, provider: OAuthProvider, answer: TokenSet): Granted {
  const receivedAt = context.clock.now()
  return {
    provider: { ...provider, values: { ...provider.values, access_token: answer.accessToken.reveal() } },
    learned: answer.learned,
    scopes: answer.scopes,
    credentials(params, previous) {
      const tokens = storedTokens(answer, receivedAt, null)
      return {
        params,
        tokens: { ...tokens, refreshToken: tokens.refreshToken ?? previous?.tokens?.refreshToken ?? null },
      }
    },
    expiry: ({ tokens }) => expiryColumns(tokens, provider.scheme.refresh.rotates, context.random),
    abandon: (account) => abandonGrant(context, provider, answer, account),
  }
}

const oauth1Grant = (context: Context, integrationId: string, provider: OAuth1Provider): BrowserGrant => ({
  async begin(redirectUri) {
    const { token, secret } = await requestToken(provider, redirectUri)
    return {
      url: oauth1AuthorizationUrl(provider, token),
      stateHash: tokenHash(integrationId, token),
      secret: secret.reveal(),
    }
  },
  check: (response) => void readOAuth1Response(response),
  async exchange(response, _redirectUri, secret) {
    const verifier = readOAuth1Response(response)
    const token = tokenOfCallback(response) ?? ''
    const answer = await grantedToken(provider, { token, secret: new Secret(secret), verifier })
    const granted = { oauth_token: answer.token.reveal(), oauth_token_secret: answer.secret.reveal() }
    const lifetime = provider.scheme.accessTokenLifetimeSeconds
    const endsAt = lifetime === null ? null : context.clock.now().getTime() + lifetime * 1000
    return {
      provider: { ...provider, values: { ...provider.values, ...granted } },
      learned: answer.learned,
      scopes: null,
      credentials: (params) => ({ params: { ...answer.extra, ...params, ...granted }, tokens: null }),
      // Nothing renews such a token: it ends, and the person connects again.
      expiry: () => ({
        expires_at: endsAt,
        refresh_after: endsAt,
        background_after: endsAt,
        refresh_expires_at: null,
        warned_until: null,
      }),
      abandon: async () => {},
    }
  },
})
