/** The schemes beyond keys and plain OAuth 2: what a definition of them may not say, and that no value leaves its place. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkParams } from './expected-params.ts'
import { definitionProblems } from './problems.ts'
import { AppDefinition, type AppDefinitionInput, endpointsOf, insecureUrls } from './schema.ts'
import { renderUrl } from './template.ts'
import { hostileValues } from './testing.ts'

type Json = Record<string, unknown>

const credential = (name: string, more: Json = {}): Json => ({ name, label: name, role: 'credential', ...more })
const host: Json = { name: 'tenant', label: 'Tenant', role: 'hostLabel' }

const oauth2: Json = {
  scheme: 'OAUTH2',
  label: 'Sign in',
  authorizationEndpoint: 'https://acme.test/authorize',
  tokenEndpoint: 'https://acme.test/token',
}
const clientCredentials: Json = {
  scheme: 'S2S_OAUTH2',
  label: 'Client',
  params: [credential('client_id'), credential('client_secret'), host],
  tokenEndpoint: 'https://{tenant}.acme.test/token',
}
const login: Json = {
  scheme: 'BASIC_WITH_JWT',
  label: 'Login',
  params: [credential('username'), credential('password'), host],
  login: { url: 'https://{tenant}.acme.test/login', body: { user: '{username}', secret: ['{password}'] } },
}
const serviceAccount: Json = {
  scheme: 'SERVICE_ACCOUNT',
  label: 'Key pair',
  params: [credential('private_key'), host],
  assertion: { claims: { aud: 'https://{tenant}.acme.test' } },
  tokenRequest: { url: 'https://{tenant}.acme.test/token', body: { assertion: '{jwt}' } },
}
const keyFile: Json = {
  scheme: 'GOOGLE_SERVICE_ACCOUNT',
  label: 'Key file',
  params: [credential('credentials_json'), host],
  tokenEndpoint: 'https://{tenant}.acme.test/token',
}
const machines = [clientCredentials, login, serviceAccount, keyFile]

const app = (...authSchemes: Json[]): Json => ({
  key: 'acme',
  name: 'Acme',
  baseUrl: 'https://api.acme.test',
  authSchemes,
})
const learned = (more: Json) => ({ name: 'shard', role: 'hostLabel', from: 'callback', path: 'shard', ...more })

/** What is wrong, the definition, where, and what would be right. */
const refused: [string, Json, string, RegExp][] = [
  ['an unknown scheme', app({ scheme: 'MAGIC', label: 'x' }), 'authSchemes.0.scheme', /OAUTH2.*S2S_OAUTH2/],
  [
    'state as an authorization parameter',
    app({ ...oauth2, authorizationParams: { state: 'x' } }),
    'authSchemes.0.authorizationParams.state',
    /set by the server/,
  ],
  [
    'the client id under its own name as an authorization parameter',
    app({ ...oauth2, parameterNames: { clientId: 'app_id' }, authorizationParams: { app_id: 'x' } }),
    'authSchemes.0.authorizationParams.app_id',
    /set by the server/,
  ],
  [
    'the code under its own name as a token parameter',
    app({ ...oauth2, parameterNames: { tokenCode: 'auth_code' }, tokenParams: { auth_code: 'x' } }),
    'authSchemes.0.tokenParams.auth_code',
    /set by the server/,
  ],
  [
    'the token under its own name as a refresh parameter',
    app({ ...oauth2, refreshRequest: { tokenParam: 'old' }, refreshParams: { old: 'x' } }),
    'authSchemes.0.refreshParams.old',
    /set by the server/,
  ],
  [
    'a parameter that asks for scopes as a fixed one',
    app({ ...oauth2, scopes: { params: ['user_scope'] }, authorizationParams: { user_scope: 'x' } }),
    'authSchemes.0.authorizationParams.user_scope',
    /set by the server/,
  ],
  [
    'the state as a thing to keep',
    app({ ...oauth2, callbackKeep: ['state'] }),
    'authSchemes.0.callbackKeep.0',
    /not kept/,
  ],
  [
    'the client secret outside of the long-lived exchange',
    app({
      ...oauth2,
      tokenParams: { s: '{client_secret}' },
      longLivedExchange: { url: 'https://acme.test/x', params: {} },
    }),
    'authSchemes.0.tokenParams.s',
    /no param/,
  ],
  [
    'a value of the callback before there is one',
    app({ ...oauth2, authorizationEndpoint: 'https://{shard}.acme.test/', learnedParams: [learned({})] }),
    'authSchemes.0.authorizationEndpoint',
    /not known yet/,
  ],
  [
    'a value of the token answer in the token endpoint',
    app({
      ...oauth2,
      tokenEndpoint: 'https://{shard}.acme.test/',
      learnedParams: [learned({ from: 'tokenResponse' })],
    }),
    'authSchemes.0.tokenEndpoint',
    /not known yet/,
  ],
  [
    'an expression with two groups',
    app({ ...oauth2, learnedParams: [learned({ extract: '^(a)(b)$' })] }),
    'authSchemes.0.learnedParams.0.extract',
    /one group/,
  ],
  [
    'a callback where there is none',
    app({ ...clientCredentials, learnedParams: [learned({})] }),
    'authSchemes.0.learnedParams.0.from',
    /no callback/,
  ],
  [
    'a secret of the operator in the address of the consent page',
    app({ ...oauth2, integrationParams: [credential('token')], authorizationParams: { t: '{token}' } }),
    'authSchemes.0.authorizationParams.t',
    /browser would see/,
  ],
  [
    'the grant type as a parameter',
    app({ ...clientCredentials, tokenParams: { grant_type: 'x' } }),
    'authSchemes.0.tokenParams.grant_type',
    /set by the server/,
  ],
  [
    'a client made of an unknown name',
    app({ ...clientCredentials, client: { id: '{nobody}', secret: 'x' } }),
    'authSchemes.0.client.id',
    /no param/,
  ],
  [
    'an unknown name deep in a body',
    app({ ...login, login: { url: 'https://acme.test/', body: { a: [{ b: '{nobody}' }] } } }),
    'authSchemes.0.login.body.a.0.b',
    /no param/,
  ],
  [
    'a forbidden header of a login',
    app({ ...login, login: { url: 'https://acme.test/', headers: { Host: 'x' } } }),
    'authSchemes.0.login.headers.Host',
    /sets itself/,
  ],
  [
    'a JWT in a login',
    app({ ...login, login: { url: 'https://acme.test/', body: { a: '{jwt}' } } }),
    'authSchemes.0.login.body.a',
    /no param/,
  ],
  [
    'a key that is no param',
    app({ ...serviceAccount, assertion: { key: 'other' } }),
    'authSchemes.0.assertion.key',
    /no param/,
  ],
  ['a key file that is no param', app({ ...keyFile, keyFile: 'other' }), 'authSchemes.0.keyFile', /no param/],
  [
    'a param called like a built-in name',
    app({ ...serviceAccount, params: [credential('private_key'), credential('jwt'), host] }),
    'authSchemes.0.params.1.name',
    /already/,
  ],
  [
    'a param that is no host in a host',
    app({ ...keyFile, tokenEndpoint: 'https://{credentials_json}.acme.test/' }),
    'authSchemes.0.tokenEndpoint',
    /hostLabel or host/,
  ],
  [
    'a host label with no domain behind it',
    app({ ...keyFile, tokenEndpoint: 'https://{tenant}/token' }),
    'authSchemes.0.tokenEndpoint',
    /domain of the app/,
  ],
  ['a success value that is none', { ...app(oauth2), successField: 'ok', successValue: [] }, 'successValue', /.+/],
]

describe('a definition', () => {
  for (const [what, definition, path, message] of refused)
    it(`with ${what} is refused, and the field named`, () => {
      const { error } = AppDefinition.safeParse(definition)
      assert.ok(error, 'accepted')
      const problems = definitionProblems(error)
      const found = problems.find((problem) => problem.path === path && message.test(problem.message))
      assert.ok(found, JSON.stringify(problems, null, 2))
    })

  it('lists every http address at which a token is asked for', () => {
    const plain = JSON.parse(
      JSON.stringify(app(...machines)).replaceAll('https://{tenant}.acme.test', 'http://acme.test'),
    )
    const places = insecureUrls(AppDefinition.parse(plain as AppDefinitionInput)).map(({ path }) => path)
    assert.deepEqual(places, [
      'authSchemes.0.tokenEndpoint',
      'authSchemes.1.login.url',
      'authSchemes.2.tokenRequest.url',
      'authSchemes.3.tokenEndpoint',
    ])
  })
})

describe('a hostile value', () => {
  const definition = AppDefinition.parse(app(...machines) as AppDefinitionInput)

  it('is refused, or the token is asked for at the app and nowhere else', () => {
    const values = fc.oneof(fc.constantFrom(...hostileValues), fc.string(), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(values, fc.constantFrom(...definition.authSchemes), (tenant, scheme) => {
        const given = Object.fromEntries(scheme.params.map(({ name }) => [name, name === 'tenant' ? tenant : 'good']))
        const checked = checkParams(definition, scheme, given)
        if (checked.problems.length > 0) return
        for (const { url } of endpointsOf(scheme)) {
          const { hostname, protocol, username, pathname } = renderUrl(url, checked.values)
          assert.match(hostname, /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.acme\.test$/)
          assert.deepEqual([protocol, username], ['https:', ''])
          assert.match(pathname, /^\/(?:token|login)$/)
        }
      }),
      { numRuns: 500 },
    )
  })
})
