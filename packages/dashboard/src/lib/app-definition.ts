import type { App } from '@holdfast/sdk'

export interface DescribedScope {
  name: string
  description: string
}

/** A value that the app wants of the operator beside the OAuth client. */
export interface OwnParam {
  name: string
  label: string
  help: string
  example: string | undefined
  isSecret: boolean
  isRequired: boolean
}

interface OAuthPart {
  setupUrl: string | undefined
  steps: readonly string[]
  scopes: { default: readonly string[]; described: readonly DescribedScope[] }
}

/** What an integration of this scheme wants of the operator, by the app's definition. */
export function ownParams(app: App | undefined, authScheme: string): OwnParam[] {
  const scheme = list(app?.definition?.authSchemes).find((one) => one.scheme === authScheme)
  return list(scheme?.integrationParams).map(({ name, label, help, example, secret, required }) => ({
    name: String(name),
    label: String(label ?? name),
    help: String(help ?? ''),
    example: typeof example === 'string' ? example : undefined,
    isSecret: secret === true,
    isRequired: required !== false,
  }))
}

/** What an app's definition says about registering an OAuth client and about its scopes; undefined without OAuth. */
export function oauthPart(app: App | undefined): OAuthPart | undefined {
  const scheme = list(app?.definition?.authSchemes).find((one) => one.scheme === 'OAUTH2')
  if (!scheme) return undefined
  const setup = record(scheme.setup)
  const scopes = record(scheme.scopes)
  return {
    setupUrl: typeof setup.url === 'string' ? setup.url : undefined,
    steps: texts(setup.steps),
    scopes: {
      default: texts(scopes.default),
      described: list(scopes.described).map(({ name, description }) => ({
        name: String(name),
        description: String(description ?? ''),
      })),
    },
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.map(record) : [])
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

/** A link of a definition, if a browser may follow it. */
export const safeLink = (url: string | undefined): string | undefined =>
  url !== undefined && /^https?:\/\//.test(url) ? url : undefined

const schemeNames: Record<string, string> = {
  OAUTH2: 'OAuth 2',
  API_KEY: 'API key',
  BASIC: 'User and password',
  BEARER_TOKEN: 'Token',
  NO_AUTH: 'Open',
  OAUTH1: 'OAuth 1',
  BASIC_WITH_JWT: 'Sign-in',
  GOOGLE_SERVICE_ACCOUNT: 'Google service account',
  SERVICE_ACCOUNT: 'Service account',
  S2S_OAUTH2: 'OAuth 2, without a person',
}
export const schemeName = (scheme: string): string => schemeNames[scheme] ?? scheme
