/** The guide's steps in their order, for an OAuth app, a key app, and an OAuth app that asks something first. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, describe, test } from 'node:test'
import { OpenAIToolSet } from '../packages/sdk/src/composio/index.ts'
import { Holdfast, ValidationError } from '../packages/sdk/src/index.ts'
import { approveInTestMode } from '../packages/sdk/src/testing.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { noPython, pythonEnvironment, pythonFolder } from './python-environment.ts'

const server = await startTestServer()
after(() => server.close())
const options = { baseUrl: server.url, apiKey: server.apiKey }

const redirectUrl = 'https://yourwebsite.com/connection/callback'

interface Example {
  app: string
  authScheme: string
  /** Names of the expected params. */
  asked: string[]
  collectedParams: Record<string, string>
  /** Where the credential goes, and where the API is. */
  header: RegExp
  baseUrl: RegExp
}

const examples: Record<string, Example> = {
  Gmail: {
    app: 'gmail',
    authScheme: 'OAUTH2',
    asked: [],
    collectedParams: {},
    header: /^Authorization: Bearer .+/,
    baseUrl: /gmail\.googleapis\.com$/,
  },
  Linear: {
    app: 'linear',
    authScheme: 'API_KEY',
    asked: ['api_key'],
    collectedParams: { api_key: '1234567890' },
    header: /^Authorization: 1234567890$/,
    baseUrl: /api\.linear\.app$/,
  },
  Shopify: {
    app: 'shopify',
    authScheme: 'OAUTH2',
    asked: ['shop_name'],
    collectedParams: { shop_name: 'acme-store' },
    header: /^X-Shopify-Access-Token: .+/,
    baseUrl: /acme-store\.myshopify\.com$/,
  },
}

describe('the guide in JavaScript', () => {
  for (const [name, { app, authScheme, asked, collectedParams, header, baseUrl }] of Object.entries(examples)) {
    test(`connects ${name} with only the import line changed`, async () => {
      const toolset = new OpenAIToolSet(options)
      const entityId = `user-of-${app}`

      const expectedInputFields = await toolset.getExpectedParamsForUser({ app })
      assert.equal(expectedInputFields.authScheme, authScheme)
      assert.deepEqual(
        expectedInputFields.expectedInputFields.map((field) => [field.name, field.type, field.required]),
        asked.map((param) => [param, 'string', true]),
      )
      assert.deepEqual(
        await toolset.getExpectedParamsForUser({ integrationId: expectedInputFields.integrationId }),
        expectedInputFields,
      )

      const connectionRequest = await toolset.client.connectedAccounts.initiate({
        data: {
          ...collectedParams,
        },
        userUuid: entityId,
        integrationId: expectedInputFields.integrationId,
        redirectUri: redirectUrl,
      })
      const waiting = connectionRequest.waitUntilActive(30)
      if (authScheme === 'OAUTH2') {
        assert.equal(connectionRequest.connectionStatus, 'INITIATED')
        const returned = new URL(await approveInTestMode(connectionRequest.redirectUrl ?? ''))
        assert.equal(`${returned.origin}${returned.pathname}`, redirectUrl)
        assert.equal(returned.searchParams.get('connection_status'), 'ACTIVE')
        assert.equal(returned.searchParams.get('connectedAccountId'), connectionRequest.connectedAccountId)
      } else {
        assert.equal(connectionRequest.connectionStatus, 'ACTIVE')
        assert.equal(connectionRequest.redirectUrl, null)
      }
      const active = await waiting
      assert.deepEqual([active.status, active.entityId, active.appName], ['ACTIVE', entityId, app])

      const connectedAccount = await toolset.client.connectedAccounts.get({
        connectedAccountId: connectionRequest.connectedAccountId,
      })
      assert.equal(connectedAccount.connectedAccountId, connectionRequest.connectedAccountId)
      const authParams = await toolset.getAuthParams({ connectedAccountId: connectedAccount.connectedAccountId })
      assert.match(authParams.base_url, baseUrl)
      const [param, ...others] = authParams.params
      assert.deepEqual([param?.in, others], ['header', []])
      assert.match(`${param?.name}: ${param?.value}`, header)
      assert.deepEqual(authParams.body, {})

      const raw = connectedAccount.connectionParams
      assert.deepEqual(raw?.headers, { [param?.name ?? '']: param?.value })
      assert.deepEqual([raw?.queryParams, raw?.base_url], [{}, authParams.base_url])
      for (const [given, value] of Object.entries(collectedParams)) assert.equal(raw?.[given], value)
      assert.equal(raw?.client_secret, undefined)
      if (authScheme === 'OAUTH2') assert.ok(raw?.access_token && raw.token_type && raw.scope)
    })

    test(`connects ${name} with the client of its own`, async () => {
      const holdfast = new Holdfast(options)
      const { expectedParams, integrationId } = await holdfast.getExpectedParams({ app })
      assert.deepEqual(
        expectedParams.map((field) => field.name),
        asked,
      )
      const request = await holdfast.connectedAccounts.initiate({
        integrationId,
        entityId: 'jessica',
        data: collectedParams,
        redirectUri: redirectUrl,
      })
      if (request.redirectUrl !== null) await approveInTestMode(request.redirectUrl)
      const account = await request.waitUntilActive(30)
      assert.deepEqual([account.status, account.entityId], ['ACTIVE', 'jessica'])
      const params = await holdfast.connectedAccounts.getAuthParams(account.id)
      assert.match(params.baseUrl, baseUrl)
      assert.match(Object.entries(params.headers).map((pair) => pair.join(': '))[0] ?? '', header)
    })
  }

  for (const name of ['Linear', 'Shopify'])
    test(`names what is missing for ${name}`, async () => {
      const { app, asked } = examples[name] as Example
      const { connectedAccounts } = new Holdfast(options)
      const error = await connectedAccounts.initiate({ app, entityId: 'nobody', data: {} }).catch((reason) => reason)
      assert.ok(error instanceof ValidationError)
      assert.deepEqual(
        error.fields.map(({ property }) => property),
        asked.map((param) => `data.${param}`),
      )
      assert.deepEqual(await connectedAccounts.list({ entityId: 'nobody' }).all(), [])
    })
})

test('the guide in Python, and the rest of its client, against a started server', async (t) => {
  const python = await pythonEnvironment()
  if (!python) return t.skip(noPython)
  const run = spawn(python, ['-m', 'pytest', '--quiet', '-m', 'live_server', 'tests/test_guide.py'], {
    cwd: pythonFolder,
    env: { ...process.env, HOLDFAST_TEST_BASE_URL: server.url, HOLDFAST_TEST_API_KEY: server.apiKey },
  })
  let printed = ''
  for (const stream of [run.stdout, run.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const code = await new Promise((resolve) => run.on('close', resolve))
  assert.equal(code, 0, printed)
  assert.doesNotMatch(printed, /deselected|skipped/)
})
