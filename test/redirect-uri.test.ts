import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, assertRefused, ok, type Refusal } from './support/api.ts'

const server = await startTestServer()
after(() => server.close())
const api = apiOf(server)
const operator = apiOf(server, server.adminKey)

const accounts = '/api/v1/connectedAccounts'
const initiate = (body: Record<string, unknown>) => api.post(accounts, { entityId: 'somebody', ...body })

describe('redirectUri', () => {
  const never = [
    'javascript:alert(1)',
    'data:text/html,x',
    '//evil.test',
    '/relative',
    'not a url',
    'https://user@yours.example/',
    'https://user:pass@yours.example/',
    'https://yours.example/#fragment',
    'https://yours.example/#',
    'http://yours.example/',
    'http://localhost.evil.test/',
    'http://127.0.0.1.evil.test/',
    'https:\\\\evil.test',
    'https://yours.example/\n',
    'https://yours.example/zurück',
  ]
  for (const redirectUri of never)
    test(`${JSON.stringify(redirectUri)} is refused in test mode`, async () => {
      const { status, body } = await initiate({ app: 'gmail', redirectUri })
      const { code, errors } = body as Refusal
      assert.equal(status, 400, JSON.stringify(body))
      assert.ok(['validation_failed', 'redirect_not_allowed'].includes(code), code)
      assert.equal(errors[0]?.property, 'redirectUri')
    })

  for (const redirectUri of ['https://anything.example/back?x=1', 'http://localhost:3000/', 'http://127.0.0.1:9/', ''])
    test(`${JSON.stringify(redirectUri)} is taken in test mode`, async () => {
      ok(await initiate({ app: 'gmail', redirectUri }))
    })

  test('is no better for being on the list', async () => {
    for (const url of [
      'javascript:alert(1)',
      'https://yours.example/#',
      'https://u@yours.example/',
      'https:\\\\evil.test',
    ])
      assertRefused(
        await operator.post('/api/v1/projects', { name: 'Live', mode: 'live', allowedRedirectUrls: [url] }),
        {
          status: 400,
          code: 'validation_failed',
          field: 'allowedRedirectUrls.0',
        },
      )
  })

  test('must be on the list exactly in live mode', async () => {
    const listed = 'https://yours.example/back?tenant=1'
    const body = { name: 'Live', mode: 'live', allowedRedirectUrls: [listed] }
    const live = apiOf(server, ok(await operator.post<{ apiKey: string }>('/api/v1/projects', body)).apiKey)
    const connect = { app: 'linear', entityId: 'e', data: {} }
    for (const redirectUri of [
      'https://yours.example/back',
      `${listed}&more=1`,
      `${listed}/`,
      'https://YOURS.example/back?tenant=1',
      'http://localhost:3000/',
    ])
      assertRefused(await live.post(accounts, { ...connect, redirectUri }), {
        status: 400,
        code: 'redirect_not_allowed',
        field: 'redirectUri',
      })
    assertRefused(await live.post(accounts, { ...connect, redirectUri: listed }), {
      status: 400,
      code: 'validation_failed',
      field: 'data.api_key',
    })
  })
})
