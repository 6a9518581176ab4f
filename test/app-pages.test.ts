/** The pages made of the catalog: one for every app, and nothing in them that a definition could make run. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { loadCatalog } from '@holdfast/catalog'
import { startTestServer } from '../packages/server/src/testing.ts'

const server = await startTestServer()
after(() => server.close())
const catalog = loadCatalog()

const page = async (path: string) => {
  const response = await fetch(server.url + path)
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('every offered app has a page that says what to register where and what is asked for', async () => {
  for (const app of catalog.values()) {
    const { status, text } = await page(`/docs/apps/${app.key}`)
    assert.equal(status, 200, app.key)
    for (const scheme of app.authSchemes) {
      assert.ok(text.includes(`>${scheme.scheme}<`), app.key)
      for (const param of scheme.params)
        assert.ok(text.includes(`<code>${param.name}</code>`), `${app.key} ${param.name}`)
      if (!('setup' in scheme) || !scheme.setup) continue
      assert.ok(text.includes(`/oauth/callback/{integrationId}`), app.key)
      assert.equal(text.match(/<ol>.*?<\/ol>/s)?.[0].match(/<li>/g)?.length, scheme.setup.steps.length, app.key)
    }
  }
})

test('the pages load nothing but their style and logo, and run nothing', async () => {
  const { headers, text } = await page('/docs/apps/github')
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.doesNotMatch(policy, /script-src|unsafe|https?:/)
  assert.doesNotMatch(text, /<script|\son\w+=|style=/)
  for (const [, src = ''] of text.matchAll(/(?:src|href)="(\/[^"]*)"/g))
    assert.equal((await page(src)).status, 200, src)
})

test('the list is searched, and what was searched for stays text', async () => {
  const found = await page('/docs/apps?search=google+sheets')
  assert.match(found.text, /<p class="quiet">1 apps<\/p>/)
  const hostile = await page(`/docs/apps?search=${encodeURIComponent('"><script>alert(1)</script>')}`)
  assert.equal(hostile.status, 200)
  assert.doesNotMatch(hostile.text, /<script/)
})

test('an app that nobody knows has no page, nor has one that is not offered', async () => {
  assert.equal((await page('/docs/apps/no-such-app')).status, 404)
  const hidden = [...loadCatalog({ unverified: true }).values()].find((app) => app.unverified)
  assert.equal((await page(`/docs/apps/${hidden?.key}`)).status, 404)
})
