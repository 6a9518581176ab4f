import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { ConnectedAccount, Integration, Project } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type AuthParamsAnswer, apiOf, assertRefused, ok } from './support/api.ts'
import { Person } from './support/person.ts'

const server = await startTestServer()
after(() => server.close())
const api = apiOf(server)
const project = ok(await api.get<Project>('/api/v1/project'))
const { items: integrations } = ok(await api.get<{ items: Integration[] }>('/api/v1/integrations'))

/** First scheme of the apps that published clients know, and what it asks of the person. */
const preferred: Record<string, [scheme: string, ...fields: string[]]> = {
  discord: ['OAUTH2'],
  github: ['OAUTH2'],
  gmail: ['OAUTH2'],
  googlecalendar: ['OAUTH2'],
  googledrive: ['OAUTH2'],
  hubspot: ['OAUTH2'],
  jira: ['OAUTH2'],
  linear: ['API_KEY', 'api_key'],
  notion: ['OAUTH2'],
  openai: ['API_KEY', 'api_key'],
  salesforce: ['OAUTH2', 'login_host'],
  shopify: ['OAUTH2', 'shop_name'],
  slack: ['OAUTH2'],
  stripe: ['API_KEY', 'api_key'],
  zendesk: ['OAUTH2', 'subdomain'],
}

interface Call {
  method?: string
  url: string
  body?: unknown
}
interface Definition {
  testCall?: Call
  authSchemes: { scheme: string; testCall?: Call }[]
}

describe('on a fresh installation', () => {
  test('every app has a ready integration, its preferred scheme first', async () => {
    const { items: apps } = ok(await api.get<{ items: { key: string }[] }>('/api/v1/apps?pageSize=10000'))
    const ready = new Set(integrations.map(({ appName }) => appName))
    assert.deepEqual(
      apps.map(({ key }) => key).filter((key) => !ready.has(key)),
      [],
    )
    assert.ok(apps.length > 700)
    for (const [app, expected] of Object.entries(preferred)) {
      const integration = await api.defaultIntegration(app)
      const named = ok(await api.get<Integration>(`/api/v1/integrations/${integration.id}`))
      assert.deepEqual([named.authScheme, ...named.expectedInputFields.map(({ name }) => name)], expected, app)
      assert.ok(named.enabled && named.simulated, app)
    }
  })
})

// Every app of the catalog is walked in test/every-app.test.ts.
for (const { id, appName, authScheme } of integrations.filter(({ appName }) => Object.hasOwn(preferred, appName)))
  test(`${appName} connects by ${authScheme}, and what it hands out works at the app`, async () => {
    const integration = ok(await api.get<Integration>(`/api/v1/integrations/${id}`))
    const fields = integration.expectedInputFields.filter((field) => field.required)
    const data = Object.fromEntries(
      fields.map((field) => [field.name, field.role === 'credential' ? 'a-key-of-this-test' : (field.example ?? '')]),
    )
    const account = await api.connect({ integrationId: id, data, redirectUri: 'https://yours.example/back' })
    assert.equal(account.authScheme, authScheme)
    if (authScheme === 'OAUTH2') assert.deepEqual(account.grantedScopes, account.requestedScopes)
    else assert.equal(account.verification, 'verified')
    if (await asksWho(appName)) assert.ok(account.identity?.id)

    const params = ok(await api.info(account.id))
    assert.deepEqual(params.params, params.parameters)
    assert.equal(await statusAtTheApp(account, params, params.params), 200)
    assert.equal(await statusAtTheApp(account, params, []), 401)
  })

async function definitionOf(app: string): Promise<Definition & { identity?: unknown }> {
  return ok(await api.get<{ definition: Definition & { identity?: unknown } }>(`/api/v1/apps/${app}`)).definition
}

const asksWho = async (app: string) => (await definitionOf(app)).identity !== undefined

/** Makes the app's test call, as the developer's code would make any call. */
async function statusAtTheApp(
  { appName, authScheme }: ConnectedAccount,
  { base_url, body }: AuthParamsAnswer,
  params: AuthParamsAnswer['params'],
): Promise<number> {
  const definition = await definitionOf(appName)
  const call = definition.authSchemes.find(({ scheme }) => scheme === authScheme)?.testCall ?? definition.testCall
  assert.ok(call, appName)
  const url = new URL(base_url + call.url)
  assert.ok(url.href.startsWith(`${server.url}/simulator/${project.id}/${appName}/`), url.href)
  for (const param of params) if (param.in === 'query') url.searchParams.set(param.name, param.value)
  const headers = params
    .filter((param) => param.in === 'header')
    .map(({ name, value }): [string, string] => [name, value])
  const response = await fetch(url, {
    method: call.method ?? 'GET',
    headers: [...headers, ['content-type', 'application/json']],
    ...(call.method === 'POST' && {
      body: JSON.stringify({ ...(call.body as object), ...(params.length > 0 && body) }),
    }),
  })
  return response.status
}

describe('the person at the simulated app', () => {
  test('may be either of two', async () => {
    const names = []
    for (const person of [1, 2] as const) names.push((await api.connect({ app: 'github' }, { person })).identity?.email)
    assert.equal(new Set(names).size, 2)
  })

  test('may say no', async () => {
    const begun = await api.initiate({ app: 'gmail', redirectUri: 'https://yours.example/back?own=1' })
    const { location } = await new Person().connect(begun.redirectUrl ?? '', { answer: 'deny' })
    assert.deepEqual(Object.fromEntries(location?.searchParams ?? []), {
      own: '1',
      status: 'failed',
      connectionStatus: 'FAILED',
      connection_status: 'FAILED',
      connectedAccountId: begun.connectedAccountId,
      connected_account_id: begun.connectedAccountId,
      appName: 'gmail',
      error: 'access_denied',
      error_description: location?.searchParams.get('error_description'),
    })
    const { status, statusReason } = await api.account(begun.connectedAccountId)
    assert.deepEqual([status, statusReason?.code, statusReason?.mustAct], ['FAILED', 'access_denied', 'endUser'])
  })

  test('may untick scopes, and the account says which were granted', async () => {
    const scopes = ['read:user', 'repo']
    const account = await api.connect({ app: 'github', scopes }, { scopes: ['read:user'] })
    assert.deepEqual([account.requestedScopes, account.grantedScopes], [scopes, ['read:user']])
  })

  test('sees on every page that the app is simulated', async () => {
    const begun = await api.initiate({ app: 'gmail' })
    const person = new Person()
    const connectPage = await person.open(begun.redirectUrl ?? '')
    const consentPage = await person.open(await person.agree(begun.redirectUrl ?? ''))
    for (const { status, page } of [connectPage, consentPage]) {
      assert.equal(status, 200)
      assert.match(page, /simulat(?:ed|ion)/i)
    }
  })
})

describe('a live project', () => {
  test('is never simulated', async () => {
    const operator = apiOf(server, server.adminKey)
    const made = ok(
      await operator.post<Project & { apiKey: string }>('/api/v1/projects', { name: 'Live', mode: 'live' }),
    )
    const live = apiOf(server, made.apiKey)
    const { items } = ok(await live.get<{ items: Integration[] }>('/api/v1/integrations'))
    assert.ok(items.length > 0)
    assert.ok(items.every(({ simulated, authScheme }) => !simulated && authScheme !== 'OAUTH2'))
    assertRefused(await live.post('/api/v1/integrations', { app: 'gmail', simulated: true }), {
      status: 400,
      code: 'validation_failed',
      field: 'simulated',
    })
    assertRefused(await live.post('/api/v1/connectedAccounts', { app: 'gmail' }), { status: 404, code: 'not_found' })

    const simulatorOfLive = await fetch(
      `${server.url}/simulator/${made.id}/gmail/gmail.googleapis.com/gmail/v1/users/me/profile`,
    )
    assert.equal(simulatorOfLive.status, 404)
  })
})

describe('an installation without test mode', () => {
  test('has no simulator, a live first project, and refuses test projects', async () => {
    const strict = await startTestServer({ environment: { HOLDFAST_TEST_MODE: 'off' } })
    try {
      const mode = ok(await apiOf(strict).get<Project>('/api/v1/project')).mode
      assert.equal(mode, 'live')
      assert.equal((await fetch(`${strict.url}/simulator/any/gmail/accounts.google.com/o/oauth2/v2/auth`)).status, 404)
      const operator = apiOf(strict, strict.adminKey)
      assertRefused(await operator.post('/api/v1/projects', { name: 'Test', mode: 'test' }), {
        status: 400,
        code: 'not_supported',
      })
    } finally {
      await strict.close()
    }
  })
})
