import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AuthorizationError, authorizationUrl, readAuthorizationResponse } from './index.ts'
import { fakeProvider } from './testing/provider.ts'

const noAnswer = () => assert.fail('nothing is asked')
const provide = (...rest: Parameters<typeof fakeProvider> extends [unknown, ...infer Rest] ? Rest : never) =>
  fakeProvider(noAnswer, ...rest).provider
const request = {
  redirectUri: 'https://holdfast.test/cb/1',
  state: 's1',
  codeVerifier: 'v'.repeat(43),
  scopes: ['a', 'b c'],
}

describe('the authorization URL', () => {
  it('carries the request, PKCE and every required scope once', () => {
    const provider = provide({
      authorizationEndpoint: 'https://acme.test/authorize?fixed=1',
      scopes: { required: ['offline_access', 'a'] },
      authorizationParams: { access_type: 'offline', audience: '{client_id}' },
    })
    const url = authorizationUrl(provider, { ...request, scopes: ['a', 'b'] })
    assert.equal(url.origin + url.pathname, 'https://acme.test/authorize')
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      fixed: '1',
      access_type: 'offline',
      audience: 'client-1',
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: request.redirectUri,
      state: 's1',
      scope: 'a b offline_access',
      code_challenge: createHash('sha256').update(request.codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
  })

  it('has no challenge where the server refuses one, and no scope where none is asked for', () => {
    const url = authorizationUrl(provide({ codeChallengeMethod: 'none' }), { ...request, scopes: [] })
    for (const name of ['code_challenge', 'code_challenge_method', 'scope'])
      assert.equal(url.searchParams.has(name), false)
  })

  it('separates scopes in the way of the app, and writes blanks as %20', () => {
    for (const [scopeSeparator, written] of [
      [' ', 'scope=a%20b'],
      [',', 'scope=a%2Cb'],
      [';', 'scope=a%3Bb'],
      ['+', 'scope=a%2Bb'],
    ] as const) {
      const url = authorizationUrl(provide({ scopeSeparator }), { ...request, scopes: ['a', 'b'] })
      assert.ok(url.search.split('&').includes(written), url.search)
      assert.equal(url.searchParams.get('scope'), ['a', 'b'].join(scopeSeparator))
    }
  })

  it('fills the host from checked values and goes where the provider is really reached', () => {
    const scheme = {
      authorizationEndpoint: 'https://{shop_name}.acme.test/authorize',
      params: [{ name: 'shop_name', label: 'Shop', role: 'hostLabel' as const }],
    }
    const resolve = (url: URL) => new URL(`http://127.0.0.1:9/simulated/${url.host}${url.pathname}`)
    const url = authorizationUrl(provide(scheme, {}, { values: { shop_name: 'mine' }, resolve }), request)
    assert.match(url.href, /^http:\/\/127\.0\.0\.1:9\/simulated\/mine\.acme\.test\/authorize\?response_type=code&/)
    assert.throws(() => authorizationUrl(provide(scheme, {}, { values: { shop_name: 'evil.test#' } }), request))
  })

  it('brings any state, redirect URI and scope through unchanged', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.webUrl({ withQueryParameters: true }),
        fc.string({ minLength: 1 }),
        (state, redirectUri, scope) => {
          const url = authorizationUrl(provide(), { ...request, state, redirectUri, scopes: [scope] })
          const sent = new URL(url.href).searchParams
          assert.deepEqual(
            [sent.get('state'), sent.get('redirect_uri'), sent.get('scope')],
            [state.toWellFormed(), redirectUri, scope],
          )
        },
      ),
    )
  })
})

describe('an authorization response', () => {
  const read = (query: string, ...rest: Parameters<typeof provide>) =>
    readAuthorizationResponse(provide(...rest), new URLSearchParams(query)).code
  const refusal = (query: string, ...rest: Parameters<typeof provide>) => {
    try {
      read(query, ...rest)
    } catch (error) {
      assert.ok(error instanceof AuthorizationError)
      return error
    }
    return assert.fail('accepted')
  }

  it('gives its code, whatever else is in it', () => {
    assert.equal(read('code=c%201&state=s&scope=a&hd=example.com'), 'c 1')
  })

  it('tells a person who said no from a server that is down and from a real refusal', () => {
    const kinds: Record<string, AuthorizationError['kind']> = {
      access_denied: 'denied',
      user_cancelled: 'denied',
      user_cancelled_login: 'denied',
      user_denied: 'denied',
      cancelled: 'denied',
      temporarily_unavailable: 'provider_down',
      server_error: 'provider_down',
      invalid_scope: 'refused',
      unauthorized_client: 'refused',
    }
    for (const [error, kind] of Object.entries(kinds)) assert.equal(refusal(`error=${error}&state=s`).kind, kind, error)
  })

  it('keeps the words of the provider short, on one line and without our secret', () => {
    const error = refusal(
      `error=invalid_scope&error_description=${encodeURIComponent(`a\u0000\r\nb client.secret~1 ${'x'.repeat(999)}`)}`,
    )
    assert.match(error.message, /^invalid_scope: a b \[secret\] x+…$/)
    assert.ok(error.message.length <= 320)
    assert.equal(error.oauthError, 'invalid_scope')
  })

  it('must come from the issuer when that is known, as an error too', () => {
    const scheme = { issuer: 'https://acme.test' }
    assert.equal(read('code=c&iss=https://acme.test', scheme), 'c')
    assert.equal(read('code=c', scheme), 'c')
    for (const iss of ['https://acme.test/', 'https://ACME.test', 'https://other.test', ''])
      for (const rest of ['code=c', 'error=access_denied'])
        assert.equal(refusal(`${rest}&iss=${encodeURIComponent(iss)}`, scheme).kind, 'issuer_mismatch', iss)
    for (const rest of ['code=c', 'error=access_denied'])
      assert.equal(refusal(rest, { ...scheme, issuerRequired: true }).kind, 'issuer_mismatch')
  })

  it('may name an issuer that nobody knows', () => {
    assert.equal(read('code=c&iss=https://acme.test'), 'c')
  })

  it('must be for what the connection was started with', () => {
    const scheme = {
      params: [{ name: 'shop_name', label: 'Shop', role: 'hostLabel' as const }],
      callbackParams: { shop: '{shop_name}.acme.test' },
    }
    const more = { values: { shop_name: 'Mine' } }
    assert.equal(read('code=c&shop=mine.acme.test', scheme, {}, more), 'c')
    assert.equal(read('code=c', scheme, {}, more), 'c')
    assert.equal(refusal('code=c&shop=other.acme.test', scheme, {}, more).kind, 'callback_mismatch')
    assert.equal(refusal('code=c&shop=mine.acme.test&shop=other.acme.test', scheme, {}, more).kind, 'refused')
  })

  it('is refused with a parameter twice, without a code, or from another flow', () => {
    for (const query of [
      'code=a&code=b',
      'code=a&state=s&state=t',
      'code=a&iss=x&iss=y',
      '',
      'code=',
      'state=s',
      'response=ey.x.y',
      'code=a&id_token=ey.x.y',
    ])
      assert.equal(refusal(query).kind, 'refused', query)
  })
})
