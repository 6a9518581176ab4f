import {
  type AppDefinition,
  type AuthScheme,
  type Call,
  learnedParamsOf,
  type OAuth2Scheme,
  type RevocationCall,
} from '@holdfast/catalog'
import { type Address, urlPattern } from './address.ts'

export type Endpoint = 'authorization' | 'device' | 'token' | 'refresh' | 'exchange' | 'revocation'

/** The OAuth endpoints that stand at one address. Usually one; refresh mostly shares that of the token endpoint. */
export interface OAuthRoute {
  scheme: OAuth2Scheme
  /** By endpoint: what the template's names stand for in this address. */
  endpoints: Partial<Record<Endpoint, Record<string, string>>>
}

export function oauthRoute(app: AppDefinition, address: Address): OAuthRoute | undefined {
  const scheme = oauthScheme(app)
  if (!scheme) return undefined
  const templates: Record<Endpoint, string | undefined> = {
    authorization: scheme.authorizationEndpoint,
    device: scheme.deviceAuthorizationEndpoint,
    token: scheme.tokenEndpoint,
    refresh: scheme.refreshEndpoint ?? scheme.tokenEndpoint,
    exchange: scheme.longLivedExchange?.url,
    revocation: scheme.revocationEndpoint,
  }
  const endpoints: OAuthRoute['endpoints'] = {}
  for (const [name, template] of Object.entries(templates) as [Endpoint, string | undefined][]) {
    const values = template && urlPattern(template, 'whole', singleLabels(scheme)).match(address)
    if (values) endpoints[name] = values
  }
  return Object.keys(endpoints).length > 0 ? { scheme, endpoints } : undefined
}

export const oauthScheme = (app: AppDefinition): OAuth2Scheme | undefined =>
  app.authSchemes.find((scheme) => scheme.scheme === 'OAUTH2')

export interface RevocationRoute {
  scheme: OAuth2Scheme
  call: RevocationCall
  values: Record<string, string>
}

/** The app's own call that takes a token back, where address and method are those of one. */
export function revocationRoute(app: AppDefinition, address: Address, method: string): RevocationRoute | undefined {
  const scheme = oauthScheme(app)
  const call = scheme?.revocationCall
  const values = scheme && call && matchCall(app, scheme, call, address, method)
  return values && { scheme, call, values }
}

/** What the names in a call's URL stand for in this address. @returns Undefined when it is not this call. */
function matchCall(
  app: AppDefinition,
  scheme: AuthScheme,
  call: Pick<Call, 'url'> & { method: string },
  address: Address,
  method: string,
): Record<string, string> | undefined {
  const base = (scheme.baseUrl ?? app.baseUrl)?.replace(/\/$/, '')
  if (call.method !== method || (call.url.startsWith('/') && base === undefined)) return undefined
  return urlPattern(call.url.startsWith('/') ? base + call.url : call.url, 'whole', singleLabels(scheme)).match(address)
}

/** An address of an app's API, for one of the app's auth schemes. */
export interface ApiRoute {
  scheme: AuthScheme
  values: Record<string, string>
  identity: AppDefinition['identity'] | undefined
  /** Learned params of kind `call` that are read at this address. */
  learned: OAuth2Scheme['learnedParams']
}

/** One route a scheme that reaches this address: by its base URL, or by a call that stands elsewhere. */
export function apiRoutes(app: AppDefinition, address: Address, method: string): ApiRoute[] {
  return app.authSchemes.flatMap((scheme) => {
    const base = (scheme.baseUrl ?? app.baseUrl)?.replace(/\/$/, '')
    const matches = (call: Call | undefined) => call && matchCall(app, scheme, call, address, method)
    const identity = scheme.identity ?? app.identity
    const identityValues = matches(identity)
    const learned = learnedParamsOf(scheme).filter((param) => matches(param.call))
    const values =
      identityValues ??
      matches(scheme.testCall ?? app.testCall) ??
      matches(learned[0]?.call) ??
      (base === undefined ? undefined : urlPattern(base, 'below', singleLabels(scheme)).match(address))
    return values ? [{ scheme, values, identity: identityValues ? identity : undefined, learned }] : []
  })
}

export const singleLabels = (scheme: AuthScheme): Set<string> =>
  new Set(scheme.params.filter((param) => param.role === 'hostLabel').map((param) => param.name))
