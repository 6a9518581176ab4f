import {
  type ClientCredentialsScheme,
  type MachineScheme,
  renderText,
  renderUrl,
  type TokenCall,
} from '@holdfast/catalog'
import type { FetchInit } from '../egress/types.ts'
import { Secret } from '../secret.ts'
import { signAssertion, signForKeyFile } from './assertion.ts'
import { isFields } from './body.ts'
import { basicCredentials } from './client-authentication.ts'
import { cleanerFor } from './provider-text.ts'
import { answerOf, asRequest, sendable } from './sending.ts'
import { readTokenAnswer } from './token-answer.ts'
import { type Provider, TokenError, type TokenSet } from './types.ts'

const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Of a token whose end nobody tells. Fetching one too many costs a request; one that has ended costs every call. */
const supposedLifetimeSeconds = 3600

/** A request that is answered with a token, and every secret it carries. */
interface Built {
  url: URL
  init: FetchInit
  secrets: string[]
}

/**
 * Fetches a token with what the person gave: client credentials, a login, a signed assertion. There is never a refresh
 * token: whoever needs another token fetches it in the same way.
 *
 * @param grant `code` for the first token, which must tell the learned params; `refresh` for later ones.
 * @throws {TokenError} `grant_lost` when the credentials are refused. @throws {KeyProblem} when a key cannot be read.
 */
export async function fetchToken(provider: Provider<MachineScheme>, grant: 'code' | 'refresh'): Promise<TokenSet> {
  const { scheme } = provider
  if (scheme.scheme === 'SERVICE_ACCOUNT' && !scheme.tokenRequest) {
    const { jwt, expiresInSeconds } = await signAssertion({ ...provider, scheme })
    return tokenItself(jwt, expiresInSeconds)
  }
  const { url, init, secrets } = await requestFor(provider)
  const answer = await answerOf(() => provider.fetch(provider.resolve(url), init))
  const clean = cleanerFor([...secretsOf(provider), ...secrets])
  try {
    const tokens = readTokenAnswer(answer, provider, grant, clean, provider.now?.() ?? new Date())
    const isEndless = scheme.accessTokenLifetimeSeconds === null
    const expiresInSeconds = tokens.expiresInSeconds ?? (isEndless ? null : supposedLifetimeSeconds)
    return { ...tokens, expiresInSeconds, refreshToken: null, refreshExpiresInSeconds: null }
  } catch (error) {
    throw error instanceof TokenError ? ofOwnCredentials(error) : error
  }
}

/** A JWT that is sent as it is. */
const tokenItself = (jwt: string, expiresInSeconds: number): TokenSet => ({
  accessToken: new Secret(jwt),
  refreshToken: null,
  idToken: null,
  tokenType: 'Bearer',
  expiresInSeconds,
  refreshExpiresInSeconds: null,
  scopes: null,
  extra: {},
  learned: {},
})

/** The client is the person's own here, so one that is rejected is no fault of the operator's. */
const ofOwnCredentials = (error: TokenError): TokenError =>
  error.kind === 'client_rejected' ? new TokenError('grant_lost', error.message, error) : error

/** @throws {TokenError} refused, when a value is missing. @throws {KeyProblem} */
async function requestFor(provider: Provider<MachineScheme>): Promise<Built> {
  const { scheme } = provider
  switch (scheme.scheme) {
    case 'S2S_OAUTH2':
      return sendable(() => clientCredentials({ ...provider, scheme }))
    case 'BASIC_WITH_JWT':
      return sendable(() => tokenCall(provider, scheme.login, {}))
    case 'SERVICE_ACCOUNT': {
      const { jwt } = await signAssertion({ ...provider, scheme })
      return sendable(() => tokenCall(provider, scheme.tokenRequest as TokenCall, { jwt }))
    }
    case 'GOOGLE_SERVICE_ACCOUNT': {
      const wanted = scheme.scopesParam === undefined ? undefined : provider.values[scheme.scopesParam]
      const scopes = wanted ? wanted.split(/[\s,]+/) : scheme.scopes.default
      const assertion = await signForKeyFile({ ...provider, scheme }, [
        ...new Set([...scopes, ...scheme.scopes.required]),
      ])
      const fields = new URLSearchParams({ grant_type: jwtBearerGrant, assertion })
      const [url, init] = asRequest(renderUrl(scheme.tokenEndpoint, provider.values), 'POST', 'form', {}, fields)
      return { url, init, secrets: [assertion] }
    }
  }
}

/** RFC 6749 §4.4.2, with the names and the format of the app. */
function clientCredentials({ scheme, values }: Provider<ClientCredentialsScheme>): Built {
  const id = renderText(scheme.client.id, values)
  const secret = renderText(scheme.client.secret, values)
  const scopes = [...new Set([...scheme.scopes.default, ...scheme.scopes.required])]
  const isBasic = scheme.tokenEndpointAuthMethod === 'client_secret_basic'
  const fields = new URLSearchParams({
    grant_type: scheme.grantType,
    ...(scopes.length > 0 && { scope: scopes.join(scheme.scopeSeparator) }),
    ...rendered(scheme.tokenParams, values),
    ...(!isBasic && { [scheme.parameterNames.clientId]: id, [scheme.parameterNames.clientSecret]: secret }),
  })
  const basic = basicCredentials(id, secret)
  const headers = {
    ...lowerCased(rendered(scheme.tokenRequestHeaders ?? {}, values)),
    ...(isBasic && { authorization: `Basic ${basic}` }),
  }
  const url = renderUrl(scheme.tokenEndpoint, values)
  const [target, init] = asRequest(url, 'POST', scheme.tokenRequestFormat, headers, fields)
  return { url: target, init, secrets: [secret, basic] }
}

/** A call that a definition spells out. A text of an optional param without a value is empty. */
function tokenCall(
  { scheme, values: given }: Provider<MachineScheme>,
  call: TokenCall,
  built: Record<string, string>,
): Built {
  const absent = Object.fromEntries(scheme.params.filter((param) => !param.required).map((param) => [param.name, '']))
  const values = { ...absent, ...given, ...built }
  const basic =
    call.basic &&
    Buffer.from(`${renderText(call.basic.username, values)}:${renderText(call.basic.password, values)}`).toString(
      'base64',
    )
  const headers = {
    ...(basic !== undefined && { authorization: `Basic ${basic}` }),
    ...lowerCased(rendered(call.headers ?? {}, values)),
  }
  const url = renderUrl(call.url, values)
  const secrets = [...Object.values(built), ...(basic === undefined ? [] : [basic])]
  const body = filled(call.body ?? {}, values)
  if (call.method === 'POST' && call.format === 'json') {
    const json = { accept: 'application/json', ...headers, ...(call.body && { 'content-type': 'application/json' }) }
    const init = { method: 'POST', headers: json, ...(call.body && { body: JSON.stringify(body) }) }
    return { url, init, secrets }
  }
  const fields = new URLSearchParams(
    Object.entries(body).map(([name, value]): [string, string] => [
      name,
      isFields(value) ? JSON.stringify(value) : String(value),
    ]),
  )
  const [target, init] = asRequest(url, call.method, 'form', headers, fields)
  return { url: target, init, secrets }
}

/** Fills every text of a body, however deep. */
function filled<Value>(value: Value, values: Readonly<Record<string, string>>): Value
function filled(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return renderText(value, values)
  if (Array.isArray(value)) return value.map((item) => filled(item, values))
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filled(item, values)]))
}

const rendered = (templates: Readonly<Record<string, string>>, values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(templates).map(([name, text]) => [name, renderText(text, values)]))

const lowerCased = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const secretsOf = ({ scheme, values }: Provider): string[] =>
  scheme.params.filter((param) => param.secret).map((param) => values[param.name] ?? '')
