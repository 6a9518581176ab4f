import { renderText, renderUrl } from '@holdfast/catalog'
import { Secret } from '../secret.ts'
import { type Fields, parseBody, textOf } from './body.ts'
import { learnedValue } from './learned.ts'
import { type Cleaner, cleanerFor } from './provider-text.ts'
import { answerOf, sendable } from './sending.ts'
import { authorizationHeader, consumerOf } from './signing.ts'
import { refusal, unusable } from './token-errors.ts'
import { AuthorizationError, type OAuth1Grant, type OAuth1Provider, type RequestToken, TokenError } from './types.ts'

/**
 * Asks the server for the temporary credentials that one person's browser takes along.
 *
 * @throws {TokenError}
 * @see RFC 5849 §2.1
 */
export async function requestToken(provider: OAuth1Provider, redirectUri: string): Promise<RequestToken> {
  const { scheme } = provider
  const { fields, text, clean } = await signedPost(
    provider,
    scheme.requestTokenEndpoint,
    scheme.requestTokenParams,
    consumerOf(provider.client),
    { oauth_callback: redirectUri },
  )
  const { token, secret } = tokenIn(fields, text, clean)
  // RFC 5849 wants `true`; several servers say nothing. What binds the grant to this browser is the verifier.
  if (textOf(fields.oauth_callback_confirmed)?.toLowerCase() === 'false')
    throw new TokenError('refused', 'the server did not confirm the callback: it speaks OAuth 1.0, not 1.0a')
  return { token, secret: new Secret(secret) }
}

/**
 * The URL that sends the person to the server.
 *
 * @throws {TemplateError} when a value of the endpoint or of a parameter is missing.
 * @see RFC 5849 §2.2
 */
export function oauth1AuthorizationUrl(provider: OAuth1Provider, token: string): URL {
  const { scheme } = provider
  const values = { ...provider.values, client_id: provider.client.clientId }
  const url = provider.resolve(renderUrl(scheme.authorizationEndpoint ?? '', values))
  const params = new URLSearchParams(url.search)
  for (const [name, value] of Object.entries(scheme.authorizationParams)) params.set(name, renderText(value, values))
  params.set('oauth_token', token)
  url.search = params.toString().replaceAll('+', '%20')
  return url
}

/** The request token that a callback speaks of; a person who says no comes back with `denied` at some servers. */
export function tokenOfCallback(params: URLSearchParams): string | undefined {
  const tokens = [...params.getAll('oauth_token'), ...params.getAll('denied')]
  return tokens.length === 1 ? tokens[0] : undefined
}

/**
 * Reads the parameters with which the server sent the browser back, whose token has already been matched.
 *
 * @returns The verifier.
 * @throws {AuthorizationError}
 * @see RFC 5849 §2.2
 */
export function readOAuth1Response(params: URLSearchParams): string {
  const verifiers = params.getAll('oauth_verifier')
  if (verifiers.length > 1) throw new AuthorizationError('refused', 'the parameter oauth_verifier came more than once')
  const [verifier] = verifiers
  if (verifier) return verifier
  const problem = cleanerFor([]).code(params.get('oauth_problem') ?? '')
  if (problem !== '' && !/refused|rejected|denied/i.test(problem))
    throw new AuthorizationError('refused', `the app answered: ${problem}`, problem)
  throw new AuthorizationError('denied', 'the person did not agree', problem || null)
}

/**
 * Exchanges the request token for the token of the account.
 *
 * @throws {TokenError}
 * @see RFC 5849 §2.3
 */
export async function grantedToken(
  provider: OAuth1Provider,
  request: RequestToken & { verifier: string },
): Promise<OAuth1Grant> {
  const { scheme } = provider
  const { fields, text, clean } = await signedPost(
    provider,
    scheme.accessTokenEndpoint,
    {},
    { ...consumerOf(provider.client), token: request.token, tokenSecret: request.secret.reveal() },
    { oauth_verifier: request.verifier },
  )
  const { token, secret } = tokenIn(fields, text, clean)
  return {
    token: new Secret(token),
    secret: new Secret(secret),
    extra: Object.fromEntries(
      scheme.keep.flatMap((name) => {
        const value = textOf(fields[name])
        return value === undefined ? [] : [[name, value]]
      }),
    ),
    learned: learned(scheme, fields),
  }
}

/** @throws {TokenError} refused, when the answer lacks what the base URL or a header will need. */
function learned({ learnedParams }: OAuth1Provider['scheme'], fields: Fields): Record<string, string> {
  const found: Record<string, string> = {}
  for (const param of learnedParams) {
    if (param.from !== 'tokenResponse') continue
    const value = learnedValue(param, fields[param.path])
    if (value === undefined) throw new TokenError('refused', `the app did not tell a valid ${param.name}`)
    found[param.name] = value
  }
  return found
}

async function signedPost(
  provider: OAuth1Provider,
  endpoint: string | undefined,
  params: Readonly<Record<string, string>>,
  credentials: { consumerKey: string; consumerSecret: string; token?: string; tokenSecret?: string },
  extra: Readonly<Record<string, string>>,
) {
  const values = { ...provider.values, client_id: provider.client.clientId }
  const { url, body } = sendable(() => ({
    url: provider.resolve(renderUrl(endpoint ?? '', values)),
    body: new URLSearchParams(Object.entries(params).map(([name, value]) => [name, renderText(value, values)])),
  }))
  const headers = {
    accept: 'application/x-www-form-urlencoded, application/json;q=0.5, */*;q=0.1',
    'content-type': 'application/x-www-form-urlencoded',
    ...Object.fromEntries(Object.entries(provider.app.headers).map(([name, text]) => [name, renderText(text, values)])),
  }
  const call = { method: 'POST', url, headers, body: body.toString() }
  const authorization = authorizationHeader(provider, call, credentials, extra)
  const answer = await answerOf(() => provider.fetch(url, { ...call, headers: { ...headers, authorization } }))
  const clean = cleanerFor(
    [credentials.consumerSecret, credentials.token, credentials.tokenSecret, extra.oauth_verifier].filter(
      (secret) => secret !== undefined,
    ),
  )
  const fields = parseBody(answer.text)
  if (answer.status < 200 || answer.status >= 300 || !fields)
    throw refused(answer, clean, credentials.token !== undefined)
  return { fields, text: answer, clean }
}

/**
 * An `oauth_problem` (the extension most servers speak) says more than the status.
 *
 * @param isKnown The server has taken this consumer before, for the request token.
 */
function refused(answer: Parameters<typeof refusal>[0], clean: Cleaner, isKnown: boolean): TokenError {
  const error = refusal(answer, clean, new Date())
  if (error.kind === 'transient') return error
  const problem = /oauth_problem=([\w-]+)/.exec(answer.text)?.[1]
  const isOfClient =
    problem === undefined ? error.kind === 'client_rejected' && !isKnown : /consumer_key|signature/.test(problem)
  const kind = isOfClient ? 'client_rejected' : isKnown ? 'grant_lost' : 'refused'
  const said = problem === undefined ? null : clean.code(problem)
  return new TokenError(kind, said ?? error.message, { oauthError: said ?? error.oauthError, status: answer.status })
}

function tokenIn(fields: Fields, answer: Parameters<typeof unusable>[0], clean: Cleaner) {
  const [token, secret] = [textOf(fields.oauth_token), fields.oauth_token_secret]
  // RFC 5849 §2.1: both are required; a secret may be empty with PLAINTEXT over TLS and is kept as it is.
  if (token === undefined || typeof secret !== 'string')
    throw unusable(answer, clean.text('the answer has no oauth_token and oauth_token_secret'))
  return { token, secret }
}
