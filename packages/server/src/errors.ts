/**
 * Every error a caller can see. The code is stable; the status is the one published clients understand (they know no
 * others than 400, 401, 404, 429, 500 and 502; signed-in operators also get 403); `type` is the wire's word for the family; `fix` says what to do.
 */
export const errorCodes = {
  validation_failed: {
    status: 400,
    type: 'BadRequestError',
    fix: 'Correct the fields named in errors and send the request again.',
  },
  credential_refused: {
    status: 400,
    type: 'BadRequestError',
    fix: 'Ask the user for a valid credential; the app refused this one.',
  },
  identity_mismatch: {
    status: 400,
    type: 'BadRequestError',
    fix: 'Use the credential of the same person, or send allowIdentityChange: true.',
  },
  redirect_not_allowed: {
    status: 400,
    type: 'BadRequestError',
    fix: 'Add the exact URL to allowedRedirectUrls of the project.',
  },
  user_mismatch: {
    status: 400,
    type: 'BadRequestError',
    fix: 'Somebody else than the user you began this for came back: begin a new connection for the one who is signed in.',
  },
  connection_failed: {
    status: 400,
    type: 'BadRequestError',
    fix: 'Begin a new connection; statusReason of the account says what went wrong and who must act.',
  },
  integration_disabled: { status: 400, type: 'BadRequestError', fix: 'Enable the integration, or use another one.' },
  account_disabled: { status: 400, type: 'BadRequestError', fix: 'Enable the account with POST …/enable.' },
  account_not_active: {
    status: 400,
    type: 'BadRequestError',
    fix: 'Finish or renew the connection first; statusReason says who must act.',
  },
  reconnect_required: {
    status: 400,
    type: 'BadRequestError',
    fix: 'The grant is gone. Send the user through POST …/reinitiate.',
  },
  conflict: { status: 400, type: 'BadRequestError', fix: 'Read the current state and try again.' },
  idempotency_key_reused: {
    status: 400,
    type: 'BadRequestError',
    fix: 'Use a new Idempotency-Key for each request; repeat a request with the body it had.',
  },
  not_supported: { status: 400, type: 'BadRequestError', fix: 'See the message for what is supported.' },
  unauthorized: { status: 401, type: 'UnauthorizedError', fix: 'Send a valid API key in the x-api-key header.' },
  totp_required: {
    status: 401,
    type: 'UnauthorizedError',
    fix: 'Sign in again with the code of the authenticator app, or a recovery code, in totp.',
  },
  forbidden: {
    status: 403,
    type: 'ForbiddenError',
    fix: 'Ask an owner for a role that may do this. Keys are not affected: they have no role.',
  },
  insufficient_scope: {
    status: 403,
    type: 'ForbiddenError',
    fix: 'Use a key that has the scope named in the message, and that is not limited to something else.',
  },
  not_found: { status: 404, type: 'NotFoundError', fix: 'Check the id and that the key belongs to the right project.' },
  rate_limited: { status: 429, type: 'RateLimitError', fix: 'Wait for Retry-After seconds and try again.' },
  too_many_pending: {
    status: 429,
    type: 'RateLimitError',
    fix: 'Finish the connections that were begun, or wait: each ends by itself after ten minutes.',
  },
  internal: { status: 500, type: 'InternalServerError', fix: 'Try again; report the request id if it happens again.' },
  integrity_failed: {
    status: 500,
    type: 'InternalServerError',
    fix: 'Connect the account anew with POST …/reinitiate, or enter the OAuth client again; the log names the row.',
  },
  key_unavailable: {
    status: 500,
    type: 'InternalServerError',
    fix: 'Nothing was lost. Try again, and tell the operator: a master key is missing, or its key service is away.',
  },
  provider_unavailable: {
    status: 502,
    type: 'BadGatewayError',
    fix: 'The app did not answer properly. Nothing was lost; try again later.',
  },
} as const satisfies Record<string, { status: 400 | 401 | 403 | 404 | 429 | 500 | 502; type: string; fix: string }>

export type ErrorCode = keyof typeof errorCodes

/** A field that is wrong, by its path in the request: `data.shop_name`. */
export interface FieldError {
  property: string
  message: string
}

/** An expected refusal. `message` may be shown and holds no secret; `cause` is for the log. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly fields: readonly FieldError[]
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { fields?: readonly FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(message, options)
    this.name = 'AppError'
    this.code = code
    this.fields = options.fields ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** @returns The `validation_failed` error for these fields; its message names the first. */
export function invalid(...fields: [FieldError, ...FieldError[]]): AppError {
  const [first] = fields
  return new AppError('validation_failed', `${first.property}: ${first.message}`, { fields })
}
