import type { AppDefinition } from '@holdfast/catalog'
import { EgressError } from '../egress/types.ts'
import { type Fields, isFields, looksLikeHtml, parseBody, textOf, valueAt } from './body.ts'
import type { Cleaner } from './provider-text.ts'
import { TokenError, type TokenErrorKind } from './types.ts'

/** What came back from a token or revocation endpoint. */
export interface RawAnswer {
  status: number
  headers: Headers
  text: string
}

/** A code and a text, from wherever the provider puts them. */
interface Problem {
  code: string | null
  description: string | null
}

/**
 * Codes of a grant that is gone, beside `invalid_grant` (RFC 6749 §5.2): names that several providers use for a refresh
 * token or code that is wrong, used or expired, and the OpenID Connect codes that only the person can answer.
 */
const grantLost = new Set([
  'invalid_grant',
  'invalid_refresh_token',
  'bad_refresh_token',
  'expired_refresh_token',
  'refresh_token_expired',
  'refresh_token_invalid',
  'refresh_token_not_found',
  'refresh_token_revoked',
  'invalid_token',
  'expired_token',
  'token_expired',
  'token_revoked',
  'revoked_token',
  'grant_revoked',
  'invalid_code',
  'invalid_authorization_code',
  'code_expired',
  'code_already_used',
  'bad_verification_code',
  'consent_required',
  'interaction_required',
  'login_required',
])

/** Codes of a client that the server does not know or trust. */
const clientRejected = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_client_id',
  'invalid_client_secret',
  'bad_client_id',
  'bad_client_secret',
  'incorrect_client_credentials',
  'client_not_found',
])

/** Codes that ask for patience. */
const transient = new Set([
  'temporarily_unavailable',
  'server_error',
  'internal_error',
  'internal_server_error',
  'service_unavailable',
  'slow_down',
  'rate_limited',
  'ratelimited',
  'rate_limit_exceeded',
  'too_many_requests',
])

/** Other codes of RFC 6749 §5.2; with status 401 they still speak of the request, not of the client. */
const requestRefused = new Set(['invalid_request', 'invalid_scope', 'unsupported_grant_type', 'access_denied'])

/** The call brought no answer. */
export function unanswered(cause: unknown): TokenError {
  const outcomeUnknown = !(cause instanceof EgressError) || cause.mayHaveArrived
  const isLate = cause instanceof EgressError && cause.isLate
  const message = isLate ? 'the server of the app did not answer in time' : 'the server of the app could not be reached'
  return new TokenError('transient', message, { outcomeUnknown, cause })
}

/** An answer with a success status that holds no tokens we may use: they may have been issued all the same. */
export const unusable = (answer: RawAnswer, message: string) =>
  new TokenError('refused', message, { status: answer.status, outcomeUnknown: true })

/** An error inside a success status: the field the definition names has another value, or there is an `error`. */
export const saysError = (fields: Fields, app: SuccessMark) =>
  (app.successField !== undefined && isOther(valueAt(fields, app.successField), app.successValue)) ||
  Boolean(fields.error)

/** How an app marks success inside a body. */
export type SuccessMark = Pick<AppDefinition, 'successField' | 'successValue'>

/** A form spells numbers and booleans as text. A field that is absent says nothing. */
function isOther(value: unknown, wanted: SuccessMark['successValue']): boolean {
  if (value === undefined || value === null) return false
  return typeof wanted === 'boolean' ? String(value) === String(!wanted) : String(value) !== String(wanted)
}

/** Reads an answer that is no success. */
export function refusal(answer: RawAnswer, clean: Cleaner, now: Date): TokenError {
  const { status, text, headers } = answer
  const fields = parseBody(text)
  const { code, description } = fields ? problemIn(fields) : { code: null, description: null }
  const { kind, outcomeUnknown } = classify(answer, fields !== undefined, code)
  const oauthError = code === null ? null : clean.code(code)
  const said = [oauthError, description === null ? null : clean.text(description)].filter(Boolean).join(': ')
  return new TokenError(kind, said || withoutWords(status), {
    oauthError,
    status,
    retryAfterSeconds: retryAfter(headers, now),
    outcomeUnknown,
  })
}

function classify(
  { status, text }: RawAnswer,
  isReadable: boolean,
  code: string | null,
): { kind: TokenErrorKind; outcomeUnknown: boolean } {
  if (status >= 300 && status < 400) return { kind: 'refused', outcomeUnknown: false }
  if (status === 429) return { kind: 'transient', outcomeUnknown: false }
  if (status >= 500) return { kind: 'transient', outcomeUnknown: true }
  const word = normalised(code)
  if (grantLost.has(word)) return { kind: 'grant_lost', outcomeUnknown: false }
  if (clientRejected.has(word)) return { kind: 'client_rejected', outcomeUnknown: false }
  if (transient.has(word)) return { kind: 'transient', outcomeUnknown: false }
  if (status === 401 && !requestRefused.has(word)) return { kind: 'client_rejected', outcomeUnknown: false }
  if (isReadable && status !== 408) return { kind: 'refused', outcomeUnknown: false }
  // A page of a proxy or a firewall says nothing about the server behind it; nor does a success nobody can read.
  return { kind: 'transient', outcomeUnknown: status < 300 || looksLikeHtml(text) }
}

/** `BAD_REFRESH_TOKEN`, `Invalid Grant` and `invalidGrant` are spellings of RFC-like codes. */
const normalised = (code: string | null) =>
  (code ?? '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')

/** RFC 6749 §5.2 first; then an error that is an object, a list of errors, and loose fields. Words before numbers. */
function problemIn(fields: Fields): Problem {
  const { error } = fields
  const listed = valueAt(fields, 'errors.0')
  const nested = [error, listed].find(isFields)
  const codes = [
    error,
    nested?.error,
    nested?.type,
    nested?.errorType,
    nested?.status,
    nested?.code,
    listed,
    fields.error_code,
    fields.errcode,
    fields.code,
    typeof fields.status === 'string' ? fields.status : undefined,
  ].filter((code) => typeof code !== 'boolean')
  const texts = [
    fields.error_description,
    nested?.message,
    nested?.detail,
    fields.message,
    fields.error_message,
    fields.errmsg,
    fields.reason,
  ]
  const found = codes.map(textOf).filter((code) => code !== undefined)
  return {
    code: found.find((code) => !/^\d+$/.test(code)) ?? found[0] ?? null,
    description: texts.map(textOf).find((text) => text !== undefined) ?? null,
  }
}

function withoutWords(status: number): string {
  if (status >= 300 && status < 400) return `the server of the app answered with a redirect (status ${status})`
  return `the server of the app answered with status ${status} and nothing that can be read`
}

const maxRetryAfterSeconds = 24 * 60 * 60

/** Seconds or a date (RFC 9110 §10.2.3), capped at a day. A date is by the clock of the app, which its `Date` header tells. */
function retryAfter(headers: Headers, now: Date): number | null {
  const value = headers.get('retry-after')?.trim()
  if (!value) return null
  const saidAt = Date.parse(headers.get('date') ?? '')
  const since = Number.isNaN(saidAt) ? now.getTime() : saidAt
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - since) / 1000)
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), maxRetryAfterSeconds)
}
