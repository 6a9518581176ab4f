import type { ConnectedAccount, StatusReason } from './types.ts'

/** A field that is wrong, by its path in the request: `data.shop_name`. */
export interface FieldError {
  property: string
  message: string
}

export interface ErrorDetails {
  /** Stable word for the kind of error: the server's, or one of `ClientErrorCode`. */
  code: string
  /** What went wrong, one sentence. */
  detail: string
  /** What to do about it. */
  fix: string
  /** HTTP status; absent when no answer came. */
  status?: number | undefined
  /** Finds the request in the server's log. */
  requestId?: string | undefined
  fields?: readonly FieldError[] | undefined
}

/** Codes that come from this library rather than from the server. */
export type ClientErrorCode =
  | 'configuration'
  | 'network_error'
  | 'request_timeout'
  | 'unexpected_answer'
  | 'connection_failed'
  | 'wait_timeout'
  | 'webhook_not_verified'

/**
 * What every error of this library is. `message` says what went wrong, what to do and the request id in one line, so
 * that a log of messages is enough; the parts are in their own properties. No error holds a key or a credential.
 */
export class HoldfastError extends Error {
  override readonly name: string = 'HoldfastError'
  readonly code: string
  readonly detail: string
  readonly fix: string
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly fields: readonly FieldError[]

  constructor(details: ErrorDetails) {
    super(oneLine(details))
    this.code = details.code
    this.detail = details.detail
    this.fix = details.fix
    this.status = details.status
    this.requestId = details.requestId
    this.fields = details.fields ?? []
  }
}

function oneLine({ detail, fix, requestId }: ErrorDetails): string {
  const sentences = [detail, fix]
    .filter((text) => text !== '')
    .map((text) => (/[.!?…)]$/.test(text) ? text : `${text}.`))
  return sentences.join(' ') + (requestId === undefined ? '' : ` (request ${requestId})`)
}

/** The options or the environment do not say which server to call, or with which key. Nothing was sent. */
export class ConfigurationError extends HoldfastError {
  override readonly name = 'ConfigurationError'

  constructor(detail: string, fix: string) {
    super({ code: 'configuration', detail, fix })
  }
}

/** The server understood the request and refuses it: `code` says why. */
export class BadRequestError extends HoldfastError {
  override readonly name: 'BadRequestError' | 'ValidationError' = 'BadRequestError'
}

/** An input is wrong; `fields` names each. Thrown without a request when it can be seen before. */
export class ValidationError extends BadRequestError {
  override readonly name = 'ValidationError'
}

/** The API key is missing, wrong, expired or of the wrong kind. */
export class AuthenticationError extends HoldfastError {
  override readonly name = 'AuthenticationError'
}

/** There is no such thing in the project this key belongs to. */
export class NotFoundError extends HoldfastError {
  override readonly name = 'NotFoundError'
}

/** Too many requests; those that may be repeated have been, within bounds. */
export class RateLimitError extends HoldfastError {
  override readonly name = 'RateLimitError'
  /** As the server asked; undefined when it did not say. */
  readonly retryAfterSeconds: number | undefined

  constructor(details: ErrorDetails, retryAfterSeconds: number | undefined) {
    super(details)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The server failed, or the app behind it did (`provider_unavailable`). */
export class ServerError extends HoldfastError {
  override readonly name = 'ServerError'
  readonly retryAfterSeconds: number | undefined

  constructor(details: ErrorDetails, retryAfterSeconds: number | undefined) {
    super(details)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** No usable answer: the server was not reached, the connection broke (`network_error`), or it took too long (`request_timeout`). */
export class NetworkError extends HoldfastError {
  override readonly name = 'NetworkError'
}

/** Something answered, but not as a Holdfast server does. */
export class UnexpectedAnswerError extends HoldfastError {
  override readonly name = 'UnexpectedAnswerError'
}

/** The awaited connection ended `FAILED` or `EXPIRED`. */
export class ConnectionFailedError extends HoldfastError {
  override readonly name = 'ConnectionFailedError'
  /** Why, and who can change it. */
  readonly reason: StatusReason | null
  readonly #account: ConnectedAccount

  constructor(account: ConnectedAccount) {
    const reason = account.statusReason ?? null
    super({
      code: 'connection_failed',
      detail: `The connection to ${account.appName} is ${account.status}: ${reason?.message ?? 'the server gave no reason.'}`,
      fix: whatToDo(reason),
    })
    this.reason = reason
    this.#account = withoutCredentials(account)
  }

  /** As it stands, without credentials. Not printed with the error. */
  get account(): ConnectedAccount {
    return this.#account
  }
}

function whatToDo(reason: StatusReason | null): string {
  switch (reason?.mustAct) {
    case 'operator':
      return 'Check the integration: its client id, client secret, scopes and redirect URI at the app.'
    case 'developer':
      return 'Correct what the reason names, then initiate again.'
    case 'nobody':
      return 'Try again later with connectedAccounts.initiate, or reinitiate to keep the account id.'
    default:
      return 'Let the user try again with connectedAccounts.initiate, or reinitiate to keep the account id.'
  }
}

/** The time given to `waitUntilActive` is over and the user has not finished. The connection may still become active. */
export class WaitTimeoutError extends HoldfastError {
  override readonly name = 'WaitTimeoutError'
  readonly connectedAccountId: string
  readonly #account: ConnectedAccount | undefined

  constructor(connectedAccountId: string, seconds: number, account: ConnectedAccount | undefined) {
    super({
      code: 'wait_timeout',
      detail: `The account ${connectedAccountId} was ${account?.status ?? 'not active'} after ${seconds} seconds of waiting.`,
      fix: 'Check that the user was sent to redirectUrl, then call waitUntilActive again: nothing was cancelled.',
    })
    this.connectedAccountId = connectedAccountId
    this.#account = account && withoutCredentials(account)
  }

  /** As last seen, without credentials; undefined when no answer came in time. Not printed with the error. */
  get account(): ConnectedAccount | undefined {
    return this.#account
  }
}

/** A message is not from your server, or not of now, or the secret is another one. */
export class WebhookVerificationError extends HoldfastError {
  override readonly name = 'WebhookVerificationError'

  constructor(detail: string, fix: string) {
    super({ code: 'webhook_not_verified', detail, fix })
  }
}

/** Errors are printed and logged, so an account inside one carries nothing secret. */
function withoutCredentials(account: ConnectedAccount): ConnectedAccount {
  const { connectionParams, base_url, params, parameters, body, ...rest } = account
  return rest
}

/** Every error this library throws, told apart by `name`. An aborted call rejects with the signal's own reason instead. */
export type AnyHoldfastError =
  | ConfigurationError
  | BadRequestError
  | ValidationError
  | AuthenticationError
  | NotFoundError
  | RateLimitError
  | ServerError
  | NetworkError
  | UnexpectedAnswerError
  | ConnectionFailedError
  | WaitTimeoutError
  | WebhookVerificationError

/** Narrows a caught value to the union, so that a `switch` on `name` is checked by the compiler. */
export function isHoldfastError(error: unknown): error is AnyHoldfastError {
  return error instanceof HoldfastError
}

/** @returns The error for one field that can be refused without asking the server. */
export function invalidInput(property: string, message: string, fix: string): ValidationError {
  return new ValidationError({
    code: 'validation_failed',
    detail: `${property}: ${message}`,
    fix,
    fields: [{ property, message }],
  })
}
