import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppDefinition, type AppDefinitionInput } from '@holdfast/catalog'
import { EgressError } from '../egress/types.ts'
import { identify, learnByCalls, type Provider, TokenError, tryCredential } from './index.ts'
import { type Answer, type Asked, fakeProvider, json } from './testing/provider.ts'

/** An app with a key scheme. */
function keyProvider(
  answer: Answer,
  app: Partial<AppDefinitionInput>,
  values: Record<string, string>,
): { provider: Provider; asked: Asked[] } {
  const definition = AppDefinition.parse({
    key: 'acme',
    name: 'Acme',
    baseUrl: 'https://api.acme.test/v1',
    authSchemes: [],
    ...app,
  })
  const { provider, asked } = fakeProvider(answer)
  return { provider: { ...provider, app: definition, scheme: definition.authSchemes[0]!, values }, asked }
}

const apiKey: Pick<
  Extract<AppDefinitionInput['authSchemes'][number], { scheme: 'API_KEY' }>,
  'scheme' | 'label' | 'params'
> = {
  scheme: 'API_KEY',
  label: 'Key',
  params: [{ name: 'api_key', label: 'Key', role: 'credential', secret: true }],
}
const viewer = { url: '/me', id: 'id', name: 'profile.name', email: 'emails.0', avatar: 'avatar' }
const values = { access_token: 'at-1' }
const oauthProvider = (
  answer: Answer,
  scheme: Parameters<typeof fakeProvider>[1] = {},
  app: Partial<AppDefinitionInput> = {},
) => fakeProvider(answer, scheme, app, { values })

describe('whose account it is', () => {
  it('is read from the call of the app, made with its headers and the credential', async () => {
    const { provider, asked } = oauthProvider(
      () => json({ id: 7, profile: { name: 'Ada' }, emails: ['ada@acme.test'], avatar: 'https://acme.test/a.png' }),
      {},
      { headers: { 'Acme-Version': '3' }, identity: { ...viewer, headers: { 'X-More': 'yes' } } },
    )
    assert.deepEqual(await identify(provider), {
      id: '7',
      name: 'Ada',
      email: 'ada@acme.test',
      avatar: 'https://acme.test/a.png',
    })
    assert.deepEqual(asked[0], {
      url: 'https://api.acme.test/v1/me',
      method: 'GET',
      headers: { accept: 'application/json', 'acme-version': '3', authorization: 'Bearer at-1', 'x-more': 'yes' },
      body: undefined,
    })
  })

  it('keeps all digits of a long id, and leaves out what the app does not say or says in an odd way', async () => {
    const body = '{"id":12345678901234567890,"profile":{"name":null},"emails":[],"avatar":"javascript:alert(1)"}'
    const { provider } = oauthProvider(() => new Response(body), {}, { identity: viewer })
    assert.deepEqual(await identify(provider), { id: '12345678901234567890', name: null, email: null, avatar: null })
  })

  it('may be asked in GraphQL, at a base URL and with a call of the scheme', async () => {
    const query = '{viewer{id}}'
    const { provider, asked } = oauthProvider(
      () => json({ data: { viewer: { id: 'u1' } } }),
      {
        baseUrl: 'https://graph.acme.test',
        identity: {
          method: 'POST',
          url: '/graphql',
          body: { query, variables: { t: '{access_token}' } },
          id: 'data.viewer.id',
        },
      },
      { identity: viewer },
    )
    assert.equal((await identify(provider))?.id, 'u1')
    assert.equal(asked[0]?.url, 'https://graph.acme.test/graphql')
    assert.equal(asked[0]?.headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), { query, variables: { t: 'at-1' } })
  })

  it('stays unknown when the app does not answer properly', async () => {
    const answers: Answer[] = [
      () => json({ id: '' }),
      () => json({ id: null }),
      () => json({ id: true }),
      () => json({ id: 'u1' }, 403),
      () => json({ id: 'u1' }, 302),
      () => json({ id: 'u1', ok: false }),
      () => json({ id: 'u1', errors: [{ message: 'no' }], data: null }),
      () => json({ id: 'u1', errors: [{ message: 'no' }], data: { viewer: null } }),
      () => new Response('<html>'),
      () => Promise.reject(new EgressError(true)),
    ]
    for (const answer of answers) {
      const { provider } = oauthProvider(answer, {}, { identity: viewer, successField: 'ok' })
      assert.equal(await identify(provider), undefined)
    }
    const without = oauthProvider(() => assert.fail('nothing is asked'))
    assert.equal(await identify(without.provider), undefined)
    const incomplete = oauthProvider(() => assert.fail('nothing is asked'), {
      identity: { url: 'https://{shop}.acme.test/me', id: 'id' },
      params: [{ name: 'shop', label: 'Shop', role: 'hostLabel' }],
    })
    assert.equal(await identify(incomplete.provider), undefined)
  })
})

describe('whether a credential works', () => {
  const testCall = { url: '/ping' }
  const verdictOn = (answer: Answer, app: Partial<AppDefinitionInput> = {}) =>
    tryCredential(oauthProvider(answer, {}, { testCall, ...app }).provider)

  it('is told by the status of the test call', async () => {
    for (const [status, verdict] of [
      [200, 'accepted'],
      [201, 'accepted'],
      [401, 'refused'],
      [403, 'refused'],
      [302, 'unreachable'],
      [404, 'unreachable'],
      [429, 'unreachable'],
      [503, 'unreachable'],
    ] as const)
      assert.equal(await verdictOn(() => json({}, status)), verdict, String(status))
    assert.equal(await verdictOn(() => new Response('pong')), 'accepted')
    assert.equal(await verdictOn(() => new Response(null, { status: 204 })), 'accepted')
    assert.equal(await verdictOn(() => Promise.reject(new EgressError(false))), 'unreachable')
  })

  it('is told by other statuses where the app says so', async () => {
    const narrow = { testCall: { url: '/ping', refusedStatuses: [400] } }
    assert.equal(await verdictOn(() => json({}, 400), narrow), 'refused')
    assert.equal(await verdictOn(() => json({}, 403), narrow), 'unreachable')
  })

  it('is told by the body where the app answers 200 to everything', async () => {
    assert.equal(await verdictOn(() => json({ ok: false, error: 'invalid_auth' }), { successField: 'ok' }), 'refused')
    assert.equal(await verdictOn(() => json({ ok: true }), { successField: 'ok' }), 'accepted')
    assert.equal(await verdictOn(() => json({ error: 'invalid_auth' })), 'refused')
    assert.equal(await verdictOn(() => json({ errors: [{ message: 'later' }], data: null })), 'unreachable')
    assert.equal(await verdictOn(() => json({ errors: [], data: { viewer: {} } })), 'accepted')
  })

  it('is not known for an app without a test call', async () => {
    assert.equal(await tryCredential(oauthProvider(() => assert.fail('nothing is asked')).provider), 'not_available')
  })

  it('is tried with the credential in the query, the body or Basic, as the app says', async () => {
    const query = keyProvider(
      () => json({}),
      {
        testCall: { url: '/ping?a=b' },
        authSchemes: [{ ...apiKey, send: [{ in: 'query', name: 'key', value: '{api_key}' }] }],
      },
      { api_key: 'k&1' },
    )
    assert.equal(await tryCredential(query.provider), 'accepted')
    assert.equal(query.asked[0]?.url, 'https://api.acme.test/v1/ping?a=b&key=k%261')

    const body = keyProvider(
      () => json({}),
      {
        testCall: { method: 'POST', url: '/ping' },
        authSchemes: [{ ...apiKey, send: [{ in: 'body', name: 'token', value: '{api_key}' }] }],
      },
      { api_key: 'k1' },
    )
    await tryCredential(body.provider)
    assert.deepEqual(JSON.parse(body.asked[0]?.body ?? ''), { token: 'k1' })

    const basic = keyProvider(
      () => json({}),
      {
        testCall,
        authSchemes: [
          {
            scheme: 'BASIC',
            label: 'Basic',
            params: [
              { name: 'username', label: 'U', role: 'credential' },
              { name: 'password', label: 'P', role: 'credential', secret: true },
            ],
          },
        ],
      },
      { username: 'u', password: 'p' },
    )
    await tryCredential(basic.provider)
    assert.equal(basic.asked[0]?.headers.authorization, `Basic ${btoa('u:p')}`)
  })

  it('is tried where the provider is really reached', async () => {
    const { provider, asked } = oauthProvider(() => json({}), {}, { testCall })
    await tryCredential({ ...provider, resolve: (url) => new URL(`http://127.0.0.1:9/sim/${url.host}${url.pathname}`) })
    assert.equal(asked[0]?.url, 'http://127.0.0.1:9/sim/api.acme.test/v1/ping')
  })
})

describe('values learnt by a call', () => {
  const call = { url: 'https://api.acme.test/resources' }
  const learnedParams = [
    { name: 'cloud_id', role: 'path', pattern: '^[a-z0-9-]+$', from: 'call', call, path: '0.id' },
    { name: 'site', role: 'host', pattern: '^[a-z]+\\.acme\\.test$', from: 'call', call, path: '0.url' },
  ] as const
  const learn = (answer: Answer) =>
    oauthProvider(answer, { baseUrl: 'https://api.acme.test/ex/{cloud_id}', learnedParams: [...learnedParams] })

  it('come from one answer, before the base URL that needs them exists', async () => {
    const { provider, asked } = learn(() => json([{ id: 'c-1', url: 'https://mine.acme.test/' }]))
    assert.deepEqual(await learnByCalls(provider), { cloud_id: 'c-1', site: 'mine.acme.test' })
    assert.equal(asked.length, 1)
    assert.equal(asked[0]?.headers.authorization, 'Bearer at-1')
  })

  it('may need each other', async () => {
    const { provider, asked } = oauthProvider(
      ({ url }) => json(url.endsWith('/first') ? { id: 'one' } : { id: 'two' }),
      {
        baseUrl: 'https://api.acme.test/ex/{first}',
        learnedParams: [
          {
            name: 'first',
            role: 'path',
            pattern: '^[a-z]+$',
            from: 'call',
            call: { url: 'https://api.acme.test/first' },
            path: 'id',
          },
          { name: 'second', role: 'value', from: 'call', call: { url: '/second' }, path: 'id' },
        ],
      },
    )
    assert.deepEqual(await learnByCalls(provider), { first: 'one', second: 'two' })
    assert.equal(asked[1]?.url, 'https://api.acme.test/ex/one/second')
  })

  it('are refused when they break their wall, and asked for again when the app is down', async () => {
    const kindOf = (answer: Answer) =>
      learnByCalls(learn(answer).provider).then(
        () => assert.fail('learnt'),
        (error: unknown) => error instanceof TokenError && [error.kind, error.outcomeUnknown],
      )
    assert.deepEqual(await kindOf(() => json([{ id: '../x', url: 'https://mine.acme.test/' }])), ['refused', false])
    assert.deepEqual(await kindOf(() => json([{ id: 'c-1', url: 'https://evil.test/' }])), ['refused', false])
    assert.deepEqual(await kindOf(() => json([])), ['refused', false])
    assert.deepEqual(await kindOf(() => json({}, 403)), ['refused', false])
    assert.deepEqual(await kindOf(() => json({}, 503)), ['transient', false])
    assert.deepEqual(await kindOf(() => json({}, 429)), ['transient', false])
    assert.deepEqual(await kindOf(() => Promise.reject(new EgressError(true))), ['transient', false])
  })

  it('do not exist for an app that learns none', async () => {
    assert.deepEqual(await learnByCalls(oauthProvider(() => assert.fail('nothing is asked')).provider), {})
  })
})
