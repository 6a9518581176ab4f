/**
 * An authorization server that plays by the rules and writes down every token request, wherever it came from. What makes it
 * hostile is the test: who sends which of its answers where.
 */
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Integration } from '../../packages/sdk/src/types.ts'
import { type Api, ok } from './api.ts'

export interface AuthorizationServer {
  url: string
  /** `host:port`, for HOLDFAST_ALLOW_PRIVATE_HOSTS. */
  host: string
  /** The fields of every token request so far. */
  tokenRequests: Record<string, string>[]
  /** A person agreed to this request. @returns The code, bound to its client, redirect URI and challenge. */
  codeFor(authorizationUrl: URL): string
  /** The same, as the URL that brings it back. `iss` is added when it is given. */
  answerTo(authorizationUrl: URL, more?: Record<string, string>): URL
  /** From now on token requests are sent on to this address (307), as a careless or hostile server may. */
  sendTokenRequestsTo(url: string): void
  close(): Promise<void>
}

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const tokenRequests: Record<string, string>[] = []
  const codes = new Map<string, URLSearchParams>()
  let elsewhere: string | undefined
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await textOf(request))
    tokenRequests.push(Object.fromEntries(form))
    if (elsewhere !== undefined) return void response.writeHead(307, { location: elsewhere }).end()
    const asked = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const isGood =
      asked?.get('code_challenge') === challenge &&
      asked.get('redirect_uri') === form.get('redirect_uri') &&
      asked.get('client_id') === (form.get('client_id') ?? clientOf(request))
    response.writeHead(isGood ? 200 : 400, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(
        isGood
          ? { access_token: randomUUID(), token_type: 'Bearer', expires_in: 3600, refresh_token: randomUUID() }
          : { error: 'invalid_grant' },
      ),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const codeFor = (authorizationUrl: URL) => {
    const code = `code-${randomUUID()}`
    codes.set(code, authorizationUrl.searchParams)
    return code
  }
  return {
    url: `http://${host}`,
    host,
    tokenRequests,
    codeFor,
    answerTo(authorizationUrl, more = {}) {
      const back = new URL(authorizationUrl.searchParams.get('redirect_uri') ?? '')
      const state = authorizationUrl.searchParams.get('state') ?? ''
      back.search = new URLSearchParams({ code: codeFor(authorizationUrl), state, ...more }).toString()
      return back
    },
    sendTokenRequestsTo(url) {
      elsewhere = url
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Enters the server as an app of the project's own. @param issuer Default: the app announces none. */
export async function enterApp(
  api: Api,
  { url }: Pick<AuthorizationServer, 'url'>,
  key: string,
  issuer?: { issuer: string; issuerRequired: boolean },
): Promise<Integration> {
  const scheme = {
    scheme: 'OAUTH2',
    label: 'Sign in',
    authorizationEndpoint: `${url}/authorize`,
    tokenEndpoint: `${url}/token`,
    ...issuer,
  }
  ok(await api.post('/api/v1/apps', { key, name: `App ${key}`, baseUrl: url, authSchemes: [scheme] }))
  return ok(
    await api.post<Integration>('/api/v1/integrations', { app: key, clientId: `client-${key}`, clientSecret: 'shh' }),
  )
}

/** RFC 6749 §2.3.1. */
function clientOf({ headers }: IncomingMessage): string {
  const [, basic = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? []
  return decodeURIComponent(Buffer.from(basic, 'base64').toString().split(':')[0] ?? '')
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
