/** An app of the operator's own, and its authorization server: a real one, written by others. */
import type { Integration, Project } from '../../packages/sdk/src/types.ts'
import {
  type OidcClient,
  type RunningOidcProvider,
  startOidcProvider,
} from '../../packages/server/src/oauth/testing/oidc-provider.ts'
import { freePort, startTestServer } from '../../packages/server/src/testing.ts'
import { type Api, apiOf, ok } from './api.ts'
import { type MovableClock, movableClock } from './clock.ts'

export interface OwnApp {
  api: Api
  integration: Integration
  provider: RunningOidcProvider
  client: Omit<OidcClient, 'redirectUris'>
  /** Moves our time, not theirs. */
  clock: MovableClock
  /** Starts the server anew, under the same address, on the data of another folder. The app knows nothing of it. */
  reopen(dataDir: string): Promise<Api>
  close(): Promise<void>
}

export const ownerOfAccount = { id: 'ada', name: 'Ada Example', email: 'ada@example.test' }

/** Characters that a secret may hold and that a wrong encoding would change (RFC 6749 §2.3.1). */
export const clientSecret = 'a secret: with+%/=&~'

export const returnUrl = 'https://yours.example/back'

/**
 * Does what an operator does: a project, the app, an integration with the client, and the redirect URI registered there.
 *
 * @param enteredSecret What the operator typed, if it is not the right one.
 * @param dataDir For a test that looks after the data itself.
 */
export async function setUpOwnApp(
  mode: Project['mode'],
  authMethod: OidcClient['authMethod'],
  enteredSecret = clientSecret,
  dataDir?: string,
): Promise<OwnApp> {
  const clock = movableClock()
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const environment = { PORT: String(await freePort()), HOLDFAST_ALLOW_PRIVATE_HOSTS: `127.0.0.1:${port}` }
  const start = (dataDir: string | undefined) =>
    startTestServer({ clock, loops: false, environment, ...(dataDir !== undefined && { dataDir }) })
  let server = await start(dataDir)
  const operator = apiOf(server, server.adminKey)
  const { apiKey } = ok(
    await operator.post<{ apiKey: string }>('/api/v1/projects', {
      name: `A ${mode} project`,
      mode,
      allowedRedirectUrls: [returnUrl],
    }),
  )
  const api = apiOf(server, apiKey)
  ok(await api.post('/api/v1/apps', definition(issuer, authMethod)))

  const client = {
    clientId: `client of ${authMethod}`,
    authMethod,
    ...(authMethod !== 'none' && { clientSecret }),
  }
  const integration = ok(
    await api.post<Integration>('/api/v1/integrations', {
      app: 'own-server',
      clientId: client.clientId,
      ...(authMethod !== 'none' && { clientSecret: enteredSecret }),
    }),
  )
  const provider = await startOidcProvider({
    port,
    person: ownerOfAccount,
    clients: [{ ...client, redirectUris: [integration.redirectUri] }],
  })
  return {
    api,
    integration,
    provider,
    client,
    clock,
    async reopen(dataDir) {
      await server.close()
      server = await start(dataDir)
      return apiOf(server, apiKey)
    },
    async close() {
      await server.close()
      await provider.close()
    },
  }
}

const definition = (issuer: string, tokenEndpointAuthMethod: OidcClient['authMethod']) => ({
  key: 'own-server',
  name: 'Own server',
  baseUrl: issuer,
  testCall: { url: '/me' },
  identity: { url: '/me', id: 'sub', name: 'name', email: 'email' },
  authSchemes: [
    {
      scheme: 'OAUTH2',
      label: 'Sign in',
      authorizationEndpoint: `${issuer}/auth`,
      tokenEndpoint: `${issuer}/token`,
      revocationEndpoint: `${issuer}/token/revocation`,
      issuer,
      issuerRequired: true,
      tokenEndpointAuthMethod,
      authorizationParams: { prompt: 'consent' },
      refresh: { rotates: true },
      scopes: { default: ['profile', 'email'], required: ['openid', 'offline_access'] },
    },
  ],
})
