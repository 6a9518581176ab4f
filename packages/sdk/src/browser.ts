/**
 * For the page where your user clicks "Connect": opens the connect page and says how it ended. It needs no API key and
 * believes only the server: not whether a window looks closed, nor messages from one. A sign-in page with
 * `Cross-Origin-Opener-Policy` cuts the tie between the windows, and then a window that is open looks closed.
 */

/** What is used of a browser's page, so that the rest of the package needs no types of one. */
interface Page {
  location: { href: string; assign(url: string): void }
  screen: { availWidth: number; availHeight: number }
  screenX: number
  screenY: number
  outerWidth: number
  outerHeight: number
  document: Listened & { visibilityState: string }
  open(url: string, target: string, features?: string): OpenedWindow | null
  matchMedia(query: string): { matches: boolean }
}

interface Listened {
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}

interface OpenedWindow {
  location: { href: string }
  close(): void
}

const page = globalThis as unknown as Page & Listened

export interface ConnectOptions {
  /**
   * `redirectUrl` of a connection, or `url` of a connect link; or a function that gets it from your backend. With a
   * function the window opens at once, in the click, as browsers want it.
   */
  url: string | (() => Promise<string>)
  /** Default: a popup; on phones, where there are none, the page itself goes. */
  as?: 'popup' | 'tab' | 'redirect' | undefined
  /**
   * Called when the browser let no window open, with what the click on a button of yours should call. Without it the page
   * itself goes to the connect page.
   */
  onBlocked?: ((open: () => void) => void) | undefined
  /** Asks your backend how far it is, instead of the link itself. */
  status?: ((signal: AbortSignal | undefined) => Promise<ConnectStatus>) | undefined
  /** `de`, `pt-BR`, `ar`…: instead of the browser's own. */
  lang?: string | undefined
  /** How long to wait; default an hour, the life of a link. */
  timeoutSeconds?: number | undefined
  signal?: AbortSignal | undefined
}

export interface ConnectStatus {
  status: 'waiting' | 'in_progress' | 'connected' | 'failed' | 'expired'
  connectedAccountId?: string | null | undefined
}

/** `timeout`: nothing happened; the person may still be at it. */
export type ConnectResult =
  | { status: 'connected'; connectedAccountId: string | null }
  | { status: 'failed' | 'expired' | 'timeout'; connectedAccountId: null }

/**
 * Opens the connect page and waits for the server's word. Ask your backend before you believe `connected`: a page can be
 * made to say anything.
 *
 * With a redirect the promise stays open, since the page goes; the outcome is in your `redirectUri`.
 *
 * @throws The signal's reason when aborted; whatever `url` or `status` throws.
 */
export async function connect(options: ConnectOptions): Promise<ConnectResult> {
  const as = options.as ?? (isPhone() ? 'redirect' : 'popup')
  const opened = as === 'redirect' ? null : openWindow(as)
  let url: string
  try {
    url = inLanguage(typeof options.url === 'string' ? options.url : await options.url(), options.lang)
  } catch (error) {
    opened?.close()
    throw error
  }
  let shown = opened
  if (opened) opened.location.href = url
  else if (as === 'redirect' || !options.onBlocked) return leave(url)
  else
    options.onBlocked(() => {
      shown = openWindow(as)
      if (shown) shown.location.href = url
      else page.location.assign(url)
    })
  const result = await untilEnded(options, url)
  // A window that the app cut loose cannot be closed from here; its own page says that it may be.
  shown?.close()
  return result
}

function leave(url: string): Promise<never> {
  page.location.assign(url)
  return new Promise(() => {})
}

/** Blank at first: the address may have to be fetched, and only a window that opens in the click is let open. */
function openWindow(as: 'popup' | 'tab'): OpenedWindow | null {
  if (as === 'tab') return page.open('about:blank', '_blank')
  const [width, height] = [Math.min(520, page.screen.availWidth), Math.min(760, page.screen.availHeight)]
  const left = Math.max(0, page.screenX + (page.outerWidth - width) / 2)
  const top = Math.max(0, page.screenY + (page.outerHeight - height) / 2)
  return page.open('about:blank', 'holdfast-connect', `popup,width=${width},height=${height},left=${left},top=${top}`)
}

const isPhone = () => page.matchMedia('(pointer: coarse) and (max-width: 40rem)').matches

function inLanguage(url: string, lang: string | undefined): string {
  const target = new URL(url, page.location.href)
  if (target.protocol !== 'https:' && target.protocol !== 'http:') throw new TypeError('The url must be http(s).')
  if (lang !== undefined) target.searchParams.set('lang', lang)
  return target.href
}

const pauseMs = 1500

async function untilEnded(options: ConnectOptions, url: string): Promise<ConnectResult> {
  const { signal, timeoutSeconds = 3600 } = options
  const ask = options.status ?? (() => statusOf(url, signal))
  const end = Date.now() + timeoutSeconds * 1000
  while (Date.now() < end) {
    signal?.throwIfAborted()
    const { status, connectedAccountId = null } = await ask(signal)
    if (status === 'connected') return { status, connectedAccountId }
    if (status === 'failed' || status === 'expired') return { status, connectedAccountId: null }
    await pause(signal)
  }
  return { status: 'timeout', connectedAccountId: null }
}

/** What the link says of itself; a server that cannot be reached for a while says nothing. */
async function statusOf(url: string, signal: AbortSignal | undefined): Promise<ConnectStatus> {
  const { origin, pathname } = new URL(url)
  const request: RequestInit = { cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' }
  if (signal) request.signal = signal
  const answer = await fetch(`${origin}${pathname}/status`, request).catch(() => undefined)
  signal?.throwIfAborted()
  if (answer?.status === 404) return { status: 'expired' }
  return answer?.ok ? ((await answer.json()) as ConnectStatus) : { status: 'waiting' }
}

/** Or until the person comes back to this page, which is when an answer is awaited. */
function pause(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer)
      page.document.removeEventListener('visibilitychange', seen)
      page.removeEventListener('focus', done)
      signal?.removeEventListener('abort', stop)
      resolve()
    }
    const seen = () => {
      if (page.document.visibilityState === 'visible') done()
    }
    const stop = () => {
      done()
      reject(signal?.reason)
    }
    const timer = setTimeout(done, pauseMs)
    page.document.addEventListener('visibilitychange', seen)
    page.addEventListener('focus', done)
    signal?.addEventListener('abort', stop)
  })
}
