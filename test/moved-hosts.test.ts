/** A key goes to the host it was given for, also when the definition of its app is changed later. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, ok } from './support/api.ts'

let server: TestServer
let api: Api

before(async () => {
  server = await startTestServer({ loops: false })
  api = apiOf(server)
})
after(() => server?.close())

const definition = (key: string) => ({
  key,
  name: 'Acme',
  baseUrl: 'https://api.acme.example',
  authSchemes: [
    {
      scheme: 'API_KEY',
      label: 'Key',
      params: [{ name: 'api_key', label: 'Key', role: 'credential' }],
      send: [{ in: 'header', name: 'x-key', value: '{api_key}' }],
    },
  ],
})
const refused = { status: 400, code: 'conflict' }
const connect = (app: string) => api.connect({ app, authScheme: 'API_KEY', data: { api_key: 'a-key' } })

describe('while accounts are connected', () => {
  test('an app of the project keeps the hosts that have their keys', async () => {
    ok(await api.post('/api/v1/apps', definition('acme')))
    const { id } = await connect('acme')
    const elsewhere = [
      { baseUrl: 'https://evil.example' },
      { baseUrl: 'https://api.acme.example:444' },
      { testCall: { url: 'https://evil.example/check' } },
      { authSchemes: [{ ...definition('acme').authSchemes[0], baseUrl: 'https://evil.example' }] },
    ]
    for (const change of elsewhere) assertRefused(await api.patch('/api/v1/apps/acme', change), refused)
    assert.match(JSON.stringify(ok(await api.info(id))), /api\.acme\.example/)
    ok(await api.patch('/api/v1/apps/acme', { name: 'Acme 2', baseUrl: 'https://api.acme.example/v2' }))

    ok(await api.delete(`/api/v1/connectedAccounts/${id}`))
    ok(await api.patch('/api/v1/apps/acme', { baseUrl: 'https://api.acme-two.example' }))
  })

  test('a built-in app is not replaced by one that goes elsewhere, and such a one is not taken away under them', async () => {
    const { id } = await connect('linear')
    assertRefused(await api.post('/api/v1/apps', definition('linear')), refused)
    assertRefused(await api.patch('/api/v1/apps/linear', { baseUrl: 'https://evil.example' }), refused)
    ok(await api.delete(`/api/v1/connectedAccounts/${id}`))
    ok(await api.post('/api/v1/apps', definition('linear')))
    const other = await connect('linear')
    assertRefused(await api.delete('/api/v1/apps/linear'), refused)
    ok(await api.delete(`/api/v1/connectedAccounts/${other.id}`))
    ok(await api.delete('/api/v1/apps/linear'))
  })
})

test('the secret of an OAuth client goes to the token endpoint it was given for', async () => {
  const oauth = {
    key: 'acme-oauth',
    name: 'Acme',
    authSchemes: [
      {
        scheme: 'OAUTH2',
        label: 'Sign in',
        authorizationEndpoint: 'https://acme.example/authorize',
        tokenEndpoint: 'https://acme.example/token',
      },
    ],
  }
  ok(await api.post('/api/v1/apps', oauth))
  const client = { app: 'acme-oauth', clientId: 'id', clientSecret: 'secret' }
  const { id } = ok(await api.post<{ id: string }>('/api/v1/integrations', client))
  const change = { authSchemes: [{ ...oauth.authSchemes[0], tokenEndpoint: 'https://evil.example/token' }] }
  const refusal = assertRefused(await api.patch('/api/v1/apps/acme-oauth', change), refused)
  assert.match(refusal.message, /evil\.example/)
  ok(await api.delete(`/api/v1/integrations/${id}`))
  ok(await api.patch('/api/v1/apps/acme-oauth', change))
})

test('links for people may lead anywhere', async () => {
  ok(await api.post('/api/v1/apps', definition('linked')))
  await connect('linked')
  const source = { url: 'https://docs.elsewhere.example', readOn: '2026-11-01' }
  ok(await api.patch('/api/v1/apps/linked', { source }))
})
