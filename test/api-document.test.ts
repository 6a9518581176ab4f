/** The API of a started server against its own description: answers have the shapes described, and nothing sent breaks it. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { totpCode } from '../packages/server/src/operators/totp.ts'
import { freePort, startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { Authenticator } from './support/authenticator.ts'
import { OperatorBrowser, password, setupTokenOf } from './support/operator.ts'
import { Person } from './support/person.ts'

interface Schema {
  $ref?: string
  type?: string | string[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  enum?: unknown[]
  const?: unknown
  additionalProperties?: boolean | Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
}

interface Operation {
  operationId: string
  security?: Record<string, unknown>[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content: Record<string, { schema: Schema }> }>
}

interface Described {
  method: string
  path: string
  operation: Operation
}

let server: TestServer
/** For what no key opens: signing in, and what people do about themselves. */
let browser: OperatorBrowser
let schemas: Record<string, Schema>
let operations: Described[]

before(async () => {
  const port = String(await freePort())
  server = await startTestServer({ environment: { PORT: port, HOLDFAST_BASE_URL: `http://localhost:${port}` } })
  browser = new OperatorBrowser(server)
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>
    components: { schemas: Record<string, Schema> }
  }
  schemas = document.components.schemas
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
})

after(() => server?.close())

const operatorsPaths = /^\/api\/v1\/(?:projects|operators|operatorInvites|auditLog)(?:\/|$)/
const keyFor = (path: string) => (operatorsPaths.test(path) ? server.adminKey : server.apiKey)
const isKeyed = ({ security }: Operation) => security?.some((way) => 'apiKey' in way) ?? false

async function send({ method, path, operation }: Described, ids: Record<string, string>, body?: string) {
  const asked = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? 'unknown'))
  if (!isKeyed(operation) && path.startsWith('/api/')) {
    const { status, body: answered } = await browser.send(asked, {
      method,
      ...(method !== 'GET' && { text: body ?? '' }),
    })
    return { status, body: answered as unknown }
  }
  const answer = await fetch(server.url + asked, {
    method,
    headers: { 'x-api-key': keyFor(path), 'content-type': 'application/json' },
    ...(body === undefined || method === 'GET' ? {} : { body }),
  })
  return { status: answer.status, body: (await answer.json()) as unknown }
}

/** @returns What is wrong with the value, by path; empty when it is exactly as described, with no member besides. */
function problems(value: unknown, schema: Schema, at = '$'): string[] {
  if (schema.$ref) return problems(value, schemas[schema.$ref.split('/').at(-1) ?? ''] ?? { const: 'missing' }, at)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) {
    const tries = choices.map((choice) => problems(value, choice, at))
    return tries.some((found) => found.length === 0) ? [] : [`${at}: fits none of ${choices.length}: ${tries[0]?.[0]}`]
  }
  if (schema.allOf) return schema.allOf.flatMap((part) => problems(value, part, at))
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${JSON.stringify(value)} is not in the list`]
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const allowed = [schema.type ?? []].flat()
  const fits =
    allowed.length === 0 || allowed.includes(type) || (allowed.includes('integer') && Number.isInteger(value))
  if (!fits) return [`${at}: is ${type}, not ${allowed.join(' or ')}`]
  if (type === 'array' && schema.items)
    return (value as unknown[]).flatMap((item, index) => problems(item, schema.items as Schema, `${at}[${index}]`))
  if (type !== 'object' || (!schema.properties && !schema.additionalProperties)) return []
  const object = value as Record<string, unknown>
  const missing = (schema.required ?? []).filter((name) => !(name in object)).map((name) => `${at}.${name}: missing`)
  const rest = schema.additionalProperties
  return [
    ...missing,
    ...Object.entries(object).flatMap(([name, member]) => {
      const described = schema.properties?.[name] ?? (typeof rest === 'object' ? rest : undefined)
      if (described) return problems(member, described, `${at}.${name}`)
      return rest ? [] : [`${at}.${name}: not described`]
    }),
  ]
}

describe('the API of a started server', () => {
  it('answers what it describes', async () => {
    const linear = { app: 'linear', entityId: 'u1', data: { api_key: 'k' } }
    const acme = {
      key: 'acme',
      name: 'Acme',
      baseUrl: 'https://api.acme.example',
      authSchemes: [{ scheme: 'NO_AUTH', label: 'Open' }],
    }
    const ids: Record<string, string> = { key: 'gmail' }
    const seen = new Set<string>()
    const answered = async <Body>(
      operationId: string,
      body?: object,
      own: Record<string, string> = {},
    ): Promise<Body> => {
      const described = operations.find(({ operation }) => operation.operationId === operationId)
      assert.ok(described, operationId)
      const answer = await send(described, { ...ids, ...own }, body && JSON.stringify(body))
      assert.equal(answer.status, 200, `${operationId}: ${JSON.stringify(answer.body)}`)
      const schema = described.operation.responses['200']?.content['application/json']?.schema
      assert.deepEqual(problems(answer.body, schema as Schema), [], operationId)
      seen.add(operationId)
      return answer.body as Body
    }

    const integrationOf = async (app: string) => {
      const { items } = await answered<{ items: { id: string; appName: string }[] }>('listIntegrations')
      return items.find(({ appName }) => appName === app)?.id ?? ''
    }

    const key = await answered<{ connectedAccountId: string }>('initiateConnection', linear)
    const oauth = await answered<{ connectedAccountId: string }>('initiateConnection', { app: 'gmail' })
    await answered('initiateConnectionV2', { app: { uniqueKey: 'github' }, connection: { entityId: 'u2' } })
    await answered('listConnectedAccounts')
    for (const id of [key.connectedAccountId, oauth.connectedAccountId])
      await answered('getConnectedAccount', undefined, { id })
    ids.id = key.connectedAccountId
    await answered('getAuthParams')
    await answered('labelConnectedAccount', { labels: ['primary'] })
    await answered('disableConnectedAccount')
    await answered('enableConnectedAccount')
    await answered('reinitiateConnection', { data: { api_key: 'k2' } })
    await answered('reinitiateConnection', {}, { id: oauth.connectedAccountId })
    const { id: killSwitchId } = await answered<{ id: string }>('startKillSwitch', { action: 'disable', app: 'slack' })
    await answered('listKillSwitches')
    await answered('getKillSwitch', undefined, { id: killSwitchId })
    await answered('createConnectLink', { entityId: 'u3', apps: ['linear'], redirectUri: 'https://yours.example/done' })
    const gmail = { id: await integrationOf('gmail') }
    await answered('updateIntegration', { userVerification: 'required' }, gmail)
    const redirectUri = 'https://yours.example/done'
    const parked = await answered<{ redirectUrl: string }>('initiateConnection', { app: 'gmail', redirectUri })
    const { location } = await new Person().connect(parked.redirectUrl)
    const handle = location?.searchParams.get('handle')
    const confirmed = await answered<{ id: string }>('confirmConnection', { handle, entityId: 'default' })
    await answered('refreshConnectedAccount', undefined, { id: confirmed.id })
    await answered('checkConnectedAccount')
    await answered('changeConnectedAccounts', { action: 'enable', filter: { apps: ['linear'] } })
    const oauth1 = await answered<{ connectedAccountId: string; redirectUrl: string }>('initiateConnection', {
      app: 'flickr',
    })
    await new Person().connect(oauth1.redirectUrl)
    await answered('signCall', { method: 'GET', url: '/services/rest' }, { id: oauth1.connectedAccountId })
    await answered('getBranding')
    await answered('updateBranding', { name: 'Acme' })
    await answered('listRequests')
    await answered('listFailedRequests')
    await answered('updateIntegration', { userVerification: null }, gmail)
    await answered('revealCredentials', { reason: 'a look' })
    await answered('getConnectedAccountHistory')
    await answered('getOverview')
    await answered('deleteConnectedAccount')

    await answered('importConnectedAccounts', {
      items: [{ integrationId: await integrationOf('linear'), entityId: 'u4', params: { api_key: 'k4' } }],
    })
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const recipientPublicKey = publicKey.export({ type: 'spki', format: 'pem' })
    await answered('exportConnectedAccounts', { recipientPublicKey })
    const revocable = await answered<{ connectedAccountId: string }>('initiateConnection', linear)
    const revoked = await answered<{ revocation: { id: string } }>('revokeConnectedAccount', undefined, {
      id: revocable.connectedAccountId,
    })
    await answered('getRevocation', undefined, { id: revoked.revocation.id })
    await answered('listEntities')
    await answered('getEntity', undefined, { id: 'u1' })
    await answered('createEntitySession', {}, { id: 'u1' })
    await answered('endEntitySessions', undefined, { id: 'u1' })
    await answered('deleteEntity', undefined, { id: 'u1' })

    const endpoint = await answered<{ id: string }>('createWebhookEndpoint', { url: 'https://yours.example/hook' })
    ids.id = endpoint.id
    await answered('listWebhookEndpoints')
    await answered('getWebhookEndpoint')
    await answered('updateWebhookEndpoint', { description: 'Ours' })
    await answered('getWebhookSecret')
    await answered('rotateWebhookSecret')
    await answered('sendTestWebhook', {})
    const deliveries = await answered<{ items: { id: string }[] }>('listWebhookDeliveries')
    const delivery = { id: deliveries.items[0]?.id ?? '' }
    await answered('getWebhookDelivery', undefined, delivery)
    await answered('resendWebhookDelivery', undefined, delivery)
    await answered('replayWebhooks', { since: '2026-01-01T00:00:00.000Z' })
    await answered('setEventWebhook', { eventWebhookURL: 'https://yours.example/v1' })
    await answered('deleteWebhookEndpoint')
    await answered('listEvents')
    await answered('listEventTypes')

    const made = await answered<{ id: string }>('createIntegration', {
      appId: 'slack',
      authConfig: { client_id: 'c', client_secret: 's' },
    })
    ids.id = made.id
    await answered('listIntegrations')
    await answered('getIntegration')
    await answered('updateIntegration', { name: 'Ours', scopes: ['a'] })
    const v2 = {
      app: { uniqueKey: 'slack' },
      config: { authScheme: 'OAUTH2', integrationSecrets: { client_id: 'd', client_secret: 's' } },
    }
    await answered('createIntegrationV2', v2)
    await answered('getOrCreateIntegration', v2)
    await answered('searchIntegrations', v2)
    await answered('deleteIntegration')

    await answered('listApps')
    for (const app of (await answered<{ items: { key: string }[] }>('listApps')).items)
      await answered('getApp', undefined, app)
    await answered('createApp', acme)
    await answered('updateApp', { name: 'Acme 2' }, { key: 'ACME' })
    await answered('deleteApp', undefined, { key: 'acme' })

    for (const operationId of [
      'getClientInfo',
      'getOwnProject',
      'listActions',
      'listTriggers',
      'isAlive',
      'isReady',
      'listProjects',
    ])
      await answered(operationId)
    const project = await answered<{ id: string }>('createProject', { name: 'Live', mode: 'live' })
    ids.projectId = project.id
    await answered('getProject')
    await answered('updateProject', { name: 'Live 2' })
    ids.keyId = (await answered<{ id: string }>('createApiKey', { name: 'ci' })).id
    await answered('listApiKeys')
    ids.keyId = (await answered<{ id: string }>('rotateApiKey', { overlapSeconds: 60 })).id
    await answered('deleteApiKey')
    await answered('deleteProject')

    await answered('getSetup')
    await answered('setUp', { token: setupTokenOf(server), name: 'Olga', email: 'olga@acme.example', password })
    await answered('signIn', { email: 'olga@acme.example', password })
    const first = browser.cookie
    browser.cookie = undefined
    await answered('signIn', { email: 'olga@acme.example', password })
    await answered('getSession')
    const sessions = await answered<{ items: { id: string; current: boolean }[] }>('listOwnSessions')
    await answered('endOwnSession', undefined, { id: sessions.items.find(({ current }) => !current)?.id ?? '' })
    assert.notEqual(browser.cookie, first)
    const { secret } = await answered<{ secret: string }>('proposeTotp')
    const code = () => totpCode(secret, Math.floor(Date.now() / 30_000))
    const { recoveryCodes } = await answered<{ recoveryCodes: string[] }>('confirmTotp', { code: code() })
    await answered('removeTotp', { code: recoveryCodes[0] })
    const authenticator = new Authenticator()
    const asked = await answered<{ challenge: string; rp: { id: string } }>('getNewPasskeyOptions')
    await answered('addPasskey', authenticator.register(asked, server.url))
    await answered('listPasskeys')
    const challenge = await answered<{ challenge: string; rpId: string }>('getSignInPasskeyOptions')
    await answered('signInWithPasskey', authenticator.assert(challenge, server.url))
    await answered('deletePasskey', undefined, { id: authenticator.id })
    await answered('changePassword', { current: password, next: 'five other quiet words' })

    const invitation = await answered<{ url: string }>('createOperatorInvite', {
      email: 'a@acme.example',
      role: 'admin',
    })
    const token = { token: invitation.url.split('/').at(-1) ?? '' }
    await answered('getInviteByToken', undefined, token)
    await answered('acceptInvite', { name: 'Ada', password }, token)
    const people = await answered<{ items: { id: string; name: string }[] }>('listOperators')
    const ada = { id: people.items.find(({ name }) => name === 'Ada')?.id ?? '' }
    await answered('setOperatorRole', { role: 'viewer' }, ada)
    await answered('deleteOperator', undefined, ada)
    const open = await answered<{ id: string }>('createOperatorInvite', { email: 'b@acme.example', role: 'owner' })
    await answered('listOperatorInvites')
    await answered('deleteOperatorInvite', undefined, { id: open.id })
    await answered('readAuditLog')
    await answered('signIn', { email: 'olga@acme.example', password: 'five other quiet words' })
    await answered('signOut')

    // A stream has no end to wait for, and the simulator knows an account once a person has approved: both have tests of their own.
    const unseen = operations.map(({ operation }) => operation.operationId).filter((id) => !seen.has(id))
    assert.deepEqual(unseen.sort(), ['scriptSimulator', 'streamEvents'])
  })

  it('answers nothing but its own refusals to ids that do not exist and bodies that make no sense', async () => {
    const bodies = [
      '',
      '{',
      'null',
      '[]',
      '7',
      '"x"',
      '{}',
      '{"data":7,"app":[],"config":"x","connection":1,"labels":{},"scopes":9}',
    ]
    const odd = [
      '{"app":{"uniqueKey":["a"]}}',
      '{"app":"linear","data":{"__proto__":{}}}',
      '{"key":"x".}',
      '{"labels":["\\u0000"]}',
      '{"name":"\\ud800"}',
    ]
    await browser.signIn('olga@acme.example', { password: 'five other quiet words' })
    const endless = ['streamEvents', 'signOut']
    const asked = operations.filter(
      ({ path, operation }) => path.startsWith('/api/') && !endless.includes(operation.operationId),
    )
    for (const described of asked)
      for (const id of ['unknown', '{connectedAccountId}', '../..', 'ü', 'x'.repeat(3000)])
        for (const body of described.method === 'GET' ? [undefined] : id === 'unknown' ? [...bodies, ...odd] : ['{}']) {
          const answer = await send(described, { id, key: id, projectId: id, keyId: id, token: id }, body)
          const where = `${described.method} ${described.path} ${id.slice(0, 20)} ${body}: ${JSON.stringify(answer.body)}`
          assert.ok([200, 400, 401, 404].includes(answer.status), where)
          if (answer.status === 200) continue
          const schema = described.operation.responses[answer.status]?.content['application/json']?.schema
          assert.deepEqual(problems(answer.body, schema ?? { $ref: '#/components/schemas/Error' }), [], where)
        }
  })
})
