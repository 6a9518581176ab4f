/** The developer's backend at the other end of a webhook: keeps what arrives, and answers as a test tells it to. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

export interface Message {
  id: string
  headers: IncomingHttpHeaders
  /** As it arrived. */
  body: string
  event: WebhookEvent
}

export interface WebhookEvent {
  type: string
  timestamp: string
  data: {
    connectedAccount: { id: string; [name: string]: unknown }
    previousStatus: string | null
    status: string
    statusReason: { code: string } | null
    entityId: string
    integrationId: string
    app: string
    sequence: number
    [name: string]: unknown
  }
}

export type Reply = (response: ServerResponse, message: Message) => void

export interface Receiver {
  url: string
  /** All that arrived, in the order it did. */
  messages: Message[]
  /** How the next ones are answered. */
  reply: Reply
  /** The first message that fits, of those that are there or come. */
  message(fits?: (message: Message) => boolean): Promise<Message>
  /** Resolves when that many messages are there. */
  count(messages: number): Promise<void>
  close(): Promise<void>
}

export const answer =
  (status: number, headers: Record<string, string> = {}, body = ''): Reply =>
  (response) =>
    void response.writeHead(status, headers).end(body)

/** Takes the message and never answers. */
export const hang: Reply = () => {}

export async function startReceiver(reply: Reply = answer(200)): Promise<Receiver> {
  const waiting = new Set<() => void>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    request.on('end', () => {
      const message = {
        id: String(request.headers['webhook-id']),
        headers: request.headers,
        body,
        event: JSON.parse(body),
      }
      receiver.messages.push(message)
      receiver.reply(response, message)
      for (const look of waiting) look()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const when = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    messages: [],
    reply,
    async message(fits = () => true) {
      await when(() => receiver.messages.some(fits))
      return receiver.messages.find(fits) as Message
    },
    count: (messages) => when(() => receiver.messages.length >= messages),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}

/**
 * Verifies as the standard's own library does, which asks the system for the time.
 * @throws when the signature is not right, or not of this time.
 */
export function verify(
  secret: string,
  { body, headers }: Pick<Message, 'body' | 'headers'>,
  now = new Date(),
): unknown {
  const system = Date.now
  Date.now = () => now.getTime()
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>)
  } finally {
    Date.now = system
  }
}
