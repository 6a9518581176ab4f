import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export interface Seen {
  method: string
  /** Path and query. */
  url: string
  headers: IncomingHttpHeaders
  /** Parsed when JSON, else the text. */
  body: unknown
}

export interface Answer {
  status?: number
  headers?: Record<string, string | string[]>
  body?: unknown
  /** Sent as it is, instead of `body` as JSON. */
  text?: string
  /** `never`: the request is held until the client goes; `hangUp`: the connection is cut. */
  instead?: 'never' | 'hangUp'
}

/**
 * A server on a free port that answers as it is told and remembers what it was asked.
 *
 * @param answer Called once for each request, with those seen so far including this one.
 */
export async function startFakeServer(
  t: TestContext,
  answer: (request: Seen, seen: Seen[]) => Answer | Promise<Answer>,
) {
  const seen: Seen[] = []
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const request = {
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      headers: incoming.headers,
      body: parsed(Buffer.concat(chunks).toString()),
    }
    seen.push(request)
    const { status = 200, headers = {}, body, text, instead } = await answer(request, seen)
    if (instead === 'never') return
    if (instead === 'hangUp') return void incoming.socket.destroy()
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers })
    outgoing.end(text ?? (body === undefined ? '' : JSON.stringify(body)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** An account as the API answers with it. */
export function accountBody(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'acc_1',
    connectedAccountId: 'acc_1',
    integrationId: 'int_1',
    appName: 'gmail',
    appUniqueId: 'gmail',
    authScheme: 'OAUTH2',
    entityId: 'jessica',
    status: 'INITIATED',
    statusReason: null,
    enabled: true,
    isDisabled: false,
    verification: 'not_checked',
    identity: null,
    labels: [],
    requestedScopes: null,
    grantedScopes: null,
    missingScopes: [],
    expiresAt: null,
    simulated: true,
    createdAt: '2030-01-01T00:00:00.000Z',
    updatedAt: '2030-01-01T00:00:00.000Z',
    ...changes,
  }
}
