/** A TCP proxy in front of a server, for what networks and poolers do to connections. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface Proxy {
  /** The address given, by way of the proxy. */
  url: string
  /** Nothing more gets through the connections there are, and nobody is told. New ones are as before. */
  freeze(): void
  close(): Promise<void>
}

/** @param alter Changes, or withholds, what comes back from the server. Called with whatever arrived at once. */
export async function startProxy(url: string, alter: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<Proxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const frozen = new Set<Socket>()
  const server: Server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname)
    for (const [from, to, change] of [
      [client, upstream, (bytes: Buffer) => bytes],
      [upstream, client, alter],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes: Buffer) => {
        if (!frozen.has(from)) to.write(change(bytes))
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        if (!frozen.has(from)) to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const proxied = new URL(url)
  proxied.hostname = '127.0.0.1'
  proxied.port = String(typeof address === 'object' ? address?.port : '')
  return {
    url: proxied.href,
    freeze() {
      for (const socket of sockets) frozen.add(socket)
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
