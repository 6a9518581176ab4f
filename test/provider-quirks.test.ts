/** The engine's client and the simulator read one definition: what the one sends, the other must want, quirk by quirk. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppDefinition, type AppDefinitionInput, type OAuth2Scheme } from '@holdfast/catalog'
import { createMemoryRecords, createSimulator } from '@holdfast/simulator'
import {
  authorizationUrl,
  identify,
  learnByCalls,
  readAuthorizationResponse,
  redeemCode,
  refreshTokens,
} from '../packages/server/src/oauth/index.ts'
import type { OAuthProvider } from '../packages/server/src/oauth/types.ts'
import { Secret } from '../packages/server/src/secret.ts'

type SchemeInput = Partial<Extract<AppDefinitionInput['authSchemes'][number], { scheme: 'OAUTH2' }>>

const baseUrl = 'http://127.0.0.1:4280'
const redirectUri = `${baseUrl}/oauth/callback/int_1`
const codeVerifier = 'v'.repeat(64)
const client = { clientId: 'ready', clientSecret: 'ready-secret' }

function providerOf(scheme: SchemeInput, more: Partial<AppDefinitionInput> = {}): OAuthProvider {
  const app = AppDefinition.parse({
    key: 'acme',
    name: 'Acme',
    baseUrl: 'https://api.acme.test/v1',
    identity: { url: '/me', id: 'id' },
    ...more,
    authSchemes: [
      {
        scheme: 'OAUTH2',
        label: 'Sign in',
        authorizationEndpoint: 'https://acme.test/authorize',
        tokenEndpoint: 'https://acme.test/token',
        ...scheme,
      },
    ],
  })
  const clock = { now: () => new Date('2026-03-01T00:00:00Z'), sleep: async () => {} }
  const simulator = createSimulator({
    findApp: async () => app,
    records: createMemoryRecords(clock.now),
    clock,
    baseUrl,
    readyClient: client,
  })
  return {
    app,
    scheme: app.authSchemes[0] as OAuth2Scheme,
    values: { app_name: 'Holdfast', client_id: client.clientId },
    client: { clientId: client.clientId, clientSecret: new Secret(client.clientSecret) },
    now: clock.now,
    resolve: (url) => simulator.resolve('prj_1', app.key, url),
    fetch: (url, { method = 'GET', headers = {}, body } = {}) =>
      simulator.fetch(new Request(url, { method, headers, ...(body !== undefined && { body }), redirect: 'manual' })),
  }
}

const quirks: Record<string, { scheme: SchemeInput; app?: Partial<AppDefinitionInput> }> = {
  'nothing but the RFCs': { scheme: {} },
  'other parameter names': {
    scheme: {
      tokenEndpointAuthMethod: 'client_secret_post',
      parameterNames: {
        clientId: 'app_id',
        tokenClientId: 'corpid',
        clientSecret: 'secret',
        redirectUri: 'redirect_url',
        scope: 'perms',
        code: 'auth_code',
        tokenCode: 'auth_code',
      },
    },
  },
  'a token request by GET': {
    scheme: { tokenRequestMethod: 'GET', tokenEndpointAuthMethod: 'client_secret_post' },
  },
  'a JSON token request, nested tokens and an error mark': {
    scheme: {
      tokenRequestFormat: 'json',
      tokenResponse: { accessToken: 'body.token', refreshToken: 'body.refresh', expiresIn: 'body.expires' },
    },
    app: { successField: 'status', successValue: 0 },
  },
  'a time of expiry': { scheme: { tokenResponse: { expiresAt: 'expires_at' } } },
  'scopes with commas, and some in another parameter': {
    scheme: { scopeSeparator: ',', scopes: { params: ['user_scope'], required: ['user_scope=search:read'] } },
  },
  'a page behind a fragment': {
    scheme: { authorizationEndpoint: 'https://acme.test/', authorizationFragment: '#/oauth/authorize' },
  },
  'a host and a tenant in the callback': {
    scheme: {
      tokenEndpoint: 'https://{shard}.acme.test/token',
      tokenParams: { context: 'stores/{store}' },
      learnedParams: [
        {
          name: 'shard',
          role: 'hostLabel',
          from: 'callback',
          path: 'referer',
          extract: '^([a-z0-9]{2,8})\\.acme\\.test$',
        },
        {
          name: 'store',
          role: 'path',
          from: 'callback',
          path: 'context',
          extract: '^stores/([a-z0-9]{3,9})$',
          pattern: '^[a-z0-9]{3,9}$',
        },
      ],
      callbackKeep: ['realm_id'],
      callbackScopes: 'granted',
    },
  },
  'an API host in the answer and a tenant by a call': {
    scheme: {
      baseUrl: 'https://{api_host}/v2/{tenant}',
      identity: { url: 'https://acme.test/userinfo', id: 'sub' },
      learnedParams: [
        {
          name: 'api_host',
          role: 'host',
          from: 'tokenResponse',
          path: 'api_url',
          pattern: '^[a-z0-9]{3,9}\\.acme\\.test$',
        },
        {
          name: 'tenant',
          role: 'path',
          from: 'call',
          call: { url: 'https://acme.test/tenants' },
          path: '0.id',
          pattern: '^[0-9a-f]{8}$',
        },
      ],
    },
  },
  'a long-lived token that renews itself': {
    scheme: {
      longLivedExchange: {
        url: 'https://graph.acme.test/access_token',
        params: { grant_type: 'long', client_secret: '{client_secret}', short: '{access_token}' },
      },
      refreshEndpoint: 'https://graph.acme.test/refresh',
      refreshRequest: { method: 'GET', grantType: 'again', sends: 'access_token', authenticatesClient: false },
    },
  },
  'an exchange at the very token endpoint, which renews as well': {
    scheme: {
      tokenEndpointAuthMethod: 'client_secret_post',
      longLivedExchange: {
        method: 'POST',
        url: 'https://acme.test/token',
        params: {
          grant_type: 'long',
          client_id: '{client_id}',
          client_secret: '{client_secret}',
          long_token: '{access_token}',
        },
      },
      refreshRequest: { grantType: 'long', sends: 'access_token', tokenParam: 'long_token' },
    },
  },
  'a refresh elsewhere, with parameters of its own': {
    scheme: {
      refreshEndpoint: 'https://acme.test/refresh?refresh',
      refreshParams: { action: 'requesttoken' },
      tokenParams: { action: 'requesttoken' },
      refresh: { rotates: true },
    },
  },
}

for (const [name, { scheme, app }] of Object.entries(quirks))
  test(`a flow goes through with ${name}`, async () => {
    const provider = providerOf(scheme, app)
    const url = authorizationUrl(provider, { redirectUri, state: 's-1', codeVerifier, scopes: ['read', 'write'] })
    url.searchParams.set('simulator', 'approve')
    const back = await provider.fetch(url)
    assert.equal(back.status, 302, await back.text())
    const callback = new URL(back.headers.get('location') ?? '').searchParams
    const authorization = readAuthorizationResponse(provider, callback)
    const first = await redeemCode(provider, { ...authorization, redirectUri, codeVerifier })
    assert.equal(first.expiresInSeconds, 3600)
    assert.ok(first.scopes?.includes('read'))

    const values = { ...provider.values, ...first.learned, access_token: first.accessToken.reveal() }
    const connected = { ...provider, values: { ...values, ...(await learnByCalls({ ...provider, values })) } }
    assert.match((await identify(connected))?.id ?? '', /^sim-person-1/)

    const refreshToken = first.refreshToken ?? assert.fail('there is nothing to renew with')
    const renewed = await refreshTokens(connected, new Secret(refreshToken.reveal()))
    assert.notEqual(renewed.accessToken.reveal(), first.accessToken.reveal())
    const again = { ...connected, values: { ...connected.values, access_token: renewed.accessToken.reveal() } }
    assert.match((await identify(again))?.id ?? '', /^sim-person-1/)
  })
