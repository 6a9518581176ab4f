import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { AppDefinition, type OAuth2Scheme } from '@holdfast/catalog'
import { createEgress } from '../egress/index.ts'
import { Secret } from '../secret.ts'
import {
  AuthorizationError,
  authorizationUrl,
  identify,
  type OAuthProvider,
  readAuthorizationResponse,
  redeemCode,
  refreshTokens,
  revokeToken,
  TokenError,
  tryCredential,
} from './index.ts'
import { type OidcProviderOptions, type RunningOidcProvider, startOidcProvider } from './testing/oidc-provider.ts'

const redirectUri = 'http://127.0.0.1:4280/oauth/callback/int_1'
const secret = 'a secret+with/odd:characters%&=~'
const clients = [
  { clientId: 'basic-client', clientSecret: secret, authMethod: 'client_secret_basic', redirectUris: [redirectUri] },
  { clientId: 'post-client', clientSecret: secret, authMethod: 'client_secret_post', redirectUris: [redirectUri] },
  { clientId: 'public-client', clientSecret: undefined, authMethod: 'none', redirectUris: [redirectUri] },
] as const satisfies OidcProviderOptions['clients']
type Client = (typeof clients)[number]

const closing: (() => Promise<void>)[] = []
after(async () => {
  for (const close of closing) await close()
})

async function start(options: Partial<OidcProviderOptions> = {}): Promise<RunningOidcProvider> {
  const server = await startOidcProvider({
    clients: clients.map((client) => ({ ...client, redirectUris: [redirectUri] })),
    ...options,
  })
  closing.push(server.close)
  return server
}

/** The server as an operator would describe it. */
function providerFor(
  server: RunningOidcProvider,
  client: Client,
  clientSecret: string | undefined = client.clientSecret,
): OAuthProvider {
  const app = AppDefinition.parse({
    key: 'own-server',
    name: 'Own server',
    baseUrl: server.issuer,
    testCall: { url: '/me' },
    identity: { url: '/me', id: 'sub', name: 'name', email: 'email' },
    authSchemes: [
      {
        scheme: 'OAUTH2',
        label: 'OAuth',
        authorizationEndpoint: server.authorizationEndpoint,
        tokenEndpoint: server.tokenEndpoint,
        revocationEndpoint: server.revocationEndpoint,
        issuer: server.issuer,
        issuerRequired: true,
        tokenEndpointAuthMethod: client.authMethod,
        authorizationParams: { prompt: 'consent' },
        scopes: { required: ['openid', 'offline_access'] },
      },
    ],
  })
  const egress = createEgress({ allowPrivateHosts: [server.host] })
  closing.push(egress.close)
  return {
    app,
    scheme: app.authSchemes[0] as OAuth2Scheme,
    values: {},
    resolve: (url) => url,
    fetch: egress.fetch,
    client: { clientId: client.clientId, clientSecret: clientSecret === undefined ? null : new Secret(clientSecret) },
  }
}

async function approved(server: RunningOidcProvider, provider: OAuthProvider) {
  const codeVerifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const url = authorizationUrl(provider, { redirectUri, state, codeVerifier, scopes: ['profile', 'email'] })
  const callback = await server.approve(url)
  assert.equal(callback.origin + callback.pathname, redirectUri)
  assert.equal(callback.searchParams.get('state'), state)
  return { ...readAuthorizationResponse(provider, callback.searchParams), redirectUri, codeVerifier }
}

const kindOf = (call: Promise<unknown>) =>
  call.then(
    () => assert.fail('it worked'),
    (error: unknown) => {
      assert.ok(error instanceof TokenError, String(error))
      assert.doesNotMatch(error.message, /odd:characters/)
      return error.kind
    },
  )

describe('against a real authorization server', () => {
  for (const client of clients)
    it(`a ${client.authMethod} client connects, is known, refreshes three times and revokes`, async () => {
      const server = await start()
      const provider = providerFor(server, client)
      const first = await redeemCode(provider, await approved(server, provider))
      assert.equal(first.tokenType, 'Bearer')
      assert.equal(first.expiresInSeconds, 3600)
      assert.deepEqual(first.scopes?.toSorted(), ['email', 'offline_access', 'openid', 'profile'])
      assert.ok(first.idToken)

      const connected = { ...provider, values: { access_token: first.accessToken.reveal() } }
      assert.deepEqual(await identify(connected), {
        id: 'person-1',
        name: 'Ada Example',
        email: 'ada@example.test',
        avatar: null,
      })
      assert.equal(await tryCredential(connected), 'accepted')
      assert.equal(await tryCredential({ ...provider, values: { access_token: 'invalid' } }), 'refused')

      const refreshTokensSeen = [first.refreshToken]
      for (let round = 0; round < 3; round++) {
        const next = await refreshTokens(provider, refreshTokensSeen.at(-1)!)
        assert.equal(
          await tryCredential({ ...provider, values: { access_token: next.accessToken.reveal() } }),
          'accepted',
        )
        refreshTokensSeen.push(next.refreshToken)
      }
      assert.equal(new Set(refreshTokensSeen.map((token) => token?.reveal())).size, 4)

      const last = refreshTokensSeen.at(-1)!
      assert.equal(await revokeToken(provider, last, 'refresh_token'), 'revoked')
      assert.equal(await revokeToken(provider, new Secret('never issued'), 'refresh_token'), 'revoked')
      assert.equal(await kindOf(refreshTokens(provider, last)), 'grant_lost')
    })

  it('a retired refresh token ends the grant, the current one with it', async () => {
    const server = await start()
    const provider = providerFor(server, clients[0])
    const first = await redeemCode(provider, await approved(server, provider))
    const second = await refreshTokens(provider, first.refreshToken!)
    assert.equal(await kindOf(refreshTokens(provider, first.refreshToken!)), 'grant_lost')
    assert.equal(await kindOf(refreshTokens(provider, second.refreshToken!)), 'grant_lost')
  })

  it('a server that does not rotate lets the first refresh token live', async () => {
    const server = await start({ rotateRefreshTokens: false })
    const provider = providerFor(server, clients[1])
    const first = await redeemCode(provider, await approved(server, provider))
    for (let round = 0; round < 2; round++) await refreshTokens(provider, first.refreshToken!)
  })

  it('a wrong secret is the fault of the client, not of the grant', async () => {
    const server = await start()
    for (const client of [clients[0], clients[1]]) {
      const good = providerFor(server, client)
      const tokens = await redeemCode(good, await approved(server, good))
      const wrong = providerFor(server, client, 'a wrong secret')
      assert.equal(await kindOf(refreshTokens(wrong, tokens.refreshToken!)), 'client_rejected')
      await refreshTokens(good, tokens.refreshToken!)
    }
  })

  it('a code works once, with its own verifier and redirect URI', async () => {
    const server = await start()
    const provider = providerFor(server, clients[0])
    const request = await approved(server, provider)
    await redeemCode(provider, request)
    assert.equal(await kindOf(redeemCode(provider, request)), 'grant_lost')
    assert.equal(
      await kindOf(redeemCode(provider, { ...(await approved(server, provider)), codeVerifier: 'x'.repeat(43) })),
      'grant_lost',
    )
    assert.equal(
      await kindOf(redeemCode(provider, { ...(await approved(server, provider)), redirectUri: `${redirectUri}2` })),
      'grant_lost',
    )
  })

  it('a person who says no is told apart, and so is an answer of another server', async () => {
    const server = await start()
    const other = await start()
    const provider = providerFor(server, clients[0])
    const url = authorizationUrl(provider, { redirectUri, state: 's', codeVerifier: 'v'.repeat(43), scopes: [] })
    const callback = await server.deny(url)
    const kind = (kind: AuthorizationError['kind']) => (error: unknown) =>
      error instanceof AuthorizationError && error.kind === kind
    assert.throws(() => readAuthorizationResponse(provider, callback.searchParams), kind('denied'))
    assert.throws(
      () => readAuthorizationResponse(providerFor(other, clients[0]), callback.searchParams),
      kind('issuer_mismatch'),
    )
  })
})
