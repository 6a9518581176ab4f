import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Hono } from 'hono'
import { dashboardFiles } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-dashboard-'))
const asBrowser = { headers: { accept: 'text/html,application/xhtml+xml' } }

before(async () => {
  await mkdir(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<html><head><base href="/" /></head></html>')
  writeFileSync(join(folder, 'assets', 'index-abc.js'), 'export {}')
  writeFileSync(join(folder, 'assets', 'index-abc.js.br'), 'as brotli')
})

after(() => rmSync(folder, { recursive: true }))

const served = (baseUrl = 'https://connect.example', from = folder) =>
  new Hono().route('/', dashboardFiles({ folder: from, baseUrl })).all('*', (c) => c.text('others', 404))

test('the page is at every path that a browser goes to and nobody else has', async () => {
  for (const path of ['/', '/p/1/accounts', '/sign-in', '/apidocs']) {
    const answer = await served().request(path, asBrowser)
    assert.equal(answer.status, 200, path)
    assert.equal(answer.headers.get('cache-control'), 'no-cache')
    assert.doesNotMatch(answer.headers.get('content-security-policy') ?? '', /unsafe|\*/)
  }
})

test('what belongs to other parts of the server, and what is no visit of a browser, is left to them', async () => {
  for (const path of ['/api/v1/nothing', '/v1/apps', '/connect/x', '/oauth/x', '/docs', '/healthz', '/assets/gone.js'])
    assert.equal((await served().request(path, asBrowser)).status, 404, path)
  assert.equal((await served().request('/')).status, 404)
  assert.equal((await served().request('/', { method: 'POST', ...asBrowser })).status, 404)
})

test('below a path, the page names it', async () => {
  const answer = await served('https://example.com/connections').request('/', asBrowser)
  assert.match(await answer.text(), /<base href="\/connections\/"/)
})

test('an asset is kept for ever and sent as the browser takes it', async () => {
  const plain = await served().request('/assets/index-abc.js')
  assert.equal(await plain.text(), 'export {}')
  assert.equal(plain.headers.get('content-encoding'), null)
  assert.match(plain.headers.get('cache-control') ?? '', /immutable/)
  const packed = await served().request('/assets/index-abc.js', { headers: { 'accept-encoding': 'gzip, br' } })
  assert.equal(packed.headers.get('content-encoding'), 'br')
  assert.equal(await packed.text(), 'as brotli')
  assert.equal((await served().request('/assets/..%2findex.html')).status, 404)
})

test('without a build the root leads to the API reference', async () => {
  const answer = await served('https://connect.example', join(folder, 'not-there')).request('/')
  assert.equal(answer.headers.get('location'), 'https://connect.example/docs')
})
