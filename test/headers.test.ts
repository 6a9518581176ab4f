import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ConnectLink } from '../packages/sdk/src/types.ts'
import { freePort, startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { apiOf, type Initiated, ok } from './support/api.ts'

/**
 * Every route that the server describes and every page that it shows, as a browser gets them through a proxy that ends
 * TLS.
 */
let server: TestServer
let origin: string
let paths: string[]

const publicUrl = 'https://connect.example.test'

before(async () => {
  const port = await freePort()
  server = await startTestServer({ loops: false, environment: { PORT: String(port), HOLDFAST_BASE_URL: publicUrl } })
  origin = `http://127.0.0.1:${port}`
  const api = apiOf({ ...server, url: origin })
  const begun = ok(await api.post<Initiated>('/api/v1/connectedAccounts', { app: 'gmail', entityId: 'e' }))
  const several = ok(await api.post<ConnectLink>('/api/v1/connectLinks', { entityId: 'e', apps: ['linear', 'gmail'] }))
  const form = ok(await api.post<ConnectLink>('/api/v1/connectLinks', { entityId: 'e', apps: ['linear'] }))
  const { redirectUri } = await api.defaultIntegration('gmail')
  const linear = { app: 'linear', authScheme: 'API_KEY', entityId: 'e', data: { api_key: 'a-key' } }
  const { connectedAccountId } = ok(await api.post<Initiated>('/api/v1/connectedAccounts', linear))
  const document = (await (await fetch(`${origin}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>
  }
  const described = Object.entries(document.paths)
    .filter(([path, methods]) => 'get' in methods && !path.endsWith('/stream'))
    .map(([path]) => path.replace(/\{\w+\}/g, 'nothing'))
  assert.ok(described.length > 30)
  const pages = [begun.redirectUrl ?? '', several.url, form.url, `${redirectUri}?state=x&code=y`].map((url) =>
    url.replace(publicUrl, ''),
  )
  paths = [
    ...described,
    ...pages,
    // Twice: the second time it is answered from what is kept.
    ...['', '', '/info', '/info'].map((rest) => `/api/v1/connectedAccounts/${connectedAccountId}${rest}`),
    ...['/', '/sign-in', '/projects', '/docs', '/openapi.json', '/metrics', '/nothing-here', '/api/v1/nothing-here'],
    ...['/connect/nothing', '/connect/links/nothing', '/connect/', '/oauth/callback/nothing', '/oauth/nothing'],
    ...['/simulator/nothing', '/../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd'],
  ]
})
after(() => server?.close())

const answerTo = (path: string, init: RequestInit = {}) =>
  fetch(origin + path, {
    redirect: 'manual',
    ...init,
    headers: { 'x-api-key': server.apiKey, accept: 'text/html', ...init.headers },
  })

/** What a Content-Security-Policy allows, by directive. */
function directives(policy: string): Map<string, string[]> {
  return new Map(
    policy.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(/\s+/)
      return [name, sources]
    }),
  )
}

describe('every answer', () => {
  test('is sniffed by nobody, framed by nobody, and tells nobody where it was', async () => {
    for (const path of paths) {
      const { headers } = await answerTo(path)
      const policy = directives(headers.get('content-security-policy') ?? '')
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
      assert.deepEqual(policy.get('frame-ancestors'), ["'none'"], path)
      assert.ok(policy.has('default-src'), path)
      for (const [name, sources] of policy)
        for (const source of sources)
          assert.ok(
            !/unsafe|\*|^https?:|^data:$/.test(source) || (name === 'img-src' && source === 'data:'),
            `${path}: ${name} ${source}`,
          )
      assert.match(headers.get('referrer-policy') ?? '', /^(no-referrer|same-origin)$/, path)
    }
  })

  test('is kept by nobody, but for files whose names change with their content', async () => {
    for (const path of paths)
      assert.match((await answerTo(path)).headers.get('cache-control') ?? '', /no-store|no-cache/, path)
  })

  test('keeps browsers on https', async () => {
    for (const path of paths) {
      const policy = (await answerTo(path)).headers.get('strict-transport-security') ?? ''
      assert.ok(Number(/^max-age=(\d+)/.exec(policy)?.[1]) >= 365 * 24 * 3600, path)
    }
  })

  test('names no other origin that may read it', async () => {
    for (const path of paths) {
      const { headers } = await answerTo(path, { headers: { origin: 'https://evil.example' } })
      assert.equal(headers.get('access-control-allow-origin'), null, path)
    }
  })

  test('takes no address from Host or forwarding headers', async () => {
    const forged = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' }
    for (const path of paths) {
      const answer = await answerTo(path, { headers: { ...forged, 'x-forwarded-for': 'evil.example' } })
      assert.ok(!(await answer.text()).includes('evil.example'), path)
      assert.ok(![...answer.headers.values()].some((value) => value.includes('evil.example')), path)
    }
  })
})

describe('every page', () => {
  test('has no inline script, style or handler, and nothing of another host', async () => {
    let pages = 0
    for (const path of paths) {
      const answer = await answerTo(path)
      if (!answer.headers.get('content-type')?.includes('text/html')) continue
      pages++
      const page = await answer.text()
      for (const [, attributes = '', content = ''] of page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g))
        assert.ok(attributes.includes('src=') && content.trim() === '', `${path}: inline script`)
      assert.doesNotMatch(page, /<style[\s>]|<[^>]+\sstyle="|<[^>]+\son\w+="|javascript:/i, path)
      for (const [, url = ''] of page.matchAll(/<(?:script|link|img|iframe)[^>]*\s(?:src|href)="([^"]*)"/g))
        assert.ok(!/^(?:https?:)?\/\//.test(url) || url.startsWith(publicUrl), `${path}: ${url}`)
    }
    assert.ok(pages >= 10, String(pages))
  })

  test('is cut off from the pages that opened it, but for the popups of connecting', async () => {
    for (const path of paths) {
      const { headers } = await answerTo(path)
      if (!headers.get('content-type')?.includes('text/html')) continue
      const expected =
        path.startsWith('/connect') || path.startsWith('/oauth') ? /^same-origin-allow-popups$/ : /^same-origin/
      assert.match(headers.get('cross-origin-opener-policy') ?? '', expected, path)
    }
  })
})

test('by http nothing is promised about https', async () => {
  const plain = await startTestServer({ loops: false })
  try {
    assert.equal((await fetch(`${plain.url}/healthz`)).headers.get('strict-transport-security'), null)
  } finally {
    await plain.close()
  }
})
