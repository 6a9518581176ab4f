import { renderText, renderUrl } from '@holdfast/catalog'
import * as oauth from 'oauth4webapi'
import type { Secret } from '../secret.ts'
import { clientAuthentication } from './client-authentication.ts'
import { cleanerFor, secretsOf } from './provider-text.ts'
import { hasTakenBack, revokeByCall } from './revocation-call.ts'
import { answerOf, sendable } from './sending.ts'
import { readTokenAnswer } from './token-answer.ts'
import { refusal } from './token-errors.ts'
import type { OAuthProvider, TokenSet } from './types.ts'

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
  request: { code: string; redirectUri: string; codeVerifier: string },
): Promise<TokenSet> {
  const { scheme } = provider
  const parameters: Record<string, string> = { code: request.code, redirect_uri: request.redirectUri }
  if (scheme.codeChallengeMethod === 'S256') parameters.code_verifier = request.codeVerifier
  const secrets = [request.code, request.codeVerifier]
  const patient: OAuthProvider = {
    ...provider,
    fetch: (url, init) => provider.fetch(url, { ...init, timeoutMs: redeemTimeoutMs }),
  }
  return requestTokens(patient, 'code', scheme.tokenEndpoint, 'authorization_code', parameters, secrets)
}

/**
 * Exchanges a refresh token for a new token set.
 *
 * @throws {TokenError}
 * @see RFC 6749 §6
 */
export async function refreshTokens(provider: OAuthProvider, refreshToken: Secret): Promise<TokenSet> {
  const { scheme } = provider
  const endpoint = scheme.refreshEndpoint ?? scheme.tokenEndpoint
  const parameters = { refresh_token: refreshToken.reveal() }
  return requestTokens(provider, 'refresh', endpoint, 'refresh_token', parameters, [refreshToken.reveal()])
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

async function requestTokens(
  provider: OAuthProvider,
  grant: 'code' | 'refresh',
  endpoint: string,
  grantType: string,
  parameters: Record<string, string>,
  secrets: string[],
): Promise<TokenSet> {
  const { scheme } = provider
  const server = serverAt(provider, 'token_endpoint', endpoint)
  const extra = rendered(provider, grant === 'code' ? scheme.tokenParams : scheme.refreshParams)
  const answer = await answerOf(() =>
    oauth.genericTokenEndpointRequest(
      server,
      clientOf(provider),
      clientAuthentication(provider),
      grantType,
      { ...extra, ...parameters },
      requestOptions(provider),
    ),
  )
  const clean = cleanerFor([...secretsOf(provider), ...secrets])
  return readTokenAnswer(answer, { scheme, successField: provider.app.successField }, grant, clean, new Date())
}

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

/** The library hands us the finished request; it goes out in the app's format, through the provider's own fetch. */
function requestOptions(provider: OAuthProvider): oauth.TokenEndpointRequestOptions {
  const { scheme, values, client } = provider
  const asJson = scheme.tokenRequestFormat === 'json'
  const templates = Object.entries(scheme.tokenRequestHeaders ?? {})
  const own = sendable(() =>
    templates.map(([name, value]) => [name, renderText(value, { ...values, client_id: client.clientId })]),
  )
  return {
    // Plain http is for the operator's own hosts; the egress decides.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url, { headers, body }: oauth.CustomFetchOptions<'POST', URLSearchParams>) =>
      provider.fetch(url, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          ...headers,
          'content-type': asJson ? 'application/json' : 'application/x-www-form-urlencoded',
          ...Object.fromEntries(own),
        },
        body: asJson ? JSON.stringify(Object.fromEntries(body)) : body.toString(),
      }),
  }
}
