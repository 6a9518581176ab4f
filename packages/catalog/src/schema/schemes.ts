import { z } from 'zod'
import { ApiKeyScheme, BasicScheme, BearerScheme, NoAuthScheme } from './keys.ts'
import { ClientCredentialsScheme, KeyFileScheme, LoginScheme, ServiceAccountScheme } from './machine.ts'
import { OAuth1Scheme } from './oauth1.ts'
import { OAuth2Scheme } from './oauth2.ts'
import type { LearnedParam, Param } from './params.ts'

/**
 * The schemes in the order clients prefer them when an app offers several and its own order does not decide.
 * Wire values; `reference` clients parse them as a fixed list.
 */
export const authSchemeNames = [
  'OAUTH2',
  'OAUTH1',
  'API_KEY',
  'BASIC',
  'BEARER_TOKEN',
  'BASIC_WITH_JWT',
  'GOOGLE_SERVICE_ACCOUNT',
  'SERVICE_ACCOUNT',
  'S2S_OAUTH2',
  'NO_AUTH',
] as const
export type AuthSchemeName = (typeof authSchemeNames)[number]

export const AuthScheme = z.discriminatedUnion('scheme', [
  OAuth2Scheme,
  OAuth1Scheme,
  ApiKeyScheme,
  BearerScheme,
  BasicScheme,
  LoginScheme,
  KeyFileScheme,
  ServiceAccountScheme,
  ClientCredentialsScheme,
  NoAuthScheme,
])
export type AuthScheme = z.infer<typeof AuthScheme>

/** Schemes in which the server fetches the token by itself, and fetches another one before it ends. */
export type MachineScheme = ClientCredentialsScheme | LoginScheme | ServiceAccountScheme | KeyFileScheme

const machineNames: readonly AuthSchemeName[] = [
  'S2S_OAUTH2',
  'BASIC_WITH_JWT',
  'SERVICE_ACCOUNT',
  'GOOGLE_SERVICE_ACCOUNT',
]

export const isMachine = (scheme: AuthScheme): scheme is MachineScheme => machineNames.includes(scheme.scheme)

/** The param that holds a key of several lines: a PEM text, or a whole key file. */
export function keyParamOf(scheme: AuthScheme): string | undefined {
  if (scheme.scheme === 'SERVICE_ACCOUNT') return scheme.assertion.key
  return scheme.scheme === 'GOOGLE_SERVICE_ACCOUNT' ? scheme.keyFile : undefined
}

/** Values that are learnt, not typed. */
export const learnedParamsOf = (scheme: AuthScheme): LearnedParam[] =>
  'learnedParams' in scheme ? scheme.learnedParams : []

/** What the operator fills in for the integration. */
export const integrationParamsOf = (scheme: AuthScheme): Param[] =>
  'integrationParams' in scheme ? scheme.integrationParams : []

/** Every URL at which a token is asked for, used up or given back, with its path in the scheme; not the app's API. */
export function endpointsOf(scheme: AuthScheme): { path: string[]; url: string }[] {
  const all: [string[], string | undefined][] = []
  const add = (url: string | undefined, ...path: string[]) => all.push([path, url])
  switch (scheme.scheme) {
    case 'OAUTH2':
      add(scheme.authorizationEndpoint, 'authorizationEndpoint')
      add(scheme.tokenEndpoint, 'tokenEndpoint')
      add(scheme.refreshEndpoint, 'refreshEndpoint')
      add(scheme.revocationEndpoint, 'revocationEndpoint')
      add(scheme.deviceAuthorizationEndpoint, 'deviceAuthorizationEndpoint')
      add(scheme.longLivedExchange?.url, 'longLivedExchange', 'url')
      add(scheme.revocationCall?.url, 'revocationCall', 'url')
      break
    case 'OAUTH1':
      add(scheme.requestTokenEndpoint, 'requestTokenEndpoint')
      add(scheme.authorizationEndpoint, 'authorizationEndpoint')
      add(scheme.accessTokenEndpoint, 'accessTokenEndpoint')
      break
    case 'S2S_OAUTH2':
    case 'GOOGLE_SERVICE_ACCOUNT':
      add(scheme.tokenEndpoint, 'tokenEndpoint')
      break
    case 'BASIC_WITH_JWT':
      add(scheme.login.url, 'login', 'url')
      break
    case 'SERVICE_ACCOUNT':
      add(scheme.tokenRequest?.url, 'tokenRequest', 'url')
      break
  }
  return all.flatMap(([path, url]) => (url === undefined ? [] : [{ path, url }]))
}
