import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { z } from 'zod'
import { AppError, type ErrorCode, errorCodes, type FieldError } from '../errors.ts'
import type { Log } from './context.ts'
import { noticeError } from './request-log.ts'

/**
 * One body that every published client can read: some take `error`, some `message`, some `errors`, some `details`.
 * Clients of one generation fail on a 400 without an entry in `errors`, so there is always one.
 */
export interface ErrorBody {
  status: number
  name: string
  type: string
  code: ErrorCode
  message: string
  error: string
  fix: string
  requestId: string
  errors: FieldError[]
  details: FieldError[]
}

export function errorBody(error: AppError, requestId: string): ErrorBody {
  const { status, type, fix } = errorCodes[error.code]
  const fields = error.fields.length > 0 ? [...error.fields] : [{ property: '', message: error.message }]
  return {
    status,
    name: type,
    type,
    code: error.code,
    message: error.message,
    error: error.message,
    fix,
    requestId,
    errors: fields,
    details: fields,
  }
}

/** Answers whatever a handler threw. What is not an expected refusal becomes `internal`, its detail only in the log. */
export function answerError(log: Log) {
  return (thrown: Error, c: Context): Response => {
    const requestId: string = c.get('requestId')
    const error = asAppError(thrown)
    const { status } = errorCodes[error.code]
    noticeError(c, error.code)
    if (status >= 500 && !c.req.raw.signal.aborted)
      log.error({ requestId, code: error.code, err: error.cause ?? error }, 'request failed')
    if (error.retryAfterSeconds !== undefined) c.header('retry-after', String(Math.ceil(error.retryAfterSeconds)))
    return c.json(errorBody(error, requestId), status)
  }
}

export const noRoute = (method: string, path: string): AppError =>
  new AppError('not_found', `There is nothing at ${method} ${path.slice(0, 200)}. The routes are listed at /docs.`)

function asAppError(thrown: Error): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof HTTPException && thrown.status < 500)
    return new AppError('validation_failed', thrown.message, { cause: thrown })
  return new AppError('internal', 'Something went wrong on our side.', { cause: thrown })
}

/** Turns what a schema found into `validation_failed`, one entry for each property, with its path. */
export function validationError(error: z.core.$ZodError): AppError {
  const fields = error.issues.flatMap(fieldsOf)
  const [first] = fields
  if (!first) return new AppError('validation_failed', 'The request is not valid.')
  const message = first.property === '' ? first.message : `${first.property}: ${first.message}`
  return new AppError('validation_failed', message, { fields })
}

function fieldsOf(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String)
  const message = plainMessage(issue)
  const names = issue.code === 'unrecognized_keys' ? issue.keys : []
  if (names.length > 0) return names.map((name) => ({ property: [...path, name.slice(0, 100)].join('.'), message }))
  return [{ property: path.join('.'), message }]
}

/** Messages our schemas give themselves stay; the library's own speak to programmers of the server. */
function plainMessage(issue: z.core.$ZodIssue): string {
  if (issue.message.endsWith('received undefined')) return 'is required'
  if (issue.message.startsWith('Unrecognized key')) return 'is not a field of this request'
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`
  if (issue.code === 'invalid_type') return `must be ${plainTypes[issue.expected] ?? articled(issue.expected)}`
  if (issue.code === 'too_small') return limitMessage(issue, `at least ${issue.minimum}`)
  if (issue.code === 'too_big') return limitMessage(issue, `at most ${issue.maximum}`)
  return issue.message
}

const plainTypes: Readonly<Record<string, string>> = { int: 'a whole number', record: 'an object' }

/** A number's own message speaks of its type, also when only its size is wrong. */
function limitMessage({ origin, message }: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, limit: string): string {
  if (origin === 'number' || origin === 'int') return `must be ${limit}`
  if (!message.startsWith('Too ')) return message
  return origin === 'string' ? `must have ${limit} characters` : `must have ${limit} entries`
}

const articled = (type: string) => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`)
