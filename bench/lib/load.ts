/**
 * A load generator: so many connections, each with one request under way, over plain sockets, since a full HTTP client costs
 * more than what is measured. It checks every status.
 */
import { connect } from 'node:net'
import { activeNumber, idAt } from './ids.ts'
import { percentile } from './percentile.ts'

export interface LoadOrder {
  port: number
  connections: number
  forMs: number
  method: 'GET' | 'POST'
  /** `{id}` stands for an account's id, `{n}` for a number that grows. */
  path: string
  headers: Record<string, string>
  /** `{n}` as in the path. */
  body?: string
  /** Which account the next request names: one of the first so many of its kind, leaving out those that are EXPIRED. */
  draw: { first: 0 | 1; count: number }
  status: number
}

export interface LoadResult {
  requests: number
  seconds: number
  latenciesMs: { p50: number; p99: number; max: number }
}

let sequence = process.pid * 1_000_000

async function load(order: LoadOrder): Promise<LoadResult> {
  const until = performance.now() + order.forMs
  const latencies: number[] = []
  const begun = performance.now()
  await Promise.all(Array.from({ length: order.connections }, () => ask(order, until, latencies)))
  const seconds = (performance.now() - begun) / 1000
  const at = (share: number) => percentile(latencies, share)
  return { requests: latencies.length, seconds, latenciesMs: { p50: at(50), p99: at(99), max: at(100) } }
}

/** One connection, until the time is up. */
function ask(order: LoadOrder, until: number, latencies: number[]): Promise<void> {
  const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true })
  const next = requestsOf(order)
  const expected = `HTTP/1.1 ${order.status} `
  let sentAt = 0
  let received: Buffer | undefined
  let wanted = 0
  return new Promise((resolve, reject) => {
    const send = () => {
      sentAt = performance.now()
      if (sentAt >= until) {
        socket.destroy()
        resolve()
      } else socket.write(next(), 'latin1')
    }
    const end = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.on('connect', send)
    socket.on('data', (chunk: Buffer) => {
      received = received === undefined ? chunk : Buffer.concat([received, chunk])
      if (wanted === 0) {
        const headEnd = received.indexOf('\r\n\r\n')
        if (headEnd === -1) return
        const head = received.toString('latin1', 0, headEnd)
        if (!head.startsWith(expected))
          return end(new Error(`unexpected answer: ${received.toString().slice(0, 1000)}`))
        wanted = headEnd + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      }
      if (received.length < wanted) return
      received = undefined
      wanted = 0
      latencies.push(performance.now() - sentAt)
      send()
    })
  })
}

function requestsOf({ method, path, headers, body, draw, port }: LoadOrder): () => string {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  const [before = '', after] = path.split('{id}')
  const head = ` HTTP/1.1\r\n${lines.join('')}`
  return () => {
    const number = String(sequence++)
    const id = after === undefined ? '' : idAt(activeNumber(draw.first, Math.floor(Math.random() * draw.count)))
    const text = body?.replaceAll('{n}', number)
    const target = `${before}${id}${after ?? ''}`.replace('{n}', number)
    const length = text === undefined ? '' : `content-length: ${Buffer.byteLength(text)}\r\n`
    return `${method} ${target}${head}${length}\r\n${text ?? ''}`
  }
}

process.on('message', async (order: LoadOrder) => process.send?.(await load(order)))
