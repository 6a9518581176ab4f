import { createHash } from 'node:crypto'
import type { AppDefinition, OAuth2Scheme } from '@holdfast/catalog'
import { type AuthorizationCode, codeKind } from './authorization.ts'
import { authenticateClient } from './client-authentication.ts'
import { deviceGrantType, takeDeviceGrant } from './device.ts'
import {
  addAccessToken,
  addRefreshToken,
  agrees,
  createGrants,
  type Grant,
  type Grants,
  grantIdOf,
  hashOf,
  newGrantId,
  newToken,
} from './grants.ts'
import { OAuthError } from './oauth-error.ts'
import type { OAuthRoute } from './routes.ts'
import { readTemplate } from './template-reader.ts'
import { errorAnswer, type IssuedTokens, tokenAnswer } from './token-answer.ts'
import { readTokenRequest } from './token-request.ts'
import type { SimulatorOptions } from './types.ts'

/** How long an access token lives where the definition does not say. */
const usualLifetimeSeconds = 3600

/** One authenticated call. */
interface TokenCall {
  options: SimulatorOptions
  grants: Grants
  projectId: string
  appKey: string
  route: OAuthRoute
  body: Record<string, string>
  /** Undefined where the app does not ask who the client is. */
  clientId: string | undefined
  now: number
}

/**
 * The token endpoint (RFC 6749 §4.1.3, §6; RFC 7636 §4.6), and the refresh endpoint where it stands apart.
 * @throws {TypeError} when a script drops the answer: the caller sees what a broken connection looks like.
 */
export async function handleTokenRequest(
  options: SimulatorOptions,
  projectId: string,
  app: AppDefinition,
  route: OAuthRoute,
  request: Request,
): Promise<Response> {
  const { scheme } = route
  const asForm = answersAsForm(scheme, request)
  const authorization = request.headers.get('authorization')
  const grants = createGrants(options.records)
  const answered = (work: () => Promise<Response>) =>
    work().catch((error: unknown) => {
      if (error instanceof OAuthError) return errorAnswer(app, error, asForm, authorization !== null)
      throw error
    })

  return answered(async () => {
    const body = canonical(scheme, await readTokenRequest(request, [scheme.tokenRequestFormat], methodsOf(route)))
    const failure = await takeScriptedFailure(grants, projectId, app.key, body[refreshParam(scheme)])
    if (failure?.delayMs) await options.clock.sleep(failure.delayMs, request.signal)
    const response =
      failure && failsInstead(failure)
        ? scriptedAnswer(failure)
        : await answered(async () => {
            const proves = scheme.refreshRequest.authenticatesClient || !isRefresh(route, body)
            const clientId = isExchange(route, body)
              ? undefined
              : proves
                ? authenticateClient(scheme, authorization, body, options.readyClient)
                : undefined
            const now = options.clock.now().getTime()
            const call = { options, grants, projectId, appKey: app.key, route, body, clientId, now }
            return tokenAnswer(app, scheme, await issueTokens(call), asForm)
          })
    if (failure?.dropAnswer) throw new TypeError('terminated')
    return response
  })
}

/** Some servers answer form-encoded unless JSON is asked for; a definition that sends `Accept` says that this is one. */
function answersAsForm(scheme: OAuth2Scheme, request: Request): boolean {
  const asksForJson = Object.entries(scheme.tokenRequestHeaders ?? {}).some(
    ([name, value]) => name.toLowerCase() === 'accept' && value.includes('application/json'),
  )
  return asksForJson && !(request.headers.get('accept') ?? '').includes('application/json')
}

/** The methods the definition names for the calls that stand at this address. */
function methodsOf({ scheme, endpoints }: OAuthRoute): string[] {
  const { tokenRequestMethod: usual } = scheme
  return [
    ...(endpoints.token ? [usual] : []),
    ...(endpoints.refresh ? [scheme.refreshRequest.method ?? usual] : []),
    ...(endpoints.exchange ? [scheme.longLivedExchange?.method ?? 'GET'] : []),
  ]
}

/** The app's own names as those of RFC 6749. A parameter that comes under a name the app does not use is not seen. */
export function canonical(
  { parameterNames: names }: OAuth2Scheme,
  body: Record<string, string>,
): Record<string, string> {
  const own: Record<string, string> = {
    client_id: names.tokenClientId ?? names.clientId,
    client_secret: names.clientSecret,
    redirect_uri: names.redirectUri,
    code: names.tokenCode,
  }
  const renamed = new Set(Object.keys(own).filter((name) => own[name] !== name))
  const rest = Object.entries(body).filter(([name]) => !renamed.has(name))
  const found = Object.entries(own).map(([name, called]): [string, string | undefined] => [name, body[called]])
  return Object.fromEntries([...rest, ...found.filter((entry): entry is [string, string] => entry[1] !== undefined)])
}

const refreshParam = ({ refreshRequest: { sends, tokenParam } }: OAuth2Scheme): string => tokenParam ?? sends

const isRefresh = ({ scheme, endpoints }: OAuthRoute, body: Readonly<Record<string, string>>): boolean =>
  endpoints.refresh !== undefined && body.grant_type === scheme.refreshRequest.grantType

/** Every parameter of the second call is there, those that are fixed with their values. */
function isExchange({ scheme, endpoints }: OAuthRoute, body: Readonly<Record<string, string>>): boolean {
  const { longLivedExchange } = scheme
  if (!longLivedExchange || endpoints.exchange === undefined) return false
  return Object.entries(longLivedExchange.params).every(([name, template]) => readTemplate(template, body[name] ?? ''))
}

type Failure = NonNullable<Grant['failures']>

/** Counts the call for the grant whose refresh token it holds, and uses up one of its scripted failures. */
async function takeScriptedFailure(
  grants: Grants,
  projectId: string,
  appKey: string,
  token: string | undefined,
): Promise<Failure | undefined> {
  const found = await grants.findByToken(token ?? '')
  if (!found || found.grant.projectId !== projectId || found.grant.appKey !== appKey) return undefined
  return grants.update(found.grantId, (grant) => {
    grant.tokenCalls += 1
    const failure = grant.failures
    if (failure) grant.failures = failure.times > 1 ? { ...failure, times: failure.times - 1 } : null
    return failure ?? undefined
  })
}

/** A delay or a lost answer happens to a call that is carried out; anything else replaces it. */
const failsInstead = (failure: Failure): boolean =>
  failure.status !== undefined || failure.body !== undefined || (!failure.delayMs && !failure.dropAnswer)

function scriptedAnswer({ status = 503, body }: Failure): Response {
  if ([204, 205, 304].includes(status)) return new Response(null, { status })
  if (body === undefined)
    return Response.json({ error: 'temporarily_unavailable', error_description: 'a scripted failure' }, { status })
  const type = /^\s*[[{]/.test(body) ? 'application/json' : /^\s*</.test(body) ? 'text/html' : 'text/plain'
  const headers = { 'content-type': type, 'content-security-policy': "default-src 'none'; sandbox" }
  return new Response(body, { status, headers })
}

async function issueTokens(call: TokenCall): Promise<IssuedTokens> {
  const { endpoints } = call.route
  const grantType = call.body.grant_type
  if (isExchange(call.route, call.body)) return exchangeToken(call)
  if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
  if (grantType === 'authorization_code' && endpoints.token) return redeemCode(call, endpoints.token)
  if (grantType === deviceGrantType && endpoints.token && call.route.scheme.deviceAuthorizationEndpoint !== undefined)
    return redeemDeviceCode(call)
  if (isRefresh(call.route, call.body) && endpoints.refresh)
    return call.route.scheme.refreshRequest.sends === 'access_token'
      ? renewToken(call, call.body[refreshParam(call.route.scheme)])
      : refreshTokens(call, endpoints.refresh)
  throw new OAuthError('unsupported_grant_type', 'this grant type is not served here')
}

async function redeemCode(call: TokenCall, values: Record<string, string>): Promise<IssuedTokens> {
  const { body, grants } = call
  if (!body.code) throw new OAuthError('invalid_request', 'code is missing')
  const grantId = grantIdOf(body.code)
  if (grantId === undefined) throw new OAuthError('invalid_grant', 'the code was not issued here')
  const codeHash = hashOf(body.code)
  const stored = await call.options.records.take(codeKind, codeHash)
  if (stored === undefined) {
    // A code that comes twice may have been stolen: its tokens end with it (RFC 6749 §4.1.2).
    await grants.update(grantId, (grant) => {
      if (grant.codeHash === codeHash) grant.revoked = true
    })
    throw new OAuthError('invalid_grant', 'the code is unknown, expired or was used before')
  }
  const code = JSON.parse(stored) as AuthorizationCode
  checkCode(call, code, values)
  return firstTokens(call, grantId, { ...code, values: { ...code.values, ...values }, codeHash })
}

/** RFC 8628 §3.4. */
async function redeemDeviceCode(call: TokenCall): Promise<IssuedTokens> {
  const { options, projectId, appKey, clientId, body } = call
  const { decision, ...device } = await takeDeviceGrant(options, {
    projectId,
    appKey,
    clientId,
    deviceCode: body.device_code,
  })
  const { scopes: requestedScopes, values } = device
  const codeHash = hashOf(body.device_code ?? '')
  return firstTokens(call, newGrantId(), { ...decision, requestedScopes, values, codeHash })
}

async function firstTokens(
  call: TokenCall,
  grantId: string,
  from: Pick<Grant, 'personId' | 'requestedScopes' | 'scopes' | 'values' | 'codeHash'>,
): Promise<IssuedTokens> {
  const { grants } = call
  const { scheme } = call.route
  const grant: Grant = {
    projectId: call.projectId,
    appKey: call.appKey,
    clientId: call.clientId ?? '',
    personId: from.personId,
    requestedScopes: from.requestedScopes,
    scopes: from.scopes,
    values: from.values,
    codeHash: from.codeHash,
    accessTokens: [],
    refreshTokens: [],
    revoked: false,
    rotateRefreshTokens: scheme.refresh.rotates === true,
    failures: null,
    tokenCalls: 1,
  }
  const accessToken = giveAccessToken(scheme, grant, grantId, call.now)
  const refreshToken = hasRefreshToken(scheme, from.scopes)
    ? giveRefreshToken(scheme, grant, grantId, call.now)
    : undefined
  await grants.create(grantId, grant)
  return issued(scheme, grant, accessToken, refreshToken, call.now)
}

/** The second call after a code: the short-lived token is traded for a long-lived one. */
async function exchangeToken(call: TokenCall): Promise<IssuedTokens> {
  const { scheme } = call.route
  const values: Record<string, string> = {}
  for (const [name, template] of Object.entries(scheme.longLivedExchange?.params ?? {}))
    Object.assign(values, readTemplate(template, call.body[name] ?? ''))
  const { client_secret: secret, client_id: clientId } = values
  const ready = call.options.readyClient
  if (secret !== undefined && (clientId ?? ready.clientId) === ready.clientId && secret !== ready.clientSecret)
    throw new OAuthError('invalid_client', 'the client secret is wrong', 401)
  return renewToken(call, values.access_token)
}

/** A token for a token of the same grant that is still good. */
async function renewToken(call: TokenCall, token: string | undefined): Promise<IssuedTokens> {
  const unknown = new OAuthError('invalid_grant', 'the access token is unknown, expired or revoked')
  const grantId = grantIdOf(token ?? '')
  if (token === undefined || grantId === undefined) throw unknown
  const outcome = await call.grants.update(grantId, (grant): IssuedTokens | OAuthError => {
    const found = grant.accessTokens.find(({ hash }) => hash === hashOf(token))
    const ours = grant.projectId === call.projectId && grant.appKey === call.appKey
    if (!found || !ours || grant.revoked || (found.expiresAt !== null && found.expiresAt <= call.now)) return unknown
    const accessToken = giveAccessToken(call.route.scheme, grant, grantId, call.now)
    return issued(call.route.scheme, grant, accessToken, undefined, call.now)
  })
  if (outcome === undefined) throw unknown
  if (outcome instanceof OAuthError) throw outcome
  return outcome
}

/** @throws {OAuthError} The code is used up by then: whoever holds it gets one attempt. */
function checkCode(call: TokenCall, code: AuthorizationCode, values: Record<string, string>): void {
  const refused = (message: string) => new OAuthError('invalid_grant', message)
  if (code.expiresAt <= call.now) throw refused('the code has expired')
  if (code.projectId !== call.projectId || code.appKey !== call.appKey) throw refused('the code was not issued here')
  if (!agrees(code.values, values)) throw refused('the code was issued for another account address')
  if (code.clientId !== call.clientId) throw refused('the code was issued to another client')
  if (code.redirectUri !== call.body.redirect_uri)
    throw refused('redirect_uri is not the one of the authorization request')
  const verifier = call.body.code_verifier
  if (code.codeChallenge === null) {
    if (verifier !== undefined)
      throw refused('there is a code_verifier, but the authorization request had no code_challenge')
    return
  }
  if (verifier === undefined) throw refused('code_verifier is missing')
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier))
    throw refused('code_verifier is not 43 to 128 unreserved characters')
  if (createHash('sha256').update(verifier).digest('base64url') !== code.codeChallenge)
    throw refused('code_verifier does not belong to the code_challenge')
}

async function refreshTokens(call: TokenCall, values: Record<string, string>): Promise<IssuedTokens> {
  const { scheme } = call.route
  const token = call.body[refreshParam(scheme)]
  if (!token) throw new OAuthError('invalid_request', `${refreshParam(scheme)} is missing`)
  const unknown = new OAuthError('invalid_grant', 'the refresh token is unknown, expired or revoked')
  const grantId = grantIdOf(token)
  if (grantId === undefined) throw unknown
  const outcome = await call.grants.update(grantId, (grant): IssuedTokens | OAuthError => {
    const found = grant.refreshTokens.find(({ hash }) => hash === hashOf(token))
    const ours = grant.projectId === call.projectId && grant.appKey === call.appKey && agrees(grant.values, values)
    if (!found || !ours || grant.revoked) return unknown
    if (call.clientId !== undefined && grant.clientId !== call.clientId)
      return new OAuthError('invalid_grant', 'the refresh token was issued to another client')
    if (found.expiresAt !== null && found.expiresAt <= call.now) return unknown
    if (found.retiredAt !== null && call.now >= found.retiredAt + scheme.refresh.graceSeconds * 1000) {
      grant.revoked = true
      return new OAuthError('invalid_grant', 'a retired refresh token came again, so the whole grant is revoked')
    }
    if (call.body.scope && !call.body.scope.split(/[\s,+;]+/).every((scope) => grant.scopes.includes(scope)))
      return new OAuthError('invalid_scope', 'a refresh can not widen the granted scopes')

    const accessToken = giveAccessToken(scheme, grant, grantId, call.now)
    if (grant.rotateRefreshTokens) {
      found.retiredAt ??= call.now
      return issued(scheme, grant, accessToken, giveRefreshToken(scheme, grant, grantId, call.now), call.now)
    }
    // Servers that keep the token mostly leave it out; where nothing is known about one, it is said again.
    return issued(scheme, grant, accessToken, scheme.refresh.rotates === 'unknown' ? token : undefined, call.now)
  })
  if (outcome === undefined) throw unknown
  if (outcome instanceof OAuthError) throw outcome
  return outcome
}

/** None for an access token that never expires, nor without the scopes that stand for one. */
const hasRefreshToken = (scheme: OAuth2Scheme, scopes: string[]): boolean =>
  scheme.refresh.accessTokenLifetimeSeconds !== null &&
  scheme.refreshRequest.sends === 'refresh_token' &&
  scheme.scopes.required.every((scope) => scopes.includes(scope))

const accessTokenLifetime = (scheme: OAuth2Scheme): number | null =>
  scheme.refresh.accessTokenLifetimeSeconds === undefined
    ? usualLifetimeSeconds
    : scheme.refresh.accessTokenLifetimeSeconds

function giveAccessToken(scheme: OAuth2Scheme, grant: Grant, grantId: string, now: number): string {
  const token = newToken('at', grantId)
  const lifetime = accessTokenLifetime(scheme)
  addAccessToken(grant, token, lifetime === null ? null : now + lifetime * 1000)
  return token
}

function giveRefreshToken(scheme: OAuth2Scheme, grant: Grant, grantId: string, now: number): string {
  const token = newToken('rt', grantId)
  const lifetime = scheme.refresh.refreshTokenLifetimeSeconds ?? scheme.refresh.refreshTokenIdleSeconds
  addRefreshToken(grant, token, lifetime === undefined ? null : now + lifetime * 1000)
  return token
}

const issued = (
  scheme: OAuth2Scheme,
  grant: Grant,
  accessToken: string,
  refreshToken: string | undefined,
  now: number,
): IssuedTokens => ({
  now,
  accessToken,
  refreshToken,
  expiresInSeconds: accessTokenLifetime(scheme),
  requestedScopes: grant.requestedScopes,
  scopes: grant.scopes,
  personId: grant.personId,
})
