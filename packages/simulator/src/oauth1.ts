import { createHmac, randomBytes } from 'node:crypto'
import {
  type AppDefinition,
  type OAuth1Scheme,
  oauth1BaseString,
  oauth1Verifies,
  parseOAuth1Header,
} from '@holdfast/catalog'
import { type Address, urlPattern } from './address.ts'
import {
  type Decision,
  isCallback,
  pendingLifetimeMs,
  readFlags,
  redirect,
  refusal,
  Unacceptable,
} from './authorization.ts'
import { addAccessToken, createGrants, hashOf, newGrantId, newToken } from './grants.ts'
import { consentPage, htmlPage } from './pages.ts'
import { findPerson, personById } from './people.ts'
import { singleLabels } from './routes.ts'
import { learnedValue, plausibleValue } from './token-answer.ts'
import type { SimulatorOptions } from './types.ts'

type Endpoint = 'request' | 'authorization' | 'access'

export interface OAuth1Route {
  scheme: OAuth1Scheme
  endpoints: Partial<Record<Endpoint, Record<string, string>>>
}

/** The endpoints of OAuth 1 at one address; apps may have the request and the access token at the same. */
export function oauth1Route(app: AppDefinition, address: Address): OAuth1Route | undefined {
  const scheme = app.authSchemes.find((each) => each.scheme === 'OAUTH1')
  if (!scheme) return undefined
  const templates: Record<Endpoint, string | undefined> = {
    request: scheme.requestTokenEndpoint,
    authorization: scheme.authorizationEndpoint,
    access: scheme.accessTokenEndpoint,
  }
  const endpoints: OAuth1Route['endpoints'] = {}
  for (const [name, template] of Object.entries(templates) as [Endpoint, string | undefined][]) {
    const values = template && urlPattern(template, 'whole', singleLabels(scheme)).match(address)
    if (values) endpoints[name] = values
  }
  return Object.keys(endpoints).length > 0 ? { scheme, endpoints } : undefined
}

/** A request token (RFC 5849 §2.1) until it is exchanged. */
interface Temporary {
  projectId: string
  appKey: string
  consumerKey: string
  callback: string
  values: Record<string, string>
  /** Set by the person's yes. */
  granted?: { personId: string; verifier: string }
}

const temporaryKind = 'oauth1-temporary'
const pendingKind = 'oauth1-pending'
const nonceKind = 'oauth1-nonce'
/** Marks the handles of consent pages that belong here. */
const handlePrefix = 'o1-'

export const isOAuth1Handle = (handle: string | null): boolean => handle?.startsWith(handlePrefix) ?? false

export async function handleOAuth1(
  options: SimulatorOptions,
  app: AppDefinition,
  address: Address,
  { scheme, endpoints }: OAuth1Route,
  request: Request,
): Promise<Response> {
  if (endpoints.authorization && request.method === 'GET')
    return authorize(options, app, scheme, new URL(request.url).searchParams)
  try {
    const call = await readSigned(options, address, request)
    // Where both stand at one address the token tells them apart.
    if (call.token === undefined || !endpoints.access)
      return await issueTemporary(options, app, scheme, address, endpoints.request ?? {}, call)
    return await exchange(options, app, scheme, call)
  } catch (error) {
    if (error instanceof OAuth1Problem) return problem(error)
    throw error
  }
}

/** The form of the consent page. */
export async function decideOAuth1(options: SimulatorOptions, form: URLSearchParams): Promise<Response> {
  const choice = form.get('decision')
  const person = findPerson(form.get('person') ?? '')
  const token = await options.records.take(pendingKind, hashOf(form.get('request') ?? ''))
  if ((choice !== 'approve' && choice !== 'deny') || !person || token === undefined)
    return refusal(options, 'app', new Unacceptable('expired', 'This request was answered before, or it is too old.'))
  const decision: Decision = choice === 'approve' ? { approved: true, person, scopes: [] } : { approved: false }
  return answerBrowser(options, token, decision, 303)
}

/** What a call that is signed with OAuth 1 proves. @returns Undefined when signature, time or nonce is no good. */
export async function oauth1Proof(
  options: SimulatorOptions,
  scheme: OAuth1Scheme,
  address: Address,
  request: Request,
): Promise<{ grantToken: string } | { keys: string[] } | undefined> {
  try {
    const call = await readSigned(options, address, request)
    if (call.token === undefined) return undefined
    if (scheme.tokens) {
      await checkSignature(options, scheme, call, undefined)
      return { keys: [call.consumerKey, call.token] }
    }
    await checkSignature(options, scheme, call, secretOf(options, call.token))
    return { grantToken: call.token }
  } catch (error) {
    if (error instanceof OAuth1Problem) return undefined
    throw error
  }
}

/** A signed call (RFC 5849 §3.1), read but not believed. */
interface SignedCall {
  parameters: ReadonlyMap<string, string>
  consumerKey: string
  token: string | undefined
  baseString: string
}

/** A refusal, in the words of the `oauth_problem` extension. */
class OAuth1Problem extends Error {
  readonly status: number
  constructor(problem: string, status = 401) {
    super(problem)
    this.status = status
  }
}

const problem = ({ message, status }: OAuth1Problem): Response =>
  new Response(new URLSearchParams({ oauth_problem: message }).toString(), {
    status,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'cache-control': 'no-store',
      ...(status === 401 && { 'www-authenticate': 'OAuth realm="simulator"' }),
    },
  })

async function readSigned(options: SimulatorOptions, address: Address, request: Request): Promise<SignedCall> {
  const parameters = parseOAuth1Header(request.headers.get('authorization') ?? undefined)
  const consumerKey = parameters?.get('oauth_consumer_key')
  if (!parameters || !consumerKey) throw new OAuth1Problem('parameter_absent', 400)
  const isForm = /^application\/x-www-form-urlencoded/i.test(request.headers.get('content-type') ?? '')
  const form = isForm ? new URLSearchParams(await request.clone().text()) : undefined
  return {
    parameters,
    consumerKey,
    token: parameters.get('oauth_token'),
    baseString: oauth1BaseString(
      { method: request.method, url: publicUrl(options, address, request), form },
      parameters,
    ),
  }
}

/** The address that was signed: a proxy may have changed the host we see, and cut off the path of the base URL. */
function publicUrl({ baseUrl }: SimulatorOptions, address: Address, request: Request): URL {
  const place = [address.projectId, address.appKey, address.host].map((part) =>
    encodeURIComponent(part).replaceAll('%3A', ':'),
  )
  return new URL(`${baseUrl}/simulator/${place.join('/')}${address.path}${new URL(request.url).search}`)
}

const maxSkewSeconds = 300

/**
 * @param tokenSecret Undefined: nobody here knows the secrets, so only what stands around the signature is checked. The same
 * for a client other than the ready one.
 * @throws {OAuth1Problem}
 */
async function checkSignature(
  options: SimulatorOptions,
  scheme: OAuth1Scheme,
  { parameters, consumerKey, token = '', baseString }: SignedCall,
  tokenSecret: string | undefined,
): Promise<void> {
  const signature = parameters.get('oauth_signature')
  if (parameters.get('oauth_signature_method') !== scheme.signatureMethod || !signature)
    throw new OAuth1Problem('signature_method_rejected', 400)
  const { readyClient } = options
  if (
    tokenSecret !== undefined &&
    consumerKey === readyClient.clientId &&
    !oauth1Verifies(signature, baseString, scheme.signatureMethod, {
      consumerSecret: readyClient.clientSecret,
      tokenSecret,
    })
  )
    throw new OAuth1Problem('signature_invalid')
  const now = options.clock.now().getTime()
  const seconds = Number(parameters.get('oauth_timestamp'))
  if (!(Math.abs(now / 1000 - seconds) <= maxSkewSeconds)) throw new OAuth1Problem('timestamp_refused')
  const nonce = parameters.get('oauth_nonce')
  if (!nonce) throw new OAuth1Problem('parameter_absent', 400)
  const key = hashOf([consumerKey, token, seconds, nonce].join('\n'))
  if ((await options.records.get(nonceKind, key)) !== undefined) throw new OAuth1Problem('nonce_used')
  await options.records.put(nonceKind, key, '1', new Date(now + 2 * maxSkewSeconds * 1000))
}

/** Secrets are made from the token, so none is kept. */
const secretOf = ({ readyClient }: SimulatorOptions, token: string): string =>
  createHmac('sha256', readyClient.clientSecret).update(`oauth1 ${token}`).digest('base64url')

async function issueTemporary(
  options: SimulatorOptions,
  app: AppDefinition,
  scheme: OAuth1Scheme,
  address: Address,
  values: Record<string, string>,
  call: SignedCall,
): Promise<Response> {
  await checkSignature(options, scheme, call, '')
  const callback = call.parameters.get('oauth_callback') ?? ''
  if (!isCallback(options.baseUrl, callback)) throw new OAuth1Problem('parameter_rejected', 400)
  const token = `sim-temp-${randomBytes(24).toString('base64url')}`
  const temporary: Temporary = {
    projectId: address.projectId,
    appKey: app.key,
    consumerKey: call.consumerKey,
    callback,
    values,
  }
  await options.records.put(temporaryKind, hashOf(token), JSON.stringify(temporary), pendingEnd(options))
  return formAnswer({
    oauth_token: token,
    oauth_token_secret: secretOf(options, token),
    oauth_callback_confirmed: 'true',
  })
}

/** The page of RFC 5849 §2.2, or at once the way back when the request carries the flag `simulator`. */
async function authorize(
  options: SimulatorOptions,
  app: AppDefinition,
  scheme: OAuth1Scheme,
  query: URLSearchParams,
): Promise<Response> {
  const token = query.get('oauth_token') ?? ''
  try {
    for (const name of Object.keys(scheme.authorizationParams))
      if (!query.has(name)) throw new Unacceptable('parameter_absent', `${name} is missing.`)
    const stored = await options.records.get(temporaryKind, hashOf(token))
    const temporary = stored === undefined ? undefined : (JSON.parse(stored) as Temporary)
    if (temporary?.appKey !== app.key || temporary.granted)
      throw new Unacceptable('token_rejected', 'This request token is unknown, was used, or is too old.')
    const decision = readFlags({ scopes: [] }, query)
    if (decision) return await answerBrowser(options, token, decision, 302)
    const handle = `${handlePrefix}${randomBytes(32).toString('base64url')}`
    await options.records.put(pendingKind, hashOf(handle), token, pendingEnd(options))
    const consent = { app, scheme: { scopes: { described: [], required: [] } }, clientId: temporary.consumerKey }
    return await htmlPage(options.baseUrl, consentPage({ ...consent, scopes: [], handle }), 200)
  } catch (error) {
    if (error instanceof Unacceptable) return refusal(options, app.name, error)
    throw error
  }
}

async function answerBrowser(
  options: SimulatorOptions,
  token: string,
  decision: Decision,
  status: 302 | 303,
): Promise<Response> {
  const stored = await options.records.take(temporaryKind, hashOf(token))
  if (stored === undefined)
    return refusal(options, 'app', new Unacceptable('expired', 'This request was answered before, or it is too old.'))
  const temporary = JSON.parse(stored) as Temporary
  const url = new URL(temporary.callback)
  url.searchParams.set('oauth_token', token)
  if (decision.approved) {
    const verifier = randomBytes(12).toString('base64url')
    const granted: Temporary = { ...temporary, granted: { personId: decision.person.id, verifier } }
    await options.records.put(temporaryKind, hashOf(token), JSON.stringify(granted), pendingEnd(options))
    url.searchParams.set('oauth_verifier', verifier)
  } else url.searchParams.set('oauth_problem', 'user_refused')
  return redirect(url, status)
}

/** RFC 5849 §2.3. A request token is exchanged once. */
async function exchange(
  options: SimulatorOptions,
  app: AppDefinition,
  scheme: OAuth1Scheme,
  call: SignedCall,
): Promise<Response> {
  const { token = '', parameters, consumerKey } = call
  await checkSignature(options, scheme, call, secretOf(options, token))
  const stored = await options.records.take(temporaryKind, hashOf(token))
  const temporary = stored === undefined ? undefined : (JSON.parse(stored) as Temporary)
  if (!temporary?.granted || temporary.consumerKey !== consumerKey || temporary.appKey !== app.key)
    throw new OAuth1Problem('token_rejected')
  if (parameters.get('oauth_verifier') !== temporary.granted.verifier) throw new OAuth1Problem('verifier_invalid')
  const grantId = newGrantId()
  const granted = newToken('at', grantId)
  const grant = {
    projectId: temporary.projectId,
    appKey: app.key,
    clientId: consumerKey,
    personId: temporary.granted.personId,
    requestedScopes: [],
    scopes: [],
    values: temporary.values,
    codeHash: hashOf(token),
    accessTokens: [],
    refreshTokens: [],
    revoked: false,
    rotateRefreshTokens: false,
    failures: null,
    tokenCalls: 1,
  }
  const lifetime = scheme.accessTokenLifetimeSeconds
  addAccessToken(grant, granted, lifetime === null ? null : options.clock.now().getTime() + lifetime * 1000)
  await createGrants(options.records).create(grantId, grant)
  const person = personById(grant.personId)
  return formAnswer({
    ...Object.fromEntries(scheme.keep.map((name) => [name, plausibleValue(name, person)])),
    ...Object.fromEntries(
      scheme.learnedParams
        .filter(({ from }) => from === 'tokenResponse')
        .map((param) => [param.path, learnedValue(app, param, person)]),
    ),
    oauth_token: granted,
    oauth_token_secret: secretOf(options, granted),
  })
}

const pendingEnd = ({ clock }: SimulatorOptions) => new Date(clock.now().getTime() + pendingLifetimeMs)

const formAnswer = (fields: Record<string, string>): Response =>
  new Response(new URLSearchParams(fields).toString(), {
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'cache-control': 'no-store' },
  })
