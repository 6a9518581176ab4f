import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EgressError } from '../egress/types.ts'
import { Secret } from '../secret.ts'
import { redeemCode, refreshTokens, TokenError, type TokenSet } from './index.ts'
import { fakeProvider, json } from './testing/provider.ts'

type SchemeInput = NonNullable<Parameters<typeof fakeProvider>[1]>
type AppInput = NonNullable<Parameters<typeof fakeProvider>[2]>

const exchange = { code: 'code-12345', redirectUri: 'https://holdfast.test/cb', codeVerifier: 'v'.repeat(43) }
const redeem = (answer: () => Response | Promise<Response>, scheme: SchemeInput = {}, app: AppInput = {}) =>
  redeemCode(fakeProvider(answer, scheme, app).provider, exchange)
const refresh = (answer: () => Response | Promise<Response>, scheme: SchemeInput = {}, app: AppInput = {}) =>
  refreshTokens(fakeProvider(answer, scheme, app).provider, new Secret('rt-old'))

async function failure(call: Promise<TokenSet>): Promise<TokenError> {
  const error = await call.then(
    () => assert.fail('gave tokens'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof TokenError, String(error))
  return error
}

/** Everything a caller gets, revealed. */
const shown = (tokens: TokenSet) => ({
  ...tokens,
  accessToken: tokens.accessToken.reveal(),
  refreshToken: tokens.refreshToken?.reveal() ?? null,
  idToken: tokens.idToken?.reveal() ?? null,
})

/** Ways in which a server may write what it was sent. */
const writings: ((text: string) => string)[] = [
  (text) => text,
  encodeURIComponent,
  (text) => new URLSearchParams({ '': text }).toString().slice(1),
  (text) => JSON.stringify(text),
]

const token = fc.stringMatching(/^[A-Za-z0-9._~+/=-]{1,60}$/)
/** Not those that look like milliseconds. */
const seconds = fc.oneof(
  fc.integer({ min: 1, max: 239_999 }),
  fc.constantFrom(604_800, 2_592_000, 5_184_000, 31_536_000),
)
const scopeList = fc.uniqueArray(fc.stringMatching(/^[a-z:./]{1,20}$/), { minLength: 1, maxLength: 4 })

describe('a token answer', () => {
  it('gives the same tokens whatever shape it comes in', async () => {
    const answers = fc.record({
      accessToken: token,
      refreshToken: fc.option(token, { nil: null }),
      expiresIn: fc.option(seconds, { nil: null }),
      scopes: fc.option(scopeList, { nil: null }),
      status: fc.constantFrom(200, 201, 203),
      contentType: fc.constantFrom(
        'application/json',
        'text/plain',
        'text/html',
        'application/x-www-form-urlencoded',
        '',
      ),
      tokenType: fc.constantFrom('Bearer', 'bearer', 'BEARER', null, ''),
      format: fc.constantFrom('json', 'form', 'nested', 'list'),
      lengthAs: fc.constantFrom('number', 'text', 'fraction'),
      scopeAs: fc.constantFrom(' ', ',', ';', '+', 'array'),
      absentAs: fc.constantFrom('absent', 'null', 'empty'),
      wrap: fc.constantFrom('', '\uFEFF', '\n  '),
    })
    await fc.assert(
      fc.asyncProperty(answers, async (a) => {
        const flat: Record<string, unknown> = { access_token: a.accessToken }
        const put = (name: string, value: unknown) => {
          if (value !== null) flat[name] = value
          else if (a.absentAs !== 'absent') flat[name] = a.absentAs === 'null' && a.format !== 'form' ? null : ''
        }
        put('token_type', a.tokenType)
        put('refresh_token', a.refreshToken)
        const lengths = { number: a.expiresIn, text: String(a.expiresIn), fraction: `${a.expiresIn}.5` }
        put('expires_in', a.expiresIn === null ? null : lengths[a.lengthAs])
        const scopeAs = a.format === 'form' && a.scopeAs === 'array' ? ' ' : a.scopeAs
        if (a.scopes) flat.scope = scopeAs === 'array' ? a.scopes : a.scopes.join(scopeAs)
        const bodies = {
          json: () => JSON.stringify(flat),
          form: () => new URLSearchParams(flat as Record<string, string>).toString(),
          nested: () => JSON.stringify({ ok: true, error: null, data: { user: flat } }),
          list: () => JSON.stringify([flat]),
        }
        const prefix = { json: '', form: '', nested: 'data.user.', list: '0.' }[a.format]
        const tokens = await redeem(
          () =>
            new Response(a.wrap + bodies[a.format](), { status: a.status, headers: { 'content-type': a.contentType } }),
          {
            tokenResponse: {
              accessToken: `${prefix}access_token`,
              refreshToken: `${prefix}refresh_token`,
              expiresIn: `${prefix}expires_in`,
              scope: `${prefix}scope`,
              ...(scopeAs === 'array' ? {} : { scopeSeparator: scopeAs }),
            },
          },
          { successField: 'ok' },
        )
        assert.deepEqual(shown(tokens), {
          accessToken: a.accessToken,
          refreshToken: a.refreshToken,
          idToken: null,
          tokenType: 'Bearer',
          expiresInSeconds: a.expiresIn,
          refreshExpiresInSeconds: null,
          scopes: a.scopes,
          extra: {},
          learned: {},
        })
      }),
      { numRuns: 500 },
    )
  })

  it('is either tokens or a TokenError, whatever bytes come', async () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(
        '',
        'null',
        '[]',
        '<html>',
        '{"access_token":{}}',
        '{"access_token":5}',
        '{"__proto__":{"access_token":"a"}}',
      ),
    )
    await fc.assert(
      fc.asyncProperty(bodies, fc.integer({ min: 200, max: 599 }), async (body, status) => {
        const empty = [204, 205, 304].includes(status)
        const error = await failure(redeem(() => new Response(empty ? null : body, { status })))
        assert.ok(error.message.length > 0)
      }),
    )
  })

  it('keeps other token types, id tokens, the fields asked for and values learned from it', async () => {
    const answer = () =>
      json({
        ok: true,
        access_token: 'xoxb-1',
        token_type: 'bot',
        id_token: 'ey.a.b',
        team: { id: 12345678901234567890n.toString(), name: '' },
        instance_url: 'https://eu7.acme.test/',
        flags: { a: 1 },
      })
    const tokens = await redeem(answer, {
      tokenResponse: { keep: ['team.id', 'team.name', 'flags', 'missing'] },
      learnedParams: [
        {
          name: 'instance',
          role: 'host',
          pattern: '^[a-z0-9]+\\.acme\\.test$',
          from: 'tokenResponse',
          path: 'instance_url',
        },
      ],
    })
    assert.equal(tokens.tokenType, 'bot')
    assert.equal(tokens.idToken?.reveal(), 'ey.a.b')
    assert.deepEqual(tokens.extra, { id: '12345678901234567890', flags: '{"a":1}' })
    assert.deepEqual(tokens.learned, { instance: 'eu7.acme.test' })
  })

  it('prints no token', async () => {
    const tokens = await redeem(() => json({ access_token: 'at-secret', refresh_token: 'rt-secret' }))
    assert.doesNotMatch(JSON.stringify(tokens), /at-secret|rt-secret/)
  })

  it('falls back to the lifetime of the definition where it says none, or none that can be', async () => {
    const of = async (expires_in: unknown, accessTokenLifetimeSeconds?: number | null) => {
      const answer = () => json({ access_token: 'at', expires_in })
      return (await redeem(answer, { refresh: { accessTokenLifetimeSeconds } })).expiresInSeconds
    }
    for (const nothing of [undefined, null, '', 0, '0', -1, '-5', 'soon', false, {}, [], 0.4, 1e300, Date.now()]) {
      assert.equal(await of(nothing, 3600), 3600, JSON.stringify(nothing))
      assert.equal(await of(nothing, null), null)
      assert.equal(await of(nothing), null)
    }
    assert.equal(await of('3600', 60), 3600)
    assert.equal(await of(7200.9, 60), 7200)
    assert.equal(await of(315_360_000, 60), 315_360_000)
    assert.equal(await of(5_184_000_000, 60), 5_184_000)
  })

  it('takes round numbers that are no lifetime in seconds for milliseconds, where a mistake costs only a refresh', async () => {
    const of = async (expires_in: unknown, refresh_token?: string) =>
      (await redeem(() => json({ access_token: 'at', refresh_token, expires_in }))).expiresInSeconds
    const minute = 60
    const hour = 60 * minute
    const day = 24 * hour
    for (const lifetime of [10 * minute, 15 * minute, hour - 1, hour, 2 * hour, 3 * hour, 8 * hour, 12 * hour, day])
      assert.equal(await of(lifetime * 1000, 'rt'), lifetime, String(lifetime))
    for (const days of [5, 7, 10, 14, 30, 60, 90, 180, 365]) assert.equal(await of(days * day, 'rt'), days * day)
    for (const odd of [599, 3599, 3600, 5_183_944]) assert.equal(await of(odd, 'rt'), odd)
    assert.equal(await of(3_600_000), 3_600_000)
    assert.equal(await of(3_599_123, 'rt'), 3599)
  })

  it('counts to a time of expiry by the clock of the app, however wrong ours is', async () => {
    for (const aheadMs of [-600_000, 0, 600_000]) {
      const theirs = Math.floor((Date.now() + aheadMs) / 1000) * 1000
      const fields = { access_token: 'at', expires_at: theirs / 1000 + 3600 }
      const answer = () => json(fields, 200, { date: new Date(theirs).toUTCString() })
      const { expiresInSeconds } = await redeem(answer, { tokenResponse: { expiresAt: 'expires_at' } })
      assert.equal(expiresInSeconds, 3600)
    }
  })

  it('tells when the refresh token ends, by any of the names in use, else as the definition says', async () => {
    const of = async (fields: Record<string, unknown>, scheme: SchemeInput = {}) =>
      (await redeem(() => json({ access_token: 'at', ...fields }), scheme)).refreshExpiresInSeconds
    assert.equal(await of({}), null)
    assert.equal(await of({}, { refresh: { refreshTokenLifetimeSeconds: 7_776_000 } }), 7_776_000)
    assert.equal(
      await of({ refresh_token_expires_in: 86_400 }, { refresh: { refreshTokenLifetimeSeconds: 60 } }),
      86_400,
    )
    assert.equal(await of({ refresh_expires_in: '1800' }), 1800)
    assert.equal(await of({ x_refresh_token_expires_in: 8_640_000 }), 8_640_000)
    assert.equal(await of({ refresh_token_expires_in: 0 }), null)
    const nested = { data: { access_token: 'at', refresh_expires_in: 30 } }
    assert.equal(await of(nested, { tokenResponse: { accessToken: 'data.access_token' } }), 30)
  })

  it('says nothing about scopes unless it does', async () => {
    const of = async (scope: unknown, scheme: SchemeInput = {}) =>
      (await redeem(() => json({ access_token: 'at', scope }), scheme)).scopes
    assert.equal(await of(undefined), null)
    assert.equal(await of(null), null)
    assert.deepEqual(await of(''), [])
    assert.deepEqual(await of('a b  a\nc'), ['a', 'b', 'c'])
    assert.deepEqual(await of('a,b'), ['a,b'])
    assert.deepEqual(await of('a,b c', { scopeSeparator: ',' }), ['a', 'b', 'c'])
    assert.deepEqual(await of(['a', 'b c', 5]), ['a', 'b', 'c'])
  })

  it('without an access token that can be sent is refused, and the tokens may be gone', async () => {
    for (const body of [
      {},
      { access_token: '' },
      { access_token: null },
      { access_token: ['a'] },
      { access_token: 'a\nb' },
      { access_token: 'ü' },
    ]) {
      const error = await failure(redeem(() => json(body)))
      assert.deepEqual([error.kind, error.outcomeUnknown], ['refused', true], JSON.stringify(body))
    }
  })

  it('of a refresh may come unwrapped although the first was nested', async () => {
    const nested = { tokenResponse: { accessToken: 'user.access_token', refreshToken: 'user.refresh_token' } }
    const flat = () => json({ access_token: 'at-2', refresh_token: 'rt-2' })
    assert.equal((await refresh(flat, nested)).refreshToken?.reveal(), 'rt-2')
    assert.equal((await failure(redeem(flat, nested))).kind, 'refused')
  })

  it('must hold valid learned values the first time; a refresh does without', async () => {
    const scheme: SchemeInput = {
      learnedParams: [
        { name: 'instance', role: 'host', pattern: '^[a-z]+\\.acme\\.test$', from: 'tokenResponse', path: 'url' },
      ],
    }
    for (const url of [
      undefined,
      'https://evil.test/',
      'a.acme.test.evil.test',
      'https://a.acme.test@evil.test/',
      '',
    ]) {
      const answer = () => json({ access_token: 'at', url })
      const error = await failure(redeem(answer, scheme))
      assert.equal(error.kind, 'refused', String(url))
      assert.deepEqual((await refresh(answer, scheme)).learned, {})
    }
  })
})

describe('a token endpoint that gives no tokens', () => {
  const html = '<!DOCTYPE html><html><body>Bad gateway</body></html>'
  const cases: [string, () => Response | Promise<Response>, TokenError['kind'], boolean, string | null, AppInput?][] = [
    ['invalid_grant', () => json({ error: 'invalid_grant' }, 400), 'grant_lost', false, 'invalid_grant'],
    ['invalid_grant with 401', () => json({ error: 'invalid_grant' }, 401), 'grant_lost', false, 'invalid_grant'],
    ['invalid_grant with 403', () => json({ error: 'invalid_grant' }, 403), 'grant_lost', false, 'invalid_grant'],
    ['invalid_grant inside 200', () => json({ error: 'invalid_grant' }), 'grant_lost', false, 'invalid_grant'],
    [
      'invalid_grant as a form',
      () => new Response('error=invalid_grant&error_description=gone', { status: 400 }),
      'grant_lost',
      false,
      'invalid_grant',
    ],
    [
      'a code error as a form inside 200',
      () => new Response('error=bad_verification_code'),
      'grant_lost',
      false,
      'bad_verification_code',
    ],
    [
      'success false inside 200',
      () => json({ ok: false, error: 'token_revoked' }),
      'grant_lost',
      false,
      'token_revoked',
      { successField: 'ok' },
    ],
    [
      'success false beside a token',
      () => json({ ok: false, access_token: 'x' }),
      'refused',
      false,
      null,
      { successField: 'ok' },
    ],
    [
      'a code in capitals under another name',
      () => json({ status: 'BAD_REFRESH_TOKEN', message: 'gone' }, 400),
      'grant_lost',
      false,
      'BAD_REFRESH_TOKEN',
    ],
    [
      'an error that is an object',
      () => json({ error: { type: 'invalid_grant', code: 190, message: 'gone' } }, 400),
      'grant_lost',
      false,
      'invalid_grant',
    ],
    [
      'a list of errors',
      () => json({ errors: [{ code: 'invalid_client' }] }, 400),
      'client_rejected',
      false,
      'invalid_client',
    ],
    ['invalid_client', () => json({ error: 'invalid_client' }, 401), 'client_rejected', false, 'invalid_client'],
    [
      'unauthorized_client',
      () => json({ error: 'unauthorized_client' }, 400),
      'client_rejected',
      false,
      'unauthorized_client',
    ],
    ['401 without words', () => new Response('', { status: 401 }), 'client_rejected', false, null],
    ['401 with a page', () => new Response(html, { status: 401 }), 'client_rejected', false, null],
    ['401 with an error nobody knows', () => json({ message: 'Unauthorized' }, 401), 'client_rejected', false, null],
    [
      '401 that speaks of the request',
      () => json({ error: 'invalid_request' }, 401),
      'refused',
      false,
      'invalid_request',
    ],
    ['invalid_scope', () => json({ error: 'invalid_scope' }, 400), 'refused', false, 'invalid_scope'],
    ['400 in JSON without a code', () => json({ message: 'no' }, 400), 'refused', false, null],
    ['429', () => json({ error: 'invalid_grant' }, 429), 'transient', false, 'invalid_grant'],
    ['500', () => json({ error: 'invalid_grant' }, 500), 'transient', true, 'invalid_grant'],
    ['502 with a page', () => new Response(html, { status: 502 }), 'transient', true, null],
    ['503 without words', () => new Response(null, { status: 503 }), 'transient', true, null],
    ['a page with 200', () => new Response(html), 'transient', true, null],
    ['a page with 403', () => new Response(html, { status: 403 }), 'transient', true, null],
    ['text with 200', () => new Response('thanks'), 'transient', true, null],
    ['nothing with 204', () => new Response(null, { status: 204 }), 'transient', true, null],
    ['text with 400', () => new Response('Bad Request', { status: 400 }), 'transient', false, null],
    ['cut JSON with 200', () => new Response('{"access_token":"a'), 'transient', true, null],
    [
      'temporarily_unavailable',
      () => json({ error: 'temporarily_unavailable' }, 400),
      'transient',
      false,
      'temporarily_unavailable',
    ],
    [
      'ratelimited inside 200',
      () => json({ ok: false, error: 'ratelimited' }),
      'transient',
      false,
      'ratelimited',
      { successField: 'ok' },
    ],
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.test/' } }),
      'refused',
      false,
      null,
    ],
    ['a redirect with an error', () => json({ error: 'invalid_grant' }, 307), 'refused', false, 'invalid_grant'],
    ['no connection', () => Promise.reject(new EgressError(false)), 'transient', false, null],
    ['an interrupted exchange', () => Promise.reject(new EgressError(true)), 'transient', true, null],
    ['a broken fetch', () => Promise.reject(new Error('?')), 'transient', true, null],
  ]
  for (const [name, answer, kind, outcomeUnknown, oauthError, app] of cases)
    it(`is ${kind}${outcomeUnknown ? ', outcome unknown' : ''}: ${name}`, async () => {
      for (const call of [redeem, refresh]) {
        const error = await failure(call(answer, {}, app))
        assert.deepEqual(
          { kind: error.kind, outcomeUnknown: error.outcomeUnknown, oauthError: error.oauthError },
          { kind, outcomeUnknown, oauthError },
        )
      }
    })

  it('says whether the server is away or slow', async () => {
    const said = async (isLate: boolean) =>
      (await failure(redeem(() => Promise.reject(new EgressError(true, { isLate }))))).message
    assert.equal(await said(false), 'the server of the app could not be reached')
    assert.equal(await said(true), 'the server of the app did not answer in time')
  })

  it('says when to come back, in seconds or as a date, within a day', async () => {
    const after = async (value: string) =>
      (await failure(redeem(() => json({}, 429, { 'retry-after': value })))).retryAfterSeconds
    assert.equal(await after('120'), 120)
    assert.equal(await after('0'), 0)
    assert.equal(await after('9999999'), 86_400)
    assert.equal(await after('soon'), null)
    const date = await after(new Date(Date.now() + 60_000).toUTCString())
    assert.ok(date !== null && date >= 55 && date <= 60, String(date))
    assert.equal(await after(new Date(0).toUTCString()), 0)
    const byItsClock = { date: new Date(90_000).toUTCString(), 'retry-after': new Date(130_000).toUTCString() }
    assert.equal((await failure(redeem(() => json({}, 429, byItsClock)))).retryAfterSeconds, 40)
    assert.equal((await failure(redeem(() => json({}, 429)))).retryAfterSeconds, null)
  })

  it('is quoted in one short line', async () => {
    const error = await failure(
      redeem(() => json({ error: 'invalid_grant', error_description: `a\u0000\r\n\u202eb${'x'.repeat(5000)}` }, 400)),
    )
    assert.match(error.message, /^invalid_grant: a bx+…$/)
    assert.ok(error.message.length <= 320)
  })

  it('is never quoted with a secret that was sent, however it is written and cut', async () => {
    const secret = fc
      .string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 40 })
      .filter((text) => text.trim() === text && !/[[\]]|secret|\s\s/.test(text))
    const encodings = fc.constantFrom(...writings)
    await fc.assert(
      fc.asyncProperty(secret, secret, encodings, fc.nat(310), async (clientSecret, refreshToken, encode, before) => {
        const echo = `${'.'.repeat(before)}${encode(refreshToken)} ${encode(clientSecret)}`
        const client = { clientId: 'c', clientSecret: new Secret(clientSecret) }
        const { provider } = fakeProvider(() => json({ error: echo, error_description: echo }, 400), {}, {}, { client })
        const error = await failure(refreshTokens(provider, new Secret(refreshToken)))
        const said = `${error.message} ${error.oauthError}`
        for (const sent of [clientSecret, refreshToken]) assert.ok(!said.includes(sent), said)
      }),
    )
  })
})
