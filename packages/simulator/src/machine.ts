import {
  type AppDefinition,
  type Assertion,
  type AuthScheme,
  endpointsOf,
  isMachine,
  type MachineScheme,
  renderUrl,
  type TokenCall,
} from '@holdfast/catalog'
import { type Address, urlPattern } from './address.ts'
import { authenticateClient } from './client-authentication.ts'
import { addAccessToken, createGrants, newGrantId, newToken } from './grants.ts'
import { OAuthError } from './oauth-error.ts'
import { people } from './people.ts'
import { oauthRoute, singleLabels } from './routes.ts'
import { readTemplate } from './template-reader.ts'
import { errorAnswer, tokenAnswer } from './token-answer.ts'
import { readTokenRequest } from './token-request.ts'
import type { SimulatorOptions } from './types.ts'

/** The address at which a server fetches a token with what a person gave it. */
export interface MachineRoute {
  scheme: MachineScheme
  /** What the names in the address stand for. */
  values: Record<string, string>
}

/** Several grants may be asked for at one address: which it is, `grant_type` says. */
export async function machineRoute(
  app: AppDefinition,
  address: Address,
  request: Request,
): Promise<MachineRoute | undefined> {
  const routes = app.authSchemes.filter(isMachine).flatMap((scheme) =>
    endpointsOf(scheme).flatMap(({ url }) => {
      const values = urlPattern(url, 'whole', singleLabels(scheme)).match(address)
      return values ? [{ scheme, values }] : []
    }),
  )
  if (routes.length === 0) return undefined
  const grantType = await grantTypeOf(request.clone())
  const asked = routes.find(({ scheme }) => grantTypeFor(scheme) === grantType)
  return asked ?? (oauthRoute(app, address) ? undefined : routes[0])
}

function grantTypeFor(scheme: MachineScheme): unknown {
  if (scheme.scheme === 'S2S_OAUTH2') return scheme.grantType
  if (scheme.scheme === 'GOOGLE_SERVICE_ACCOUNT') return jwtBearer
  return (scheme.scheme === 'BASIC_WITH_JWT' ? scheme.login : scheme.tokenRequest)?.body?.grant_type
}

async function grantTypeOf(request: Request): Promise<unknown> {
  const text = request.method === 'GET' ? new URL(request.url).search : await request.text()
  try {
    return (JSON.parse(text) as { grant_type?: unknown }).grant_type
  } catch {
    return new URLSearchParams(text).get('grant_type') ?? undefined
  }
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Answers with a token, or as the app does where the credential is missing, wrong (`invalid`) or not to be checked now. */
export async function handleMachineCall(
  options: SimulatorOptions,
  app: AppDefinition,
  projectId: string,
  { scheme, values }: MachineRoute,
  request: Request,
): Promise<Response> {
  const now = options.clock.now().getTime()
  try {
    const given = await readCredential(options, { scheme, values }, request, now)
    const texts = Object.values(given)
    if (texts.some((text) => text.includes('unreachable')))
      throw new OAuthError('temporarily_unavailable', 'the credential asks for a server that can not be reached', 503)
    if (texts.some((text) => text.includes('invalid'))) throw refused('the credential is not accepted')
    return tokenAnswer(app, scheme, await issue(options, app, projectId, { scheme, values }, now), false)
  } catch (error) {
    if (error instanceof OAuthError) return errorAnswer(app, error, false, request.headers.has('authorization'))
    throw error
  }
}

async function issue(
  options: SimulatorOptions,
  app: AppDefinition,
  projectId: string,
  { scheme, values }: MachineRoute,
  now: number,
) {
  const lifetime = scheme.accessTokenLifetimeSeconds === undefined ? 3600 : scheme.accessTokenLifetimeSeconds
  const person = people[0]
  const grant = {
    projectId,
    appKey: app.key,
    clientId: '',
    personId: person.id,
    requestedScopes: [],
    scopes: [],
    values,
    codeHash: '',
    accessTokens: [],
    refreshTokens: [],
    revoked: false,
    rotateRefreshTokens: false,
    failures: null,
    tokenCalls: 1,
  }
  const grantId = newGrantId()
  const accessToken = newToken('at', grantId)
  addAccessToken(grant, accessToken, lifetime === null ? null : now + lifetime * 1000)
  await createGrants(options.records).create(grantId, grant)
  return {
    accessToken,
    refreshToken: undefined,
    expiresInSeconds: lifetime,
    requestedScopes: [],
    scopes: [],
    personId: person.id,
    now,
  }
}

/** What the request proves itself with. @throws {OAuthError} when a part is missing or in the wrong place. */
async function readCredential(
  options: SimulatorOptions,
  { scheme, values }: MachineRoute,
  request: Request,
  now: number,
): Promise<Record<string, string>> {
  switch (scheme.scheme) {
    case 'S2S_OAUTH2': {
      const body = await readTokenRequest(request, [scheme.tokenRequestFormat])
      if (body.grant_type !== scheme.grantType)
        throw new OAuthError('unsupported_grant_type', `grant_type must be ${scheme.grantType}`)
      const { clientId: idName, clientSecret: secretName } = scheme.parameterNames
      const { [idName]: client_id, [secretName]: client_secret, ...rest } = body
      const named = { ...rest, ...(client_id && { client_id }), ...(client_secret && { client_secret }) }
      const id = authenticateClient(scheme, request.headers.get('authorization'), named, options.readyClient)
      return { ...read(scheme.tokenParams, body), id, secret: secretOf(request, named) }
    }
    case 'BASIC_WITH_JWT':
      return readCall(scheme.login, request)
    case 'SERVICE_ACCOUNT': {
      const { jwt = '', ...rest } = scheme.tokenRequest ? await readCall(scheme.tokenRequest, request) : {}
      return { ...rest, ...checkAssertion(jwt, scheme.assertion, now) }
    }
    case 'GOOGLE_SERVICE_ACCOUNT': {
      const body = await readTokenRequest(request, ['form'])
      if (body.grant_type !== jwtBearer)
        throw new OAuthError('unsupported_grant_type', 'grant_type must be that of RFC 7523')
      const aud = renderUrl(scheme.tokenEndpoint, values).href
      const assertion = {
        algorithm: 'RS256',
        header: {},
        claims: { iss: '{iss}', aud },
        lifetimeSeconds: 3600,
      } as const
      return checkAssertion(body.assertion ?? '', assertion, now)
    }
  }
}

/** The secret half of HTTP Basic, or what stands in the body. */
function secretOf(request: Request, body: Readonly<Record<string, string>>): string {
  const encoded = /^Basic +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  return encoded === undefined ? (body.client_secret ?? '') : Buffer.from(encoded, 'base64').toString()
}

async function readCall(call: TokenCall, request: Request): Promise<Record<string, string>> {
  if (request.method !== call.method) throw new OAuthError('invalid_request', `this address wants ${call.method}`, 405)
  const found: Record<string, string> = {}
  for (const [name, template] of Object.entries(call.headers ?? {}))
    Object.assign(found, readText(template, request.headers.get(name) ?? undefined))
  if (call.basic) {
    const halves = /^([^:]*):(.*)$/s.exec(secretOf(request, {}))
    Object.assign(found, readText(call.basic.username, halves?.[1]), readText(call.basic.password, halves?.[2]))
  }
  if (!call.body) return found
  const query = Object.fromEntries(new URL(request.url).searchParams)
  const body = call.method === 'GET' ? query : parsed(call.format, await request.text())
  return { ...found, ...readNested(call.body, body) }
}

function parsed(format: TokenCall['format'], text: string): unknown {
  if (format === 'form') return Object.fromEntries(new URLSearchParams(text))
  try {
    return JSON.parse(text)
  } catch {
    throw new OAuthError('invalid_request', 'the body is not JSON')
  }
}

function readNested(template: unknown, value: unknown): Record<string, string> {
  if (typeof template === 'string') return readText(template, typeof value === 'string' ? value : undefined)
  if (typeof template !== 'object' || template === null) return {}
  const held = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  return Object.assign({}, ...Object.entries(template).map(([name, part]) => readNested(part, held[name])))
}

const read = (templates: Readonly<Record<string, string>>, values: Readonly<Record<string, string>>) =>
  Object.assign({}, ...Object.entries(templates).map(([name, template]) => readText(template, values[name])))

function readText(template: string, text: string | undefined): Record<string, string> {
  const found = text === undefined ? undefined : readTemplate(template, text, { mayBeEmpty: true })
  if (!found) throw refused('a part of the credential is missing')
  return found
}

/**
 * A JWT as far as it can be judged without the public key: its parts, its algorithm, its times, and the claims that the
 * definition fixes.
 *
 * @returns The values in its header and claims.
 * @throws {OAuthError} invalid_grant (RFC 7523 §3.1).
 */
export function checkAssertion(
  jwt: string,
  {
    algorithm,
    header,
    claims,
    lifetimeSeconds,
  }: Pick<Assertion, 'algorithm' | 'header' | 'claims' | 'lifetimeSeconds'>,
  now: number,
): Record<string, string> {
  const parts = jwt.split('.')
  const [head, body] = parts.slice(0, 2).map(decoded)
  if (parts.length !== 3 || !head || !body || !/^[\w-]{20,}$/.test(parts[2] ?? '')) throw refusedJwt('is none')
  if (head.alg !== algorithm) throw refusedJwt(`must be signed by ${algorithm}`)
  const { iat, exp } = body
  if (typeof iat !== 'number' || typeof exp !== 'number' || iat * 1000 > now) throw refusedJwt('has no time')
  if (exp * 1000 <= now || exp - iat > lifetimeSeconds) throw refusedJwt('has expired, or lives too long')
  return { ...readClaims(header, head), ...readClaims(claims, body) }
}

/** A claim of an optional param may be left out. */
function readClaims(templates: Readonly<Record<string, string>>, claims: Record<string, unknown>) {
  const found: Record<string, string> = {}
  for (const [name, template] of Object.entries(templates)) {
    const claim = claims[name]
    if (claim === undefined && template.includes('{')) continue
    const values = typeof claim === 'string' ? readTemplate(template, claim) : undefined
    if (!values) throw refusedJwt(`has another ${name}`)
    Object.assign(found, values)
  }
  return found
}

function decoded(part: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  } catch {
    return undefined
  }
}

const refused = (message: string) => new OAuthError('invalid_grant', message, 401)
const refusedJwt = (message: string) => new OAuthError('invalid_grant', `the JWT ${message}`, 400)

/** Whether a credential of this scheme is a JWT that is sent as it is. */
export const sendsJwt = (scheme: AuthScheme): scheme is Extract<AuthScheme, { scheme: 'SERVICE_ACCOUNT' }> =>
  scheme.scheme === 'SERVICE_ACCOUNT' && scheme.tokenRequest === undefined
