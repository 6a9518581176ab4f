import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { isLoopbackAddress, isPublicAddress } from './addresses.ts'

const connectTimeoutMs = 5_000

/** All addresses of a host name, as `dns.lookup` with `all` gives them. */
export type ResolveHost = (host: string) => Promise<LookupAddress[]>

export const resolveBySystem: ResolveHost = (host) =>
  new Promise((resolve, reject) =>
    systemLookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))),
  )

/** What a connection may lead to, unless its host and port are listed. */
export interface Bounds {
  name: string
  holds: (address: string) => boolean
}

export const publicOnly: Bounds = { name: 'public', holds: isPublicAddress }
export const loopbackOnly: Bounds = { name: 'a loopback address', holds: isLoopbackAddress }

/**
 * Connects to addresses within bounds only. A name is resolved once, all its addresses must be within them, and the connection is
 * made to those very addresses, so a second, different DNS answer is never asked for. The socket's peer is compared
 * once more after connecting: that is the address that counts.
 *
 * A lookup function alone would not do: it isn't called for address literals.
 *
 * @param isAllowed Whether this exact host and port may be anywhere.
 */
export function guardedConnector(
  isAllowed: (host: string, port: string) => boolean,
  resolveHost: ResolveHost,
  bounds: Bounds = publicOnly,
): buildConnector.connector {
  const shared = { timeout: connectTimeoutMs, allowH2: false } as const
  const anywhere = buildConnector({ ...shared, lookup: lookupFrom(resolveHost) })
  const within = buildConnector({ ...shared, lookup: lookupFrom(addressesWithin(bounds, resolveHost)) })

  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '')
    const port = options.port || (options.protocol === 'https:' ? '443' : '80')
    // The HTTP client acts on some error codes (it queues a request again after a socket error); a plain error ends it.
    const fail = (cause: unknown) => callback(new Error(`no connection to ${host}:${port}`, { cause }), null)

    if (isAllowed(host, port))
      return anywhere(options, (error, socket) => (error ? fail(error) : callback(null, socket)))
    if (isIP(host) && !bounds.holds(host)) return fail(new Error(`the address is not ${bounds.name}`))
    within(options, (error, socket) => {
      if (error) return fail(error)
      if (!bounds.holds(socket.remoteAddress ?? '')) {
        socket.destroy()
        return fail(new Error(`connected to an address that is not ${bounds.name}`))
      }
      callback(null, socket)
    })
  }
}

/** One address out of bounds among several is enough to refuse: a name with mixed answers is an attack or a mistake. */
const addressesWithin =
  (bounds: Bounds, resolveHost: ResolveHost): ResolveHost =>
  async (host) => {
    const addresses = await resolveHost(host)
    if (!addresses.every(({ address }) => bounds.holds(address)))
      throw new Error(`${host} has an address that is not ${bounds.name}`)
    return addresses
  }

const lookupFrom =
  (resolveHost: ResolveHost): LookupFunction =>
  (host, options, callback) => {
    resolveHost(host).then(
      (addresses) => {
        const [first] = addresses
        if (!first) callback(new Error(`${host} has no address`), '')
        else if (options.all) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, ''),
    )
  }
