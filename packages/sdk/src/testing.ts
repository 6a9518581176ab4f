/**
 * For tests of code that connects accounts: does what a person would do in the browser, in test mode, so that a whole
 * flow runs in CI. Needs a runtime that shows `Set-Cookie` and redirects to scripts: Node, Bun or Deno, not a browser.
 */
import { HoldfastError, NetworkError } from './errors.ts'

export interface ApproveOptions {
  /** Which of the simulated people signs in. Default 1. */
  person?: 1 | 2 | undefined
  /** Says no on the app's consent page. */
  deny?: boolean | undefined
  /** Used instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined
  signal?: AbortSignal | undefined
}

/**
 * Goes through the connection a `redirectUrl` leads to: continue, consent, callback.
 *
 * @param redirectUrl Of a connection request.
 * @returns Where the browser would end: your `redirectUri` with the result in its query (it is not fetched), or, when
 *   none was given, the server's own last page.
 * @throws {HoldfastError} `approval_failed`: the link is used up or expired, or the app is a real one. No request goes
 *   to any other server than that of `redirectUrl`.
 */
export async function approveInTestMode(redirectUrl: string, options: ApproveOptions = {}): Promise<string> {
  const browser = new ScriptedBrowser(new URL(redirectUrl).origin, options)
  const consent = await browser.submit(new URL(redirectUrl), { decision: 'continue' })
  if (!consent)
    throw failed('The connect page did not lead to a consent page.', 'Use a fresh redirectUrl: each works once.')
  if (consent.origin !== browser.origin) {
    throw failed(
      `The app ${consent.origin} is a real one.`,
      'Only simulated apps can be approved by a script; use a project in test mode.',
    )
  }

  consent.searchParams.set('simulator', options.deny ? 'deny' : 'approve')
  if (options.person !== undefined) consent.searchParams.set('simulator_person', String(options.person))
  const callback = await browser.open(consent)
  if (callback?.origin !== browser.origin)
    throw failed('The simulated consent page did not return to the callback.', 'Read the server log.')

  const returned = await browser.open(callback)
  return returned?.href ?? `${callback.origin}${callback.pathname}`
}

/** One browser tab: keeps cookies, sends them back to the one origin it may talk to, and stops at each redirect. */
class ScriptedBrowser {
  readonly origin: string
  readonly #options: ApproveOptions
  readonly #cookies = new Map<string, string>()

  constructor(origin: string, options: ApproveOptions) {
    this.origin = origin
    this.#options = options
  }

  open(url: URL): Promise<URL | undefined> {
    return this.#request(url, { method: 'GET' })
  }

  submit(url: URL, form: Record<string, string>): Promise<URL | undefined> {
    return this.#request(url, { method: 'POST', body: new URLSearchParams(form), headers: { origin: this.origin } })
  }

  /** @returns Where the answer redirects to; undefined for a page. */
  async #request(url: URL, init: RequestInit): Promise<URL | undefined> {
    const { fetch = globalThis.fetch, signal } = this.#options
    const headers = new Headers(init.headers)
    if (this.#cookies.size > 0)
      headers.set('cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    let response: Response
    try {
      response = await fetch(url, { ...init, headers, redirect: 'manual', ...(signal ? { signal } : {}) })
    } catch {
      if (signal?.aborted) throw signal.reason
      throw new NetworkError({
        code: 'network_error',
        detail: `No answer from ${url.origin}.`,
        fix: 'Check that the server is running and that its HOLDFAST_BASE_URL is an address this process can reach.',
      })
    }
    await response.body?.cancel()
    this.#keepCookies(response)
    const location = response.headers.get('location')
    if (location !== null && response.status >= 300 && response.status < 400) return new URL(location, url)
    if (response.ok || this.#options.deny) return undefined
    throw failed(
      `${url.origin} answered ${response.status} during the approval.`,
      'Use a fresh redirectUrl: each works once and for ten minutes.',
      response,
    )
  }

  #keepCookies(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const pair = line.split(';', 1)[0] ?? ''
      const at = pair.indexOf('=')
      if (at > 0) this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim())
    }
  }
}

function failed(detail: string, fix: string, response?: Response): HoldfastError {
  return new HoldfastError({
    code: 'approval_failed',
    detail,
    fix,
    status: response?.status,
    requestId: response?.headers.get('x-request-id') ?? undefined,
  })
}
