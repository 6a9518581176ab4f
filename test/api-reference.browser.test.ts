/** The reference page at /docs in a real browser, with nothing but the server itself to talk to. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { launchBrowser } from './support/browser.ts'

let browser: Browser
let server: TestServer

before(async () => {
  server = await startTestServer()
  browser = await launchBrowser()
})

after(async () => {
  await browser?.close()
  await server?.close()
})

/** Opens the page; @returns it with all that it asked elsewhere for, and all that it complained of. */
async function openReference(): Promise<{ page: Page; elsewhere: string[]; complaints: string[] }> {
  const page = await browser.newPage()
  const elsewhere: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${server.url}/`) && !url.startsWith('data:')) elsewhere.push(url)
  })
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${server.url}/docs`)
  await page.locator('.opblock').first().waitFor()
  return { page, elsewhere, complaints }
}

describe('the API reference page', () => {
  it('shows every operation, asks nobody else for anything and breaks no policy', async () => {
    const { page, elsewhere, complaints } = await openReference()
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, object>
      webhooks: Record<string, object>
    }
    const described = [...Object.values(document.paths), ...Object.values(document.webhooks)]
    const operations = described.flatMap((methods) => Object.keys(methods))
    assert.equal(await page.locator('.opblock').count(), operations.length)
    assert.equal(await page.title(), 'Holdfast API reference')
    assert.deepEqual(elsewhere, [])
    assert.deepEqual(complaints, [])
    await page.close()
  })

  it('tries a call with the key that was entered', async () => {
    const { page, elsewhere, complaints } = await openReference()
    await page.getByRole('button', { name: 'Authorize' }).first().click()
    await page.getByLabel('apiKey-value').or(page.locator('#api_key_value')).first().fill(server.apiKey)
    await page.locator('.auth-container').first().getByRole('button', { name: /apply/i }).click()
    await page.getByRole('button', { name: 'Close' }).first().click()
    const operation = page.locator('[id$="getOwnProject"]')
    await operation.locator('.opblock-summary-control').click()
    const answered = page.waitForResponse(`${server.url}/api/v1/project`)
    await operation.getByRole('button', { name: 'Execute' }).click()
    assert.equal((await answered).status(), 200)
    await operation.locator('.live-responses-table .microlight').first().waitFor()
    assert.match((await operation.locator('.live-responses-table').textContent()) ?? '', /"mode": "test"/)
    assert.deepEqual(elsewhere, [])
    assert.deepEqual(complaints, [])
    if (process.env.HOLDFAST_SCREENSHOTS)
      await page.screenshot({ path: `${process.env.HOLDFAST_SCREENSHOTS}/api-reference.png`, fullPage: false })
    await page.close()
  })
})
