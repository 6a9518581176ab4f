import { randomBytes } from 'node:crypto'
import {
  type AuthScheme,
  awsSignatureHeaders,
  hostOf,
  type OAuth1Credentials,
  type OAuth1Scheme,
  oauth1Header,
  renderText,
} from '@holdfast/catalog'
import type { OAuthClient, Provider } from './types.ts'

/** A call as it will be sent. */
export interface CallToSign {
  method: string
  url: URL
  /** The app's own address, where the call is played by the simulator instead. */
  appUrl?: URL | undefined
  headers: Readonly<Record<string, string>>
  body?: string | { sha256: string } | undefined
}

/** Whether a credential of this scheme signs each call instead of being sent. */
export const signsCalls = (scheme: AuthScheme): boolean =>
  scheme.scheme === 'OAUTH1' || (scheme.scheme === 'API_KEY' && scheme.signing !== undefined)

/**
 * The headers that sign one call; none for a scheme whose credential is sent.
 *
 * @param provider With `oauth_token` and `oauth_token_secret` among its values where a person granted them.
 * @throws {TemplateError} when a value is missing.
 */
export function signatureHeaders(provider: Provider, call: CallToSign): Record<string, string> {
  const { scheme, values, client } = provider
  if (scheme.scheme === 'OAUTH1') {
    const credentials = handMade(scheme, values) ?? granted(client, values)
    return { authorization: authorizationHeader({ scheme, values, now: provider.now }, call, credentials) }
  }
  if (scheme.scheme !== 'API_KEY' || !scheme.signing) return {}
  const { accessKeyId, secretAccessKey, sessionToken, region, service } = scheme.signing
  // A call to another service of the app is signed for that one: its host says which.
  const placed = { ...values, ...placesIn(provider, call.appUrl ?? call.url) }
  const token = sessionToken === undefined ? '' : renderText(sessionToken, { ...optional(scheme), ...values })
  return awsSignatureHeaders(
    call,
    {
      accessKeyId: renderText(accessKeyId, values),
      secretAccessKey: renderText(secretAccessKey, values),
      ...(token !== '' && { sessionToken: token }),
    },
    { region: renderText(region, placed), service: renderText(service, placed), at: timeOf(provider) },
  )
}

/** The Authorization header of RFC 5849 §3.5.1 for any call of the flow or of the API. */
export function authorizationHeader(
  provider: Pick<Provider<OAuth1Scheme>, 'scheme' | 'values' | 'now'>,
  call: CallToSign,
  credentials: OAuth1Credentials,
  extra: Readonly<Record<string, string>> = {},
): string {
  const { scheme, values } = provider
  return oauth1Header({ method: call.method, url: call.url, form: formOf(call) }, credentials, {
    signatureMethod: scheme.signatureMethod,
    nonce: randomBytes(16).toString('hex'),
    timestampSeconds: Math.floor(timeOf(provider).getTime() / 1000),
    realm: scheme.realm === undefined ? undefined : renderText(scheme.realm, values),
    extra,
  })
}

/** What the names in the host of the app's base URL stand for in this address; nothing where it is another kind of host. */
function placesIn({ app, scheme }: Provider, { host }: URL): Record<string, string> {
  const parts = hostOf(scheme.baseUrl ?? app.baseUrl ?? '').split(/\{([a-z][a-z0-9_]*)\}/)
  const pattern = parts.map((part, index) => (index % 2 ? `(?<${part}>[a-z0-9-]+)` : RegExp.escape(part))).join('')
  return { ...new RegExp(`^${pattern}$`).exec(host)?.groups }
}

const timeOf = ({ now }: Pick<Provider, 'now'>) => now?.() ?? new Date()

function handMade({ tokens }: OAuth1Scheme, values: Readonly<Record<string, string>>): OAuth1Credentials | undefined {
  if (!tokens) return undefined
  return {
    consumerKey: renderText(tokens.consumerKey, values),
    consumerSecret: renderText(tokens.consumerSecret, values),
    token: renderText(tokens.token, values),
    tokenSecret: renderText(tokens.tokenSecret, values),
  }
}

function granted(client: OAuthClient | undefined, values: Readonly<Record<string, string>>): OAuth1Credentials {
  if (!client) throw new Error('a call that is signed for a granted token needs the OAuth client')
  return {
    ...consumerOf(client),
    token: renderText('{oauth_token}', values),
    tokenSecret: renderText('{oauth_token_secret}', values),
  }
}

export const consumerOf = ({ clientId, clientSecret }: OAuthClient) => ({
  consumerKey: clientId,
  consumerSecret: clientSecret?.reveal() ?? '',
})

/** RFC 5849 §3.4.1.3.1: a form body is signed with the rest, no other body is. */
const formOf = ({ headers, body }: CallToSign) =>
  typeof body === 'string' &&
  Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === 'content-type' && /^application\/x-www-form-urlencoded/i.test(value),
  )
    ? new URLSearchParams(body)
    : undefined

/** Params that nobody filled in, as empty texts. */
const optional = ({ params }: AuthScheme) =>
  Object.fromEntries(params.filter((param) => !param.required).map((param) => [param.name, '']))
