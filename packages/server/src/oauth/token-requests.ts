import { renderText, renderUrl } from '@holdfast/catalog'
import * as oauth from 'oauth4webapi'
import type { Secret } from '../secret.ts'
import { clientAuthentication } from './client-authentication.ts'
import { cleanerFor, secretsOf } from './provider-text.ts'
import { hasTakenBack, revokeByCall } from './revocation-call.ts'
import { answerOf, asRequest, sendable } from './sending.ts'
import { readTokenAnswer } from './token-answer.ts'
import { refusal } from './token-errors.ts'
import type { OAuthFunctions, OAuthProvider, TokenSet } from './types.ts'

/** A code works once, so a slow app is waited for; a browser and what stands before us wait a minute. */
const redeemTimeoutMs = 45_000

/**
 * Exchanges an authorization code for tokens.
 *
 * @throws {TokenError}
 * @see RFC 6749 §4.1.3, RFC 7636 §4.5
 */
export async function redeemCode(
  provider: OAuthProvider,
  request: Parameters<OAuthFunctions['redeemCode']>[1],
): Promise<TokenSet> {
  const { scheme } = provider
  const parameters: Record<string, string> = { code: request.code, redirect_uri: request.redirectUri }
  if (scheme.codeChallengeMethod === 'S256') parameters.code_verifier = request.codeVerifier
  const secrets = [request.code, request.codeVerifier]
  const patient: OAuthProvider = {
    ...provider,
    values: { ...provider.values, ...request.learned },
    fetch: (url, init) => provider.fetch(url, { ...init, timeoutMs: redeemTimeoutMs }),
  }
  const codeRequest: TokenRequest = {
    endpoint: scheme.tokenEndpoint,
    method: scheme.tokenRequestMethod,
    grantType: 'authorization_code',
    parameters: { ...rendered(patient, scheme.tokenParams), ...parameters },
    authentication: clientAuthentication(provider),
  }
  const first = await requestTokens(patient, 'code', codeRequest, secrets)
  const tokens = scheme.longLivedExchange ? await exchanged(patient, scheme.longLivedExchange, first) : first
  return {
    ...tokens,
    scopes: tokens.scopes ?? request.scopes ?? null,
    extra: { ...request.kept, ...tokens.extra },
    learned: { ...request.learned, ...tokens.learned },
  }
}

/**
 * Exchanges a device code for tokens, once the person has agreed.
 *
 * @throws {TokenError} with `authorization_pending` and the like until then.
 * @see RFC 8628 §3.4
 */
export async function redeemDeviceCode(provider: OAuthProvider, deviceCode: Secret): Promise<TokenSet> {
  const { scheme } = provider
  const request: TokenRequest = {
    endpoint: scheme.tokenEndpoint,
    method: scheme.tokenRequestMethod,
    grantType: 'urn:ietf:params:oauth:grant-type:device_code',
    parameters: { ...rendered(provider, scheme.tokenParams), device_code: deviceCode.reveal() },
    authentication: clientAuthentication(provider),
  }
  return requestTokens(provider, 'code', request, [deviceCode.reveal()])
}

/**
 * Trades the short-lived token of a code for a long-lived one, where the app has a second call for that.
 *
 * @throws {TokenError}
 */
async function exchanged(
  provider: OAuthProvider,
  { method, url, params }: NonNullable<OAuthProvider['scheme']['longLivedExchange']>,
  first: TokenSet,
): Promise<TokenSet> {
  const token = first.accessToken.reveal()
  const secret = provider.client.clientSecret?.reveal() ?? ''
  const values = {
    ...provider.values,
    client_id: provider.client.clientId,
    client_secret: secret,
    access_token: token,
  }
  const { target, fields } = sendable(() => ({
    target: provider.resolve(renderUrl(url, values)),
    fields: new URLSearchParams(
      Object.entries(params).map(([name, text]): [string, string] => [name, renderText(text, values)]),
    ),
  }))
  const answer = await answerOf(() => provider.fetch(...asRequest(target, method, 'form', {}, fields)))
  const clean = cleanerFor([...secretsOf(provider), token])
  // Read like a renewal: what it does not say again, the first answer said.
  const second = readTokenAnswer(answer, provider, 'refresh', clean, timeOf(provider))
  return {
    ...second,
    refreshToken: second.refreshToken ?? first.refreshToken,
    idToken: second.idToken ?? first.idToken,
    scopes: second.scopes ?? first.scopes,
    extra: { ...first.extra, ...second.extra },
    learned: { ...first.learned, ...second.learned },
  }
}

/**
 * Exchanges a refresh token for a new token set.
 *
 * @throws {TokenError}
 * @see RFC 6749 §6
 */
export async function refreshTokens(provider: OAuthProvider, refreshToken: Secret): Promise<TokenSet> {
  const { scheme } = provider
  const { method, grantType, sends, tokenParam, authenticatesClient } = scheme.refreshRequest
  const token = refreshToken.reveal()
  const values = { ...provider.values, access_token: token }
  const request: TokenRequest = {
    endpoint: scheme.refreshEndpoint ?? scheme.tokenEndpoint,
    method: method ?? scheme.tokenRequestMethod,
    grantType,
    parameters: { ...rendered({ ...provider, values }, scheme.refreshParams), [tokenParam ?? sends]: token },
    authentication: authenticatesClient ? clientAuthentication(provider) : () => undefined,
  }
  return requestTokens(provider, 'refresh', request, [token])
}

/**
 * Asks the app to forget a token, at its revocation endpoint or by its own call. One it does not know counts as revoked.
 *
 * @throws {TokenError}
 * @see RFC 7009 §2
 */
export async function revokeToken(
  provider: OAuthProvider,
  token: Secret,
  hint: 'refresh_token' | 'access_token',
): Promise<'revoked' | 'unsupported'> {
  const { revocationCall, revocationEndpoint: endpoint } = provider.scheme
  if (revocationCall) return revokeByCall(provider, revocationCall, token, hint)
  if (endpoint === undefined) return 'unsupported'
  const server = serverAt(provider, 'revocation_endpoint', endpoint)
  const answer = await answerOf(() =>
    oauth.revocationRequest(server, clientOf(provider), clientAuthentication(provider), token.reveal(), {
      ...requestOptions(provider),
      additionalParameters: { token_type_hint: hint },
    }),
  )
  const clean = cleanerFor([...secretsOf(provider), token.reveal()])
  if (hasTakenBack(provider, answer)) return 'revoked'
  const error = refusal(answer, clean, new Date())
  if (error.kind === 'grant_lost') return 'revoked'
  if (error.oauthError === 'unsupported_token_type') return 'unsupported'
  throw error
}

/** A call to a token endpoint, before the app's names and format are put on it. */
interface TokenRequest {
  endpoint: string
  method: 'POST' | 'GET'
  grantType: string
  parameters: Record<string, string>
  authentication: oauth.ClientAuth
}

async function requestTokens(
  provider: OAuthProvider,
  grant: 'code' | 'refresh',
  { endpoint, method, grantType, parameters, authentication }: TokenRequest,
  secrets: string[],
): Promise<TokenSet> {
  const server = serverAt(provider, 'token_endpoint', endpoint)
  const answer = await answerOf(() =>
    oauth.genericTokenEndpointRequest(
      server,
      clientOf(provider),
      authentication,
      grantType,
      parameters,
      requestOptions(provider, method, (fields) => hooked(provider, fields)),
    ),
  )
  const clean = cleanerFor([...secretsOf(provider), ...secrets])
  return readTokenAnswer(answer, provider, grant, clean, timeOf(provider))
}

const timeOf = ({ now }: Pick<OAuthProvider, 'now'>) => now?.() ?? new Date()

function serverAt(
  provider: OAuthProvider,
  endpoint: 'token_endpoint' | 'revocation_endpoint',
  template: string,
): oauth.AuthorizationServer {
  const values = { ...provider.values, client_id: provider.client.clientId }
  const { href, origin } = provider.resolve(sendable(() => renderUrl(template, values)))
  return { issuer: provider.scheme.issuer ?? origin, [endpoint]: href }
}

const rendered = (provider: OAuthProvider, templates: Readonly<Record<string, string>>) => {
  const values = { ...provider.values, client_id: provider.client.clientId }
  return sendable(() =>
    Object.fromEntries(Object.entries(templates).map(([name, value]) => [name, renderText(value, values)])),
  )
}

const clientOf = ({ client }: OAuthProvider): oauth.Client => ({ client_id: client.clientId })

/** The library hands us the finished request; it goes out in the app's names and format, through the provider's own fetch. */
export function requestOptions(
  provider: OAuthProvider,
  method: 'POST' | 'GET' = 'POST',
  hook: (fields: URLSearchParams) => URLSearchParams = (fields) => fields,
): oauth.TokenEndpointRequestOptions {
  const { scheme } = provider
  const own = rendered(provider, scheme.tokenRequestHeaders ?? {})
  return {
    // Plain http is for the operator's own hosts; the egress decides.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url, { headers, body }: oauth.CustomFetchOptions<'POST', URLSearchParams>) =>
      provider.fetch(
        ...asRequest(
          new URL(url),
          method,
          scheme.tokenRequestFormat,
          { ...headers, ...own },
          hook(renamed(scheme, body)),
        ),
      ),
  }
}

const hooked = ({ hooks }: OAuthProvider, fields: URLSearchParams): URLSearchParams =>
  hooks?.tokenRequest ? new URLSearchParams(hooks.tokenRequest(Object.fromEntries(fields))) : fields

/** Parameters as this app calls them. */
function renamed({ parameterNames: names }: OAuthProvider['scheme'], fields: URLSearchParams): URLSearchParams {
  const ownNames: Record<string, string> = {
    client_id: names.tokenClientId ?? names.clientId,
    client_secret: names.clientSecret,
    redirect_uri: names.redirectUri,
    code: names.tokenCode,
  }
  return new URLSearchParams([...fields].map(([name, value]): [string, string] => [ownNames[name] ?? name, value]))
}
