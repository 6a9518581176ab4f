import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../secret.ts'
import { redeemCode, refreshTokens, revokeToken, TokenError } from './index.ts'
import { type Asked, fakeProvider, json } from './testing/provider.ts'

const tokens = () => json({ access_token: 'at', token_type: 'Bearer' })
const exchange = { code: 'the code', redirectUri: 'https://holdfast.test/cb/1', codeVerifier: 'v'.repeat(43) }
const form = (asked: Asked | undefined) => Object.fromEntries(new URLSearchParams(asked?.body))

describe('a code exchange', () => {
  it('is a form with the code, the redirect URI and the verifier, and Basic credentials', async () => {
    const { provider, asked } = fakeProvider(tokens)
    await redeemCode(provider, exchange)
    const [request] = asked
    assert.equal(request?.url, 'https://acme.test/token')
    assert.equal(request?.method, 'POST')
    assert.equal(request?.headers['content-type'], 'application/x-www-form-urlencoded')
    assert.equal(request?.headers.accept, 'application/json')
    assert.deepEqual(form(request), {
      grant_type: 'authorization_code',
      code: 'the code',
      redirect_uri: exchange.redirectUri,
      code_verifier: exchange.codeVerifier,
    })
    assert.equal(request?.headers.authorization, `Basic ${btoa('client-1:client.secret%7E1')}`)
  })

  it('sends no verifier where the server takes no challenge', async () => {
    const { provider, asked } = fakeProvider(tokens, { codeChallengeMethod: 'none' })
    await redeemCode(provider, exchange)
    assert.equal(form(asked[0]).code_verifier, undefined)
  })

  it('puts the client into the body when the app wants that, or has no secret', async () => {
    const post = fakeProvider(tokens, { tokenEndpointAuthMethod: 'client_secret_post' })
    await redeemCode(post.provider, exchange)
    assert.equal(form(post.asked[0]).client_id, 'client-1')
    assert.equal(form(post.asked[0]).client_secret, 'client.secret~1')
    assert.equal(post.asked[0]?.headers.authorization, undefined)
    const client = { clientId: 'client-1', clientSecret: null }
    for (const open of [
      fakeProvider(tokens, { tokenEndpointAuthMethod: 'none' }),
      fakeProvider(tokens, {}, {}, { client }),
    ]) {
      await redeemCode(open.provider, exchange)
      assert.equal(form(open.asked[0]).client_id, 'client-1')
      assert.equal(form(open.asked[0]).client_secret, undefined)
      assert.equal(open.asked[0]?.headers.authorization, undefined)
    }
  })

  it('form-encodes both halves of Basic credentials, so that a server gets back exactly what was registered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        async (clientId, secret) => {
          const client = { clientId, clientSecret: new Secret(secret) }
          const { provider, asked } = fakeProvider(tokens, {}, {}, { client })
          await redeemCode(provider, exchange)
          const [id, password] = atob(asked[0]?.headers.authorization?.slice(6) ?? '').split(':')
          const decode = (text = '') => new URLSearchParams(`x=${text}`).get('x')
          assert.deepEqual([decode(id), decode(password)], [clientId.toWellFormed(), secret.toWellFormed()])
        },
      ),
    )
  })

  it('is JSON, with headers and parameters of its own, for an app that wants it so', async () => {
    const { provider, asked } = fakeProvider(
      tokens,
      {
        tokenRequestFormat: 'json',
        tokenRequestHeaders: { 'Acme-Version': '2024-01-01' },
        tokenParams: { audience: '{tenant}', client: '{client_id}' },
        params: [{ name: 'tenant', label: 'Tenant', role: 'value' }],
      },
      {},
      { values: { tenant: 't1' } },
    )
    await redeemCode(provider, exchange)
    assert.equal(asked[0]?.headers['content-type'], 'application/json')
    assert.equal(asked[0]?.headers['Acme-Version'], '2024-01-01')
    const { code, grant_type, audience, client } = JSON.parse(asked[0]?.body ?? '')
    assert.deepEqual([code, grant_type, audience, client], ['the code', 'authorization_code', 't1', 'client-1'])
  })

  it('goes to the host of the typed values, and nowhere when they would change it', async () => {
    const scheme = {
      tokenEndpoint: 'https://{shop_name}.acme.test/token',
      params: [{ name: 'shop_name', label: 'Shop', role: 'hostLabel' as const }],
    }
    const good = fakeProvider(tokens, scheme, {}, { values: { shop_name: 'mine' } })
    await redeemCode(good.provider, exchange)
    assert.equal(good.asked[0]?.url, 'https://mine.acme.test/token')
    const bad = fakeProvider(tokens, scheme, {}, { values: { shop_name: 'evil.test#' } })
    await assert.rejects(
      redeemCode(bad.provider, exchange),
      (error) => error instanceof TokenError && error.kind === 'refused' && !error.outcomeUnknown,
    )
    assert.equal(bad.asked.length, 0)
  })
})

describe('a refresh', () => {
  it('sends the refresh token to the refresh endpoint with the parameters of a refresh', async () => {
    const { provider, asked } = fakeProvider(tokens, {
      refreshEndpoint: 'https://acme.test/refresh',
      tokenParams: { only: 'exchange' },
      refreshParams: { client: '{client_id}' },
    })
    await refreshTokens(provider, new Secret('rt-1'))
    assert.equal(asked[0]?.url, 'https://acme.test/refresh')
    assert.deepEqual(form(asked[0]), { grant_type: 'refresh_token', refresh_token: 'rt-1', client: 'client-1' })
  })

  it('goes to the token endpoint unless the app has another', async () => {
    const { provider, asked } = fakeProvider(tokens)
    await refreshTokens(provider, new Secret('rt-1'))
    assert.equal(asked[0]?.url, 'https://acme.test/token')
  })
})

describe('a revocation', () => {
  const revocationEndpoint = 'https://acme.test/revoke'
  const revoke = (answer: () => Response) =>
    revokeToken(fakeProvider(answer, { revocationEndpoint }).provider, new Secret('rt-1'), 'refresh_token')

  it('names the token and its kind, with the credentials of the client', async () => {
    const { provider, asked } = fakeProvider(() => new Response(null, { status: 200 }), { revocationEndpoint })
    assert.equal(await revokeToken(provider, new Secret('rt-1'), 'refresh_token'), 'revoked')
    assert.deepEqual(form(asked[0]), { token: 'rt-1', token_type_hint: 'refresh_token' })
    assert.match(asked[0]?.headers.authorization ?? '', /^Basic /)
  })

  it('is done when the token was gone already, however the app says so', async () => {
    assert.equal(await revoke(() => json({ error: 'invalid_token' }, 400)), 'revoked')
    assert.equal(await revoke(() => json({ error: 'invalid_grant' }, 400)), 'revoked')
    assert.equal(await revoke(() => new Response(null, { status: 204 })), 'revoked')
  })

  it('is unsupported without an endpoint, or for this kind of token', async () => {
    const { provider, asked } = fakeProvider(tokens)
    assert.equal(await revokeToken(provider, new Secret('rt-1'), 'refresh_token'), 'unsupported')
    assert.equal(asked.length, 0)
    assert.equal(await revoke(() => json({ error: 'unsupported_token_type' }, 400)), 'unsupported')
  })

  it('says when it should be tried again', async () => {
    await assert.rejects(
      revoke(() => new Response('', { status: 503, headers: { 'retry-after': '7' } })),
      (error) => error instanceof TokenError && error.kind === 'transient' && error.retryAfterSeconds === 7,
    )
  })
})

describe('a revocation by the app’s own call', () => {
  const revocationCall = {
    method: 'DELETE' as const,
    url: 'https://acme.test/applications/{client_id}/grant',
    authenticate: 'client' as const,
    body: { access_token: '{token}' },
  }
  const asToken = { method: 'DELETE' as const, url: '/tokens/current', authenticate: 'token' as const }
  const gone = () => new Response(null, { status: 204 })
  const revoke = (answer: () => Response, call: Parameters<typeof fakeProvider>[1] = { revocationCall }, app = {}) =>
    revokeToken(fakeProvider(answer, call, app).provider, new Secret('at/1'), 'access_token')

  it('is made by the client, with the app’s headers and no other credential', async () => {
    const { provider, asked } = fakeProvider(gone, { revocationCall }, { headers: { 'User-Agent': 'us' } })
    assert.equal(await revokeToken(provider, new Secret('at/1'), 'access_token'), 'revoked')
    assert.deepEqual(asked, [
      {
        url: 'https://acme.test/applications/client-1/grant',
        method: 'DELETE',
        headers: {
          accept: 'application/json',
          'user-agent': 'us',
          'content-type': 'application/json',
          authorization: `Basic ${btoa('client-1:client.secret%7E1')}`,
        },
        body: '{"access_token":"at/1"}',
      },
    ])
  })

  it('is made with the token itself, below the base URL and without a body', async () => {
    const { provider, asked } = fakeProvider(gone, { revocationCall: { ...asToken, headers: { 'X-Why': 'bye' } } })
    assert.equal(await revokeToken(provider, new Secret('at-1'), 'access_token'), 'revoked')
    assert.deepEqual(asked, [
      {
        url: 'https://api.acme.test/v1/tokens/current',
        method: 'DELETE',
        headers: { accept: 'application/json', authorization: 'Bearer at-1', 'x-why': 'bye' },
        body: undefined,
      },
    ])
  })

  it('is a form, or has the token in its path, for an app that wants it so', async () => {
    const call = { ...revocationCall, method: 'POST' as const, format: 'form' as const }
    const asForm = fakeProvider(gone, { revocationCall: call })
    await revokeToken(asForm.provider, new Secret('at/1'), 'access_token')
    assert.equal(asForm.asked[0]?.headers['content-type'], 'application/x-www-form-urlencoded')
    assert.deepEqual(form(asForm.asked[0]), { access_token: 'at/1' })
    const inPath = fakeProvider(gone, {
      revocationCall: { method: 'GET', url: '/tokens/{token}', authenticate: 'client' },
    })
    await revokeToken(inPath.provider, new Secret('at/1'), 'access_token')
    assert.equal(inPath.asked[0]?.url, 'https://api.acme.test/v1/tokens/at%2F1')
    assert.equal(inPath.asked[0]?.body, undefined)
  })

  it('is not made for a kind of token that the app does not take', async () => {
    const { provider, asked } = fakeProvider(gone, { revocationCall })
    assert.equal(await revokeToken(provider, new Secret('rt-1'), 'refresh_token'), 'unsupported')
    assert.equal(asked.length, 0)
    const both = fakeProvider(gone, { revocationCall: { ...revocationCall, tokens: ['refresh_token'] } })
    assert.equal(await revokeToken(both.provider, new Secret('rt-1'), 'refresh_token'), 'revoked')
  })

  it('is done when the app does not know the token any more', async () => {
    const at = (status: number) => () => json({ message: 'Not Found' }, status)
    assert.equal(await revoke(at(404)), 'revoked')
    assert.equal(await revoke(at(422), { revocationCall: { ...revocationCall, unknownStatuses: [422] } }), 'revoked')
    assert.equal(await revoke(() => json({ error: 'invalid_token' }, 400)), 'revoked')
    assert.equal(await revoke(at(401), { revocationCall: asToken }), 'revoked')
  })

  it('is no success when the token may not do this, or there is an error inside one', async () => {
    const refused = (error: unknown) => error instanceof TokenError && error.kind === 'refused'
    await assert.rejects(
      revoke(() => json({ message: 'no' }, 403), { revocationCall: asToken }),
      refused,
    )
    await assert.rejects(
      revoke(() => json({ error: 'nope' })),
      refused,
    )
    await assert.rejects(
      revoke(() => json({ ok: false }), { revocationCall }, { successField: 'ok' }),
      refused,
    )
  })

  it('says that the client is not accepted, and never a secret', async () => {
    const secrets = ['at/1', 'client.secret~1', btoa('client-1:client.secret%7E1')]
    for (const status of [401, 403])
      await assert.rejects(
        revoke(() => json({ message: `Bad credentials: ${secrets.join(' ')}` }, status)),
        (error) => {
          assert.ok(error instanceof TokenError)
          assert.equal(error.kind, 'client_rejected')
          assert.match(error.message, /Bad credentials/)
          for (const secret of secrets) assert.ok(!error.message.includes(secret))
          return true
        },
      )
    const client = { clientId: 'client-1', clientSecret: null }
    const { provider, asked } = fakeProvider(gone, { revocationCall }, {}, { client })
    await assert.rejects(
      revokeToken(provider, new Secret('at-1'), 'access_token'),
      (error) => error instanceof TokenError && error.kind === 'client_rejected',
    )
    assert.equal(asked.length, 0)
  })

  it('says when it should be tried again', async () => {
    await assert.rejects(
      revoke(() => new Response('', { status: 503, headers: { 'retry-after': '7' } })),
      (error) => error instanceof TokenError && error.kind === 'transient' && error.retryAfterSeconds === 7,
    )
  })
})
