import { z } from 'zod'
import { templateNames } from './template.ts'

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
const paramName = z.string().regex(/^[a-z][a-z0-9_]*$/, 'snake_case: lower-case letters, digits and _').max(64)

const httpUrl = z.string().refine(isHttpUrlTemplate, 'an http(s) URL; {name} may stand where the user fills in a value')
const plainHttpUrl = z.url({ protocol: /^https?$/ })

/** An anchored regular expression, tried against the whole value. */
const pattern = z
  .string()
  .max(500)
  .refine((text) => text.startsWith('^') && text.endsWith('$') && compiles(text), 'an anchored regular expression: ^…$')

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
  secret: z.boolean().default(false),
  required: z.boolean().default(true),
  pattern: pattern.optional(),
  options: z.array(z.string().max(200)).min(1).max(50).optional(),
})

/** A field the person fills in. */
export const Param = paramBase.superRefine((param, context) => {
  if (['host', 'path'].includes(param.role) && !param.pattern && !param.options)
    context.addIssue({ code: 'custom', path: ['pattern'], message: `required for role ${param.role}: the pattern is a wall` })
})
export type Param = z.infer<typeof Param>

const jsonPath = z.string().regex(/^[A-Za-z0-9_$-]+(?:\.[A-Za-z0-9_$-]+)*$/, 'a dot path such as data.viewer.id').max(200)

const httpHeaders = z.record(
  z.string().regex(/^[A-Za-z0-9-]+$/).refine((name) => !forbiddenHeaders.has(name.toLowerCase()), 'a header the server sets itself'),
  z.string().max(1000),
)

/** One HTTP call. `url` may begin with `/`: then it stands below the base URL. Without a body field there is no body. */
const Call = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET'),
  url: z.string().refine((url) => url.startsWith('/') || isHttpUrlTemplate(url), 'a path below the base URL, or an http(s) URL'),
  headers: httpHeaders.optional(),
  body: z.record(z.string(), z.unknown()).optional(),
})
export type Call = z.infer<typeof Call>

/**
 * A value that is learnt, not typed: `tokenResponse` reads it from the token answer, `call` from one authenticated
 * call after the exchange. A URL found for a `host` is cut down to its host name. Checked like a typed param.
 */
const LearnedParam = paramBase
  .pick({ name: true, role: true, pattern: true })
  .extend({ from: z.enum(['tokenResponse', 'call']), call: Call.optional(), path: jsonPath })
  .refine((param) => (param.from === 'call') === (param.call !== undefined), { path: ['call'], message: 'goes with from: "call"' })
  .refine((param) => !['host', 'path'].includes(param.role) || param.pattern, { path: ['pattern'], message: 'required: it is a wall' })

/** Asks the app whose account this is. Each path that the answer lacks stays undefined; `id` is what must not change on reconnect. */
const Identity = Call.extend({
  id: jsonPath,
  name: jsonPath.optional(),
  email: jsonPath.optional(),
  avatar: jsonPath.optional(),
})
export type Identity = z.infer<typeof Identity>

/** Where a credential goes on each API call. */
const Placement = z.strictObject({
  in: z.enum(['header', 'query', 'body']),
  name: z.string().min(1).max(200),
  value: z.string().min(1).max(1000),
})
export type Placement = z.infer<typeof Placement>

const schemeBase = {
  /** Shown where an app offers several ways: "Personal API key". */
  label: z.string().min(1).max(100),
  params: z.array(Param).max(20).default([]),
  /** These replace the app's own for this scheme. */
  baseUrl: httpUrl.optional(),
  testCall: Call.optional(),
  identity: Identity.optional(),
  /** Our own words for the operator or the person, shown in the docs. */
  notes: z.string().max(1000).optional(),
}

const Scope = z.strictObject({
  name: z.string().min(1).max(300),
  /** What the person allows, in plain language: "Read your email". */
  description: z.string().min(1).max(200),
})

const OAuth2Scheme = z.strictObject({
  scheme: z.literal('OAUTH2'),
  ...schemeBase,
  authorizationEndpoint: httpUrl,
  tokenEndpoint: httpUrl,
  /** Where a refresh goes, if elsewhere. */
  refreshEndpoint: httpUrl.optional(),
  /** RFC 7009. */
  revocationEndpoint: httpUrl.optional(),
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
  authorizationParams: z.record(z.string(), z.string()).default({}),
  tokenParams: z.record(z.string(), z.string()).default({}),
  refreshParams: z.record(z.string(), z.string()).default({}),
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
      /** Worth keeping beside the tokens; each becomes a raw connection param named by its last part. */
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
  callbackParams: z.record(z.string(), z.string()).default({}),
  learnedParams: z.array(LearnedParam).max(10).default([]),
  send: z.array(Placement).min(1).max(5).default([{ in: 'header', name: 'Authorization', value: 'Bearer {access_token}' }]),
  setup: z
    .strictObject({
      /** Where the operator registers the OAuth client. */
      url: plainHttpUrl,
      steps: z.array(z.string().min(1).max(400)).min(1).max(12),
    })
    .optional(),
})
export type OAuth2Scheme = z.infer<typeof OAuth2Scheme>

const ApiKeyScheme = z.strictObject({ scheme: z.literal('API_KEY'), ...schemeBase, send: z.array(Placement).min(1).max(5) })
const BearerScheme = z.strictObject({
  scheme: z.literal('BEARER_TOKEN'),
  ...schemeBase,
  send: z.array(Placement).min(1).max(5).default([{ in: 'header', name: 'Authorization', value: 'Bearer {token}' }]),
})
const BasicScheme = z.strictObject({
  scheme: z.literal('BASIC'),
  ...schemeBase,
  /** RFC 7617: templates of the two halves, `{email}/token` and `{api_token}`. */
  basic: z.strictObject({ username: z.string().max(500), password: z.string().max(500) }).prefault({ username: '{username}', password: '{password}' }),
})
const NoAuthScheme = z.strictObject({ scheme: z.literal('NO_AUTH'), ...schemeBase })

export const AuthScheme = z.discriminatedUnion('scheme', [OAuth2Scheme, ApiKeyScheme, BearerScheme, BasicScheme, NoAuthScheme])
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
    categories: z.array(z.string().regex(/^[a-z0-9-]+$/).max(50)).max(10).default([]),
    /** The vendor's page the values were read from, and when. */
    source: z.strictObject({ url: plainHttpUrl, readOn: day }).optional(),
    /** A `simple-icons` slug, or a URL that the operator's own pages may show. Without it a monogram is drawn. */
    logo: z.strictObject({ simpleIcon: z.string().max(100) }).optional(),
    /** Absent for an app whose host is wholly the user's. */
    baseUrl: httpUrl.optional(),
    /** Sent with every API call: version, User-Agent. */
    headers: httpHeaders.default({}),
    /** A field that is false where an answer with status 200 is an error (`ok`). Errors inside 200 are else told by an `error` field. */
    successField: jsonPath.optional(),
    /** A cheap call that proves a credential. 401 or 403 means the credential is bad. */
    testCall: Call.optional(),
    identity: Identity.optional(),
    /** Preferred first. */
    authSchemes: z.array(AuthScheme).min(1).max(10),
  })
  .superRefine(checkSchemes)

export type AppDefinition = z.infer<typeof AppDefinition>
export type AppDefinitionInput = z.input<typeof AppDefinition>

/** Names that templates may use beside the params of the scheme. */
export const builtInNames = ['access_token', 'client_id', 'app_name'] as const

/** Authorization request parameters that the engine sets; a definition may not override them (RFC 6749 §4.1.1, RFC 7636 §4.3). */
const reservedAuthorizationParams = new Set(['response_type', 'client_id', 'redirect_uri', 'state', 'code_challenge', 'code_challenge_method', 'scope'])

/** Hop-by-hop headers and those the HTTP client computes (RFC 9110 §7.6.1). */
const forbiddenHeaders = new Set(['host', 'content-length', 'connection', 'transfer-encoding', 'cookie', 'upgrade', 'te', 'trailer', 'keep-alive', 'proxy-authorization', 'proxy-connection'])

function checkSchemes(app: z.infer<z.ZodObject<{ authSchemes: z.ZodArray<typeof AuthScheme> }>> & { baseUrl?: string }, context: z.RefinementCtx) {
  const seen = new Set<string>()
  app.authSchemes.forEach((scheme, index) => {
    const at = ['authSchemes', index]
    if (seen.has(scheme.scheme)) context.addIssue({ code: 'custom', path: [...at, 'scheme'], message: `${scheme.scheme} is given twice` })
    seen.add(scheme.scheme)
    const known = new Set<string>([...builtInNames, ...scheme.params.map((param) => param.name)])
    if (scheme.scheme === 'OAUTH2') {
      for (const param of scheme.learnedParams) known.add(param.name)
      for (const name of Object.keys(scheme.authorizationParams))
        if (reservedAuthorizationParams.has(name))
          context.addIssue({ code: 'custom', path: [...at, 'authorizationParams', name], message: 'set by the server; it cannot be overridden' })
    }
    for (const [path, text] of templateTexts(scheme)) {
      for (const name of templateNames(text))
        if (!known.has(name)) context.addIssue({ code: 'custom', path: [...at, ...path], message: `{${name}} is no param of this scheme` })
    }
    for (const name of templateNames(scheme.baseUrl ?? app.baseUrl ?? ''))
      if (!known.has(name)) context.addIssue({ code: 'custom', path: [...at, 'params'], message: `baseUrl needs a param named ${name}` })
    const inHost = [scheme.baseUrl ?? app.baseUrl ?? '', ...endpointTexts(scheme)].flatMap((url) => templateNames(hostPart(url)))
    for (const param of scheme.params)
      if (inHost.includes(param.name) && !['hostLabel', 'host'].includes(param.role))
        context.addIssue({ code: 'custom', path: [...at, 'params'], message: `${param.name} is part of a host, so its role must be hostLabel or host` })
  })
}

const endpointTexts = (scheme: AuthScheme) =>
  scheme.scheme === 'OAUTH2'
    ? [scheme.authorizationEndpoint, scheme.tokenEndpoint, scheme.refreshEndpoint, scheme.revocationEndpoint].filter((url) => url !== undefined)
    : []

function templateTexts(scheme: AuthScheme): [(string | number)[], string][] {
  const texts: [(string | number)[], string][] = []
  if (scheme.scheme === 'OAUTH2') {
    for (const field of ['authorizationEndpoint', 'tokenEndpoint', 'refreshEndpoint', 'revocationEndpoint'] as const)
      if (scheme[field]) texts.push([[field], scheme[field]])
    for (const field of ['authorizationParams', 'tokenParams', 'refreshParams', 'callbackParams'] as const)
      for (const [name, value] of Object.entries(scheme[field])) texts.push([[field, name], value])
  }
  if ('send' in scheme) scheme.send.forEach((placement, index) => texts.push([['send', index, 'value'], placement.value]))
  if (scheme.scheme === 'BASIC') texts.push([['basic', 'username'], scheme.basic.username], [['basic', 'password'], scheme.basic.password])
  return texts
}

const hostPart = (url: string) => /^https?:\/\/([^/?#]*)/.exec(url)?.[1] ?? ''

function isHttpUrlTemplate(text: string): boolean {
  try {
    const url = new URL(text.replace(/\{[a-z][a-z0-9_]*\}/g, 'x'))
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '' && url.hash === ''
  } catch {
    return false
  }
}

function compiles(text: string): boolean {
  try {
    new RegExp(text, 'u')
    return true
  } catch {
    return false
  }
}
