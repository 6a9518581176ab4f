import { z } from 'zod'
import { isPattern, matchesPattern } from './pattern.ts'
import { hostOf, pathOf, renderUrl, templateNames } from './template.ts'

/**
 * The schemes in the order clients prefer them when an app offers several and its own order does not decide.
 * Wire values; `reference` clients parse them as a fixed list.
 */
export const authSchemeNames = ['OAUTH2', 'API_KEY', 'BASIC', 'BEARER_TOKEN', 'NO_AUTH'] as const
export type AuthSchemeName = (typeof authSchemeNames)[number]

const appKey = z
  .string()
  .regex(/^[a-z0-9]+(?:[-_][a-z0-9]+)*$/, 'lower-case letters, digits, single - or _ between them')
  .max(64)

/** Names are those of the wire (`shop_name`, `api_key`), so snake_case. */
const paramName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'snake_case: lower-case letters, digits and _')
  .max(64)

const httpUrl = z
  .string()
  .max(1000)
  .refine(isHttpUrlTemplate, 'an http(s) URL without user info and #; {name} may stand where the user fills in a value')
const plainHttpUrl = z.url({ protocol: /^https?$/ })

/** An anchored regular expression, tried against the whole value. */
const pattern = z
  .string()
  .max(500)
  .refine(
    (text) => text.startsWith('^') && text.endsWith('$') && isPattern(text),
    'an anchored regular expression: ^…$',
  )

/**
 * What the value becomes decides what is checked:
 * `credential` is judged by the app's test call and its pattern is a hint on the form; `hostLabel` (one DNS label),
 * `host` (a whole host name) and `path` (one path segment) are walls, checked on save and again in the built URL;
 * `value` goes where nothing can be broken (a header or query value) and its pattern is enforced.
 */
const paramRole = z.enum(['credential', 'hostLabel', 'host', 'path', 'value'])

const paramBase = z.strictObject({
  name: paramName,
  label: z.string().min(1).max(100),
  help: z.string().max(500).default(''),
  helpUrl: plainHttpUrl.optional(),
  example: z.string().max(200).optional(),
  default: z.string().max(500).optional(),
  role: paramRole,
  /** Absent: a credential is secret, anything else is not. */
  secret: z.boolean().optional(),
  required: z.boolean().default(true),
  pattern: pattern.optional(),
  options: z.array(z.string().max(200)).min(1).max(50).optional(),
})

/** A field the person fills in. */
export const Param = paramBase
  .superRefine((param, context) => {
    const problem = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    if (['host', 'path'].includes(param.role) && !param.pattern && !param.options)
      problem('pattern', `required for role ${param.role}: the pattern is a wall`)
    if (param.default !== undefined && param.role === 'credential') problem('default', 'a credential has no default')
    if (param.default !== undefined && param.options && !param.options.includes(param.default))
      problem('default', 'not one of the options')
    if (param.default !== undefined && param.pattern && !matchesPattern(param.pattern, param.default))
      problem('default', 'does not match the pattern')
  })
  .transform((param) => ({ ...param, secret: param.secret ?? param.role === 'credential' }))
export type Param = z.infer<typeof Param>

const jsonPath = z
  .string()
  .regex(/^[A-Za-z0-9_$-]+(?:\.[A-Za-z0-9_$-]+)*$/, 'a dot path such as data.viewer.id')
  .max(200)

/** RFC 9110 §5.5 without obs-text: what may be sent in a header. Values of params are checked when they are given. */
const headerValue = z
  .string()
  .max(1000)
  .regex(/^[\x20-\x7e]*$/, 'printable ASCII')

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'not a header name')
  .max(100)
  .refine((name) => !forbiddenHeaders.has(name.toLowerCase()), 'a header the server sets itself')

const httpHeaders = z.record(z.string(), headerValue).superRefine((headers, context) => {
  for (const name of Object.keys(headers))
    for (const issue of headerName.safeParse(name).error?.issues ?? [])
      context.addIssue({ code: 'custom', path: [name], message: issue.message })
})

/**
 * One HTTP call with the app's own headers and the credential. `url` may begin with `/`: then it stands below the base
 * URL. `body` is sent as JSON; of its texts those whose names all have a value are templates, so GraphQL stays as it is.
 * Without it there is no body.
 */
const Call = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET'),
  url: z.string().max(1000).refine(isCallUrl, 'a path below the base URL, or an http(s) URL'),
  headers: httpHeaders.optional(),
  body: z.record(z.string(), z.unknown()).optional(),
})
export type Call = z.infer<typeof Call>

/** A cheap call that proves a credential. */
const TestCall = Call.extend({
  /** Statuses that mean a bad credential. Without 403 where a good one may lack the permission for this very call. */
  refusedStatuses: z.array(z.int().min(400).max(499)).min(1).max(10).default([401, 403]),
})
export type TestCall = z.infer<typeof TestCall>

/**
 * A value that is learnt, not typed: `tokenResponse` reads it from the token answer, `call` from one authenticated
 * call after the exchange. A URL found for a `host` is cut down to its host name. Checked like a typed param.
 */
const LearnedParam = paramBase
  .pick({ name: true, role: true, pattern: true })
  .extend({ from: z.enum(['tokenResponse', 'call']), call: Call.optional(), path: jsonPath })
  .refine((param) => (param.from === 'call') === (param.call !== undefined), {
    path: ['call'],
    message: 'goes with from: "call"',
  })
  .refine((param) => !['host', 'path'].includes(param.role) || param.pattern !== undefined, {
    path: ['pattern'],
    message: 'required for this role: the pattern is a wall',
  })
export type LearnedParam = z.infer<typeof LearnedParam>

/** Asks the app whose account this is. Each path that the answer lacks stays undefined; `id` is what must not change on reconnect. */
const Identity = Call.extend({
  id: jsonPath,
  name: jsonPath.optional(),
  email: jsonPath.optional(),
  avatar: jsonPath.optional(),
})
export type Identity = z.infer<typeof Identity>

/** Where a credential goes on each API call. */
const Placement = z
  .strictObject({
    in: z.enum(['header', 'query', 'body']),
    name: z.string().min(1).max(200),
    value: headerValue.min(1),
  })
  .superRefine((placement, context) => {
    const name = placement.in === 'header' ? headerName.safeParse(placement.name) : undefined
    for (const issue of name?.error?.issues ?? [])
      context.addIssue({ code: 'custom', path: ['name'], message: issue.message })
  })
export type Placement = z.infer<typeof Placement>

const schemeBase = {
  /** Shown where an app offers several ways: "Personal API key". */
  label: z.string().min(1).max(100),
  params: z.array(Param).max(20).default([]),
  /** These replace the app's own for this scheme. */
  baseUrl: httpUrl.optional(),
  testCall: TestCall.optional(),
  identity: Identity.optional(),
  /** Our own words for the operator or the person, shown in the docs. */
  notes: z.string().max(1000).optional(),
}

const Scope = z.strictObject({
  name: z.string().min(1).max(300),
  /** What the person allows, in plain language: "Read your email". */
  description: z.string().min(1).max(200),
})

/** Fixed request parameters by name; values are templates. */
const parameters = z.record(z.string().min(1).max(100), z.string().max(1000))

/**
 * An app's own way to take a token back, where it has no endpoint of RFC 7009. In `url` and `body` `{token}` is the token.
 * A 2xx without an error inside means that it is gone.
 */
const RevocationCall = z.strictObject({
  method: z.enum(['POST', 'DELETE', 'GET']).default('POST'),
  url: Call.shape.url,
  /** `token`: it proves itself, sent like on any API call. `client`: HTTP Basic with the OAuth client. */
  authenticate: z.enum(['token', 'client']),
  headers: httpHeaders.optional(),
  format: z.enum(['json', 'form']).default('json'),
  /** Without it there is no body. */
  body: parameters.optional(),
  /** Which tokens the app takes back in this way. */
  tokens: z
    .array(z.enum(['access_token', 'refresh_token']))
    .min(1)
    .max(2)
    .default(['access_token']),
  /** Statuses that mean that the app does not know the token any more. */
  unknownStatuses: z.array(z.int().min(400).max(499)).max(10).default([404]),
})
export type RevocationCall = z.infer<typeof RevocationCall>

const OAuth2Scheme = z.strictObject({
  scheme: z.literal('OAUTH2'),
  ...schemeBase,
  authorizationEndpoint: httpUrl,
  tokenEndpoint: httpUrl,
  /** Where a refresh goes, if elsewhere. */
  refreshEndpoint: httpUrl.optional(),
  /** RFC 7009; asked in the format and with the client authentication of the token endpoint. */
  revocationEndpoint: httpUrl.optional(),
  /** Instead of a revocation endpoint. */
  revocationCall: RevocationCall.optional(),
  /** RFC 9207: compared with `iss` of the authorization response when that is present. */
  issuer: plainHttpUrl.optional(),
  /** RFC 9207 `authorization_response_iss_parameter_supported`: an answer without `iss` is refused. */
  issuerRequired: z.boolean().default(false),
  /** RFC 7636. `none` only where the authorization server refuses the parameter. */
  codeChallengeMethod: z.enum(['S256', 'none']).default('S256'),
  /** RFC 7591 §2 names. `none` is a public client without a secret. */
  tokenEndpointAuthMethod: z.enum(['client_secret_basic', 'client_secret_post', 'none']).default('client_secret_basic'),
  tokenRequestFormat: z.enum(['form', 'json']).default('form'),
  tokenRequestHeaders: httpHeaders.optional(),
  authorizationParams: parameters.default({}),
  tokenParams: parameters.default({}),
  refreshParams: parameters.default({}),
  scopeSeparator: z.enum([' ', ',', '+', ';']).default(' '),
  scopes: z
    .strictObject({
      /** Asked for unless the integration says otherwise. */
      default: z.array(z.string().min(1).max(300)).max(100).default([]),
      /** Scopes without which no refresh token comes (`offline_access`); always asked for. */
      required: z.array(z.string().min(1).max(300)).max(20).default([]),
      described: z.array(Scope).max(500).default([]),
    })
    .prefault({}),
  /** Dot paths into the token answer; the RFC 6749 §5.1 names unless said otherwise. */
  tokenResponse: z
    .strictObject({
      accessToken: jsonPath.default('access_token'),
      refreshToken: jsonPath.default('refresh_token'),
      expiresIn: jsonPath.default('expires_in'),
      scope: jsonPath.default('scope'),
      /** How granted scopes are separated, if not like the request. */
      scopeSeparator: z.enum([' ', ',', '+', ';']).optional(),
      /** Worth keeping beside the tokens; each becomes a raw connection param named by its last part, so these differ. */
      keep: z.array(jsonPath).max(20).default([]),
    })
    .prefault({}),
  refresh: z
    .strictObject({
      /** `true`: each refresh returns a new refresh token and retires the old one. Answers always win over this. */
      rotates: z.union([z.boolean(), z.literal('unknown')]).default('unknown'),
      /** How long a retired refresh token still works. A lost answer may be retried within it, once. */
      graceSeconds: z.int().min(0).default(0),
      /** Used when the answer has no `expires_in`. `null`: the access token does not expire. Absent: unknown. */
      accessTokenLifetimeSeconds: z.int().positive().nullable().optional(),
      refreshTokenLifetimeSeconds: z.int().positive().optional(),
    })
    .prefault({}),
  /** Callback parameters beyond code and state that must equal what was stored: `{ "shop": "{shop_name}.myshopify.com" }`. */
  callbackParams: parameters.default({}),
  learnedParams: z.array(LearnedParam).max(10).default([]),
  send: z
    .array(Placement)
    .min(1)
    .max(5)
    .default([{ in: 'header', name: 'Authorization', value: 'Bearer {access_token}' }]),
  setup: z
    .strictObject({
      /** Where the operator registers the OAuth client. */
      url: plainHttpUrl,
      steps: z.array(z.string().min(1).max(400)).min(1).max(12),
    })
    .optional(),
})
export type OAuth2Scheme = z.infer<typeof OAuth2Scheme>

const ApiKeyScheme = z.strictObject({
  scheme: z.literal('API_KEY'),
  ...schemeBase,
  send: z.array(Placement).min(1).max(5),
})
const BearerScheme = z.strictObject({
  scheme: z.literal('BEARER_TOKEN'),
  ...schemeBase,
  send: z
    .array(Placement)
    .min(1)
    .max(5)
    .default([{ in: 'header', name: 'Authorization', value: 'Bearer {token}' }]),
})
const BasicScheme = z.strictObject({
  scheme: z.literal('BASIC'),
  ...schemeBase,
  /** RFC 7617: templates of the two halves, `{email}/token` and `{api_token}`. */
  basic: z
    .strictObject({ username: z.string().max(500), password: z.string().max(500) })
    .prefault({ username: '{username}', password: '{password}' }),
})
const NoAuthScheme = z.strictObject({ scheme: z.literal('NO_AUTH'), ...schemeBase })

export const AuthScheme = z.discriminatedUnion('scheme', [
  OAuth2Scheme,
  ApiKeyScheme,
  BearerScheme,
  BasicScheme,
  NoAuthScheme,
])
export type AuthScheme = z.infer<typeof AuthScheme>
export type KeyScheme = Exclude<AuthScheme, OAuth2Scheme>

const day = z.iso.date()

/**
 * One app: how one third-party service authenticates. Built-in and custom apps have this very shape.
 * Templates are `{name}`: a param of the scheme, a learned param, or one of the built-in names listed in `template.ts`.
 */
export const AppDefinition = z
  .strictObject({
    $schema: z.string().optional(),
    key: appKey,
    name: z.string().min(1).max(100),
    description: z.string().max(500).default(''),
    categories: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9-]+$/)
          .max(50),
      )
      .max(10)
      .default([]),
    /** The vendor's page the values were read from, and when. */
    source: z.strictObject({ url: plainHttpUrl, readOn: day }).optional(),
    /** How many independent sources agree on the endpoints or on where the credential goes. Absent: read from `source` alone. */
    sources: z.int().positive().max(100).optional(),
    /** Known from one source and not checked against the vendor's page: such an app is hidden unless a setting shows it. */
    unverified: z.boolean().default(false),
    /** A `simple-icons` slug and the brand's colour. Without it, or when the package lost the icon, a monogram is drawn. */
    logo: z
      .strictObject({
        simpleIcon: z
          .string()
          .regex(/^[a-z0-9_]+$/, 'a simple-icons slug')
          .max(100),
        color: z
          .string()
          .regex(/^#[0-9A-Fa-f]{6}$/, 'a colour such as #1A2B3C')
          .optional(),
      })
      .optional(),
    /** Absent for an app whose host is wholly the user's. */
    baseUrl: httpUrl.optional(),
    /** Sent with every API call: version, User-Agent. */
    headers: httpHeaders.default({}),
    /** A field that is false where an answer with status 200 is an error (`ok`). Errors inside 200 are else told by an `error` field. */
    successField: jsonPath.optional(),
    testCall: TestCall.optional(),
    identity: Identity.optional(),
    /** Preferred first. */
    authSchemes: z.array(AuthScheme).min(1).max(10),
  })
  .superRefine(checkSchemes)

export type AppDefinition = z.infer<typeof AppDefinition>
export type AppDefinitionInput = z.input<typeof AppDefinition>

/** Names that templates may use beside the params of the scheme; `access_token` and `client_id` with OAuth only. */
export const builtInNames = ['access_token', 'client_id', 'app_name'] as const

/** Parameters that the engine sets; a definition may not override them. */
const reservedParameters = {
  // RFC 6749 §4.1.1, RFC 7636 §4.3
  authorizationParams: [
    'response_type',
    'client_id',
    'redirect_uri',
    'state',
    'code_challenge',
    'code_challenge_method',
    'scope',
  ],
  // RFC 6749 §4.1.3, RFC 7636 §4.5
  tokenParams: ['grant_type', 'code', 'redirect_uri', 'client_id', 'client_secret', 'code_verifier'],
  // RFC 6749 §6
  refreshParams: ['grant_type', 'refresh_token', 'client_id', 'client_secret'],
  // RFC 6749 §4.1.2, RFC 9207 §2
  callbackParams: ['code', 'state', 'iss', 'error'],
} as const

const endpoints = ['authorizationEndpoint', 'tokenEndpoint', 'refreshEndpoint', 'revocationEndpoint'] as const

/** Hop-by-hop headers and those the HTTP client computes (RFC 9110 §7.6.1). */
const forbiddenHeaders = new Set([
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'cookie',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
])

type Path = (string | number)[]
type Report = (path: Path, message: string) => void

/** A template with where it stands and the names that have a value by the time it is filled. */
interface Template {
  path: Path
  text: string
  known: ReadonlySet<string>
}

/** The parts of an app that its schemes share. */
type AppShape = Pick<z.infer<typeof AppDefinition>, 'baseUrl' | 'headers' | 'testCall' | 'identity' | 'authSchemes'>

function checkSchemes(app: AppShape, context: z.RefinementCtx) {
  const report: Report = (path, message) => context.addIssue({ code: 'custom', path, message })
  const seen = new Set<string>()
  if (app.baseUrl?.includes('?')) report(['baseUrl'], 'has no query')
  app.authSchemes.forEach((scheme, index) => {
    const at = ['authSchemes', index]
    const reportHere: Report = (path, message) => report([...at, ...path], message)
    if (seen.has(scheme.scheme)) reportHere(['scheme'], `${scheme.scheme} is given twice`)
    seen.add(scheme.scheme)
    if (scheme.baseUrl?.includes('?')) reportHere(['baseUrl'], 'has no query')
    checkNames(scheme, reportHere)
    if (scheme.scheme === 'OAUTH2') checkOAuth(scheme, reportHere)
    checkTemplates(app, scheme, at, report)
  })
}

/** One name, one meaning: params, learned params and built-in names do not overlap. */
function checkNames(scheme: AuthScheme, report: Report) {
  const taken = new Set<string>(scheme.scheme === 'OAUTH2' ? builtInNames : ['app_name'])
  if (revocationCall(scheme)) taken.add('token')
  const take = (name: string, path: Path) => {
    if (taken.has(name)) report(path, `${name} is already the name of another value`)
    taken.add(name)
  }
  for (const [index, param] of scheme.params.entries()) take(param.name, ['params', index, 'name'])
  for (const [index, param] of learnedParams(scheme).entries()) take(param.name, ['learnedParams', index, 'name'])
}

function checkOAuth(scheme: OAuth2Scheme, report: Report) {
  for (const field of Object.keys(reservedParameters) as (keyof typeof reservedParameters)[])
    for (const name of Object.keys(scheme[field]))
      if ((reservedParameters[field] as readonly string[]).includes(name))
        report([field, name], 'set by the server; it cannot be overridden')
  const kept = scheme.tokenResponse.keep.map((path) => path.split('.').at(-1))
  for (const [index, name] of kept.entries())
    if (kept.indexOf(name) !== index) report(['tokenResponse', 'keep', index], `${name} is the last part of two paths`)
  if (scheme.revocationCall) checkRevocation(scheme, scheme.revocationCall, report)
}

function checkRevocation(scheme: OAuth2Scheme, call: RevocationCall, report: Report) {
  const at = (field: string) => ['revocationCall', field]
  if (scheme.revocationEndpoint !== undefined) report(['revocationCall'], 'goes without a revocationEndpoint')
  if (call.method === 'GET' && call.body) report(at('body'), 'a GET has no body')
  if (templateNames(hostOf(call.url)).includes('token')) report(at('url'), '{token} is no part of a host')
  if (call.authenticate === 'token') return
  if (scheme.tokenEndpointAuthMethod === 'none') report(at('authenticate'), 'this client has no secret to prove itself')
  if (![call.url, ...Object.values(call.body ?? {})].some((text) => templateNames(text).includes('token')))
    report(at('body'), '{token} must stand in body or url, else the app cannot tell which token is meant')
}

function checkTemplates(app: AppShape, scheme: AuthScheme, at: Path, report: Report) {
  const params = new Map([...scheme.params, ...learnedParams(scheme)].map((param) => [param.name, param]))
  const secret = new Set(scheme.params.filter((param) => param.secret).map((param) => param.name))
  for (const { path, text, known } of templates(app, scheme, at)) {
    for (const name of templateNames(text)) {
      if (!known.has(name))
        report(path, params.has(name) ? `{${name}} is not known yet here` : `{${name}} is no param of ${scheme.scheme}`)
      else if (secret.has(name) && shownToBrowser(path))
        report(path, `{${name}} is secret and the browser would see it`)
    }
    for (const name of templateNames(hostOf(text))) checkHostParam(text, name, params.get(name)?.role, path, report)
    for (const name of /^(https?:\/)?\//.test(text) ? templateNames(pathOf(text)) : [])
      if (params.get(name)?.role === 'value')
        report(path, `{${name}} is part of a path, so its role must be path: then its pattern is a wall`)
  }
  for (const [path, call] of calls(app, scheme, at))
    if (call.url.startsWith('/') && (scheme.baseUrl ?? app.baseUrl) === undefined)
      report([...path, 'url'], 'a path needs a baseUrl')
}

const shownToBrowser = (path: Path) => path.includes('authorizationEndpoint') || path.includes('authorizationParams')

/** Names that nobody can register (RFC 6761), for apps of one's own network and for tests. */
const localSuffix = /\.(?:localhost|test|example|invalid|internal|local)$/

function checkHostParam(url: string, name: string, role: Param['role'] | undefined, path: Path, report: Report) {
  if (role === undefined || role === 'host') return
  if (role !== 'hostLabel') return report(path, `{${name}} is part of a host, so its role must be hostLabel or host`)
  const suffix = hostOf(url).replace(/^.*\}/, '').replace(/:\d+$/, '')
  if (!/\.[a-z0-9-]+\.[a-z0-9-]+$/i.test(suffix) && !localSuffix.test(suffix))
    report(path, `{${name}} must be followed by the domain of the app; a whole host has role host and a pattern`)
}

const learnedParams = (scheme: AuthScheme) => (scheme.scheme === 'OAUTH2' ? scheme.learnedParams : [])
const revocationCall = (scheme: AuthScheme) => (scheme.scheme === 'OAUTH2' ? scheme.revocationCall : undefined)

/** All calls made for one scheme; its own replace the app's. */
function calls(app: AppShape, scheme: AuthScheme, at: Path): [Path, Pick<Call, 'url' | 'headers'>][] {
  const found: [Path, Pick<Call, 'url' | 'headers'>][] = []
  for (const field of ['testCall', 'identity'] as const) {
    if (scheme[field]) found.push([[...at, field], scheme[field]])
    else if (app[field]) found.push([[field], app[field]])
  }
  for (const [index, param] of learnedParams(scheme).entries())
    if (param.call) found.push([[...at, 'learnedParams', index, 'call'], param.call])
  const revocation = revocationCall(scheme)
  if (revocation) found.push([[...at, 'revocationCall'], revocation])
  return found
}

/** Every template that is filled for one scheme. */
function templates(app: AppShape, scheme: AuthScheme, at: Path): Template[] {
  const typed = ['app_name', ...scheme.params.map((param) => param.name)]
  const early = new Set(scheme.scheme === 'OAUTH2' ? [...typed, 'client_id'] : typed)
  const learned = learnedParams(scheme)
  const late = new Set(learned.length > 0 || scheme.scheme === 'OAUTH2' ? [...early, 'access_token'] : early)
  for (const param of learned) late.add(param.name)
  // The token that is given back is {token}, whatever its kind; what it proves goes into the places of `send`.
  const revoking = late.difference(new Set(['access_token']))
  const found: Template[] = []
  const add = (path: Path, text: string | undefined, known: ReadonlySet<string>) => {
    if (text !== undefined) found.push({ path, text, known })
  }
  const addAll = (path: Path, texts: Readonly<Record<string, string>> | undefined, known: ReadonlySet<string>) => {
    for (const [name, text] of Object.entries(texts ?? {})) add([...path, name], text, known)
  }

  add(scheme.baseUrl === undefined ? ['baseUrl'] : [...at, 'baseUrl'], scheme.baseUrl ?? app.baseUrl, late)
  addAll(['headers'], app.headers, late)
  const revocation = revocationCall(scheme)
  for (const [path, call] of calls(app, scheme, at)) {
    add([...path, 'url'], call.url, call === revocation ? new Set([...revoking, 'token']) : late)
    addAll([...path, 'headers'], call.headers, call === revocation ? revoking : late)
  }
  if (scheme.scheme === 'OAUTH2') {
    addAll([...at, 'revocationCall', 'body'], revocation?.body, new Set([...revoking, 'token']))
    for (const field of endpoints) add([...at, field], scheme[field], field === 'revocationEndpoint' ? late : early)
    for (const field of ['authorizationParams', 'tokenParams', 'callbackParams'] as const)
      addAll([...at, field], scheme[field], early)
    addAll([...at, 'refreshParams'], scheme.refreshParams, late)
    addAll([...at, 'tokenRequestHeaders'], scheme.tokenRequestHeaders, early)
  }
  if ('send' in scheme)
    for (const [index, placement] of scheme.send.entries()) add([...at, 'send', index, 'value'], placement.value, late)
  if (scheme.scheme === 'BASIC') addAll([...at, 'basic'], scheme.basic, early)
  return found
}

/** Every `http://` URL of an app, with its path in the definition: the caller decides which hosts may go without TLS. */
export function insecureUrls(app: AppDefinition): { path: string; url: string }[] {
  const found: { path: string; url: string }[] = []
  const add = (path: Path, url: string | undefined) => {
    if (url && /^http:/i.test(url)) found.push({ path: path.join('.'), url })
  }
  add(['baseUrl'], app.baseUrl)
  add(['testCall', 'url'], app.testCall?.url)
  add(['identity', 'url'], app.identity?.url)
  for (const [index, scheme] of app.authSchemes.entries()) {
    const at = ['authSchemes', index]
    add([...at, 'baseUrl'], scheme.baseUrl)
    add([...at, 'testCall', 'url'], scheme.testCall?.url)
    add([...at, 'identity', 'url'], scheme.identity?.url)
    if (scheme.scheme !== 'OAUTH2') continue
    for (const field of endpoints) add([...at, field], scheme[field])
    add([...at, 'revocationCall', 'url'], scheme.revocationCall?.url)
    for (const [place, param] of scheme.learnedParams.entries())
      add([...at, 'learnedParams', place, 'call', 'url'], param.call?.url)
  }
  return found
}

function isCallUrl(text: string): boolean {
  return text.startsWith('/') ? isHttpUrlTemplate(`https://app.example${text}`) : isHttpUrlTemplate(text)
}

/** Tries the URL with a harmless value in each place; braces that are no template, blanks and `\\` are refused. */
function isHttpUrlTemplate(text: string): boolean {
  const values = Object.fromEntries(templateNames(text).map((name) => [name, 'x']))
  if (/[\s\\\p{Cc}]/u.test(text) || /[{}]/.test(text.replace(/\{[a-z][a-z0-9_]*\}/g, ''))) return false
  try {
    const url = renderUrl(text, values)
    return url.hash === '' && url.hostname !== ''
  } catch {
    return false
  }
}
