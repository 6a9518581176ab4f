import { randomBytes } from 'node:crypto'
import { type AppDefinition, type OAuth2Scheme, renderText, signedCallback, TemplateError } from '@holdfast/catalog'
import { hashOf, newGrantId, newToken } from './grants.ts'
import { consentPage, htmlPage, problemPage } from './pages.ts'
import { findPerson, type Person } from './people.ts'
import { learnedValue, plausibleValue } from './token-answer.ts'
import type { SimulatorOptions } from './types.ts'

/** An authorization request (RFC 6749 §4.1.1) that was found good. */
interface AuthorizationRequest {
  projectId: string
  appKey: string
  clientId: string
  redirectUri: string
  state: string
  codeChallenge: string | null
  scopes: string[]
  /** What the names in the authorization endpoint stand for. */
  values: Record<string, string>
}

/** What the token endpoint needs of an approved request. */
export interface AuthorizationCode {
  projectId: string
  appKey: string
  clientId: string
  redirectUri: string
  codeChallenge: string | null
  personId: string
  requestedScopes: string[]
  scopes: string[]
  values: Record<string, string>
  /** Milliseconds since 1970. */
  expiresAt: number
}

export type Decision = { approved: true; person: Person; scopes: string[] } | { approved: false }

export const codeKind = 'code'
const codeLifetimeMs = 60_000
const pendingKind = 'pending'
export const pendingLifetimeMs = 10 * 60_000

/** A request that is answered with a page: it must not, or can not, go back to the application. */
export class Unacceptable extends Error {
  readonly error: string
  constructor(error: string, message: string) {
    super(message)
    this.error = error
  }
}

/**
 * The authorization endpoint: the consent page, or at once the way back when the request carries the flag `simulator`.
 * A bad request ends on a page here, so that nobody is ever sent to an address that was not checked.
 */
export async function handleAuthorizationRequest(
  options: SimulatorOptions,
  projectId: string,
  app: AppDefinition,
  scheme: OAuth2Scheme,
  values: Record<string, string>,
  query: URLSearchParams,
): Promise<Response> {
  try {
    const request = readRequest(options, projectId, app, scheme, values, query)
    const decision = readFlags(request, query)
    if (decision) return redirect(await authorizationResponse(options, app, scheme, request, decision), 302)
    const handle = randomBytes(32).toString('base64url')
    const expiresAt = new Date(options.clock.now().getTime() + pendingLifetimeMs)
    await options.records.put(pendingKind, hashOf(handle), JSON.stringify(request), expiresAt)
    return htmlPage(options.baseUrl, consentPage({ ...request, app, scheme, handle }), 200)
  } catch (error) {
    if (error instanceof Unacceptable) return refusal(options, app.name, error)
    throw error
  }
}

/** The form of the consent page. What was asked for comes from the record, so the form can only choose. */
export async function handleDecision(options: SimulatorOptions, form: URLSearchParams): Promise<Response> {
  const choice = form.get('decision')
  const person = findPerson(form.get('person') ?? '')
  if ((choice !== 'approve' && choice !== 'deny') || !person)
    return refusal(options, 'app', new Unacceptable('invalid_request', 'The form came back incomplete.'))
  const stored = await options.records.take(pendingKind, hashOf(form.get('request') ?? ''))
  const request = stored === undefined ? undefined : (JSON.parse(stored) as AuthorizationRequest)
  const app = request && (await options.findApp(request.projectId, request.appKey))
  const scheme = app?.authSchemes.find((each) => each.scheme === 'OAUTH2')
  if (!request || !app || !scheme)
    return refusal(options, 'app', new Unacceptable('expired', 'This request was answered before, or it is too old.'))
  const ticked = form.getAll('scope')
  const scopes = request.scopes.filter((scope) => ticked.includes(scope) || scheme.scopes.required.includes(scope))
  const decision: Decision = choice === 'approve' ? { approved: true, person, scopes } : { approved: false }
  return redirect(await authorizationResponse(options, app, scheme, request, decision), 303)
}

/** @throws {Unacceptable} */
function readRequest(
  options: SimulatorOptions,
  projectId: string,
  app: AppDefinition,
  scheme: OAuth2Scheme,
  values: Record<string, string>,
  query: URLSearchParams,
): AuthorizationRequest {
  const names = scheme.parameterNames
  for (const name of [...oauthParams, names.clientId, names.redirectUri, names.scope, ...scheme.scopes.params])
    if (query.getAll(name).length > 1) throw new Unacceptable('invalid_request', `${name} comes more than once.`)
  const clientId = query.get(names.clientId) ?? ''
  const redirectUri = query.get(names.redirectUri) ?? ''
  const state = query.get('state') ?? ''
  if (clientId === '') throw new Unacceptable('invalid_request', `${names.clientId} is missing.`)
  if (!isCallback(options.baseUrl, redirectUri))
    throw new Unacceptable('invalid_request', `${names.redirectUri} is not a callback address of this server.`)
  if (scheme.callbackSignature && clientId !== options.readyClient.clientId)
    throw new Unacceptable(
      'unauthorized_client',
      'This app signs its answer with the client secret. The simulator knows that of its own client only.',
    )
  if (query.get('response_type') !== 'code')
    throw new Unacceptable('unsupported_response_type', 'response_type must be code.')
  if (state === '' || state.length > 2000) throw new Unacceptable('invalid_request', 'state is missing or too long.')
  const codeChallenge = readCodeChallenge(scheme, query)
  const others = scheme.scopes.params.flatMap((name) =>
    readScopes(scheme, query.get(name) ?? '').map((scope) => `${name}=${scope}`),
  )
  const scopes = [...readScopes(scheme, query.get(names.scope) ?? ''), ...others]
  return { projectId, appKey: app.key, clientId, redirectUri, state, codeChallenge, scopes, values }
}

const oauthParams = [
  'response_type',
  'client_id',
  'redirect_uri',
  'state',
  'scope',
  'code_challenge',
  'code_challenge_method',
]

/** Only this server's own callbacks; compared as text and as a URL, so that neither reading can be tricked. */
export function isCallback(baseUrl: string, text: string): boolean {
  const start = `${baseUrl}/oauth/callback/`
  if (!text.startsWith(start) || text.length === start.length || !URL.canParse(text)) return false
  const url = new URL(text)
  const allowed = new URL(start)
  return url.origin === allowed.origin && url.pathname.startsWith(allowed.pathname) && url.hash === ''
}

function readCodeChallenge(scheme: OAuth2Scheme, query: URLSearchParams): string | null {
  const challenge = query.get('code_challenge')
  if (scheme.codeChallengeMethod === 'none') {
    if (challenge === null) return null
    throw new Unacceptable('invalid_request', 'This app does not know code_challenge (PKCE).')
  }
  if (query.get('code_challenge_method') !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(challenge ?? ''))
    throw new Unacceptable('invalid_request', 'A code_challenge with the method S256 (PKCE) is required.')
  return challenge
}

export function readScopes(scheme: OAuth2Scheme, text: string): string[] {
  // A plus in a query is read as a blank, so where it separates both can be meant.
  const parts = scheme.scopeSeparator === '+' ? text.split(/[+ ]/) : text.split(scheme.scopeSeparator)
  const scopes = [...new Set(parts.filter((scope) => scope !== ''))]
  if (scopes.some((scope) => /\s/.test(scope)))
    throw new Unacceptable('invalid_scope', `Scopes must be separated by “${scheme.scopeSeparator}”.`)
  return scopes
}

/** `simulator=approve|deny`, `simulator_person=1|2`, `simulator_scopes=a b`: the decision without the page. */
export function readFlags(request: Pick<AuthorizationRequest, 'scopes'>, query: URLSearchParams): Decision | undefined {
  const choice = query.get('simulator')
  if (choice === null) return undefined
  if (choice === 'deny') return { approved: false }
  const person = findPerson(query.get('simulator_person') ?? '1')
  if (choice !== 'approve' || !person)
    throw new Unacceptable('invalid_request', 'The flags are simulator=approve or deny, and simulator_person=1 or 2.')
  const wanted = query.get('simulator_scopes')?.split(/\s+/)
  return { approved: true, person, scopes: request.scopes.filter((scope) => !wanted || wanted.includes(scope)) }
}

/** The redirect URI with the authorization response (RFC 6749 §4.1.2, RFC 9207). */
async function authorizationResponse(
  options: SimulatorOptions,
  app: AppDefinition,
  scheme: OAuth2Scheme,
  request: AuthorizationRequest,
  decision: Decision,
): Promise<URL> {
  const url = new URL(request.redirectUri)
  if (decision.approved) {
    const told = callbackParams(scheme, request, app, decision)
    url.searchParams.set(
      scheme.parameterNames.code,
      await issueCode(options, request, decision.person, decision.scopes),
    )
    for (const [name, value] of Object.entries(told)) url.searchParams.set(name, value)
  } else {
    url.searchParams.set('error', 'access_denied')
    url.searchParams.set('error_description', 'The person denied the request.')
  }
  url.searchParams.set('state', request.state)
  if (scheme.issuer !== undefined) url.searchParams.set('iss', scheme.issuer)
  if (scheme.callbackSignature)
    url.searchParams.set(
      scheme.callbackSignature.parameter,
      signedCallback(url.searchParams, scheme.callbackSignature, options.readyClient.clientSecret),
    )
  return url
}

async function issueCode(
  options: SimulatorOptions,
  request: AuthorizationRequest,
  person: Person,
  scopes: string[],
): Promise<string> {
  const code = newToken('code', newGrantId())
  const expiresAt = options.clock.now().getTime() + codeLifetimeMs
  const stored: AuthorizationCode = {
    projectId: request.projectId,
    appKey: request.appKey,
    clientId: request.clientId,
    redirectUri: request.redirectUri,
    codeChallenge: request.codeChallenge,
    personId: person.id,
    requestedScopes: request.scopes,
    scopes,
    values: request.values,
    expiresAt,
  }
  await options.records.put(codeKind, hashOf(code), JSON.stringify(stored), new Date(expiresAt))
  return code
}

/** What the app's callback tells: those of its parameters that this address tells the values of, and what is learned or kept. */
function callbackParams(
  scheme: OAuth2Scheme,
  request: AuthorizationRequest,
  app: AppDefinition,
  { person, scopes }: Decision & { approved: true },
): Record<string, string> {
  const rendered: Record<string, string> = {}
  for (const name of scheme.callbackKeep) rendered[name] = plausibleValue(name, person)
  if (scheme.callbackScopes !== undefined) rendered[scheme.callbackScopes] = scopes.join(scheme.scopeSeparator)
  for (const param of scheme.learnedParams)
    if (param.from === 'callback') rendered[param.path] = learnedValue(app, param, person)
  for (const [name, template] of Object.entries(scheme.callbackParams)) {
    try {
      rendered[name] = renderText(template, { ...request.values, client_id: request.clientId })
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
    }
  }
  return rendered
}

export function redirect(url: URL, status: 302 | 303): Response {
  return new Response(null, {
    status,
    headers: { location: url.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  })
}

export const refusal = (options: SimulatorOptions, appName: string, problem: Unacceptable): Promise<Response> =>
  htmlPage(options.baseUrl, problemPage({ appName, code: problem.error, message: problem.message }), 400)
