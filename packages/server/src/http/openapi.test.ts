import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Body, startApi } from './testing/fakes.ts'

const readDocument = async (): Promise<Body> => {
  const api = await startApi()
  return (await api.call('GET', '/openapi.json', undefined, { key: null })).body
}

const operations = (document: Body): { method: string; path: string; operation: Body }[] =>
  Object.entries<Body>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Body>(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )

const isForPeople = (path: string) =>
  /^\/api\/v1\/(?:setup|session|operator|operators|operatorInvites|auditLog)(?:\/|$)/.test(path)

test('every described route behind a key answers 401 without one, under each prefix', async () => {
  const api = await startApi()
  const keyed = operations(await readDocument()).filter(({ operation }) => operation.security)
  assert.ok(keyed.length > 30)
  for (const { method, path } of keyed)
    for (const prefix of ['', '/api', '/api/api']) {
      const asked = prefix + path.replace(/^\/api/, '').replace(/\{\w+\}/g, 'x')
      const { status, body } = await api.call(method, asked, undefined, { key: null })
      assert.deepEqual([status, body.code], [401, 'unauthorized'], `${method} ${asked}`)
    }
})

test('only health and the ways to sign in need no key and no session', async () => {
  const open = operations(await readDocument()).filter(({ operation }) => !operation.security)
  assert.deepEqual(
    open.map(({ path }) => path),
    [
      '/api/v1/setup',
      '/api/v1/setup',
      '/api/v1/session',
      '/api/v1/session/passkeys/options',
      '/api/v1/session/passkeys/verification',
      '/api/v1/operatorInvites/{token}/acceptance',
      '/api/v1/operatorInvites/{token}/acceptance',
      '/healthz',
      '/readyz',
    ],
  )
})

test('every operation has its own name, a summary, described answers and only statuses that clients know', async () => {
  const document = await readDocument()
  assert.match(document.openapi, /^3\.1\./)
  assert.deepEqual(Object.keys(document.components.securitySchemes), ['apiKey', 'session', 'bearer'])
  const names = new Set<string>()
  for (const { method, path, operation } of operations(document)) {
    assert.ok(!names.has(operation.operationId), operation.operationId)
    names.add(operation.operationId)
    assert.ok(operation.summary && operation.tags.length === 1, path)
    for (const [status, answer] of Object.entries<Body>(operation.responses)) {
      const known = ['200', '400', '401', '404', '429', '500', '502']
      // Programs with a key never see it; people who are signed in do.
      const statuses = isForPeople(path) ? [...known, '403'] : known
      assert.ok(statuses.includes(status), `${method} ${path} ${status}`)
      const type = path === '/api/v1/stream' && status === '200' ? 'text/event-stream' : 'application/json'
      assert.ok(answer.description && answer.content[type].schema, `${method} ${path} ${status}`)
    }
  }
})

test('every reference in the document leads somewhere', async () => {
  const document = await readDocument()
  const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
    (match) => match[1] ?? '',
  )
  assert.ok(names.length > 50)
  for (const name of names) assert.ok(document.components.schemas[name], name)
})

test('the reference page and its assets come from this server', async () => {
  const api = await startApi()
  for (const path of ['/docs', '/docs/']) {
    const page = await api.request('GET', path, { key: null })
    assert.equal(page.status, 200)
    const html = await page.text()
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link as string)
    assert.ok(links.length >= 4)
    for (const link of links) {
      assert.ok(link.startsWith('/'), link)
      assert.equal((await api.request('GET', link, { key: null })).status, 200, link)
    }
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /script-src 'self';/)
  }
  assert.equal((await api.request('GET', '/docs/assets/package.json', { key: null })).status, 404)
  assert.equal((await api.request('GET', '/docs/assets/..%2Fpackage.json', { key: null })).status, 404)
})
