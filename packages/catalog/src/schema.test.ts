import assert from 'node:assert/strict'
import test from 'node:test'
import { definitionProblems } from './problems.ts'
import { AppDefinition, type AppDefinitionInput, insecureUrls } from './schema.ts'

type Json = Record<string, unknown>

const oauth: Json = {
  scheme: 'OAUTH2',
  label: 'Sign in',
  authorizationEndpoint: 'https://auth.example.com/authorize',
  tokenEndpoint: 'https://auth.example.com/token',
}

const apiKey: Json = {
  scheme: 'API_KEY',
  label: 'Key',
  params: [{ name: 'api_key', label: 'Key', role: 'credential' }],
  send: [{ in: 'header', name: 'Authorization', value: '{api_key}' }],
}

const app = (changes: Json, ...authSchemes: Json[]): Json => ({
  key: 'acme',
  name: 'Acme',
  baseUrl: 'https://api.example.com',
  authSchemes: authSchemes.length > 0 ? authSchemes : [oauth],
  ...changes,
})

const param = (changes: Json): Json => ({ name: 'site', label: 'Site', role: 'hostLabel', ...changes })

test('a custom app needs no more than key, name and a scheme', () => {
  const parsed = AppDefinition.parse({ key: 'acme', name: 'Acme', authSchemes: [oauth] } satisfies Json)
  const [scheme] = parsed.authSchemes
  assert.ok(scheme?.scheme === 'OAUTH2')
  assert.equal(scheme.codeChallengeMethod, 'S256')
  assert.equal(scheme.tokenEndpointAuthMethod, 'client_secret_basic')
  assert.deepEqual(scheme.send, [{ in: 'header', name: 'Authorization', value: 'Bearer {access_token}' }])
})

test('a credential is secret unless the definition says otherwise', () => {
  const parsed = AppDefinition.parse(
    app(
      {},
      {
        scheme: 'BASIC',
        label: 'Basic',
        params: [
          { name: 'username', label: 'User', role: 'credential', secret: false },
          { name: 'password', label: 'Password', role: 'credential' },
          param({ name: 'region', role: 'value' }),
        ],
      },
    ),
  )
  assert.deepEqual(
    parsed.authSchemes[0]?.params.map(({ secret }) => secret),
    [false, true, false],
  )
})

const revocation: Json = {
  method: 'DELETE',
  url: '/applications/{client_id}/grant',
  authenticate: 'client',
  body: { access_token: '{token}' },
}

const revoking = (changes: Json, more: Json = {}): Json =>
  app({}, { ...oauth, ...more, revocationCall: { ...revocation, ...changes } })

test('an app may have a call of its own that takes tokens back', () => {
  const plain = { url: 'https://{site}.example.com/tokens/current', authenticate: 'token' }
  const { authSchemes } = AppDefinition.parse(app({}, { ...oauth, params: [param({})], revocationCall: plain }))
  assert.ok(authSchemes[0]?.scheme === 'OAUTH2')
  assert.deepEqual(authSchemes[0].revocationCall, {
    ...plain,
    method: 'POST',
    format: 'json',
    tokens: ['access_token'],
    unknownStatuses: [404],
  })
  for (const changes of [{}, { url: '/tokens/{token}', body: undefined }, { format: 'form', unknownStatuses: [] }])
    assert.ok(AppDefinition.safeParse(revoking(changes)).success, JSON.stringify(changes))
})

const refused: [what: string, definition: Json, path: string, message: RegExp][] = [
  ['an unknown key', app({ colour: 'red' }), 'colour', /no field/],
  [
    'an unknown key of a scheme',
    app({}, { ...oauth, tokenUrl: 'https://x.example' }),
    'authSchemes.0.tokenUrl',
    /no field/,
  ],
  ['a missing endpoint', app({}, { ...oauth, tokenEndpoint: undefined }), 'authSchemes.0.tokenEndpoint', /is required/],
  ['an unknown scheme', app({}, { scheme: 'MAGIC', label: 'x' }), 'authSchemes.0.scheme', /.+/],
  ['a scheme given twice', app({}, oauth, oauth), 'authSchemes.1.scheme', /given twice/],
  ['another protocol', app({}, { ...oauth, tokenEndpoint: 'ftp://x.example' }), 'authSchemes.0.tokenEndpoint', /http/],
  [
    'javascript:',
    app({}, { ...oauth, authorizationEndpoint: 'javascript:alert(1)' }),
    'authSchemes.0.authorizationEndpoint',
    /http/,
  ],
  [
    'user info in a URL',
    app({}, { ...oauth, tokenEndpoint: 'https://a@x.example/' }),
    'authSchemes.0.tokenEndpoint',
    /user info/,
  ],
  ['a fragment', app({}, { ...oauth, tokenEndpoint: 'https://x.example/#a' }), 'authSchemes.0.tokenEndpoint', /#/],
  [
    'a tab in a URL',
    app({}, { ...oauth, tokenEndpoint: 'https://x.exa\tmple/' }),
    'authSchemes.0.tokenEndpoint',
    /http/,
  ],
  [
    'a backslash in a URL',
    app({}, { ...oauth, tokenEndpoint: 'https://x.example\\@y.example' }),
    'authSchemes.0.tokenEndpoint',
    /http/,
  ],
  [
    'a capital template name',
    app({}, { ...oauth, tokenEndpoint: 'https://x.example/{Site}' }),
    'authSchemes.0.tokenEndpoint',
    /http/,
  ],
  ['a query in the base URL', app({ baseUrl: 'https://x.example/?a=b' }), 'baseUrl', /query/],
  ['a key with blanks', app({ key: 'My App' }), 'key', /lower-case/],
  [
    'a param name with capitals',
    app({}, { ...oauth, params: [param({ name: 'shopName' })] }),
    'authSchemes.0.params.0.name',
    /snake_case/,
  ],
  [
    'two params of one name',
    app({}, { ...oauth, params: [param({}), param({})] }),
    'authSchemes.0.params.1.name',
    /already/,
  ],
  [
    'a param called access_token',
    app({}, { ...oauth, params: [param({ name: 'access_token' })] }),
    'authSchemes.0.params.0.name',
    /already/,
  ],
  [
    'a host without a wall',
    app({}, { ...oauth, params: [param({ role: 'host' })] }),
    'authSchemes.0.params.0.pattern',
    /required for role host/,
  ],
  [
    'a path without a wall',
    app({}, { ...oauth, params: [param({ role: 'path' })] }),
    'authSchemes.0.params.0.pattern',
    /wall/,
  ],
  [
    'a pattern that is not anchored',
    app({}, { ...oauth, params: [param({ pattern: '[a-z]+' })] }),
    'authSchemes.0.params.0.pattern',
    /anchored/,
  ],
  [
    'a default that breaks the pattern',
    app({}, { ...oauth, params: [param({ pattern: '^[a-z]+$', default: 'a1' })] }),
    'authSchemes.0.params.0.default',
    /pattern/,
  ],
  [
    'a default that is no option',
    app({}, { ...oauth, params: [param({ options: ['eu', 'us'], default: 'de' })] }),
    'authSchemes.0.params.0.default',
    /options/,
  ],
  [
    'a free value in a host',
    app({}, { ...oauth, params: [param({ role: 'value' })], tokenEndpoint: 'https://{site}.example.com/token' }),
    'authSchemes.0.tokenEndpoint',
    /hostLabel or host/,
  ],
  [
    'a label that is the whole host',
    app({}, { ...oauth, params: [param({})], tokenEndpoint: 'https://{site}/token' }),
    'authSchemes.0.tokenEndpoint',
    /followed by the domain/,
  ],
  [
    'a label before a top-level domain',
    app({}, { ...oauth, params: [param({})], tokenEndpoint: 'https://{site}.com/token' }),
    'authSchemes.0.tokenEndpoint',
    /followed by the domain/,
  ],
  [
    'a free value in a path',
    app({ baseUrl: 'https://api.example.com/{site}' }, { ...oauth, params: [param({ role: 'value' })] }),
    'baseUrl',
    /role must be path/,
  ],
  [
    'an unknown name in the base URL',
    app({ baseUrl: 'https://{shop}.example.com' }),
    'baseUrl',
    /\{shop\} is no param/,
  ],
  [
    'an unknown name in an endpoint',
    app({}, { ...oauth, tokenEndpoint: 'https://{shop}.example.com' }),
    'authSchemes.0.tokenEndpoint',
    /\{shop\} is no param of OAUTH2/,
  ],
  ['an unknown name in a header', app({ headers: { 'X-Team': '{team}' } }), 'headers.X-Team', /\{team\}/],
  ['an unknown name in a placement', app({}, { ...apiKey, params: [] }), 'authSchemes.0.send.0.value', /\{api_key\}/],
  ['an unknown name in a call', app({ testCall: { url: '/me/{team}' } }), 'testCall.url', /\{team\}/],
  [
    'the access token before there is one',
    app({}, { ...oauth, tokenParams: { t: '{access_token}' } }),
    'authSchemes.0.tokenParams.t',
    /access_token/,
  ],
  [
    'a learned value before it is learnt',
    app(
      {},
      {
        ...oauth,
        tokenEndpoint: 'https://{pod}.example.com/token',
        learnedParams: [{ name: 'pod', role: 'hostLabel', from: 'tokenResponse', path: 'pod' }],
      },
    ),
    'authSchemes.0.tokenEndpoint',
    /not known yet/,
  ],
  [
    'a learned host without a wall',
    app({}, { ...oauth, learnedParams: [{ name: 'pod', role: 'host', from: 'tokenResponse', path: 'pod' }] }),
    'authSchemes.0.learnedParams.0.pattern',
    /wall/,
  ],
  [
    'a call without a call',
    app({}, { ...oauth, learnedParams: [{ name: 'pod', role: 'value', from: 'call', path: 'pod' }] }),
    'authSchemes.0.learnedParams.0.call',
    /from/,
  ],
  [
    'a secret in the authorization URL',
    app(
      {},
      {
        ...oauth,
        params: [{ name: 'password', label: 'Password', role: 'credential' }],
        authorizationParams: { p: '{password}' },
      },
    ),
    'authSchemes.0.authorizationParams.p',
    /secret/,
  ],
  ...['state', 'redirect_uri', 'client_id', 'code_challenge', 'scope', 'response_type'].map(
    (name): [string, Json, string, RegExp] => [
      `${name} as authorization param`,
      app({}, { ...oauth, authorizationParams: { [name]: 'x' } }),
      `authSchemes.0.authorizationParams.${name}`,
      /cannot be overridden/,
    ],
  ),
  [
    'grant_type as token param',
    app({}, { ...oauth, tokenParams: { grant_type: 'x' } }),
    'authSchemes.0.tokenParams.grant_type',
    /cannot be overridden/,
  ],
  ['a forbidden header', app({ headers: { Host: 'x' } }), 'headers.Host', /server sets/],
  ['a line break in a header', app({ headers: { 'X-A': 'a\r\nX-B: b' } }), 'headers.X-A', /printable/],
  [
    'a forbidden header as placement',
    app({}, { ...apiKey, send: [{ in: 'header', name: 'Cookie', value: '{api_key}' }] }),
    'authSchemes.0.send.0.name',
    /server sets/,
  ],
  ['a path without a base URL', app({ baseUrl: undefined, testCall: { url: '/me' } }), 'testCall.url', /baseUrl/],
  [
    'kept values of one name',
    app({}, { ...oauth, tokenResponse: { keep: ['team.id', 'user.id'] } }),
    'authSchemes.0.tokenResponse.keep.1',
    /two paths/,
  ],
  [
    'a revocation call beside an endpoint',
    revoking({}, { revocationEndpoint: 'https://auth.example.com/revoke' }),
    'authSchemes.0.revocationCall',
    /without a revocationEndpoint/,
  ],
  [
    'a revocation call by nobody',
    revoking({ authenticate: undefined }),
    'authSchemes.0.revocationCall.authenticate',
    /.+/,
  ],
  [
    'a revocation call of a client without a secret',
    revoking({}, { tokenEndpointAuthMethod: 'none' }),
    'authSchemes.0.revocationCall.authenticate',
    /no secret/,
  ],
  [
    'a revocation call that does not say which token',
    revoking({ body: undefined }),
    'authSchemes.0.revocationCall.body',
    /which token/,
  ],
  ['a body of a GET', revoking({ method: 'GET' }), 'authSchemes.0.revocationCall.body', /GET/],
  [
    'an unknown name in the body of a revocation call',
    revoking({ body: { token: '{token}', team: '{team}' } }),
    'authSchemes.0.revocationCall.body.team',
    /\{team\}/,
  ],
  [
    'an unknown name in the URL of a revocation call',
    revoking({ url: '/{team}' }),
    'authSchemes.0.revocationCall.url',
    /\{team\}/,
  ],
  [
    'a token in a header of a revocation call',
    revoking({ headers: { 'X-Token': '{token}' } }),
    'authSchemes.0.revocationCall.headers.X-Token',
    /\{token\}/,
  ],
  [
    'a token in a host',
    revoking({ url: 'https://{token}.example.com/' }),
    'authSchemes.0.revocationCall.url',
    /no part of a host/,
  ],
  [
    'a revocation call below no base URL',
    { ...revoking({}), baseUrl: undefined },
    'authSchemes.0.revocationCall.url',
    /baseUrl/,
  ],
  [
    'a param called token beside a revocation call',
    revoking({}, { params: [param({ name: 'token' })] }),
    'authSchemes.0.params.0.name',
    /already/,
  ],
  ['an unknown kind of token', revoking({ tokens: ['id_token'] }), 'authSchemes.0.revocationCall.tokens.0', /.+/],
]

for (const [what, definition, path, message] of refused) {
  test(`refuses ${what} and names the field`, () => {
    const { error } = AppDefinition.safeParse(definition)
    assert.ok(error, 'accepted')
    const problems = definitionProblems(error)
    const found = problems.find((problem) => problem.path === path && message.test(problem.message))
    assert.ok(found, JSON.stringify(problems, null, 2))
  })
}

test('http URLs are listed with their place, so that the caller can refuse those not on loopback', () => {
  const definition = AppDefinition.parse(
    app(
      { baseUrl: 'http://127.0.0.1:9000', identity: { url: 'http://localhost:9000/me', id: 'sub' } },
      {
        ...oauth,
        tokenEndpoint: 'http://auth.example.com/token',
        revocationCall: { ...revocation, url: 'http://auth.example.com/grant' },
      },
    ) as AppDefinitionInput,
  )
  assert.deepEqual(insecureUrls(definition), [
    { path: 'baseUrl', url: 'http://127.0.0.1:9000' },
    { path: 'identity.url', url: 'http://localhost:9000/me' },
    { path: 'authSchemes.0.tokenEndpoint', url: 'http://auth.example.com/token' },
    { path: 'authSchemes.0.revocationCall.url', url: 'http://auth.example.com/grant' },
  ])
})
