/**
 * A real authorization server written by others (`oidc-provider`), in this process, for tests. It signs in one person
 * and consents for them as soon as a browser, or `approve`, comes by.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

export interface OidcClient {
  clientId: string
  /** Goes with `client_secret_basic` and `client_secret_post`. */
  clientSecret?: string | undefined
  authMethod: 'client_secret_basic' | 'client_secret_post' | 'none'
  redirectUris: string[]
}

export interface OidcProviderOptions {
  clients: OidcClient[]
  /** Each refresh gives a new refresh token; using an old one again ends the whole grant. Default true. */
  rotateRefreshTokens?: boolean
  /** Default 3600. */
  accessTokenSeconds?: number
  /** Default: any that is free. */
  port?: number
  /** Whose account it is, at the userinfo endpoint. */
  person?: { id: string; name: string; email: string }
}

export interface RunningOidcProvider {
  /** `http://127.0.0.1:{port}`; authorization, token and revocation endpoints below. */
  issuer: string
  authorizationEndpoint: string
  tokenEndpoint: string
  revocationEndpoint: string
  userinfoEndpoint: string
  /** `host:port`, as `allowPrivateHosts` wants it. */
  host: string
  /** Plays the browser of the person who agrees. @returns The callback URL, which is not visited. */
  approve(authorizationUrl: string | URL): Promise<URL>
  /** The person types a code at `/device` (RFC 8628) and agrees. */
  typeCode(userCode: string): Promise<void>
  /** The same for a person who says no. */
  deny(authorizationUrl: string | URL): Promise<URL>
  close(): Promise<void>
}

const denyHeader = 'x-person-says-no'

export async function startOidcProvider(options: OidcProviderOptions): Promise<RunningOidcProvider> {
  const server = createServer()
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `http://${host}`
  const provider = new Provider(issuer, configuration(options))
  const answer = provider.callback()
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/')) interact(provider, request, response, options)
    else answer(request, response)
  })

  return {
    issuer,
    host,
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    revocationEndpoint: `${issuer}/token/revocation`,
    userinfoEndpoint: `${issuer}/me`,
    approve: (url) => visit(issuer, new URL(url), {}),
    typeCode: (userCode) => typeCode(issuer, userCode),
    deny: (url) => visit(issuer, new URL(url), { [denyHeader]: 'yes' }),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const defaultPerson = { id: 'person-1', name: 'Ada Example', email: 'ada@example.test' }

function configuration({
  clients,
  rotateRefreshTokens = true,
  accessTokenSeconds = 3600,
  person = defaultPerson,
}: OidcProviderOptions): Record<string, unknown> {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  return {
    clients: clients.map(({ clientId, clientSecret, authMethod, redirectUris }) => ({
      client_id: clientId,
      ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
      token_endpoint_auth_method: authMethod,
      redirect_uris: redirectUris,
      grant_types: [
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
        ...(clientSecret === undefined ? [] : ['client_credentials']),
      ],
      response_types: ['code'],
      id_token_signed_response_alg: 'ES256',
    })),
    jwks: { keys: [{ ...key, use: 'sig', alg: 'ES256' }] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
    },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, name: person.name, email: person.email }),
    }),
    issueRefreshToken: () => true,
    rotateRefreshToken: rotateRefreshTokens,
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
  }
}

/** Finishes each prompt at once, as the page of a real server would after a click. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  { person = defaultPerson }: OidcProviderOptions,
): Promise<void> {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  const finish = (result: Record<string, unknown>, more = true) =>
    provider.interactionFinished(request, response, result, { mergeWithLastSubmission: more })
  if (request.headers[denyHeader])
    return finish({ error: 'access_denied', error_description: 'The person said no.' }, false)
  if (prompt.name === 'login') return finish({ login: { accountId: person.id } }, false)
  const grant = new provider.Grant({ accountId: session?.accountId ?? person.id, clientId: params.client_id ?? '' })
  grant.addOIDCScope(params.scope ?? '')
  return finish({ consent: { grantId: await grant.save() } })
}

/** The form with the code, then the one that asks whether it is the right one, then sign-in and consent. */
async function typeCode(issuer: string, userCode: string): Promise<void> {
  const cookies = new Map<string, string>()
  const send = async (url: URL, body?: URLSearchParams): Promise<string> => {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const init = body === undefined ? {} : { method: 'POST', body }
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]?.split(/=(.*)/s) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    return location ? send(new URL(location, url)) : response.text()
  }
  const device = new URL('/device', issuer)
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(await send(device))?.[1] ?? ''
  await send(device, new URLSearchParams({ xsrf, user_code: userCode }))
  await send(device, new URLSearchParams({ xsrf, user_code: userCode, confirm: 'yes' }))
}

/** Follows redirects below the issuer with a cookie jar, until one leads away from it. */
async function visit(issuer: string, start: URL, headers: Record<string, string>): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = start
  for (let hop = 0; hop < 10; hop++) {
    if (url.origin !== issuer) return url
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { ...headers, cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]?.split(/=(.*)/s) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (!location) throw new Error(`the authorization server answered ${response.status}: ${await response.text()}`)
    url = new URL(location, url)
  }
  throw new Error('too many redirects')
}
