import type { AppHooks, LearnedParam, MachineScheme, OAuth2Scheme } from '@holdfast/catalog'
import { Secret } from '../secret.ts'
import { type Fields, isFields, parseBody, textOf, valueAt } from './body.ts'
import { learnedValue } from './learned.ts'
import { inSeconds, isLifetime, lifetime } from './lifetimes.ts'
import type { Cleaner } from './provider-text.ts'
import { type RawAnswer, refusal, type SuccessMark, saysError, unusable } from './token-errors.ts'
import type { TokenSet } from './types.ts'

/** Where a token answer holds what; dot paths. */
interface TokenPaths {
  accessToken: string
  refreshToken: string
  expiresIn: string
  scope: string
}

const rfcPaths: TokenPaths = {
  accessToken: 'access_token',
  refreshToken: 'refresh_token',
  expiresIn: 'expires_in',
  scope: 'scope',
}

/** What of a scheme bears on its token answers. */
interface AnswerShape {
  tokenResponse: OAuth2Scheme['tokenResponse']
  learnedParams: readonly LearnedParam[]
  scopeSeparator: string
  /** Used when the answer names none. */
  lifetimes: {
    accessToken: number | null | undefined
    refreshToken?: number | undefined
    /** Each use of the refresh token begins this time anew. */
    idle?: number | undefined
  }
  /** The access token is sent to get the next one: it is its own refresh token. */
  renewsItself: boolean
}

function shapeOf(scheme: OAuth2Scheme | MachineScheme): AnswerShape {
  const { tokenResponse, learnedParams } = scheme
  const common = { tokenResponse, learnedParams, scopeSeparator: ' ', renewsItself: false }
  if (scheme.scheme !== 'OAUTH2')
    return {
      ...common,
      ...(scheme.scheme === 'S2S_OAUTH2' && { scopeSeparator: scheme.scopeSeparator }),
      lifetimes: { accessToken: scheme.accessTokenLifetimeSeconds },
    }
  const { accessTokenLifetimeSeconds, refreshTokenLifetimeSeconds, refreshTokenIdleSeconds } = scheme.refresh
  return {
    ...common,
    scopeSeparator: scheme.scopeSeparator,
    renewsItself: scheme.refreshRequest.sends === 'access_token',
    lifetimes: {
      accessToken: accessTokenLifetimeSeconds,
      refreshToken: refreshTokenLifetimeSeconds,
      idle: refreshTokenIdleSeconds,
    },
  }
}

/** What a token may consist of (RFC 6749 appendix A.12); anything else could not be sent in a header. */
const tokenText = /^[\x20-\x7e]+$/

/**
 * Reads a token answer with the quirks of the app. This is the only place that does.
 *
 * @param grant With `refresh`, an answer that lacks the definition's paths is read by the RFC's names (some apps nest
 *   tokens only the first time), and learned params that are absent or break their pattern are left out instead of
 *   losing the new tokens: the caller has the old values.
 * @throws {TokenError}
 * @see RFC 6749 §5.1
 */
export function readTokenAnswer(
  answer: RawAnswer,
  definition: { scheme: OAuth2Scheme | MachineScheme; app: SuccessMark; hooks?: AppHooks | undefined },
  grant: 'code' | 'refresh',
  clean: Cleaner,
  now: Date,
): TokenSet {
  const scheme = shapeOf(definition.scheme)
  const came = parseBody(answer.text)
  const fields = came && (definition.hooks?.tokenResponse?.(came) ?? came)
  const isSuccess = answer.status >= 200 && answer.status < 300
  if (!isSuccess || !fields || saysError(fields, definition.app) || hasOnlyErrors(fields, scheme))
    throw refusal(answer, clean, now)
  const paths = pathsIn(fields, scheme, grant)
  const accessToken = textAt(fields, paths.accessToken)
  if (accessToken === undefined) throw unusable(answer, 'the answer has no access token')
  if (!tokenText.test(accessToken)) throw unusable(answer, 'the access token has characters that no header may hold')
  const beside = (name: string) => textAt(fields, sibling(paths.accessToken, name)) ?? textAt(fields, name)
  const refreshToken = secretOf(scheme.renewsItself ? accessToken : textAt(fields, paths.refreshToken))
  const told = lifetime(valueAt(fields, paths.expiresIn))
  const isRenewable = refreshToken !== null || grant === 'refresh'
  const expiresIn =
    told === undefined
      ? untilTime(fields, scheme, timeOf(answer) ?? now)
      : inSeconds(told, scheme.lifetimes.accessToken, isRenewable)
  return {
    accessToken: new Secret(accessToken),
    refreshToken,
    idToken: secretOf(beside('id_token')),
    tokenType: tokenType(beside('token_type')),
    expiresInSeconds: expiresIn ?? scheme.lifetimes.accessToken ?? null,
    refreshExpiresInSeconds: scheme.renewsItself
      ? (expiresIn ?? scheme.lifetimes.accessToken ?? null)
      : refreshLifetime(fields, paths, scheme, grant === 'refresh' && refreshToken === null),
    ...(scheme.lifetimes.idle !== undefined && { refreshIdleSeconds: scheme.lifetimes.idle }),
    scopes: scopesOf(valueAt(fields, paths.scope), scheme.tokenResponse.scopeSeparator ?? scheme.scopeSeparator),
    extra: extraOf(fields, scheme.tokenResponse.keep),
    learned: learnedFrom(fields, scheme, grant, answer),
  }
}

/** Errors by other names than `error` count only where there is no token. */
function hasOnlyErrors(fields: Fields, { tokenResponse }: AnswerShape): boolean {
  const hasToken = [tokenResponse.accessToken, rfcPaths.accessToken].some((path) => textAt(fields, path) !== undefined)
  return !hasToken && [fields.errors, fields.error_code, fields.error_description, fields.error_message].some(Boolean)
}

function pathsIn(fields: Fields, { tokenResponse }: AnswerShape, grant: 'code' | 'refresh'): TokenPaths {
  return grant === 'refresh' && textAt(fields, tokenResponse.accessToken) === undefined ? rfcPaths : tokenResponse
}

function textAt(fields: Fields, path: string): string | undefined {
  const value = valueAt(fields, path)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

const sibling = (path: string, name: string) => [...path.split('.').slice(0, -1), name].join('.')

const secretOf = (text: string | undefined) => (text === undefined ? null : new Secret(text))

/** The type is case-insensitive (RFC 6749 §5.1), and left out by many. */
const tokenType = (text: string | undefined) => (text === undefined || /^bearer$/i.test(text) ? 'Bearer' : text)

/** No RFC names the field; these are the names in use, beside the access token or at the top. */
function refreshLifetime(
  fields: Fields,
  { accessToken }: TokenPaths,
  { lifetimes }: AnswerShape,
  isKept: boolean,
): number | null {
  const names = ['refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in']
  const told = names
    .map((name) => lifetime(valueAt(fields, sibling(accessToken, name)) ?? valueAt(fields, name)))
    .find((value) => value !== undefined)
  // The life of a token that is kept goes on, unless the app tells a new end.
  const ends = [told ?? (isKept ? undefined : lifetimes.refreshToken), lifetimes.idle].filter(
    (end) => end !== undefined,
  )
  return ends.length > 0 ? Math.min(...ends) : null
}

/** Seconds to the time of expiry, where the app tells that: a number of seconds or milliseconds since 1970, or a date. */
function untilTime(fields: Fields, { tokenResponse }: AnswerShape, now: Date): number | undefined {
  const told = tokenResponse.expiresAt === undefined ? undefined : textOf(valueAt(fields, tokenResponse.expiresAt))
  if (told === undefined) return undefined
  const number = /^\s*\d+(?:\.\d+)?\s*$/.test(told) ? Number(told) : Number.NaN
  // 1e11 seconds are in the year 5138, as many milliseconds in 1973.
  const time = Number.isNaN(number) ? Date.parse(told) : number > 1e11 ? number : number * 1000
  const seconds = Math.floor((time - now.getTime()) / 1000)
  return isLifetime(seconds) ? seconds : undefined
}

/** What time it was for the app when it answered: a time of expiry is by its clock, not by ours. */
function timeOf({ headers }: RawAnswer): Date | undefined {
  const time = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(time) ? undefined : new Date(time)
}

/** Blanks always separate, whatever else does: no scope holds one (RFC 6749 §3.3). Empty text grants nothing. */
function scopesOf(value: unknown, separator: string): string[] | null {
  const words = Array.isArray(value)
    ? value.filter((item) => typeof item === 'string')
    : typeof value === 'string'
      ? [value]
      : null
  if (words === null) return null
  const scopes = words.flatMap((word) => word.split(/\s+/)).flatMap((word) => word.split(separator))
  return [...new Set(scopes.filter((scope) => scope !== ''))]
}

function extraOf(fields: Fields, keep: readonly string[]): Record<string, string> {
  const found = keep.map((path): [string, string | undefined] => {
    const value = valueAt(fields, path)
    return [path.split('.').at(-1) ?? path, isFields(value) ? JSON.stringify(value) : textOf(value)]
  })
  return definedOnly(found)
}

function learnedFrom(
  fields: Fields,
  scheme: AnswerShape,
  grant: 'code' | 'refresh',
  answer: RawAnswer,
): Record<string, string> {
  const params = scheme.learnedParams.filter((param) => param.from === 'tokenResponse')
  const found = params.map((param): [string, string | undefined] => {
    const value = learnedValue(param, valueAt(fields, param.path))
    if (value === undefined && grant === 'code') throw unusable(answer, `the answer has no valid ${param.name}`)
    return [param.name, value]
  })
  return definedOnly(found)
}

const definedOnly = (entries: [string, string | undefined][]) =>
  Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
