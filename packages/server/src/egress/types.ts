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
}

/** A call that got no usable answer. `message` is the same plain sentence whatever the reason; `cause` is for the log. */
export class EgressError extends Error {
  /** Whether the request may have reached the other side. `false`: it surely did not, so it may be repeated safely. */
  readonly mayHaveArrived: boolean

  constructor(mayHaveArrived: boolean, options?: ErrorOptions) {
    super('the address could not be reached', options)
    this.name = 'EgressError'
    this.mayHaveArrived = mayHaveArrived
  }
}

export interface Egress {
  fetch: Fetch
  close(): Promise<void>
}
