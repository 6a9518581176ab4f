/** Apps that operators add or replace: by API for a project, by files for every project, and by no more than an issuer. */
import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { App } from '../packages/sdk/src/types.ts'
import { diagnose } from '../packages/server/src/diagnose.ts'
import { type RunningOidcProvider, startOidcProvider } from '../packages/server/src/oauth/testing/oidc-provider.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { Person } from './support/person.ts'

let server: TestServer
let api: Api
let provider: RunningOidcProvider
/** A server whose metadata a test writes. */
let metadata: Record<string, unknown> | string | number = 404
let fake: { issuer: string; close: () => void }
before(async () => {
  fake = await startFake((request, response) => {
    const isMetadata = request.url === '/.well-known/openid-configuration'
    const found = isMetadata ? metadata : 404
    response.writeHead(typeof found === 'number' ? found : 200, { 'content-type': 'application/json' })
    response.end(typeof found === 'string' ? found : JSON.stringify(found))
  })
  provider = await startOidcProvider({ clients: [client('http://127.0.0.1/')] })
  server = await startTestServer({
    environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: `${provider.host},${new URL(fake.issuer).host}` },
  })
  api = apiOf(server)
})
after(async () => {
  await server.close()
  await provider.close()
  fake.close()
})

const client = (redirectUri: string) => ({
  clientId: 'own',
  clientSecret: 'own-secret',
  authMethod: 'client_secret_basic' as const,
  redirectUris: [redirectUri],
})

async function startFake(listener: RequestListener) {
  const running = createServer(listener)
  await new Promise<void>((resolve) => running.listen(0, '127.0.0.1', resolve))
  const { port } = running.address() as AddressInfo
  return { issuer: `http://127.0.0.1:${port}`, close: () => running.close() }
}

const keyApp = (key: string, changes: Record<string, unknown> = {}) => ({
  key,
  name: 'Ours',
  baseUrl: 'https://api.ours.example',
  authSchemes: [
    {
      scheme: 'API_KEY',
      label: 'Key',
      params: [{ name: 'api_key', label: 'API key', role: 'credential' }],
      send: [{ in: 'header', name: 'X-Key', value: '{api_key}' }],
    },
  ],
  ...changes,
})

/** An app as its definition says it. */
interface Defined extends App {
  definition: { authSchemes: Record<string, unknown>[]; identity?: Record<string, unknown> }
}

const nameOf = async (key: string) => ok(await api.get<App>(`/api/v1/apps/${key}`)).name

describe('an app of a project with the key of another', () => {
  it('takes its place in that project until it is deleted', async () => {
    const before = await nameOf('stripe')
    const made = ok(await api.post<App>('/api/v1/apps', keyApp('stripe', { name: 'Our Stripe' })))
    assert.equal(made.builtIn, false)
    assert.equal(await nameOf('stripe'), 'Our Stripe')
    const { items } = ok(await api.get<{ items: App[] }>('/api/v1/apps?search=stripe'))
    assert.deepEqual(
      items.filter(({ key }) => key === 'stripe').map(({ name }) => name),
      ['Our Stripe'],
    )
    const operator = apiOf(server, server.adminKey)
    const { apiKey } = ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'other', mode: 'test' }))
    assert.equal(ok(await apiOf(server, apiKey).get<App>('/api/v1/apps/stripe')).name, before)

    ok(await api.delete('/api/v1/apps/stripe'))
    assert.equal(await nameOf('stripe'), before)
  })

  it('is made of the built-in one by a change, and keeps its accounts', async () => {
    const account = await api.connect({ app: 'github', authScheme: 'OAUTH2' })
    const changed = ok(await api.patch<App>('/api/v1/apps/github', { baseUrl: 'https://api.github.com/ours' }))
    assert.equal(changed.builtIn, false)
    const params = (await api.account(account.id)).connectionParams as Record<string, string>
    assert.match(params.base_url ?? '', /api\.github\.com\/ours$/)
    ok(await api.delete('/api/v1/apps/github'))
    assert.match(
      ((await api.account(account.id)).connectionParams as Record<string, string>).base_url ?? '',
      /api\.github\.com$/,
    )
  })

  it('is refused when it drops a scheme that accounts use, or is no good, and then nothing changes', async () => {
    await api.connect({ app: 'github', authScheme: 'OAUTH2' })
    assertRefused(await api.post('/api/v1/apps', keyApp('github')), { status: 400, code: 'conflict' })
    assertRefused(await api.post('/api/v1/apps', keyApp('github', { baseUrl: 'http://api.ours.example' })), {
      status: 400,
      code: 'validation_failed',
      field: 'baseUrl',
    })
    assert.equal(await nameOf('github'), 'GitHub')
  })

  it('is not deleted where there is none', async () => {
    assertRefused(await api.delete('/api/v1/apps/linear'), { status: 400, code: 'not_supported' })
  })
})

describe('app files', () => {
  const write = async (file: string, content: unknown) => {
    await mkdir(join(server.dataDir, 'apps'), { recursive: true })
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    await writeFile(join(server.dataDir, 'apps', file), text)
    return server.composition.followAppFiles()
  }

  it('are apps of every project, are changed and go without a restart', async () => {
    await write('filed.json', keyApp('filed', { name: 'Filed' }))
    const account = await api.connect({ app: 'filed', data: { api_key: 'k' } })
    const keyIn = async () => {
      const { params } = ok(await api.info(account.id))
      return params.map(({ name, value }) => `${name}: ${value}`)
    }
    assert.deepEqual(await keyIn(), ['X-Key: k'])

    const changed = keyApp('filed')
    await write('filed.json', {
      ...changed,
      authSchemes: [{ ...changed.authSchemes[0], send: [{ in: 'header', name: 'X-Other', value: '{api_key}' }] }],
    })
    assert.deepEqual(await keyIn(), ['X-Other: k'])

    await rm(join(server.dataDir, 'apps', 'filed.json'))
    await server.composition.followAppFiles()
    assert.equal((await api.get('/api/v1/apps/filed')).status, 404)
  })

  it('come before built-in apps and after those of a project', async () => {
    await write('notion.json', keyApp('notion', { name: 'Filed Notion' }))
    assert.equal(await nameOf('notion'), 'Filed Notion')
    ok(await api.post('/api/v1/apps', keyApp('notion', { name: 'Own Notion' })))
    assert.equal(await nameOf('notion'), 'Own Notion')
    ok(await api.delete('/api/v1/apps/notion'))
    await rm(join(server.dataDir, 'apps', 'notion.json'))
    await server.composition.followAppFiles()
    assert.equal(await nameOf('notion'), 'Notion')
  })

  it('that are wrong are told of by field, and what was good before goes on', async () => {
    await write('careful.json', keyApp('careful', { name: 'Good' }))
    const wrong: [string, unknown, RegExp][] = [
      [
        'careful.json',
        keyApp('careful', { name: 'Bad', baseUrl: 'http://plain.example' }),
        /careful\.json: baseUrl: must be https/,
      ],
      ['careful.json', '{ "key": ', /careful\.json: is not JSON/],
      ['careful.json', keyApp('careful', { nmae: 'x' }), /careful\.json: nmae/],
      ['misnamed.json', keyApp('careful'), /misnamed\.json: key: holds the app careful/],
    ]
    for (const [file, content, said] of wrong) {
      await write(file, content)
      assert.equal(await nameOf('careful'), 'Good')
      assert.match(await doctor(), said)
    }
    await rm(join(server.dataDir, 'apps'), { recursive: true })
    await server.composition.followAppFiles()
  })

  /** What `holdfast doctor` prints. */
  async function doctor(): Promise<string> {
    const lines: string[] = []
    const { log } = console
    console.log = (line: string) => lines.push(line)
    try {
      await diagnose(['--offline'], { HOLDFAST_DATA_DIR: server.dataDir })
    } finally {
      console.log = log
    }
    return lines.join('\n')
  }
})

describe('an app made from an issuer', () => {
  it('connects at a real authorization server, with all that its metadata says', async () => {
    const app = ok(
      await api.post<Defined>('/api/v1/apps', {
        key: 'discovered',
        name: 'Discovered',
        issuer: provider.issuer,
        baseUrl: provider.issuer,
      }),
    )
    const [scheme] = app.definition.authSchemes
    const { tokenEndpointAuthMethod, codeChallengeMethod, issuerRequired, deviceAuthorizationEndpoint } = scheme ?? {}
    assert.deepEqual(
      [tokenEndpointAuthMethod, codeChallengeMethod, issuerRequired, deviceAuthorizationEndpoint],
      ['client_secret_basic', 'S256', true, `${provider.issuer}/device/auth`],
    )
    const integration = ok(
      await api.post<{ id: string; redirectUri: string }>('/api/v1/integrations', {
        app: 'discovered',
        clientId: 'own',
        clientSecret: 'own-secret',
      }),
    )
    // As an operator does: the redirect URI is known once the integration stands.
    await provider.close()
    const port = Number(new URL(provider.issuer).port)
    provider = await startOidcProvider({ clients: [client(integration.redirectUri)], port })
    const initiated = await api.initiate({ integrationId: integration.id, entityId: newEntity() })
    const person = new Person()
    await person.open(await provider.approve(await person.agree(initiated.redirectUrl ?? '')))
    const account = await api.account(initiated.connectedAccountId)
    assert.deepEqual([account.status, account.identity?.name], ['ACTIVE', 'Ada Example'])
    assert.ok((account.connectionParams as Record<string, string>).refresh_token)
  })

  const good = () => ({
    issuer: fake.issuer,
    authorization_endpoint: `${fake.issuer}/authorize`,
    token_endpoint: `${fake.issuer}/token`,
    response_types_supported: ['code'],
  })
  const make = (key: string, changes: Record<string, unknown> = {}) =>
    api.post('/api/v1/apps', { key, name: 'X', issuer: fake.issuer, ...changes })

  const wrong: [what: string, answer: () => typeof metadata, said: RegExp][] = [
    ['is not there', () => 404, /status 404/],
    ['is no JSON', () => '<html>', /no JSON/],
    ['names another issuer', () => ({ ...good(), issuer: `${fake.issuer}/` }), /not the issuer that the server names/],
    ['names no issuer', () => ({ ...good(), issuer: undefined }), /not the issuer/],
    ['has no token endpoint', () => ({ ...good(), token_endpoint: undefined }), /no token_endpoint/],
    ['has no code flow', () => ({ ...good(), response_types_supported: ['token'] }), /response_type code/],
    ['has no such grant', () => ({ ...good(), grant_types_supported: ['implicit'] }), /authorization_code/],
    [
      'authenticates clients otherwise',
      () => ({ ...good(), token_endpoint_auth_methods_supported: ['private_key_jwt'] }),
      /client_secret_basic, client_secret_post, none/,
    ],
    [
      'has endpoints without TLS',
      () => ({ ...good(), token_endpoint: 'http://elsewhere.example/token' }),
      /authSchemes\.0\.tokenEndpoint: must be https/,
    ],
  ]
  for (const [index, [what, answer, said]] of wrong.entries())
    it(`is refused when the metadata ${what}`, async () => {
      metadata = answer()
      const refused = assertRefused(await make(`wrong-${index}`), {
        status: 400,
        code: 'validation_failed',
        field: 'issuer',
      })
      assert.match(refused.errors[0]?.message ?? '', said)
      assert.equal((await api.get(`/api/v1/apps/wrong-${index}`)).status, 404)
    })

  it('is refused for what is no issuer, and for what stands beside it', async () => {
    metadata = good()
    const bad: [Record<string, unknown>, string][] = [
      [{ issuer: 'http://plain.example' }, 'issuer'],
      [{ issuer: 'not a url' }, 'issuer'],
      [{ issuer: `${fake.issuer}?x=1` }, 'issuer'],
      [{ issuer: 7 }, 'issuer'],
      [{ issuer: 'https://10.0.0.1' }, 'issuer'],
      [{ authSchemes: [] }, 'authSchemes'],
      [{ name: '' }, 'name'],
      [{ key: 'Not A Key' }, 'key'],
    ]
    for (const [changes, field] of bad)
      assertRefused(await make('beside', changes), { status: 400, code: 'validation_failed', field })
  })

  it('takes what the server has: client authentication, PKCE, offline access, userinfo', async () => {
    metadata = {
      ...good(),
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      code_challenge_methods_supported: ['plain'],
      scopes_supported: ['openid', 'email', 'offline_access'],
      userinfo_endpoint: `${fake.issuer}/me`,
      revocation_endpoint: `${fake.issuer}/revoke`,
    }
    const { definition } = ok(await make('rich')) as Defined
    const [scheme] = definition.authSchemes
    assert.equal(scheme?.tokenEndpointAuthMethod, 'client_secret_post')
    assert.equal(scheme?.codeChallengeMethod, 'none')
    assert.equal(scheme?.revocationEndpoint, `${fake.issuer}/revoke`)
    const { default: usual, required } = Object(scheme).scopes as Record<string, unknown>
    assert.deepEqual([usual, required], [['openid', 'email'], ['offline_access']])
    assert.equal(definition.identity?.url, `${fake.issuer}/me`)
  })
})
