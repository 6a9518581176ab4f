import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compactDecrypt } from 'jose'
import { startTestServer } from '../../server/src/testing.ts'
import { OpenAIToolSet } from '../src/composio/index.ts'
import { type AccountItem, ConnectionFailedError, Holdfast, NotFoundError, ValidationError } from '../src/index.ts'
import { approveInTestMode } from '../src/testing.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
const redirectUri = 'https://yourwebsite.com/connection/callback?kept=1'

async function startServer(t: TestContext) {
  const server = await startTestServer()
  t.after(() => server.close())
  return server
}

/** The code below a marker comment of the README, run as a user would; links it prints are approved. @returns What it printed. */
async function runFromReadme(t: TestContext, marker: string): Promise<string[]> {
  const server = await startServer(t)
  const code = readFileSync(`${folder}README.md`, 'utf8').match(
    new RegExp(`<!-- ${marker}:.*?-->\\n\`\`\`js\\n(.*?)\`\`\``, 's'),
  )?.[1]
  assert.ok(code)
  const child = spawn(process.execPath, ['--conditions=holdfast-source', '--input-type=module', '--eval', code], {
    cwd: folder,
    env: { ...process.env, HOLDFAST_API_KEY: server.apiKey, HOLDFAST_BASE_URL: server.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    const link = line.match(/http\S+\/connect\/\S+/)?.[0]
    if (link) await approveInTestMode(link)
  }
  return lines
}

test('the quickstart of the README runs as printed', async (t) => {
  const lines = await runFromReadme(t, 'quickstart')
  assert.match(lines[1] ?? '', /^Connected \S+@\S+$/)
  assert.deepEqual(lines.slice(2), ['gmail ACTIVE', 'Gmail answered 200'])
})

test('the guide of the README runs with only its import line changed', async (t) => {
  const printed = (await runFromReadme(t, 'guide')).join('\n')
  assert.match(printed, /base_url: '[^']+gmail\.googleapis\.com'/)
  assert.match(printed, /name: 'Authorization'/)
})

test('gmail, linear and shopify connect by the guide’s calls, for the user that was named', async (t) => {
  const server = await startServer(t)
  const toolset = new OpenAIToolSet({ baseUrl: server.url, apiKey: server.apiKey })
  const cases = [
    { app: 'gmail', scheme: 'OAUTH2', asked: [], data: {}, header: 'Authorization' },
    {
      app: 'linear',
      scheme: 'API_KEY',
      asked: ['api_key'],
      data: { api_key: 'lin_api_of_this_test' },
      header: 'Authorization',
    },
    {
      app: 'shopify',
      scheme: 'OAUTH2',
      asked: ['shop_name'],
      data: { shop_name: 'acme' },
      header: 'X-Shopify-Access-Token',
    },
  ]
  for (const { app, scheme, asked, data, header } of cases) {
    const expected = await toolset.getExpectedParamsForUser({ app })
    assert.equal(expected.authScheme, scheme)
    assert.deepEqual(
      expected.expectedInputFields.map(({ name }) => name),
      asked,
    )

    const { integrationId } = expected
    const request = await toolset.client.connectedAccounts.initiate({
      data,
      userUuid: 'user_id',
      integrationId,
      redirectUri,
    })
    const waiting = request.waitUntilActive(30)
    if (request.redirectUrl !== null) {
      const returned = new URL(await approveInTestMode(request.redirectUrl))
      assert.equal(returned.searchParams.get('kept'), '1')
      assert.equal(returned.searchParams.get('connectedAccountId'), request.connectedAccountId)
    }
    assert.equal((await waiting).entityId, 'user_id')

    const account = await toolset.client.connectedAccounts.get({ connectedAccountId: request.connectedAccountId })
    const auth = await toolset.getAuthParams({ connectedAccountId: account.connectedAccountId })
    assert.equal(auth.params.find(({ name }) => name === header)?.value, account.connectionParams?.headers?.[header])
  }
  const connected = (await toolset.getEntity('user_id').getConnections()).map(({ appName }) => appName)
  assert.deepEqual(connected.sort(), ['gmail', 'linear', 'shopify'])
})

test('a denied connection ends the wait with the person’s no, and can be renewed under its id', async (t) => {
  const { url: baseUrl, apiKey } = await startServer(t)
  const { connectedAccounts } = new Holdfast({ baseUrl, apiKey })
  const request = await connectedAccounts.initiate({ app: 'gmail', entityId: 'jessica', redirectUri })
  const waiting = connectedAccounts.waitUntilActive(request.connectedAccountId, 30).catch((reason: unknown) => reason)
  const returned = await approveInTestMode(request.redirectUrl ?? '', { deny: true })
  assert.equal(new URL(returned).searchParams.get('connectionStatus'), 'FAILED')
  const error = await waiting
  assert.ok(error instanceof ConnectionFailedError)
  assert.equal(error.reason?.code, 'access_denied')

  const again = await connectedAccounts.reinitiate(request.connectedAccountId)
  assert.equal(again.connectedAccountId, request.connectedAccountId)
  await approveInTestMode(again.redirectUrl ?? '')
  assert.equal((await again.waitUntilActive(30)).status, 'ACTIVE')
})

test('an account is used, scripted, disabled, labelled, found by page and deleted', async (t) => {
  const { url: baseUrl, apiKey } = await startServer(t)
  const { connectedAccounts } = new Holdfast({ baseUrl, apiKey })
  const { connectedAccountId: id, redirectUrl } = await connectedAccounts.initiate({
    app: 'gmail',
    entityId: 'jessica',
  })
  await approveInTestMode(redirectUrl ?? '')
  await connectedAccounts.initiate({ app: 'linear', entityId: 'jessica', data: { api_key: 'lin_api_of_this_test' } })

  const profile = async () => {
    const { baseUrl, headers } = await connectedAccounts.getAuthParams(id)
    return fetch(`${baseUrl}/gmail/v1/users/me/profile`, { headers })
  }
  assert.equal((await profile()).status, 200)
  const state = await connectedAccounts.scriptSimulator(id, { rotateRefreshTokens: true })
  assert.equal(state.rotateRefreshTokens, true)

  await connectedAccounts.disable(id)
  await assert.rejects(profile(), { code: 'account_disabled' })
  await connectedAccounts.enable(id)
  assert.deepEqual((await connectedAccounts.setLabels(id, ['work'])).labels, ['work'])
  assert.equal((await connectedAccounts.list({ labels: ['work'] }).all())[0]?.id, id)
  assert.equal((await connectedAccounts.list({ entityId: 'jessica', pageSize: 1 }).all()).length, 2)
  await connectedAccounts.delete(id)
  await assert.rejects(connectedAccounts.get(id), NotFoundError)
})

test('an operator makes a project, whose key sees only its own', async (t) => {
  const { url: baseUrl, apiKey, adminKey } = await startServer(t)
  const { projects } = new Holdfast({ baseUrl, apiKey: adminKey })
  const made = await projects.create({ name: 'Shop', mode: 'live', allowedRedirectUrls: ['https://shop.example/back'] })
  const { key } = await projects.apiKeys.create(made.id, { name: 'second' })
  assert.equal((await projects.apiKeys.list(made.id)).length, 2)
  const live = new Holdfast({ baseUrl, apiKey: key })
  assert.equal((await live.projects.current()).name, 'Shop')
  await assert.rejects(
    live.getExpectedParams({ app: 'gmail' }),
    (error) => error instanceof NotFoundError && /integrations\.create/.test(error.fix),
  )

  const own = await live.integrations.create({ app: 'gmail', clientId: 'id', clientSecret: 'secret' })
  assert.equal((await live.getExpectedParams({ app: 'gmail' })).integrationId, own.id)
  await assert.rejects(new Holdfast({ baseUrl, apiKey }).integrations.get(own.id), NotFoundError)
  await projects.delete(made.id)
  await assert.rejects(live.apps.list(), { name: 'AuthenticationError' })
})

test('a wrong input names its field', async (t) => {
  const { url: baseUrl, apiKey } = await startServer(t)
  const { connectedAccounts } = new Holdfast({ baseUrl, apiKey })
  const error = await connectedAccounts
    .initiate({ app: 'shopify', entityId: 'jessica', data: { shop_name: 'evil.example/#' } })
    .catch((reason: unknown) => reason)
  assert.ok(error instanceof ValidationError)
  assert.equal(error.fields[0]?.property, 'data.shop_name')
  assert.notEqual(error.requestId, undefined)
})

test('an account is looked back on, moved to another project, given back, and its entity deleted', async (t) => {
  const server = await startServer(t)
  const holdfast = new Holdfast({ baseUrl: server.url, apiKey: server.apiKey })
  const { connectedAccounts, entities } = holdfast
  const request = await connectedAccounts.initiate({ app: 'gmail', entityId: 'user/42' })
  await approveInTestMode(request.redirectUrl ?? '')
  const account = await request.waitUntilActive()
  assert.deepEqual([account.missingScopes, account.duplicateOf], [[], []])
  const { items, nextCursor } = await connectedAccounts.history(account.id, { limit: 1 })
  assert.deepEqual([items[0]?.type, items[0]?.status], ['connected_account.active', 'ACTIVE'])
  assert.equal((await connectedAccounts.history(account.id, { cursor: nextCursor ?? '' })).nextCursor, null)

  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const exported = await connectedAccounts.export(publicKey.export({ format: 'jwk' }) as Record<string, unknown>, {
    filter: { apps: ['gmail'] },
  })
  const { plaintext } = await compactDecrypt(exported.jwe, privateKey)
  const taken = JSON.parse(new TextDecoder().decode(plaintext)) as { items: AccountItem[] }
  const [imported] = await connectedAccounts.import(taken.items)
  assert.deepEqual([imported?.isNew, imported?.status, imported?.externalId], [true, 'ACTIVE', account.id])
  assert.deepEqual((await connectedAccounts.get(account.id)).duplicateOf, [imported?.connectedAccountId])
  await assert.rejects(connectedAccounts.import([{ app: 'gmail', entityId: 'x' }]), (error: ValidationError) => {
    assert.deepEqual(
      error.fields.map(({ property }) => property),
      ['items.0.accessToken'],
    )
    return true
  })

  const revocation = await connectedAccounts.revoke(account.id)
  assert.equal((await connectedAccounts.getRevocation(revocation.id)).connectedAccountId, account.id)
  assert.equal((await connectedAccounts.get(account.id)).status, 'EXPIRED')
  assert.deepEqual(
    (await entities.list({ search: 'USER/' }).all()).map(({ id }) => id),
    ['user/42'],
  )
  assert.equal((await entities.get('user/42')).accounts.total, 2)
  assert.equal((await entities.delete('user/42')).accounts.length, 2)
  await assert.rejects(entities.get('user/42'), NotFoundError)
})
