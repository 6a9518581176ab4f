import { createHash } from 'node:crypto'
import { renderText, renderUrl } from '@holdfast/catalog'
import * as oauth from 'oauth4webapi'
import { cleanerFor, secretsOf } from './provider-text.ts'
import { AuthorizationError, type OAuthProvider } from './types.ts'

/**
 * The URL that sends the person to the authorization server. Required scopes are always asked for.
 *
 * @throws {TemplateError} when a value of the endpoint or of a parameter is missing.
 * @see RFC 6749 §4.1.1, RFC 7636 §4.3
 */
export function authorizationUrl(
  provider: OAuthProvider,
  request: { redirectUri: string; state: string; codeVerifier: string; scopes: string[] },
): URL {
  const { scheme, client } = provider
  const values = { ...provider.values, client_id: client.clientId }
  const url = provider.resolve(renderUrl(scheme.authorizationEndpoint, values))
  const params = new URLSearchParams(url.search)
  for (const [name, value] of Object.entries(scheme.authorizationParams)) params.set(name, renderText(value, values))
  params.set('response_type', 'code')
  params.set('client_id', client.clientId)
  params.set('redirect_uri', request.redirectUri)
  params.set('state', request.state)
  const scopes = new Set([...request.scopes, ...scheme.scopes.required])
  if (scopes.size > 0) params.set('scope', [...scopes].join(scheme.scopeSeparator))
  if (scheme.codeChallengeMethod === 'S256') {
    params.set('code_challenge', createHash('sha256').update(request.codeVerifier).digest('base64url'))
    params.set('code_challenge_method', 'S256')
  }
  // A blank is written as %20, which every server reads as a blank; some keep a `+`. A separator `+` is sent as %2B.
  url.search = params.toString().replaceAll('+', '%20')
  return url
}

/**
 * Reads the parameters of an authorization response, whose state has already been matched.
 *
 * @returns The code.
 * @throws {AuthorizationError} `issuer_mismatch` and `callback_mismatch` before anything the response says is believed.
 * @see RFC 6749 §4.1.2, RFC 9207 §2.4
 */
export function readAuthorizationResponse(provider: OAuthProvider, params: URLSearchParams): string {
  const { scheme } = provider
  for (const name of [...responseParams, ...Object.keys(scheme.callbackParams)])
    if (params.getAll(name).length > 1)
      throw new AuthorizationError('refused', `the parameter ${name} came more than once`)

  checkIssuer(provider, params)
  checkCallbackParams(provider, params)

  const code = validated(provider, params).get('code')
  if (!code) throw new AuthorizationError('refused', 'the answer has neither a code nor an error')
  return code
}

/** What is read here; RFC 6749 §3.1 allows each once. */
const responseParams = ['code', 'state', 'iss', 'error', 'error_description']

/** A plain string comparison, on error answers too. Without a known issuer there is nothing to compare with. */
function checkIssuer({ scheme }: OAuthProvider, params: URLSearchParams): void {
  const iss = params.get('iss')
  if (scheme.issuer === undefined) return
  if (iss === null && scheme.issuerRequired)
    throw new AuthorizationError('issuer_mismatch', 'the answer does not say which authorization server it comes from')
  if (iss !== null && iss !== scheme.issuer)
    throw new AuthorizationError('issuer_mismatch', 'the answer comes from another authorization server')
}

/** Host names have no case, and people type them in any: the comparison has none either. */
function checkCallbackParams({ scheme, values, client }: OAuthProvider, params: URLSearchParams): void {
  for (const [name, template] of Object.entries(scheme.callbackParams)) {
    const came = params.get(name)
    const expected = renderText(template, { ...values, client_id: client.clientId })
    if (came !== null && came.toLowerCase() !== expected.toLowerCase())
      throw new AuthorizationError(
        'callback_mismatch',
        `${name} in the answer is not what the connection was started with`,
      )
  }
}

/** The library looks for an error and for answers of other flows: a JARM response, tokens in the front channel. */
function validated({ scheme, client, values }: OAuthProvider, params: URLSearchParams): URLSearchParams {
  const known = new URLSearchParams(params)
  // With an issuer unknown to us it would refuse any `iss`; with a known one it is right already.
  known.delete('iss')
  try {
    return oauth.validateAuthResponse(
      { issuer: 'unknown' },
      { client_id: client.clientId },
      known,
      oauth.skipStateCheck,
    )
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError))
      throw new AuthorizationError('refused', 'the answer is not one of the authorization code flow')
    const clean = cleanerFor(secretsOf({ scheme, client, values }))
    const code = clean.code(error.error)
    const description = clean.text(error.error_description ?? '')
    throw new AuthorizationError(kindOf(error.error), description ? `${code}: ${description}` : code, code)
  }
}

/** `access_denied` (RFC 6749 §4.1.2.1) and the names that servers invented for a person who says no. */
const denial =
  /^(?:access_denied|(?:user|consent|authorization|request)_(?:cancel|den|declin|reject|abort)\w*|cancell?ed|denied|declined)$/i

function kindOf(error: string): AuthorizationError['kind'] {
  if (denial.test(error)) return 'denied'
  return ['temporarily_unavailable', 'server_error'].includes(error.toLowerCase()) ? 'provider_down' : 'refused'
}
