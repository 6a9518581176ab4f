import assert from 'node:assert/strict'
import { execFile, fork } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { approveInTestMode } from '../packages/sdk/src/testing.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'

const folder = fileURLToPath(new URL('published-clients/', import.meta.url))

/** What differs from client to client. */
const clients = [
  { version: '0.3.3', canDisable: false },
  { version: '0.4.8', canDisable: false },
  { version: '0.5.39', canDisable: true },
]

/** What the guide does with each app, and what a caller must then be able to send. */
const apps = [
  { app: 'gmail', scheme: 'OAUTH2', asked: [], params: {}, header: /^Bearer ./, baseUrl: /^http/ },
  {
    app: 'linear',
    scheme: 'API_KEY',
    asked: ['api_key'],
    params: { api_key: 'lin_api_1234567890' },
    header: /^lin_api_1234567890$/,
    baseUrl: /^http/,
  },
  {
    app: 'shopify',
    scheme: 'OAUTH2',
    asked: ['shop_name'],
    params: { shop_name: 'my-shop' },
    header: /./,
    baseUrl: /my-shop/,
  },
]

interface Account {
  id: string
  appUniqueId: string
  entityId: string
  status: string
  isDisabled: boolean
  connectionParams: { base_url: string; headers: Record<string, string> }
}

/** What the scripts send, by the name of the step; only the fields that are looked at. */
interface Answers {
  'expected params': { authScheme: string; expectedInputFields: { name: string }[] }
  initiate: { connectionStatus: string; connectedAccountId: string; redirectUrl: string | null }
  'wait until active': Account
  'connected account': Account
  'auth params': { base_url: string; params: [{ name: string; in: string; value: string }] }
  'client id': string
  apps: string[]
  app: string
  integration: string
  integrations: string[]
  account: Account
  accounts: string[]
  'connections of the entity': string[]
  'connection by app': string
  'wrong app': { items: Account[] }
  disable: object
  'disabled account': Account
  enable: object
  reinitiate: string
  delete: object
}

interface Step {
  step: string
  value?: unknown
  errorCode?: string
  description?: string
}

describe('the published clients', () => {
  let server: TestServer

  before(async () => {
    await promisify(execFile)(process.execPath, [`${folder}install.mjs`])
    server = await startTestServer()
  })
  after(() => server?.close())

  for (const { version, canDisable } of clients) {
    for (const { app, scheme, asked, params, header, baseUrl } of apps) {
      test(`${version} runs the guide from the first line to the last with ${app}`, async () => {
        const { answer } = await runScript('guide.mjs', [
          `client-${version}`,
          app,
          server.url,
          server.apiKey,
          JSON.stringify(params),
        ])

        const expected = answer('expected params')
        assert.equal(expected.authScheme, scheme)
        assert.deepEqual(
          expected.expectedInputFields.map(({ name }) => name),
          asked,
        )
        const request = answer('initiate')
        assert.equal(request.connectionStatus, scheme === 'OAUTH2' ? 'INITIATED' : 'ACTIVE')
        assert.equal(answer('wait until active').status, 'ACTIVE')
        const account = answer('connected account')
        assert.equal(account.id, request.connectedAccountId)
        assert.equal(account.appUniqueId, app)
        // These clients drop the guide's `userUuid`, so the account lands on the entity they send instead, or none.
        assert.equal(account.entityId, 'default')
        assert.match(account.connectionParams.base_url, baseUrl)
        const authParams = answer('auth params')
        assert.match(authParams.base_url, baseUrl)
        assert.equal(authParams.params.length, 1)
        assert.equal(authParams.params[0].in, 'header')
        assert.match(authParams.params[0].value, header)
        assert.deepEqual(account.connectionParams.headers, { [authParams.params[0].name]: authParams.params[0].value })
      })
    }

    test(`${version} lists, finds, changes and deletes accounts, and maps every refusal`, async () => {
      const { answer, errorOf } = await runScript('calls.mjs', [`client-${version}`, server.url, server.apiKey])
      assert.ok(answer('client id'))
      assert.ok(answer('apps').includes('linear'))
      assert.equal(answer('app'), 'linear')
      assert.ok(answer('integrations').includes(answer('integration')))
      const account = answer('account')
      assert.equal(account.entityId, 'jessica')
      assert.deepEqual(answer('accounts'), [account.id])
      assert.deepEqual(answer('connections of the entity'), [account.id])
      assert.equal(answer('connection by app'), account.id)
      assert.deepEqual(answer('wrong app').items, [])
      if (canDisable) {
        assert.ok(answer('disable'))
        assert.equal(answer('disabled account').isDisabled, true)
        assert.ok(answer('enable'))
        assert.equal(answer('reinitiate'), account.id)
      }
      assert.ok(answer('delete'))
      assert.equal(errorOf('a missing param'), 'BACKEND::BAD_REQUEST')
      assert.equal(errorOf('an unknown account'), 'BACKEND::NOT_FOUND')
      assert.equal(errorOf('the deleted account'), 'BACKEND::NOT_FOUND')
      assert.equal(errorOf('a wrong key'), 'BACKEND::UNAUTHORIZED')
    })
  }
})

/** Runs one of the scripts beside the clients, and says yes for its user when a connection leads to a consent page. */
async function runScript(name: string, args: string[]) {
  const child = fork(`${folder}${name}`, args, {
    cwd: folder,
    silent: true,
    // Without these the clients report each call, credentials included, to their vendor.
    env: { ...process.env, TELEMETRY_DISABLED: 'true', CI: 'true', COMPOSIO_LOGGING_LEVEL: 'error' },
  })
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    output += chunk
  })
  const steps = new Map<string, Step>()
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('message', (message) => {
      const step = message as Step
      steps.set(step.step, step)
      const { redirectUrl } = (step.value ?? {}) as Partial<Answers['initiate']>
      if (step.step === 'initiate' && redirectUrl) approveInTestMode(redirectUrl).catch(reject)
    })
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${name} ${args[0]} ended with ${code}:\n${output}`))
    })
  })
  return {
    /** What the step gave; fails the test if it threw. */
    answer<Name extends keyof Answers>(step: Name): Answers[Name] {
      const found = steps.get(step)
      assert.ok(found && 'value' in found, `${step}: ${found?.errorCode} ${found?.description}`)
      return found.value as Answers[Name]
    },
    /** The client's own code for what the step threw. */
    errorOf: (step: string) => steps.get(step)?.errorCode,
  }
}
