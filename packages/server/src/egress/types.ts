/** WHATWG-shaped, so that protocol libraries take it as their fetch. Never follows a redirect; the body is read whole, within a cap. */
export type Fetch = (url: string | URL, init?: FetchInit) => Promise<Response>

export interface FetchInit {
  method?: string | undefined
  headers?: Record<string, string> | undefined
  body?: string | undefined
  signal?: AbortSignal | undefined
  /** Whole exchange. Default 20 s. */
  timeoutMs?: number | undefined
  /** Default 1 MiB. */
  maxBodyBytes?: number | undefined
  /** Answer with the first `maxBodyBytes` of a longer body instead of failing. Then no encoding is offered, and one that is used is not undone. */
  truncateBody?: boolean | undefined
  /**
   * This call may also go to this very machine, `localhost` or a loopback address, by plain http. For addresses that only
   * a caller on this machine could have given.
   */
  loopback?: boolean | undefined
}

/** A call that got no usable answer. `message` is the same plain sentence whatever the reason; `cause` is for the log. */
export class EgressError extends Error {
  /** Whether the request may have reached the other side. `false`: it surely did not, so it may be repeated safely. */
  readonly mayHaveArrived: boolean
  /** Whether time ran out before the whole answer was there. */
  readonly isLate: boolean

  constructor(mayHaveArrived: boolean, { isLate = false, ...options }: ErrorOptions & { isLate?: boolean } = {}) {
    super('the address could not be reached', options)
    this.name = 'EgressError'
    this.mayHaveArrived = mayHaveArrived
    this.isLate = isLate
  }
}

export interface Egress {
  fetch: Fetch
  /**
   * Whether `fetch` would go to this URL, so that an address can be refused when it is given. What counts is checked again
   * at each call: names change. A name that does not resolve now is not refused.
   *
   * @returns Why not, as part of a sentence; null when it would.
   */
  refusal(url: URL, options?: Pick<FetchInit, 'loopback'>): Promise<string | null>
  close(): Promise<void>
}
