import {
  type AppDefinition,
  groupIn,
  type LearnedParam,
  type MachineScheme,
  matchesPattern,
  type OAuth2Scheme,
} from '@holdfast/catalog'
import { fillPaths, type PathValue } from './json-path.ts'
import type { OAuthError } from './oauth-error.ts'
import { type Person, personById } from './people.ts'
import { sampleValue } from './sample.ts'

export interface IssuedTokens {
  accessToken: string
  /** Undefined where the app's answer has none. */
  refreshToken: string | undefined
  expiresInSeconds: number | null
  requestedScopes: string[]
  scopes: string[]
  personId: string
  /** Milliseconds since 1970. */
  now: number
}

/** A token answer in the app's own shape, filled in at the paths of its definition. */
export function tokenAnswer(
  app: AppDefinition,
  scheme: OAuth2Scheme | MachineScheme,
  tokens: IssuedTokens,
  asForm: boolean,
): Response {
  const at = scheme.tokenResponse
  const person = personById(tokens.personId)
  const values: PathValue[] = [
    ...successMark(app, true),
    [at.accessToken, tokens.accessToken],
    [besides(at.accessToken, 'token_type'), 'Bearer'],
  ]
  if (tokens.refreshToken !== undefined) values.push([at.refreshToken, tokens.refreshToken])
  if (tokens.expiresInSeconds !== null)
    values.push(
      at.expiresAt === undefined
        ? [at.expiresIn, tokens.expiresInSeconds]
        : [at.expiresAt, new Date(tokens.now + tokens.expiresInSeconds * 1000).toISOString()],
    )
  // Those of another parameter are not told.
  const elsewhere = 'scopes' in scheme ? scheme.scopes.params : []
  const granted = tokens.scopes.filter((scope) => !elsewhere.some((name) => scope.startsWith(`${name}=`)))
  const separator = 'scopeSeparator' in scheme ? scheme.scopeSeparator : ' '
  if (tokens.requestedScopes.length > 0) values.push([at.scope, granted.join(at.scopeSeparator ?? separator)])
  for (const param of scheme.learnedParams)
    if (param.from === 'tokenResponse') values.push([param.path, learnedValue(app, param, person)])
  const taken = new Set(values.map(([path]) => path))
  // Deepest first: `team` beside `team.id` must become the object that holds the id.
  const kept = at.keep.filter((path) => !taken.has(path)).sort((a, b) => depth(b) - depth(a))
  for (const path of kept) values.push([path, plausibleValue(path, person)])
  return answer(fillPaths(values), 200, asForm)
}

/** RFC 6749 §5.2; an app with a success field answers its errors with status 200. */
export function errorAnswer(app: AppDefinition, error: OAuthError, asForm: boolean, basicWasTried: boolean): Response {
  const body = fillPaths([...successMark(app, false), ['error', error.error], ['error_description', error.message]])
  const response = answer(body, app.successField === undefined ? error.status : 200, asForm)
  if (response.status === 401 && basicWasTried) response.headers.set('www-authenticate', 'Basic realm="simulator"')
  return response
}

/**
 * What a learned param is for this person: one and the same in the token answer and in a later call, and accepted by the
 * param's pattern. A path that is called a URL gets one, as the host is cut out of it.
 */
export function learnedValue(app: AppDefinition, param: LearnedParam, person: Person): string {
  const seed = `${app.key}:${param.name}:${person.id}`
  if (param.extract !== undefined) return textAround(param.extract, param.pattern, seed) ?? param.default ?? 'simulated'
  const value = sampleValue(param.pattern, seed) ?? 'simulated'
  return param.role === 'host' && /url$/i.test(param.path) ? `https://${value}` : value
}

/** A text out of which the expression takes a value that the pattern accepts. */
function textAround(extract: string, pattern: string | undefined, seed: string): string | undefined {
  for (let attempt = 0; attempt < 60; attempt++) {
    const text = sampleValue(extract, `${seed}:${attempt}`)
    const group = text === undefined ? undefined : groupIn(extract, text)
    if (group !== undefined && (pattern === undefined || matchesPattern(pattern, group))) return text
  }
  return undefined
}

export const successMark = (app: AppDefinition, success: boolean): PathValue[] =>
  app.successField === undefined ? [] : [[app.successField, success ? app.successValue : failureOf(app.successValue)]]

function failureOf(success: AppDefinition['successValue']): AppDefinition['successValue'] {
  if (typeof success === 'boolean') return !success
  return typeof success === 'number' ? success + 40_001 : 'error'
}

/** Some value of the kind that the name of the path suggests. */
export function plausibleValue(path: string, person: Person): string {
  const name = path.split('.').at(-1) ?? path
  if (/email/i.test(name)) return person.email
  if (/(?:url|uri|domain)$/i.test(name)) return 'https://simulated.example.com'
  if (/name$/i.test(name)) return `${person.name} (simulated)`
  if (/(?:_at|time|timestamp)$/i.test(name)) return '1767225600'
  return `sim-${name.toLowerCase().replaceAll('_', '-')}-${person.id.at(-1)}`
}

function answer(body: object, status: number, asForm: boolean): Response {
  const headers = { 'cache-control': 'no-store', pragma: 'no-cache' }
  if (!asForm) return Response.json(body, { status, headers })
  const fields = Object.entries(body).filter(([, value]) => typeof value !== 'object')
  const text = new URLSearchParams(fields.map(([name, value]) => [name, String(value)])).toString()
  return new Response(text, { status, headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' } })
}

const depth = (path: string): number => path.split('.').length

/** The path of a field in the same object as the one at `path`. */
const besides = (path: string, field: string): string => path.replace(/[^.]+$/, field)
