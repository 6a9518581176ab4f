/** Servers that give tokens to machines, as small as can be: a JWT is verified by `jose`, a login by its password. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jwtVerify } from 'jose'

export interface TokenServers {
  origin: string
  /** `host:port` */
  host: string
  /** PEM, PKCS#8. */
  privateKey: string
  /** PEM, PKCS#1. */
  oldPrivateKey: string
  password: string
  sharedSecretHex: string
  /** Token calls so far, by path. */
  calls: Record<string, number>
  /** While set, token calls are answered with this status. */
  failWith: number | undefined
  close(): Promise<void>
}

/**
 * `/assertion`: RFC 7523. `/installations/7/tokens`: a JWT as bearer, an ISO date of expiry, status 201. `/login`: JSON with
 * Basic and a nested body, the token at `session.token`. `/api/me` and `/jwt/me`: whoever has a token, or a JWT.
 */
export async function startTokenServers(lifetimeSeconds = 600): Promise<TokenServers> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const sharedSecretHex = '00ff10a5'.repeat(8)
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const origin = `http://${host}`
  const issued = new Set<string>()
  const self: TokenServers = {
    origin,
    host,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    oldPrivateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    password: 'pass: "word" ä',
    sharedSecretHex,
    calls: {},
    failWith: undefined,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const token = () => {
    const text = `token-${issued.size + 1}`
    issued.add(text)
    return text
  }
  const verified = (jwt: string, aud: string) =>
    jwtVerify(jwt, publicKey, { audience: aud, algorithms: ['RS256'], requiredClaims: ['iss', 'exp', 'iat'] })

  const answers: Record<string, (request: IncomingMessage, body: string) => Promise<[number, unknown]>> = {
    async '/assertion'(_request, body) {
      const form = new URLSearchParams(body)
      if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
        return [400, { error: 'unsupported_grant_type' }]
      const { payload } = await verified(form.get('assertion') ?? '', `${origin}/assertion`)
      return [
        200,
        {
          access_token: token(),
          expires_in: lifetimeSeconds,
          token_type: 'Bearer',
          sub: payload.sub,
          scope: payload.scope,
        },
      ]
    },
    async '/installations/7/tokens'(request) {
      await verified((request.headers.authorization ?? '').replace('Bearer ', ''), 'installations')
      return [201, { token: token(), expires_at: new Date(Date.now() + lifetimeSeconds * 1000).toISOString() }]
    },
    async '/login'(request, body) {
      const basic = Buffer.from(`app:${self.password}`).toString('base64')
      const { site } = JSON.parse(body) as { site?: { url?: string } }
      if (request.headers.authorization !== `Basic ${basic}` || site?.url !== '')
        return [401, { message: 'wrong password' }]
      return [200, { session: { token: token() }, site: { id: 'site-9' } }]
    },
    async '/api/me'(request) {
      const given = (request.headers.authorization ?? '').replace('Bearer ', '')
      return issued.has(given) ? [200, { id: 'robot-1', name: 'Robot' }] : [401, { error: 'invalid_token' }]
    },
    async '/jwt/me'(request) {
      const given = (request.headers.authorization ?? '').replace('Ghost ', '')
      const { payload, protectedHeader } = await jwtVerify(given, Buffer.from(sharedSecretHex, 'hex'), {
        audience: '/admin/',
      })
      return [200, { id: `${protectedHeader.kid}:${payload.aud}` }]
    },
  }

  server.on('request', async (request, response) => {
    const path = new URL(request.url ?? '/', origin).pathname
    self.calls[path] = (self.calls[path] ?? 0) + 1
    let body = ''
    for await (const chunk of request) body += chunk
    const isToken = !path.endsWith('/me')
    const answer =
      isToken && self.failWith !== undefined
        ? ([self.failWith, { error: 'temporarily_unavailable' }] as const)
        : await (answers[path]?.(request, body) ?? Promise.resolve([404, {}] as const)).catch(
            (error: Error) => [400, { error: 'invalid_grant', error_description: error.message }] as const,
          )
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(JSON.stringify(answer[1]))
  })
  return self
}
