import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AppDefinition,
  type AuthScheme,
  type Call,
  loadCatalog,
  type OAuth2Scheme,
  renderAuth,
  renderCallUrl,
} from '@holdfast/catalog'
import { sampleValue } from './sample.ts'
import { startSimulator } from './testing.ts'

type Json = Record<string, unknown>
type World = ReturnType<typeof startSimulator>

const usualNames: Record<string, string> = {
  clientId: 'client_id',
  clientSecret: 'client_secret',
  redirectUri: 'redirect_uri',
  scope: 'scope',
  code: 'code',
  tokenCode: 'code',
}

for (const app of loadCatalog().values())
  for (const scheme of app.authSchemes.filter(isPlain))
    test(`${app.key} can be connected by ${scheme.scheme}`, async () => {
      const world = startSimulator(app)
      const values = typedValues(app, scheme)
      if (scheme.scheme === 'OAUTH2') await walkCodeFlow(world, app, scheme, values)
      else await tryKey(world, app, scheme, values)
    })

/** What this walk can play by itself. test/every-app.test.ts plays all of them, with the server as the client. */
function isPlain(scheme: AuthScheme): boolean {
  if (scheme.scheme === 'OAUTH2')
    return (
      Object.entries(scheme.parameterNames).every(([name, called]) => called === usualNames[name]) &&
      scheme.tokenRequestMethod === 'POST' &&
      scheme.longLivedExchange === undefined &&
      scheme.refreshRequest.sends === 'refresh_token' &&
      scheme.integrationParams.length === 0 &&
      scheme.learnedParams.every(({ from }) => from !== 'callback')
    )
  return scheme.scheme === 'BASIC' || (scheme.scheme === 'API_KEY' && scheme.send.length > 0)
}

/** What a person would fill in. */
function typedValues(app: AppDefinition, scheme: AuthScheme): Record<string, string> {
  const values: Record<string, string> = { app_name: 'Holdfast', app_contact: 'https://holdfast.example' }
  for (const param of scheme.params)
    values[param.name] =
      param.role === 'credential'
        ? `good-${param.name}`
        : (param.default ?? param.options?.[0] ?? sampleValue(param.pattern, app.key) ?? '')
  return values
}

async function walkCodeFlow(world: World, app: AppDefinition, scheme: OAuth2Scheme, typed: Record<string, string>) {
  const scopes = [...new Set([...scheme.scopes.default, ...scheme.scopes.required])]
  const back = await world.approve({ scope: scopes.join(scheme.scopeSeparator) || null }, typed)
  for (const name of Object.keys(scheme.callbackParams)) assert.ok(back.get(name), name)
  const answer = await read(await world.redeem(back.get('code') ?? '', {}, { values: typed }))
  const accessToken = String(at(answer, scheme.tokenResponse.accessToken))
  assert.match(accessToken, /^sim-at-/)
  for (const path of scheme.tokenResponse.keep) assert.notEqual(at(answer, path), undefined, path)

  const values: Record<string, string> = { ...typed, client_id: 'client-1', access_token: accessToken }
  for (const param of scheme.learnedParams) {
    const source =
      param.from === 'tokenResponse' ? answer : await callApp(world, app, scheme, param.call as Call, values)
    const value = String(at(source, param.path)).replace(/^https:\/\//, '')
    if (param.pattern !== undefined) assert.match(value, new RegExp(param.pattern, 'u'))
    values[param.name] = value
  }
  await checkCalls(world, app, scheme, values)

  const refreshToken = at(answer, scheme.tokenResponse.refreshToken)
  if (scheme.refresh.accessTokenLifetimeSeconds === null) {
    assert.equal(refreshToken, undefined)
    return
  }
  const again = await read(await world.refresh(String(refreshToken), { values: typed }))
  assert.match(String(at(again, scheme.tokenResponse.accessToken)), /^sim-at-/)
  assert.equal(at(again, scheme.tokenResponse.refreshToken) !== undefined, scheme.refresh.rotates !== false)
}

async function tryKey(world: World, app: AppDefinition, scheme: AuthScheme, values: Record<string, string>) {
  await checkCalls(world, app, scheme, values)
  const secrets = scheme.params.filter((param) => param.role === 'credential')
  for (const [text, status] of [
    ['invalid', 401],
    ['unreachable', 503],
  ] as const) {
    const bad = { ...values, ...Object.fromEntries(secrets.map((param) => [param.name, `${text}-key`])) }
    const call = scheme.testCall ?? app.testCall
    if (call && secrets.length > 0) assert.equal((await send(world, app, scheme, call, bad)).status, status)
  }
}

/** The app's own calls, with the credential placed as the app says. */
async function checkCalls(world: World, app: AppDefinition, scheme: AuthScheme, values: Record<string, string>) {
  const testCall = scheme.testCall ?? app.testCall
  if (testCall) assert.equal((await send(world, app, scheme, testCall, values)).status, 200)
  const identity = scheme.identity ?? app.identity
  if (!identity) return
  const answer = await callApp(world, app, scheme, identity, values)
  assert.match(String(at(answer, identity.id)), /^sim-person-1$|@example\.com$|^Jessica/)
  if (identity.email) assert.equal(at(answer, identity.email), 'jessica.rivera@example.com')
}

const callApp = async (...args: Parameters<typeof send>): Promise<unknown> => read(await send(...args))

function send(world: World, app: AppDefinition, scheme: AuthScheme, call: Call, values: Record<string, string>) {
  // A learned base URL is not known yet while the call that learns it is made.
  const known = { ...Object.fromEntries(learnedNames(scheme).map((name) => [name, 'unknown'])), ...values }
  const auth = renderAuth(app, scheme, known)
  const url = renderCallUrl(call, auth.baseUrl, known)
  for (const [name, value] of Object.entries(auth.query)) url.searchParams.set(name, value)
  const headers: Record<string, string> = { ...auth.headers, ...call.headers }
  const body = call.body ?? (Object.keys(auth.body).length > 0 ? {} : undefined)
  if (body) headers['content-type'] = 'application/json'
  const text = body && JSON.stringify({ ...body, ...auth.body })
  return world.simulator.fetch(new Request(world.at(url), { method: call.method, headers, body: text }))
}

const learnedNames = (scheme: AuthScheme) =>
  scheme.scheme === 'OAUTH2' ? scheme.learnedParams.map((param) => param.name) : []

async function read(response: Response): Promise<Json> {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text) as Json
}

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((place, part) => (place as Json | undefined)?.[part], value)
