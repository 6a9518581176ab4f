/**
 * Every app and scheme of the catalog, walked through the simulator over HTTP: what it asks for, the connection with the
 * app's own quirks, whose account it is, the calls with what is handed out, a refresh where it has one, and giving back.
 * `npm run apps:check KEY` runs it for one app.
 */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { type AppDefinition, type AuthScheme, type Call, loadCatalog, renderUrl } from '@holdfast/catalog'
import type { ConnectedAccount, Integration, Project, Revocation } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { simulatedUrl } from '../packages/simulator/src/address.ts'
import { type AuthParamsAnswer, apiOf, ok } from './support/api.ts'
import { typedValues } from './support/typed-values.ts'

const wanted = process.env.HOLDFAST_CHECK_APP || undefined
const catalog = loadCatalog({ unverified: true })
const apps = [...catalog.values()].filter((app) => wanted === undefined || app.key === wanted)

const server = await startTestServer({ environment: { HOLDFAST_UNVERIFIED_APPS: 'on' } })
after(() => server.close())
const api = apiOf(server)
const project = ok(await api.get<Project>('/api/v1/project'))
const integrations = await integrationsByScheme()

test('there is something to check', () => {
  assert.ok(apps.length > 0, `no app has the key ${wanted}`)
})

describe('the simulator plays', { concurrency: 8 }, () => {
  for (const app of apps)
    for (const scheme of app.authSchemes)
      test(`${app.key} by ${scheme.scheme}`, async () => {
        const integrationId = integrations.get(`${app.key} ${scheme.scheme}`)
        assert.ok(integrationId, 'has a ready integration')
        await asksFor(integrationId, scheme)

        const typed = typedValues(scheme)
        const redirectUri = 'https://yours.example/back'
        const account = await api.connect({ integrationId, data: typed, redirectUri })
        assert.equal(account.authScheme, scheme.scheme)
        if ((scheme.identity ?? app.identity) && knowsOwner(scheme))
          assert.ok(account.identity?.id, 'tells whose it is')

        await isAccepted(app, scheme, account, typed)
        if (await refreshes(scheme, account)) await isAccepted(app, scheme, await api.account(account.id), typed)
        await isGivenBack(app, scheme, account.id, typed)
      })
})

async function integrationsByScheme(): Promise<Map<string, string>> {
  const { items } = ok(await api.get<{ items: Integration[] }>('/api/v1/integrations'))
  return new Map(items.map(({ id, appName, authScheme }) => [`${appName} ${authScheme}`, id]))
}

async function asksFor(integrationId: string, scheme: AuthScheme): Promise<void> {
  const { expectedInputFields } = ok(await api.get<Integration>(`/api/v1/integrations/${integrationId}`))
  assert.deepEqual(
    expectedInputFields.map(({ name }) => name),
    scheme.params.map(({ name }) => name),
  )
  for (const field of expectedInputFields) assert.ok(field.displayName && field.description, field.name)
}

/** Signed calls and fetched tokens are proven by the calls themselves; the simulator knows a person behind the others. */
const knowsOwner = ({ scheme }: AuthScheme) => scheme === 'OAUTH2' || scheme === 'OAUTH1'

/** The app's test call is accepted with what is handed out, and refused without. */
async function isAccepted(
  app: AppDefinition,
  scheme: AuthScheme,
  account: ConnectedAccount,
  typed: Record<string, string>,
): Promise<void> {
  const handedOut = ok(await api.info(account.id))
  const call = scheme.testCall ?? app.testCall ?? { method: 'GET', url: '/' }
  const url = callUrl(app, call, handedOut, { ...typed, ...textsOf(account.connectionParams) })
  if (!url) return
  if (isSigned(scheme)) {
    assert.equal(await statusOf(call, url, await signed(account.id, call, url), {}), 200)
    assert.equal(await statusOf(call, url, [], {}), 401)
    return
  }
  assert.equal(await statusOf(call, url, handedOut.params, handedOut.body), 200)
  const inAddress = scheme.scheme === 'API_KEY' && scheme.send.length === 0
  if (scheme.scheme !== 'NO_AUTH' && !inAddress && !hasToken(call)) assert.equal(await statusOf(call, url, [], {}), 401)
}

const isSigned = (scheme: AuthScheme) =>
  scheme.scheme === 'OAUTH1' || (scheme.scheme === 'API_KEY' && scheme.signing !== undefined)

const hasToken = (call: Pick<Call, 'url'>) => call.url.includes('{access_token}')

const textsOf = (values: object | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => typeof value === 'string'))

/** Where the simulator plays this call. Undefined where the app has no base URL and so no call that could be made. */
function callUrl(
  app: AppDefinition,
  call: Pick<Call, 'url'>,
  { base_url }: AuthParamsAnswer,
  values: Record<string, string>,
): URL | undefined {
  if (!call.url.startsWith('/')) return simulatedUrl(server.url, project.id, app.key, renderUrl(call.url, values))
  return base_url === '' ? undefined : renderUrl(base_url + call.url, values)
}

async function signed(id: string, call: Pick<Call, 'method' | 'body'>, url: URL): Promise<AuthParamsAnswer['params']> {
  const { headers } = ok(
    await api.post<{ headers: Record<string, string> }>(`/api/v1/connectedAccounts/${id}/signature`, {
      method: call.method,
      url: url.href,
      ...(call.method === 'POST' && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(call.body ?? {}),
      }),
    }),
  )
  return Object.entries(headers).map(([name, value]) => ({ name, value, in: 'header' as const }))
}

/** Makes the call as the developer's code would. */
async function statusOf(
  call: Pick<Call, 'method' | 'body'>,
  to: URL,
  params: AuthParamsAnswer['params'],
  body: Record<string, string>,
): Promise<number> {
  const url = new URL(to)
  for (const param of params) if (param.in === 'query') url.searchParams.set(param.name, param.value)
  const headers = params
    .filter((param) => param.in === 'header')
    .map(({ name, value }): [string, string] => [name, value])
  const inBody = call.method === 'POST' || Object.keys(body).length > 0
  const response = await fetch(url, {
    method: inBody ? 'POST' : 'GET',
    headers: inBody ? [...headers, ['content-type', 'application/json']] : headers,
    ...(inBody && { body: JSON.stringify({ ...call.body, ...body }) }),
  })
  await response.arrayBuffer()
  return response.status
}

/** @returns Whether the account has another token now. */
async function refreshes(scheme: AuthScheme, account: ConnectedAccount): Promise<boolean> {
  if (!('tokenResponse' in scheme) || account.expiresAt === null) return false
  if (scheme.scheme === 'OAUTH2' && !account.connectionParams?.refresh_token) return false
  // A JWT that is the credential itself is the same when it is signed twice within a second.
  if (scheme.scheme === 'SERVICE_ACCOUNT' && !scheme.tokenRequest) return false
  const before = account.connectionParams?.access_token
  ok(await api.post(`/api/v1/connectedAccounts/${account.id}/refresh`))
  const { connectionParams } = await api.account(account.id)
  assert.notEqual(connectionParams?.access_token, before)
  if (scheme.scheme === 'OAUTH2' && scheme.refresh.rotates !== 'unknown')
    assert.equal(connectionParams?.refresh_token !== account.connectionParams?.refresh_token, scheme.refresh.rotates)
  return true
}

/** After a revocation, where the app has one, its token is refused. */
async function isGivenBack(app: AppDefinition, scheme: AuthScheme, id: string, typed: Record<string, string>) {
  const last = await api.account(id)
  const handedOut = ok(await api.info(id))
  if (scheme.scheme !== 'OAUTH2' || !(scheme.revocationEndpoint ?? scheme.revocationCall)) {
    ok(await api.delete(`/api/v1/connectedAccounts/${id}`))
    return
  }
  const { revocation } = ok(await api.post<{ revocation: Revocation }>(`/api/v1/connectedAccounts/${id}/revoke`))
  assert.equal((await ended(revocation.id)).status, 'revoked')
  const call = scheme.testCall ?? app.testCall ?? { method: 'GET' as const, url: '/' }
  const url = callUrl(app, call, handedOut, { ...typed, ...textsOf(last.connectionParams) })
  if (url) assert.equal(await statusOf(call, url, handedOut.params, handedOut.body), 401)
}

async function ended(id: string): Promise<Revocation> {
  for (let looks = 0; looks < 200; looks++) {
    const found = ok(await api.get<Revocation>(`/api/v1/revocations/${id}`))
    if (found.status !== 'pending' || found.attempts > 1) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail(`the revocation ${id} does not end`)
}
