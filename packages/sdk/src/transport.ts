import type { Config } from './config.ts'
import {
  AuthenticationError,
  BadRequestError,
  type ErrorDetails,
  type FieldError,
  type HoldfastError,
  invalidInput,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
} from './errors.ts'
import { sleep as realSleep } from './sleep.ts'

export interface RequestOptions {
  query?: Record<string, QueryValue> | undefined
  body?: unknown
  signal?: AbortSignal | undefined
  /** How long the server may hold the request on purpose; comes on top of the client's timeout. */
  heldMs?: number | undefined
}

/** Lists go comma-joined. Undefined and the empty list are left out. */
export type QueryValue = string | number | boolean | readonly string[] | undefined

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

const longestRetryWaitMs = 30_000

/**
 * Sends requests and turns answers into values or errors. A read is repeated after a network failure, 429, 502, 503
 * and 504; a write only after 429, where the server has done nothing yet. The key is private: no way of printing this
 * object shows it.
 */
export class Transport {
  readonly baseUrl: string
  readonly #caller: Config['caller']
  readonly #secret: string | undefined
  readonly #fetch: typeof globalThis.fetch
  readonly #timeoutMs: number
  readonly #maxRetries: number
  readonly #sleep: typeof realSleep
  readonly #random: () => number

  constructor(config: Config, { sleep = realSleep, random = Math.random } = {}) {
    this.baseUrl = config.baseUrl
    this.#caller = config.caller
    this.#secret = config.secret
    this.#fetch = config.fetch
    this.#timeoutMs = config.timeoutMs
    this.#maxRetries = config.maxRetries
    this.#sleep = sleep
    this.#random = random
  }

  get<Answer>(path: string, options?: RequestOptions): Promise<Answer> {
    return this.#send('GET', path, options)
  }

  post<Answer>(path: string, body: unknown, options?: RequestOptions): Promise<Answer> {
    return this.#send('POST', path, { ...options, body })
  }

  patch<Answer>(path: string, body: unknown, options?: RequestOptions): Promise<Answer> {
    return this.#send('PATCH', path, { ...options, body })
  }

  delete<Answer>(path: string, options?: RequestOptions): Promise<Answer> {
    return this.#send('DELETE', path, options)
  }

  /** The body of an answer that goes on and on. Neither timed nor repeated: the caller ends it. */
  async stream(
    path: string,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<ReadableStream<Uint8Array>> {
    let response: Response
    try {
      response = await this.#fetch(this.baseUrl + path, {
        headers: { accept: 'text/event-stream', ...this.#caller },
        redirect: 'manual',
        ...(signal && { signal }),
      })
    } catch (cause) {
      if (signal?.aborted) throw signal.reason
      throw this.#unreachable(cause)
    }
    if (!response.ok || response.body === null) throw this.#failure(response, await response.text())
    return response.body
  }

  async #send<Answer>(method: Method, path: string, options: RequestOptions = {}): Promise<Answer> {
    for (let retries = 0; ; retries += 1) {
      const { response, text, error } = await this.#attempt(method, path, options)
      if (error === undefined && response.ok) return this.#parse(response, text) as Answer
      const failure = error ?? this.#failure(response, text)
      const waitMs = this.#retryAfterMs(method, failure, retries)
      if (waitMs === undefined) throw failure
      await this.#sleep(waitMs, options.signal)
    }
  }

  /** The timeout covers the body too: a server that stops in the middle of an answer is as silent as one that never began. */
  async #attempt(
    method: Method,
    path: string,
    { query, body, signal, heldMs = 0 }: RequestOptions,
  ): Promise<
    | { response: Response; text: string; error?: undefined }
    | { error: NetworkError; response?: undefined; text?: undefined }
  > {
    signal?.throwIfAborted()
    const timeoutMs = this.#timeoutMs + heldMs
    const controller = new AbortController()
    const passOn = () => controller.abort(signal?.reason)
    signal?.addEventListener('abort', passOn, { once: true })
    const timer = setTimeout(() => controller.abort(), timeoutMs)
    try {
      const response = await this.#fetch(`${this.baseUrl}${path}${queryString(query)}`, {
        method,
        headers: {
          accept: 'application/json',
          ...this.#caller,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: controller.signal,
        // Following would carry the key to wherever the redirect points.
        redirect: 'manual',
      })
      return { response, text: await response.text() }
    } catch (cause) {
      if (signal?.aborted) throw signal.reason
      return { error: controller.signal.aborted ? this.#tooSlow(timeoutMs) : this.#unreachable(cause) }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', passOn)
    }
  }

  #parse(response: Response, text: string): unknown {
    if (text === '') return undefined
    try {
      return JSON.parse(text)
    } catch {
      throw this.#notHoldfast(response, `The answer from ${this.baseUrl} is not JSON.`)
    }
  }

  #failure(response: Response, text: string): HoldfastError {
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      return this.#notHoldfast(response, `The server at ${this.baseUrl} redirects to another address.`)
    }
    const body = errorBody(text)
    const details: ErrorDetails = {
      code: body.code ?? defaultCodes[response.status] ?? (response.status >= 500 ? 'internal' : 'validation_failed'),
      status: response.status,
      detail: body.message ?? `The server answered ${response.status} and gave no reason.`,
      fix: body.fix ?? 'Check that baseUrl leads to a Holdfast server, and read its log.',
      requestId: response.headers.get('x-request-id') ?? body.requestId,
      fields: body.fields,
    }
    switch (true) {
      case response.status === 401 || response.status === 403:
        return new AuthenticationError(details)
      case response.status === 404:
        return new NotFoundError(details)
      case response.status === 429:
        return new RateLimitError(details, retryAfterSeconds(response))
      case response.status >= 500:
        return new ServerError(details, retryAfterSeconds(response))
      case details.code === 'validation_failed':
        return new ValidationError(details)
      default:
        return new BadRequestError(details)
    }
  }

  #notHoldfast(response: Response, detail: string): UnexpectedAnswerError {
    return new UnexpectedAnswerError({
      code: 'unexpected_answer',
      status: response.status,
      detail,
      fix: 'Set baseUrl or HOLDFAST_BASE_URL to the address of the Holdfast server itself.',
      requestId: response.headers.get('x-request-id') ?? undefined,
    })
  }

  #tooSlow(timeoutMs: number): NetworkError {
    return new NetworkError({
      code: 'request_timeout',
      detail: `The server at ${this.baseUrl} did not answer within ${timeoutMs} ms.`,
      fix: 'Check that it is healthy (GET /readyz), or raise timeoutMs.',
    })
  }

  /** Only the words of the cause are kept, without key and query: a `fetch` may put the whole request into its error. */
  #unreachable(cause: unknown): NetworkError {
    const message = innermostMessage(cause)
    const words = (this.#secret === undefined ? message : message.replaceAll(this.#secret, '[key]')).replace(
      /(https?:\/\/[^\s?]+)\?[^\s)]*/g,
      '$1',
    )
    return new NetworkError({
      code: 'network_error',
      detail: `No answer from ${this.baseUrl}: ${words}`,
      fix: 'Check that the server is running and that baseUrl or HOLDFAST_BASE_URL is its address.',
    })
  }

  /** @returns How long to wait before the next attempt; undefined when this error is the caller's. */
  #retryAfterMs(method: Method, error: HoldfastError, retries: number): number | undefined {
    if (retries >= this.#maxRetries || !mayBeRepeated(method, error)) return undefined
    const asked = error instanceof RateLimitError || error instanceof ServerError ? error.retryAfterSeconds : undefined
    if (asked !== undefined) return asked * 1000 <= longestRetryWaitMs ? asked * 1000 : undefined
    return 250 * 2 ** retries * (0.5 + this.#random() / 2)
  }
}

function mayBeRepeated(method: Method, error: HoldfastError): boolean {
  if (error.status === 429) return true
  return method === 'GET' && (error.code === 'network_error' || [502, 503, 504].includes(error.status ?? 0))
}

function queryString(query: Record<string, QueryValue> = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    params.set(name, Array.isArray(value) ? value.join(',') : String(value))
  }
  return params.size === 0 ? '' : `?${params}`
}

const defaultCodes: Record<number, string> = {
  401: 'unauthorized',
  404: 'not_found',
  429: 'rate_limited',
  502: 'provider_unavailable',
}

/** The parts of the API's error body that are there; a proxy's HTML page has none. */
function errorBody(
  text: string,
): Partial<Record<'code' | 'message' | 'fix' | 'requestId', string>> & { fields: FieldError[] } {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    body = undefined
  }
  const parts: Record<string, unknown> = isObject(body) ? body : {}
  const textOf = (name: string) => (typeof parts[name] === 'string' && parts[name] !== '' ? parts[name] : undefined)
  const listed: unknown[] = Array.isArray(parts.errors) ? parts.errors : []
  return {
    code: textOf('code'),
    message: textOf('message'),
    fix: textOf('fix'),
    requestId: textOf('requestId'),
    fields: listed
      .filter(isObject)
      .map(({ property, message }) => ({ property: String(property), message: String(message ?? '') })),
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** @see RFC 9110 §10.2.3: seconds or a date. */
function retryAfterSeconds(response: Response): number | undefined {
  const header = response.headers.get('retry-after')
  if (header === null) return undefined
  if (/^\d+$/.test(header)) return Number(header)
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

/** `fetch` says no more than "fetch failed"; what happened is in its cause. */
function innermostMessage(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed.'
  if (error.cause instanceof Error) return innermostMessage(error.cause)
  const { code } = error as { code?: unknown }
  return error.message || (typeof code === 'string' ? code : error.name)
}

/**
 * A path segment from a caller's value.
 *
 * @throws {ValidationError} for a value that would make it another path: nothing, `.` or `..`.
 */
export function segment(property: string, value: string): string {
  if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) {
    throw invalidInput(property, 'is missing', `Give ${property} as the text the server answered with.`)
  }
  return encodeURIComponent(value)
}
