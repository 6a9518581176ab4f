/**
 * Egress owns the only door out. Every outgoing call goes through it: it connects to public addresses only, unless the
 * operator listed the exact host and port; follows no redirect; caps time, headers and body; and tells the caller
 * nothing but whether the request may have arrived.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici'
import server from '../../package.json' with { type: 'json' }
import { isLoopbackAddress, isPublicAddress } from './addresses.ts'
import { acceptedEncodings, readBeginning, readBody } from './body.ts'
import { guardedConnector, loopbackOnly, type ResolveHost, resolveBySystem } from './connector.ts'
import { checkedHeaders } from './headers.ts'
import { isPastProxy } from './no-proxy.ts'
import { type Egress, EgressError, type FetchInit } from './types.ts'

export type { ResolveHost } from './connector.ts'
export * from './types.ts'

export interface EgressOptions {
  /** Exact `host:port` that may be private and may be plain http: `127.0.0.1:9000`, `gitlab.lan:8443`, `[::1]:9000`. */
  allowPrivateHosts: readonly string[]
  /**
   * The operator's forward proxy (`HTTPS_PROXY`), used for https. Listed hosts are reached directly. The proxy resolves
   * names itself, so it must refuse private addresses; literals, and names that resolve here, are still checked here.
   */
  proxyUrl?: string | undefined
  /** The entries of the operator's `NO_PROXY`: hosts that are reached directly. They are guarded like any other. */
  noProxy?: readonly string[] | undefined
  /** Tests answer for DNS. */
  resolveHost?: ResolveHost | undefined
}

const defaultTimeoutMs = 20_000
const defaultMaxBodyBytes = 1024 * 1024
const maxHeaderBytes = 32 * 1024
const userAgent = `Holdfast/${server.version}`

/** @throws {Error} naming an entry of `allowPrivateHosts` that is not `host:port`. */
export function createEgress({
  allowPrivateHosts,
  proxyUrl,
  noProxy = [],
  resolveHost = resolveBySystem,
}: EgressOptions): Egress {
  const allowed = new Set(allowPrivateHosts.map(hostAndPort))
  const isAllowed = (host: string, port: string) => allowed.has(`${host}:${port}`)
  const isListed = (url: URL) => isAllowed(hostOf(url), url.port || defaultPort(url.protocol))
  // One connection a call: a server that closes an idle connection just as a refresh is written to it would leave the
  // outcome of that refresh unknown.
  const limits = {
    pipelining: 0,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  } as const
  const direct = new Agent({ ...limits, connect: guardedConnector(isAllowed, resolveHost) })
  const toItself = new Agent({ ...limits, connect: guardedConnector(isAllowed, resolveHost, loopbackOnly) })
  const proxy = proxyUrl ? new ProxyAgent({ ...limits, uri: proxyUrl, connectTimeout: 5_000 }) : undefined

  /** @throws {Error} when the URL may not be called at all. */
  function route(url: URL, { loopback = false }: Pick<FetchInit, 'loopback'> = {}): Dispatcher {
    const host = hostOf(url)
    const listed = isListed(url)
    const local = loopback && !listed && isLoopbackHost(host)
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (listed || local)))
      throw new Error('only https is allowed')
    if (url.username || url.password) throw new Error('a URL must not hold a user name or password')
    if (local) return toItself
    if (!proxy || listed || isPastProxy(noProxy, host, url.port || defaultPort(url.protocol))) return direct
    if (isIP(host) && !isPublicAddress(host)) throw new Error('not a public address')
    return proxy
  }

  async function refusal(url: URL, options?: Pick<FetchInit, 'loopback'>): Promise<string | null> {
    try {
      const dispatcher = route(url, options)
      if (isListed(url) || dispatcher === toItself) return null
    } catch (error) {
      return (error as Error).message
    }
    const host = hostOf(url)
    const addresses = isIP(host) ? [{ address: host }] : await resolveHost(host).catch(() => [])
    return addresses.every(({ address }) => isPublicAddress(address))
      ? null
      : 'leads to an address that is not public; the operator can list it in HOLDFAST_ALLOW_PRIVATE_HOSTS'
  }

  /** A name that only the proxy can resolve is left to it. */
  async function refusePrivateName(url: URL): Promise<void> {
    const host = hostOf(url)
    const addresses = isIP(host) ? [] : await resolveHost(host).catch(() => [])
    if (!addresses.every(({ address }) => isPublicAddress(address)))
      throw new Error(`${host} has an address that is not public`)
  }

  async function fetch(address: string | URL, init: FetchInit = {}): Promise<Response> {
    let sent = false
    const deadline = startDeadline(init.timeoutMs ?? defaultTimeoutMs, init.signal)
    try {
      const url = new URL(address)
      const dispatcher = route(url, init)
      // The proxy looks the name up itself; what it means here is known before the proxy is asked.
      if (dispatcher === proxy) await Promise.race([refusePrivateName(url), deadline.passed])
      const exchange = request(url, {
        dispatcher: dispatcher.compose(noteSending(() => (sent = true))),
        method: init.method ?? 'GET',
        headers: checkedHeaders({
          'user-agent': userAgent,
          'accept-encoding': init.truncateBody ? 'identity' : acceptedEncodings,
          ...init.headers,
        }),
        body: init.body,
        signal: deadline.signal,
      })
      // The client looks at the signal again only once it is connected; then it sends nothing.
      const answer = await Promise.race([exchange, deadline.passed])
      const headers = responseHeaders(answer.headers)
      const maxBytes = init.maxBodyBytes ?? defaultMaxBodyBytes
      const body = init.truncateBody
        ? await readBeginning(answer.body, maxBytes)
        : await readBody(answer.body, headers.get('content-encoding'), maxBytes)
      // They describe the bytes on the wire, which the caller does not see.
      for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name)
      return new Response(isBodiless(answer.statusCode) ? null : body, { status: answer.statusCode, headers })
    } catch (cause) {
      throw new EgressError(sent, { cause, isLate: deadline.isOver() })
    } finally {
      deadline.clear()
    }
  }

  return {
    fetch,
    refusal,
    async close() {
      await Promise.all([direct.close(), toItself.close(), proxy?.close()])
    },
  }
}

function hostAndPort(entry: string): string {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+):(\d{1,5})$/i.exec(entry.trim())
  const url = match ? URL.parse(`https://${match[0]}`) : null
  if (!url) throw new Error(`${entry} is not host:port`)
  return `${url.hostname.replace(/^\[|\]$/g, '')}:${url.port || '443'}`
}

const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, '')

/** RFC 6761 §6.3: `localhost` and the names below it. What they resolve to is checked on connecting. */
const isLoopbackHost = (host: string) => host === 'localhost' || host.endsWith('.localhost') || isLoopbackAddress(host)

const defaultPort = (protocol: string) => (protocol === 'https:' ? '443' : '80')

/** A signal for the whole exchange: connecting, sending, waiting and reading. */
function startDeadline(timeoutMs: number, outer: AbortSignal | undefined) {
  const controller = new AbortController()
  let isOver = false
  const timer = setTimeout(() => {
    isOver = true
    controller.abort(new Error(`no whole answer within ${timeoutMs} ms`))
  }, timeoutMs)
  const stop = () => controller.abort(outer?.reason)
  const passed = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true })
  })
  passed.catch(() => undefined)
  if (outer?.aborted) stop()
  else outer?.addEventListener('abort', stop, { once: true })
  return {
    signal: controller.signal,
    passed,
    isOver: () => isOver,
    clear() {
      clearTimeout(timer)
      outer?.removeEventListener('abort', stop)
    },
  }
}

/** Calls `note` when a connection stands and the request is about to be written to it. */
const noteSending =
  (note: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        handler.onRequestStart?.(controller, context)
        if (!controller.aborted) note()
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    })

function responseHeaders(incoming: IncomingHttpHeaders): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming))
    for (const one of [value ?? []].flat()) headers.append(name, one)
  return headers
}

/** Statuses for which `Response` takes no body (Fetch standard, "null body status"). */
const isBodiless = (status: number) => [204, 205, 304].includes(status)
