/**
 * An authorization server that does as it is told: it waits, loses answers, refuses, rotates and counts. It lives in the
 * test's process, so it remembers what it did for a server that was killed.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Integration } from '../../packages/sdk/src/types.ts'
import { type Api, ok } from './api.ts'

/** What becomes of one token request. Without anything: tokens, at once. */
export interface Reaction {
  /** The answer waits for this. The request is carried out when it arrives, or `late`, when the answer leaves. */
  hold?: Promise<unknown>
  late?: boolean
  delayMs?: number
  /** `answer`: carried out, then the connection is cut. `request`: cut before anything happened. */
  lose?: 'answer' | 'request'
  /** Instead of tokens; nothing is carried out. A text is sent as HTML. */
  refuse?: { status: number; body: unknown; headers?: Record<string, string> }
  /** Changes the token answer. A field that is undefined is left out. */
  alter?: (fields: TokenFields, grant: Grant) => Record<string, unknown>
}

export type TokenFields = Record<string, unknown> & { access_token: string }

/** The provider's side of one account. */
export interface Grant {
  accessToken: string
  refreshToken: string
  /** Retired refresh tokens, and when. */
  retired: Map<string, number>
  /** Refresh requests that arrived with one of its tokens, answered or not. */
  calls: number
  /** Requests with a retired token after the grace period. A real server ends the grant for it, and so does this one. */
  reuses: number
  isRevoked: boolean
  /** For its next requests, in order. */
  next: Reaction[]
}

export interface ScriptedProvider {
  url: string
  /** `host:port`, for HOLDFAST_ALLOW_PRIVATE_HOSTS. */
  host: string
  grants: Grant[]
  /** Refresh requests of all grants. */
  calls(): number
  /** What every request gets that has no reaction of its own. */
  always(reaction: Reaction): void
  newGrant(...next: Reaction[]): Grant
  grantOf(accessToken: string): Grant | undefined
  /** Resolves when the grant has had so many refresh requests. */
  called(grant: Grant, times?: number): Promise<void>
  /** Tokens that were given back (RFC 7009). */
  revoked: string[]
  close(): Promise<void>
}

export interface ProviderHabits {
  /** Each refresh gives a new refresh token. Default true. */
  rotates?: boolean
  /** How long a retired refresh token is still taken. */
  graceSeconds?: number
  /** Default 3600. */
  accessTokenSeconds?: number
}

export async function startScriptedProvider({
  rotates = true,
  graceSeconds = 0,
  accessTokenSeconds = 3600,
}: ProviderHabits = {}): Promise<ScriptedProvider> {
  const grants: Grant[] = []
  const byToken = new Map<string, Grant>()
  const revoked: string[] = []
  const watchers = new Set<() => void>()
  let standing: Reaction = {}
  let count = 0

  const issue = (grant: Grant, withRefreshToken: boolean): TokenFields => {
    count++
    if (withRefreshToken) {
      if (grant.refreshToken) grant.retired.set(grant.refreshToken, Date.now())
      grant.refreshToken = `refresh-${count}`
      byToken.set(grant.refreshToken, grant)
    }
    grant.accessToken = `access-${count}`
    byToken.set(grant.accessToken, grant)
    return {
      access_token: grant.accessToken,
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      ...(withRefreshToken && { refresh_token: grant.refreshToken }),
    }
  }

  const newGrant = (...next: Reaction[]): Grant => {
    const grant: Grant = {
      accessToken: '',
      refreshToken: '',
      retired: new Map(),
      calls: 0,
      reuses: 0,
      isRevoked: false,
      next,
    }
    issue(grant, true)
    grants.push(grant)
    return grant
  }

  const invalidGrant = { status: 400, body: { error: 'invalid_grant', error_description: 'The grant is gone.' } }

  /** Carries a refresh out. */
  function refresh(grant: Grant, sent: string): { status: number; body: unknown } {
    const retiredAt = grant.retired.get(sent)
    if (retiredAt !== undefined && Date.now() - retiredAt >= graceSeconds * 1000) {
      grant.reuses++
      grant.isRevoked = true
    }
    if (grant.isRevoked) return invalidGrant
    return { status: 200, body: issue(grant, rotates) }
  }

  async function answerToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await textOf(request))
    if (form.get('grant_type') === 'authorization_code') {
      const grant = newGrant()
      return send(response, 200, tokenFieldsOf(grant, accessTokenSeconds))
    }
    const sent = form.get('refresh_token') ?? ''
    const grant = byToken.get(sent)
    if (!grant) return send(response, invalidGrant.status, invalidGrant.body)
    grant.calls++
    for (const look of watchers) look()
    const reaction = { ...standing, ...grant.next.shift() }
    const early = reaction.late || reaction.refuse || reaction.lose === 'request' ? undefined : refresh(grant, sent)
    await reaction.hold
    if (reaction.delayMs) await new Promise((resolve) => setTimeout(resolve, reaction.delayMs))
    if (reaction.lose === 'request') return void request.socket.destroy()
    if (reaction.refuse) return send(response, reaction.refuse.status, reaction.refuse.body, reaction.refuse.headers)
    const { status, body } = early ?? refresh(grant, sent)
    if (reaction.lose === 'answer') return void request.socket.destroy()
    const altered = status === 200 && reaction.alter ? reaction.alter(body as TokenFields, grant) : body
    send(response, status, altered)
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://provider')
    if (url.pathname === '/token') answerToken(request, response).catch(() => request.socket.destroy())
    else if (url.pathname === '/authorize') {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('code', `code-${++count}`)
      back.searchParams.set('state', url.searchParams.get('state') ?? '')
      response.writeHead(302, { location: back.href }).end()
    } else if (url.pathname === '/revoke') {
      textOf(request).then((text) => {
        revoked.push(new URLSearchParams(text).get('token') ?? '')
        send(response, 200, {})
      })
    } else send(response, 404, {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${host}`,
    host,
    grants,
    calls: () => grants.reduce((sum, grant) => sum + grant.calls, 0),
    always(reaction) {
      standing = reaction
    },
    newGrant,
    grantOf: (accessToken) => byToken.get(accessToken.replace(/^Bearer /, '')),
    called: (grant, times = 1) =>
      new Promise((resolve) => {
        const look = () => {
          if (grant.calls < times) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    revoked,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const tokenFieldsOf = (grant: Grant, expiresIn: number) => ({
  access_token: grant.accessToken,
  refresh_token: grant.refreshToken,
  token_type: 'Bearer',
  expires_in: expiresIn,
})

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json', ...headers })
  response.end(isText ? body : JSON.stringify(body))
}

/** What the operator enters for it. */
export interface ProviderEntry {
  key: string
  rotates?: boolean | 'unknown'
  graceSeconds?: number
  revocation?: boolean
}

/** Makes an app and an integration for the provider, as an operator would. */
export async function register(
  api: Api,
  provider: Pick<ScriptedProvider, 'url'>,
  { key, rotates = true, graceSeconds = 0, revocation = false }: ProviderEntry,
): Promise<Integration> {
  ok(
    await api.post('/api/v1/apps', {
      key,
      name: `App ${key}`,
      baseUrl: provider.url,
      authSchemes: [
        {
          scheme: 'OAUTH2',
          label: 'Sign in',
          authorizationEndpoint: `${provider.url}/authorize`,
          tokenEndpoint: `${provider.url}/token`,
          ...(revocation && { revocationEndpoint: `${provider.url}/revoke` }),
          refresh: { rotates, graceSeconds },
        },
      ],
    }),
  )
  return ok(
    await api.post<Integration>('/api/v1/integrations', {
      app: key,
      clientId: 'client',
      clientSecret: 'client-secret',
    }),
  )
}

/** Brings grants into the server, at most 100 at once. @returns The account ids, in order. */
export async function importGrants(
  api: Api,
  integrationId: string,
  grants: readonly Grant[],
  more: Record<string, unknown> = {},
): Promise<string[]> {
  const items = grants.map(({ accessToken, refreshToken }, index) => ({
    integrationId,
    entityId: `entity-${index}`,
    accessToken,
    refreshToken,
    expiresIn: 3600,
    ...more,
  }))
  const answer = ok(
    await api.post<{ items: { connectedAccountId: string }[] }>('/api/v1/connectedAccounts/import', { items }),
  )
  return answer.items.map((item) => item.connectedAccountId)
}

/** A promise, and what resolves it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}
