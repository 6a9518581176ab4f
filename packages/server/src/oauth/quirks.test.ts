import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../secret.ts'
import {
  AuthorizationError,
  authorizationUrl,
  identify,
  readAuthorizationResponse,
  redeemCode,
  refreshTokens,
  TokenError,
} from './index.ts'
import { fakeProvider, json } from './testing/provider.ts'

type SchemeInput = NonNullable<Parameters<typeof fakeProvider>[1]>

const request = {
  redirectUri: 'https://holdfast.test/cb',
  state: 'state-1',
  codeVerifier: 'v'.repeat(43),
  scopes: ['a', 'b'],
}
const exchange = { code: 'code-12345', redirectUri: request.redirectUri, codeVerifier: request.codeVerifier }
const tokens = { access_token: 'at-1', refresh_token: 'rt-1', expires_in: 3600 }

const provide = (scheme: SchemeInput, answers: unknown[] = [tokens], app = {}) => {
  const left = [...answers]
  return fakeProvider(() => json(left.shift() ?? tokens), scheme, app, { now: () => new Date('2026-03-01T00:00:00Z') })
}

const form = (body: unknown) => Object.fromEntries(new URLSearchParams(String(body)))

describe('parameters under other names', () => {
  const named = {
    clientId: 'app_id',
    tokenClientId: 'corpid',
    clientSecret: 'secret',
    redirectUri: 'redirect_url',
    scope: 'perms',
    code: 'auth_code',
    tokenCode: 'auth_code',
  }

  it('go into the authorization URL, and the usual names do not', () => {
    const { provider } = provide({ parameterNames: named, scopeSeparator: ',' })
    const url = authorizationUrl(provider, request)
    assert.equal(url.searchParams.get('app_id'), 'client-1')
    assert.equal(url.searchParams.get('redirect_url'), request.redirectUri)
    assert.equal(url.searchParams.get('perms'), 'a,b')
    for (const name of ['client_id', 'redirect_uri', 'scope']) assert.equal(url.searchParams.has(name), false)
  })

  it('are read in the callback, once each', () => {
    const { provider } = provide({ parameterNames: named })
    assert.equal(readAuthorizationResponse(provider, new URLSearchParams('auth_code=c-1&state=s')).code, 'c-1')
    const twice = new URLSearchParams('auth_code=c-1&auth_code=c-2')
    assert.throws(() => readAuthorizationResponse(provider, twice), AuthorizationError)
    assert.throws(() => readAuthorizationResponse(provider, new URLSearchParams('code=c-1')), AuthorizationError)
  })

  it('go into the token request', async () => {
    const { provider, asked } = provide({ parameterNames: named, tokenEndpointAuthMethod: 'client_secret_post' })
    await redeemCode(provider, exchange)
    assert.deepEqual(form(asked[0]?.body), {
      grant_type: 'authorization_code',
      corpid: 'client-1',
      secret: 'client.secret~1',
      auth_code: 'code-12345',
      redirect_url: request.redirectUri,
      code_verifier: request.codeVerifier,
    })
  })
})

describe('the authorization URL', () => {
  it('asks for scopes in further parameters', () => {
    const { provider } = provide({ scopes: { params: ['user_scope'], required: ['user_scope=search:read'] } })
    const url = authorizationUrl(provider, { ...request, scopes: ['chat:write', 'user_scope=chat:write'] })
    assert.equal(url.searchParams.get('scope'), 'chat:write')
    assert.equal(url.searchParams.get('user_scope'), 'chat:write search:read')
  })

  it('asks for none where they are chosen in the app', () => {
    const { provider } = provide({ scopes: { fixedInApp: true } })
    assert.equal(authorizationUrl(provider, request).searchParams.has('scope'), false)
  })

  it('ends in a fragment, or stands in one', () => {
    const behind = authorizationUrl(provide({ authorizationFragment: '#wechat_redirect' }).provider, request)
    assert.equal(behind.hash, '#wechat_redirect')
    assert.equal(behind.searchParams.get('state'), 'state-1')
    const page = authorizationUrl(
      provide({ authorizationEndpoint: 'https://acme.test/', authorizationFragment: '#/oauth/authorize' }).provider,
      request,
    )
    assert.match(page.href, /^https:\/\/acme\.test\/#\/oauth\/authorize\?response_type=code&client_id=client-1&/)
  })
})

describe('a token request by GET', () => {
  it('puts everything into the query and has no body', async () => {
    const { provider, asked } = provide({ tokenRequestMethod: 'GET', tokenEndpointAuthMethod: 'client_secret_post' })
    await redeemCode(provider, exchange)
    const url = new URL(asked[0]?.url ?? '')
    assert.equal(asked[0]?.method, 'GET')
    assert.equal(asked[0]?.body, undefined)
    assert.equal(asked[0]?.headers['content-type'], undefined)
    assert.equal(url.searchParams.get('code'), 'code-12345')
    assert.equal(url.searchParams.get('client_secret'), 'client.secret~1')
  })
})

describe('what the callback tells', () => {
  const scheme = {
    tokenEndpoint: 'https://{shard}.acme.test/token',
    tokenParams: { context: 'stores/{store}' },
    learnedParams: [
      { name: 'shard', role: 'hostLabel', from: 'callback', path: 'referer', extract: '^([a-z0-9]+)\\.acme\\.test$' },
      {
        name: 'store',
        role: 'path',
        from: 'callback',
        path: 'context',
        extract: '^stores/([a-z0-9]+)$',
        pattern: '^[a-z0-9]{1,20}$',
      },
      { name: 'mode', role: 'value', from: 'callback', path: 'mode', default: 'plain' },
    ],
    callbackKeep: ['realm_id', 'absent'],
    callbackScopes: 'scope',
  } satisfies SchemeInput
  const good = 'code=c-1&referer=eu7.acme.test&context=stores/abc1&realm_id=77&scope=a,b'

  it('serves the token request, is learned, and is kept', async () => {
    const { provider, asked } = provide(scheme)
    const response = readAuthorizationResponse(provider, new URLSearchParams(good))
    const answer = await redeemCode(provider, { ...exchange, ...response })
    assert.equal(asked[0]?.url, 'https://eu7.acme.test/token')
    assert.equal(form(asked[0]?.body).context, 'stores/abc1')
    assert.deepEqual(answer.learned, { shard: 'eu7', store: 'abc1', mode: 'plain' })
    assert.deepEqual(answer.extra, { realm_id: '77' })
    assert.deepEqual(answer.scopes, ['a', 'b'])
  })

  it('sends the code nowhere else than to the app, whatever the callback says', () => {
    const { provider } = provide(scheme)
    const hostile = fc.oneof(
      fc.constantFrom(
        'evil.test',
        'evil.test#.acme.test',
        'a.b.acme.test',
        '..acme.test',
        '',
        'x@acme.test',
        'EVIL/.acme.test',
      ),
      fc.string(),
    )
    fc.assert(
      fc.property(hostile, (referer) => {
        const params = new URLSearchParams({ code: 'c-1', referer, context: 'stores/abc1' })
        if (/^[a-z0-9]+\.acme\.test$/.test(referer)) return
        assert.throws(() => readAuthorizationResponse(provider, params), AuthorizationError)
      }),
    )
  })
})

describe('a long-lived token', () => {
  const scheme = {
    longLivedExchange: {
      url: 'https://graph.acme.test/exchange',
      params: { grant_type: 'exchange', client_secret: '{client_secret}', token: '{access_token}' },
    },
    refreshEndpoint: 'https://graph.acme.test/renew',
    refreshRequest: { method: 'GET', grantType: 'renew', sends: 'access_token', authenticatesClient: false },
    refreshParams: { again: '{access_token}' },
  } satisfies SchemeInput

  it('is traded for the short one right after the code', async () => {
    const { provider, asked } = provide(scheme, [
      { access_token: 'short', user_id: 5 },
      { access_token: 'long', expires_in: 5_184_000 },
    ])
    const answer = await redeemCode(provider, exchange)
    const url = new URL(asked[1]?.url ?? '')
    assert.equal(asked[1]?.method, 'GET')
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      grant_type: 'exchange',
      client_secret: 'client.secret~1',
      token: 'short',
    })
    assert.equal(answer.accessToken.reveal(), 'long')
    assert.equal(answer.expiresInSeconds, 5_184_000)
    assert.equal(answer.refreshExpiresInSeconds, 5_184_000)
  })

  it('renews itself', async () => {
    const { provider, asked } = provide(scheme, [{ access_token: 'long-2', expires_in: 100 }])
    const answer = await refreshTokens(provider, new Secret('long'))
    const url = new URL(asked[0]?.url ?? '')
    assert.equal(url.origin + url.pathname, 'https://graph.acme.test/renew')
    assert.deepEqual(Object.fromEntries(url.searchParams), { grant_type: 'renew', again: 'long', access_token: 'long' })
    assert.equal(asked[0]?.headers.authorization, undefined)
    assert.equal(answer.refreshToken?.reveal(), 'long-2')
  })

  it('never shows the short token or the secret when the exchange fails', async () => {
    const { provider } = fakeProvider(
      (asked) =>
        asked.url.includes('exchange')
          ? json({ error: { message: `bad ${asked.url}`, type: 'OAuthException' } }, 400)
          : json({ access_token: 'short-token-1' }),
      scheme,
    )
    const error = await redeemCode(provider, exchange).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof TokenError)
    assert.doesNotMatch(error.message, /short-token-1|client\.secret/)
  })
})

describe('an error with a success status', () => {
  const app = { successField: 'errcode', successValue: 0 }

  it('is told by a field that has another value than success', async () => {
    const refused = provide({}, [{ errcode: 40029, errmsg: 'invalid code', access_token: 'at-1' }], app)
    await assert.rejects(redeemCode(refused.provider, exchange), /40029: invalid code/)
    for (const errcode of [0, '0', undefined, null]) {
      const fine = provide({}, [{ ...tokens, errcode }], app)
      assert.equal((await redeemCode(fine.provider, exchange)).accessToken.reveal(), 'at-1')
    }
  })
})

describe('a time of expiry', () => {
  it('counts like a lifetime, however it is written', async () => {
    const now = Date.parse('2026-03-01T00:00:00Z')
    const writings: ((time: number) => unknown)[] = [
      (time) => time,
      (time) => String(time),
      (time) => Math.floor(time / 1000),
      (time) => String(time / 1000),
      (time) => new Date(time).toISOString(),
      (time) => new Date(time).toUTCString(),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300_000_000 }),
        fc.constantFrom(...writings),
        async (seconds, write) => {
          const answer = { access_token: 'at-1', ends: { at: write(now + seconds * 1000) } }
          const { provider } = provide({ tokenResponse: { expiresAt: 'ends.at' } }, [answer])
          assert.equal((await redeemCode(provider, exchange)).expiresInSeconds, seconds)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is unknown when it is past or no time at all', async () => {
    for (const at of ['yesterday', '', 0, null, '2020-01-01', {}]) {
      const { provider } = provide({ tokenResponse: { expiresAt: 'at' } }, [{ access_token: 'at-1', at }])
      assert.equal((await redeemCode(provider, exchange)).expiresInSeconds, null)
    }
  })
})

describe('a refresh token that dies when it is not used', () => {
  it('ends that long after each use, also where the app keeps it', async () => {
    const scheme = { refresh: { refreshTokenIdleSeconds: 1000, refreshTokenLifetimeSeconds: 9000 } }
    const { provider } = provide(scheme, [tokens, { access_token: 'at-2' }])
    assert.equal((await redeemCode(provider, exchange)).refreshExpiresInSeconds, 1000)
    assert.equal((await refreshTokens(provider, new Secret('rt-1'))).refreshIdleSeconds, 1000)
  })
})

describe('hooks of an app', () => {
  it('see what is about to be sent and what came, and cannot unbind the flow', async () => {
    const { provider, asked } = provide({}, [{ deep: { access_token: 'at-deep' } }])
    const hooked: typeof provider = {
      ...provider,
      hooks: {
        authorizationParams: ({ client_id, scope }) => ({
          client_id: `app-${client_id}`,
          scope: `${scope} extra`,
          state: 'forged',
          redirect_uri: 'https://evil.test/',
          code_challenge: 'forged',
        }),
        tokenRequest: (params) => ({ ...params, nonce: 'n-1' }),
        tokenResponse: ({ deep }) => deep as Record<string, unknown>,
      },
    }
    const sent = authorizationUrl(hooked, request).searchParams
    const plain = authorizationUrl(provider, request).searchParams
    assert.equal(sent.get('client_id'), 'app-client-1')
    assert.equal(sent.get('scope'), 'a b extra')
    for (const name of ['state', 'redirect_uri', 'code_challenge', 'code_challenge_method'])
      assert.equal(sent.get(name), plain.get(name), name)
    assert.equal((await redeemCode(hooked, exchange)).accessToken.reveal(), 'at-deep')
    assert.equal(form(asked[0]?.body).nonce, 'n-1')
  })

  it('tell whose account it is before the paths do', async () => {
    const answer = { me: { id: 7, first: 'Ada', last: 'Example' } }
    const { provider } = provide({}, [answer], { identity: { url: '/me', id: 'me.id', name: 'me.first' } })
    const values = { access_token: 'at-1' }
    assert.equal((await identify({ ...provider, values }))?.name, 'Ada')
    const again = provide({}, [answer], { identity: { url: '/me', id: 'me.id' } }).provider
    const hooks = { identify: () => ({ name: 'Ada Example' }) }
    const found = await identify({ ...again, values, hooks })
    assert.deepEqual([found?.id, found?.name], ['7', 'Ada Example'])
  })
})
