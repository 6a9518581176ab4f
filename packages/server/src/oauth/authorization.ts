import { createHash } from 'node:crypto'
import { isSignedCallback, type LearnedParam, type OAuth2Scheme, renderText, renderUrl } from '@holdfast/catalog'
import * as oauth from 'oauth4webapi'
import { learnedValue } from './learned.ts'
import { cleanerFor, secretsOf } from './provider-text.ts'
import { AuthorizationError, type AuthorizationResponse, type OAuthProvider } from './types.ts'

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
  const endpoint = renderUrl(scheme.authorizationEndpoint, values)
  const url = provider.resolve(endpoint)
  const names = scheme.parameterNames
  const params = new URLSearchParams(url.search)
  for (const [name, value] of Object.entries(scheme.authorizationParams)) params.set(name, renderText(value, values))
  params.set('response_type', 'code')
  params.set(names.clientId, client.clientId)
  params.set(names.redirectUri, request.redirectUri)
  params.set('state', request.state)
  for (const [name, scopes] of scopesByParam(scheme, request.scopes))
    params.set(name, scopes.join(scheme.scopeSeparator))
  if (scheme.codeChallengeMethod === 'S256') {
    params.set('code_challenge', createHash('sha256').update(request.codeVerifier).digest('base64url'))
    params.set('code_challenge_method', 'S256')
  }
  // A blank is written as %20, which every server reads as a blank; some keep a `+`. A separator `+` is sent as %2B.
  const query = asTheAppWants(provider, params).toString().replaceAll('+', '%20')
  const { authorizationFragment: fragment = '' } = scheme
  if (fragment.startsWith('#/')) {
    endpoint.hash = `${fragment}?${query}`
    return provider.resolve(endpoint)
  }
  url.search = query
  url.hash = fragment
  return url
}

/** What binds the answer to this flow; no hook changes it. */
const binding = ['state', 'code_challenge', 'code_challenge_method']

function asTheAppWants({ hooks, scheme }: OAuthProvider, params: URLSearchParams): URLSearchParams {
  const changed = hooks?.authorizationParams?.(Object.fromEntries(params))
  if (changed === undefined) return params
  const kept = [...params].filter(([name]) => [...binding, scheme.parameterNames.redirectUri].includes(name))
  return new URLSearchParams({ ...changed, ...Object.fromEntries(kept) })
}

/** What is asked for in which parameter: `user_scope=chat:write` in `user_scope`, if the definition knows that one. */
function scopesByParam({ scopes, parameterNames }: OAuth2Scheme, requested: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  if (scopes.fixedInApp) return found
  for (const scope of new Set([...requested, ...scopes.required])) {
    const other = scopes.params.find((name) => scope.startsWith(`${name}=`))
    const param = other ?? parameterNames.scope
    const word = other === undefined ? scope : scope.slice(other.length + 1)
    found.set(param, [...(found.get(param) ?? []), word])
  }
  return found
}

/**
 * Reads the parameters of an authorization response, whose state has already been matched.
 *
 * @returns The code, and what else the app's callback tells.
 * @throws {AuthorizationError} `issuer_mismatch` and `callback_mismatch` before anything the response says is believed.
 * @see RFC 6749 §4.1.2, RFC 9207 §2.4
 */
export function readAuthorizationResponse(provider: OAuthProvider, params: URLSearchParams): AuthorizationResponse {
  const { scheme } = provider
  const learnt = scheme.learnedParams.filter(({ from }) => from === 'callback')
  const read = [
    ...responseParams,
    scheme.parameterNames.code,
    ...Object.keys(scheme.callbackParams),
    ...scheme.callbackKeep,
    ...learnt.map(({ path }) => path),
    ...(scheme.callbackScopes === undefined ? [] : [scheme.callbackScopes]),
  ]
  for (const name of new Set(read))
    if (params.getAll(name).length > 1)
      throw new AuthorizationError('refused', `the parameter ${name} came more than once`)

  checkSignature(provider, params)
  checkIssuer(provider, params)
  checkCallbackParams(provider, params)

  const code = validated(provider, params).get(scheme.parameterNames.code)
  if (!code) throw new AuthorizationError('refused', 'the answer has neither a code nor an error')
  const scopes = scheme.callbackScopes === undefined ? null : params.get(scheme.callbackScopes)
  return {
    code,
    scopes: scopes === null ? null : scopes.split(/[\s,+;]+/).filter((scope) => scope !== ''),
    kept: kept(scheme, params),
    learned: learnedFrom(learnt, params),
  }
}

/** More of one value than a callback reasonably holds is left out. */
const maxKeptLength = 2000

const kept = ({ callbackKeep }: OAuth2Scheme, params: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    callbackKeep.flatMap((name) => {
      const value = params.get(name)
      return value === null || value.length > maxKeptLength ? [] : [[name, value]]
    }),
  )

function learnedFrom(learnt: readonly LearnedParam[], params: URLSearchParams): Record<string, string> {
  const found: Record<string, string> = {}
  for (const param of learnt) {
    const value = learnedValue(param, params.get(param.path))
    if (value === undefined)
      throw new AuthorizationError('refused', `the answer has no valid ${param.path} to tell ${param.name}`)
    found[param.name] = value
  }
  return found
}

/** What is read here; RFC 6749 §3.1 allows each once. */
const responseParams = ['code', 'state', 'iss', 'error', 'error_description']

/** Before anything else is believed, of an error too. A client without a secret has nothing to check with. */
function checkSignature({ scheme, client }: OAuthProvider, params: URLSearchParams): void {
  if (scheme.callbackSignature === undefined) return
  const secret = client.clientSecret?.reveal()
  if (secret === undefined || !isSignedCallback(params, scheme.callbackSignature, secret))
    throw new AuthorizationError('callback_mismatch', 'the answer is not signed by the app')
}

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
