import type { AppDefinition, AppHooks, AuthScheme, OAuth1Scheme, OAuth2Scheme } from '@holdfast/catalog'
import type { Fetch } from '../egress/types.ts'
import type { Secret } from '../secret.ts'

/** The provider's side of one integration, with everything resolved: what `oauth` needs for any call. */
export interface Provider<Scheme extends AuthScheme = AuthScheme> {
  app: AppDefinition
  scheme: Scheme
  /** Of a few built-in apps. */
  hooks?: AppHooks | undefined
  /** Values for templates: typed params (credentials of key schemes included), learned params, app_name. */
  values: Readonly<Record<string, string>>
  /** Maps a provider's URL to where it is really reached: itself, or the simulator. */
  resolve: (url: URL) => URL
  fetch: Fetch
  /** Of schemes with an OAuth client. */
  client?: OAuthClient | undefined
  /** For the time in signatures; absent: the machine's. */
  now?: (() => Date) | undefined
}

export interface OAuthClient {
  clientId: string
  clientSecret: Secret | null
}

export type OAuthProvider = Provider<OAuth2Scheme> & { client: OAuthClient }

/** In OAuth 1 the client is called consumer. */
export type OAuth1Provider = Provider<OAuth1Scheme> & { client: OAuthClient }

/** Temporary credentials (RFC 5849 §2.1). */
export interface RequestToken {
  token: string
  secret: Secret
}

/** RFC 8628 §3.2. */
export interface DeviceAuthorization {
  deviceCode: Secret
  /** What the person types. */
  userCode: string
  verificationUri: string
  /** With the code in it already; null where the app has none. */
  verificationUriComplete: string | null
  expiresInSeconds: number
  intervalSeconds: number
}

/** `pending`: ask again after the interval, which may have grown. */
export type DevicePoll =
  | { kind: 'pending'; intervalSeconds: number }
  | { kind: 'denied' }
  | { kind: 'expired' }
  | { kind: 'granted'; answer: TokenSet }

/** What a person granted by OAuth 1. */
export interface OAuth1Grant {
  token: Secret
  secret: Secret
  /** The `keep` fields that the answer had. */
  extra: Record<string, string>
  /** Learned params of kind `tokenResponse`, checked against their patterns. */
  learned: Record<string, string>
}

/** A token answer, read once, with the app's quirks. */
export interface TokenSet {
  accessToken: Secret
  /** Null when the answer had none: keep the old one. */
  refreshToken: Secret | null
  idToken: Secret | null
  tokenType: string
  /** Null: unknown, or the token does not expire; the definition's fallback is already applied. */
  expiresInSeconds: number | null
  /** When the refresh token ends, as the answer says; null: unknown, or it does not. */
  refreshExpiresInSeconds: number | null
  /** How long a refresh token lives unused; a kept one has just been used. Absent: it does not die of that. */
  refreshIdleSeconds?: number
  /** Granted scopes; null when the answer does not say. */
  scopes: string[] | null
  /** The `keep` paths of the definition that the answer had, by last part of the path. */
  extra: Record<string, string>
  /** Learned params of kind `tokenResponse`, checked against their patterns. */
  learned: Record<string, string>
}

export type TokenErrorKind =
  /** `invalid_grant` and the like: only the person can mend it. */
  | 'grant_lost'
  /** `invalid_client`, `unauthorized_client`: the operator's OAuth client is wrong; the grant is not. */
  | 'client_rejected'
  /** 429, 5xx, timeout, HTML, reset: try later. */
  | 'transient'
  /** An answer that can't be read, or a refusal that no retry mends (`invalid_scope`, `invalid_request`). */
  | 'refused'

/** A token endpoint that gave no tokens. `message` holds the OAuth error code and description (escaped, capped), never a secret. */
export class TokenError extends Error {
  readonly kind: TokenErrorKind
  readonly oauthError: string | null
  readonly status: number | null
  readonly retryAfterSeconds: number | null
  /** The request may have been carried out although no answer was read: a rotated token may be lost. */
  readonly outcomeUnknown: boolean

  constructor(
    kind: TokenErrorKind,
    message: string,
    details: {
      oauthError?: string | null
      status?: number | null
      retryAfterSeconds?: number | null
      outcomeUnknown?: boolean
    } & ErrorOptions = {},
  ) {
    super(message, { cause: details.cause })
    this.name = 'TokenError'
    this.kind = kind
    this.oauthError = details.oauthError ?? null
    this.status = details.status ?? null
    this.retryAfterSeconds = details.retryAfterSeconds ?? null
    this.outcomeUnknown = details.outcomeUnknown ?? false
  }
}

/** A key that cannot be used. `message` completes "this field …" for the person who gave it. */
export class KeyProblem extends Error {
  readonly param: string

  constructor(param: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KeyProblem'
    this.param = param
  }
}

/** An authorization response that is an error or is not for us. */
export class AuthorizationError extends Error {
  readonly kind: 'denied' | 'issuer_mismatch' | 'callback_mismatch' | 'provider_down' | 'refused'
  readonly oauthError: string | null

  constructor(kind: AuthorizationError['kind'], message: string, oauthError: string | null = null) {
    super(message)
    this.name = 'AuthorizationError'
    this.kind = kind
    this.oauthError = oauthError
  }
}

export interface IdentityAnswer {
  id: string
  name: string | null
  email: string | null
  avatar: string | null
}

/** A callback that was found good. */
export interface AuthorizationResponse {
  code: string
  /** Granted scopes, where the app tells them in the callback. */
  scopes: string[] | null
  /** Parameters worth keeping, by name. */
  kept: Record<string, string>
  /** Learned params of kind `callback`, checked against their patterns. */
  learned: Record<string, string>
}

/** The functions of this room. */
export interface OAuthFunctions {
  /** RFC 6749 §4.1.1, RFC 7636 §4.3. */
  authorizationUrl(
    provider: OAuthProvider,
    request: { redirectUri: string; state: string; codeVerifier: string; scopes: string[] },
  ): URL
  /** Checks `error`, `iss` (RFC 9207) and callbackParams, not state. @throws {AuthorizationError} */
  readAuthorizationResponse(provider: OAuthProvider, params: URLSearchParams): AuthorizationResponse
  /** @throws {TokenError} */
  redeemCode(
    provider: OAuthProvider,
    request: Pick<AuthorizationResponse, 'code'> &
      Partial<AuthorizationResponse> & { redirectUri: string; codeVerifier: string },
  ): Promise<TokenSet>
  /** @throws {TokenError} */
  refreshTokens(provider: OAuthProvider, refreshToken: Secret): Promise<TokenSet>
  /** RFC 7009, or the app's own call. Never throws for a token the server no longer knows. @throws {TokenError} */
  revokeToken(
    provider: OAuthProvider,
    token: Secret,
    hint: 'refresh_token' | 'access_token',
  ): Promise<'revoked' | 'unsupported'>
  /** Undefined when the app has no identity call or does not answer it. Never throws. */
  identify(provider: Provider): Promise<IdentityAnswer | undefined>
  /** The cheap call that proves a credential. `unreachable` for anything but 2xx and the statuses the app refuses with. Never throws. */
  tryCredential(provider: Provider): Promise<'accepted' | 'refused' | 'unreachable' | 'not_available'>
  /** Learned params of kind `call`. @throws {TokenError} `refused` when a value breaks its pattern. */
  learnByCalls(provider: Provider): Promise<Record<string, string>>
}
