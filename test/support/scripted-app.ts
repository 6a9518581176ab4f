/** An app whose every answer the test decides: OAuth, identity and revocation on one port, for a live project. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Integration, Project } from '../../packages/sdk/src/types.ts'
import { freePort, startTestServer, type TestServer } from '../../packages/server/src/testing.ts'
import { type Api, apiOf, ok } from './api.ts'
import { type MovableClock, movableClock } from './clock.ts'

export interface ScriptedAnswer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

export interface ScriptedApp {
  api: Api
  apiKey: string
  /** Of the app, for another server that shall reach it. */
  host: string
  server: TestServer
  project: Project
  integration: Integration
  clock: MovableClock
  /** What each endpoint answers next; may be replaced at any time. */
  answers: {
    token: (form: URLSearchParams) => ScriptedAnswer | Promise<ScriptedAnswer>
    me: (token: string) => ScriptedAnswer
    revoke: (form: URLSearchParams) => ScriptedAnswer
  }
  /** Forms that arrived, in order. */
  seen: { token: URLSearchParams[]; revoke: URLSearchParams[] }
  close(): Promise<void>
}

let count = 0

/** @param changes To the app's one auth scheme. */
export async function startScriptedApp(
  changes: Record<string, unknown> = {},
  options: Parameters<typeof startTestServer>[0] = {},
): Promise<ScriptedApp> {
  const clock = movableClock()
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const answers: ScriptedApp['answers'] = {
    token: () => {
      count++
      return { status: 200, body: tokens(count) }
    },
    me: () => ({ status: 200, body: { id: 'ada', name: 'Ada Example', email: 'ada@example.test' } }),
    revoke: () => ({ status: 200 }),
  }
  const seen: ScriptedApp['seen'] = { token: [], revoke: [] }
  const upstream = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => upstream.listen(port, '127.0.0.1', resolve))

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', issuer)
    const form = new URLSearchParams(await textOf(request))
    if (url.pathname === '/authorize') {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('code', `code-${++count}`)
      back.searchParams.set('state', url.searchParams.get('state') ?? '')
      response.writeHead(302, { location: back.href }).end()
      return
    }
    if (url.pathname === '/token') seen.token.push(form)
    if (url.pathname === '/revoke') seen.revoke.push(form)
    const bearer = (request.headers.authorization ?? '').replace('Bearer ', '')
    const { status, body, headers } =
      url.pathname === '/token'
        ? await answers.token(form)
        : url.pathname === '/revoke'
          ? answers.revoke(form)
          : answers.me(bearer)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body === undefined ? '' : JSON.stringify(body))
  }

  const server = await startTestServer({
    clock,
    ...options,
    environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: `127.0.0.1:${port}`, ...options.environment },
  })
  const operator = apiOf(server, server.adminKey)
  const made = ok(
    await operator.post<Project & { apiKey: string }>('/api/v1/projects', { name: 'Scripted', mode: 'live' }),
  )
  const api = apiOf(server, made.apiKey)
  ok(await api.post('/api/v1/apps', definition(issuer, changes)))
  const integration = ok(
    await api.post<Integration>('/api/v1/integrations', { app: 'scripted', clientId: 'us', clientSecret: 'hush' }),
  )
  return {
    api,
    apiKey: made.apiKey,
    host: `127.0.0.1:${port}`,
    server,
    project: made,
    integration,
    clock,
    answers,
    seen,
    async close() {
      await server.close()
      upstream.closeAllConnections()
      await new Promise((resolve) => upstream.close(resolve))
    },
  }
}

export const tokens = (number: number, more: Record<string, unknown> = {}) => ({
  access_token: `access-${number}`,
  refresh_token: `refresh-${number}`,
  token_type: 'Bearer',
  expires_in: 3600,
  ...more,
})

const definition = (issuer: string, changes: Record<string, unknown>) => ({
  key: 'scripted',
  name: 'Scripted',
  baseUrl: issuer,
  testCall: { url: '/me' },
  identity: { url: '/me', id: 'id', name: 'name', email: 'email' },
  authSchemes: [
    {
      scheme: 'OAUTH2',
      label: 'Sign in',
      authorizationEndpoint: `${issuer}/authorize`,
      tokenEndpoint: `${issuer}/token`,
      revocationEndpoint: `${issuer}/revoke`,
      scopes: { default: ['read', 'write'] },
      ...changes,
    },
    {
      scheme: 'API_KEY',
      label: 'Key',
      params: [
        { name: 'key', label: 'Key', help: 'The key.', role: 'credential', secret: true },
        { name: 'tenant', label: 'Tenant', help: 'The tenant.', role: 'value', required: false },
      ],
      send: [{ in: 'header', name: 'Authorization', value: 'Bearer {key}' }],
    },
  ],
})

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
