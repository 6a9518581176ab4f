/**
 * What comes from outside and is taken apart by us: answers of token endpoints, values that become part of a URL, values that
 * become headers. Each target says what must hold whatever comes; none of them may do anything but hold or refuse.
 */
import assert from 'node:assert/strict'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import fc from 'fast-check'
import { AppDefinition, checkParams, renderAuth, TemplateError } from '../packages/catalog/src/index.ts'
import { checkedHeaders } from '../packages/server/src/egress/headers.ts'
import { redeemCode, refreshTokens, TokenError } from '../packages/server/src/oauth/index.ts'
import { fakeProvider } from '../packages/server/src/oauth/testing/provider.ts'
import { Secret } from '../packages/server/src/secret.ts'

export interface Target {
  name: string
  property: fc.IAsyncProperty<unknown> | fc.IProperty<unknown>
}

/* ── Token answers ── */

const fieldName = fc.constantFrom(
  'access_token',
  'refresh_token',
  'token_type',
  'expires_in',
  'scope',
  'id_token',
  'error',
  'error_description',
  'ok',
  'data',
  '__proto__',
  'constructor',
)
const fieldValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, [], {}, '', '0', '-1', 'NaN', '1e999', 'Infinity', 9e15, 'invalid_grant', 'a\r\nb'),
  fc.jsonValue({ maxDepth: 3 }),
)
const fields = fc.dictionary(fieldName, fieldValue, { maxKeys: 8 })
const body = fc.oneof(
  fields.map((value) => JSON.stringify(value)),
  fields.map((value) => JSON.stringify({ data: value })),
  fields.map((value) =>
    new URLSearchParams(Object.entries(value).map(([name, one]) => [name, String(one)])).toString(),
  ),
  fields.map((value) => JSON.stringify(value).slice(0, -3)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '<html>', '[]', 'null', '{"access_token":{}}', `${'['.repeat(5000)}`),
)
const answer = fc.record({
  status: fc.oneof(fc.constantFrom(200, 201, 400, 401, 429, 500, 503), fc.integer({ min: 200, max: 599 })),
  type: fc.constantFrom('application/json', 'text/plain', 'application/x-www-form-urlencoded', 'text/html', 'x'),
  retryAfter: fc.option(fc.stringMatching(/^[\x20-\x7e]{0,30}$/)),
  body,
  isRefresh: fc.boolean(),
})

const tenYears = 10 * 366 * 24 * 60 * 60
const isLifetime = (seconds: number | null) =>
  seconds === null || (Number.isFinite(seconds) && seconds >= 0 && seconds <= tenYears)

const tokenAnswers: Target = {
  name: 'token answers',
  property: fc.asyncProperty(answer, async ({ status, type, retryAfter, body, isRefresh }) => {
    const noBody = status === 204 || status === 205 || status === 304
    const headers = { 'content-type': type, ...(retryAfter !== null && { 'retry-after': retryAfter }) }
    const { provider } = fakeProvider(() => new Response(noBody ? null : body, { status, headers }))
    const sent = { code: 'code-of-the-fuzzer-1', verifier: 'v'.repeat(43), token: 'refresh-of-the-fuzzer-1' }
    try {
      const tokens = isRefresh
        ? await refreshTokens(provider, new Secret(sent.token))
        : await redeemCode(provider, {
            code: sent.code,
            codeVerifier: sent.verifier,
            redirectUri: 'https://holdfast.test/oauth/callback/1',
          })
      assert.match(tokens.accessToken.reveal(), /^[\x20-\x7e]+$/)
      assert.ok(isLifetime(tokens.expiresInSeconds) && isLifetime(tokens.refreshExpiresInSeconds))
    } catch (error) {
      assert.ok(error instanceof TokenError, String(error))
      for (const secret of [...Object.values(sent), 'client.secret~1']) assert.ok(!error.message.includes(secret))
    }
  }),
}

/* ── URLs ── */

const hosted = AppDefinition.parse({
  key: 'hosted',
  name: 'Hosted',
  baseUrl: 'https://{shop}.svc.example/v1/{room}',
  authSchemes: [
    {
      scheme: 'API_KEY',
      label: 'Key',
      params: [
        { name: 'shop', label: 'Shop', role: 'hostLabel' },
        // Dots are allowed on purpose: two of them would climb out of the path.
        { name: 'room', label: 'Room', role: 'path', pattern: '^[\\w.-]{1,50}$' },
        { name: 'api_key', label: 'Key', role: 'credential', secret: true },
      ],
      send: [{ in: 'header', name: 'Authorization', value: 'Bearer {api_key}' }],
    },
  ],
})
const trick = fc.constantFrom(
  ...['evil.test#', 'evil.test/', 'evil.test?', 'evil.test\\', 'x@evil.test/', 'x:y@evil.test#', 'evil.test:443/'],
  ...['ev\til.test/', 'evil.test\n/', 'evil。test/', '../..', '..', '.', '%2e%2e', '127.0.0.1/', '[::1]/', '//', '%00'],
)
const piece = fc.oneof(
  trick,
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[a-z0-9-]{1,20}$/),
  fc.tuple(trick, fc.string({ maxLength: 5 })).map((parts) => parts.join('')),
)

const urls: Target = {
  name: 'URL building',
  property: fc.property(piece, piece, (shop, room) => {
    const [scheme] = hosted.authSchemes
    assert.ok(scheme)
    const { values, problems } = checkParams(hosted, scheme, { shop, room, api_key: 'k' })
    if (problems.length > 0) return
    try {
      const { baseUrl } = renderAuth(hosted, scheme, values)
      const url = new URL(baseUrl)
      assert.match(url.hostname, /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.svc\.example$/)
      assert.deepEqual(
        [url.protocol, url.username, url.password, url.port, url.search, url.hash],
        ['https:', '', '', '', '', ''],
      )
      assert.match(url.pathname, /^\/v1\/[^/]+$/)
    } catch (error) {
      // What was let through when it was given must also build.
      assert.ok(!(error instanceof TemplateError), `${JSON.stringify({ shop, room })}: ${String(error)}`)
      throw error
    }
  }),
}

/* ── Headers ── */

const headerPiece = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('a\r\nb: c', 'a\nb', '\ta', 'a ', ' a', 'a\u0085', 'a\0', 'é', '', 'host', 'Content-Length', 'x'),
)

const headers: Target = {
  name: 'headers',
  property: fc.property(headerPiece, headerPiece, (name, value) => {
    let checked: Record<string, string>
    try {
      checked = checkedHeaders({ [name]: value })
    } catch (error) {
      const said = String(error)
      // A short value may stand in the sentence by chance.
      assert.ok(value.length < 12 || name.toLowerCase() === value.toLowerCase() || !said.includes(value), said)
      return
    }
    for (const [kept, text] of Object.entries(checked)) {
      validateHeaderName(kept)
      validateHeaderValue(kept, text)
      assert.equal(new Headers({ [kept]: text }).get(kept), text)
      assert.ok(!/[\r\n\0]/.test(kept + text))
    }
  }),
}

export const targets: readonly Target[] = [tokenAnswers, urls, headers]
