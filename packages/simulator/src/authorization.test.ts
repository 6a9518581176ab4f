import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, baseUrl, callback, codeVerifier, startSimulator } from './testing.ts'

const scopes = {
  default: ['read'],
  required: ['offline'],
  described: [{ name: 'read', description: 'Read your things' }],
}

/** What a browser would send for the form: the fields of the page, changed. */
async function submit(world: ReturnType<typeof startSimulator>, page: string, fields: [string, string][]) {
  const handle = /name="request" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const action = /<form method="post" action="([^"]+)"/.exec(page)?.[1] ?? ''
  const body = new URLSearchParams([['request', handle], ...fields])
  const response = await world.simulator.fetch(new Request(action, { method: 'POST', body }))
  return { response, query: new URL(response.headers.get('location') ?? 'about:blank').searchParams }
}

test('the consent page shows who asks, two people and each scope, and says that it is simulated', async () => {
  const world = startSimulator(acme({ scopes }))
  const response = await world.get(world.authorizeUrl({ scope: 'read write offline' }))
  const page = await response.text()
  assert.equal(response.status, 200)
  for (const text of [
    'Simulated:',
    'this is not the real Acme',
    'ready-client',
    'Jessica Rivera',
    'Melissa Chen',
    'Read your things',
    'Always needed',
  ])
    assert.ok(page.includes(text), text)
  assert.equal(page.match(/type="checkbox"/g)?.length, 3)
  assert.match(page, /value="offline" checked disabled/)
  assert.doesNotMatch(page, /<script|style=|onclick/)
})

test('pages have strict headers, and their assets are served here', async () => {
  const world = startSimulator(acme())
  for (const url of [world.authorizeUrl(), world.authorizeUrl({ state: null })]) {
    const { headers } = await world.get(url)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'; style-src 'self'; img-src 'self'/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('cache-control'), 'no-store')
  }
  const asset = (name: string) => world.get(new URL(`${baseUrl}/simulator/assets/${name}`))
  assert.equal((await asset('style.css')).headers.get('content-type'), 'text/css; charset=utf-8')
  assert.match(await (await asset('person-2.svg')).text(), />MC</)
  assert.equal((await asset('../../etc/passwd')).status, 404)
  assert.equal((await asset('constructor')).status, 404)
})

test('approving gives the chosen person and the ticked scopes, the required one included', async () => {
  const world = startSimulator(acme({ scopes }))
  const page = await (await world.get(world.authorizeUrl({ scope: 'read write offline' }))).text()
  const { response, query } = await submit(world, page, [
    ['person', '2'],
    ['scope', 'read'],
    ['scope', 'admin'],
    ['decision', 'approve'],
  ])
  assert.equal(response.status, 303)
  assert.equal(query.get('state'), 'st-1')
  const tokens = (await (await world.redeem(query.get('code') ?? '')).json()) as Record<string, string>
  assert.equal(tokens.scope, 'read offline')
  const again = await submit(world, page, [
    ['person', '2'],
    ['decision', 'approve'],
  ])
  assert.equal(again.response.status, 400)
  assert.match(await again.response.text(), /answered before/)
})

test('denying goes back with access_denied and no code', async () => {
  const world = startSimulator(acme({ issuer: 'https://acme.example' }))
  const page = await (await world.get(world.authorizeUrl())).text()
  const { query } = await submit(world, page, [
    ['person', '1'],
    ['decision', 'deny'],
  ])
  assert.equal(query.get('error'), 'access_denied')
  assert.equal(query.get('state'), 'st-1')
  assert.equal(query.get('iss'), 'https://acme.example')
  assert.equal(query.get('code'), null)
  const flagged = await world.approve({ simulator: 'deny' })
  assert.equal(flagged.get('error'), 'access_denied')
})

test('an incomplete form is refused and the request stays open', async () => {
  const world = startSimulator(acme())
  const page = await (await world.get(world.authorizeUrl())).text()
  for (const fields of [
    [],
    [['person', '1']],
    [['decision', 'approve']],
    [
      ['person', '3'],
      ['decision', 'approve'],
    ],
  ] as [string, string][][])
    assert.equal((await submit(world, page, fields)).response.status, 400)
  assert.equal(
    (
      await submit(world, page, [
        ['person', '1'],
        ['decision', 'approve'],
      ])
    ).response.status,
    303,
  )
  assert.equal((await world.get(new URL(`${baseUrl}/simulator/consent`))).status, 405)
})

test('a page that was left open for ten minutes is too old', async () => {
  const world = startSimulator(acme())
  const page = await (await world.get(world.authorizeUrl())).text()
  world.pass(600)
  assert.equal(
    (
      await submit(world, page, [
        ['person', '1'],
        ['decision', 'approve'],
      ])
    ).response.status,
    400,
  )
})

test('flags choose the person and fewer scopes, never more', async () => {
  const world = startSimulator(acme({ scopes }))
  const back = await world.approve({ scope: 'read write', simulator_person: '2', simulator_scopes: 'read admin' })
  const tokens = (await (await world.redeem(back.get('code') ?? '')).json()) as Record<string, string>
  assert.equal(tokens.scope, 'read')
  const none = await world.approve({ scope: 'read write', simulator_scopes: '' })
  const empty = (await (await world.redeem(none.get('code') ?? '')).json()) as Record<string, string>
  assert.equal(empty.scope, '')
  for (const changes of [{ simulator: 'yes' }, { simulator: 'approve', simulator_person: '3' }] as Record<
    string,
    string
  >[])
    assert.equal((await world.get(world.authorizeUrl(changes))).status, 400)
})

test('the way back carries the issuer and the parameters the app adds', async () => {
  const world = startSimulator(
    acme({
      authorizationEndpoint: 'https://{shop_name}.acme.example/authorize',
      tokenEndpoint: 'https://{shop_name}.acme.example/token',
      params: [
        { name: 'shop_name', label: 'Shop', role: 'hostLabel' },
        { name: 'region', label: 'Region', role: 'value' },
      ],
      issuer: 'https://acme.example',
      callbackParams: { shop: '{shop_name}.acme.example', region: '{region}' },
    }),
  )
  const back = await world.approve({ redirect_uri: `${callback}?kept=1` }, { shop_name: 'my-shop' })
  assert.equal(back.get('shop'), 'my-shop.acme.example')
  assert.equal(back.get('region'), null)
  assert.equal(back.get('iss'), 'https://acme.example')
  assert.equal(back.get('kept'), '1')
})

const badRequests: Record<string, Record<string, string | null>> = {
  'no client': { client_id: null },
  'no state': { state: null },
  'an endless state': { state: 's'.repeat(2001) },
  'another response type': { response_type: 'token' },
  'no challenge': { code_challenge: null },
  'a plain challenge': { code_challenge_method: 'plain', code_challenge: codeVerifier },
  'a short challenge': { code_challenge: 'abc' },
  'blanks between scopes': { scope: 'a b' },
  'no redirect URI': { redirect_uri: null },
  'a foreign redirect URI': { redirect_uri: 'https://evil.example/oauth/callback/int_1' },
  'a redirect URI with the host as user': { redirect_uri: 'http://127.0.0.1:4280@evil.example/oauth/callback/x' },
  'a redirect URI on a longer port': { redirect_uri: 'http://127.0.0.1:42801/oauth/callback/x' },
  'a redirect URI that climbs': { redirect_uri: `${baseUrl}/oauth/callback/../../x` },
  'a redirect URI that climbs in disguise': { redirect_uri: `${baseUrl}/oauth/callback/%2e%2e/x` },
  'a redirect URI with a fragment': { redirect_uri: `${callback}#x` },
  'a redirect URI without an integration': { redirect_uri: `${baseUrl}/oauth/callback/` },
  'a script as redirect URI': { redirect_uri: 'javascript:alert(1)' },
}
for (const [what, changes] of Object.entries(badRequests))
  test(`${what} ends on a page, also when the flag would skip it`, async () => {
    const world = startSimulator(acme({ scopeSeparator: ',' }))
    for (const flag of [{}, { simulator: 'approve' }, { simulator: 'deny' }] as Record<string, string>[]) {
      const response = await world.get(world.authorizeUrl({ ...changes, ...flag }))
      assert.equal(response.status, 400)
      assert.equal(response.headers.get('location'), null)
      assert.match(await response.text(), /This request can not be answered/)
    }
  })

test('a parameter that comes twice is refused', async () => {
  const world = startSimulator(acme())
  const url = world.authorizeUrl()
  url.searchParams.append('redirect_uri', 'https://evil.example/')
  assert.equal((await world.get(url)).status, 400)
})

test('markup in names, scopes and parameters stays text', async () => {
  const nasty = '"><script>alert(1)</script>'
  const world = startSimulator(
    acme({ scopes: { described: [{ name: 'read', description: nasty }], required: [], default: [] } }, { name: nasty }),
  )
  const pages = [
    world.authorizeUrl({ scope: `read ${nasty.replaceAll(' ', '')}`, client_id: nasty, state: nasty }),
    world.authorizeUrl({ state: null }),
    world.authorizeUrl({ scope: 'a\tb' }),
  ]
  for (const url of pages) {
    const page = await (await world.get(url)).text()
    assert.ok(!page.includes('<script'))
    assert.ok(page.includes('&lt;script&gt;'))
  }
})
