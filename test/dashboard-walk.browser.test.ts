/** A new operator's first minutes, in a real browser with two windows: theirs and that of one of their users. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { launchBrowser } from './support/browser.ts'
import { becomeOwner, takeSeat } from './support/dashboard.ts'

let browser: Browser
let server: TestServer
let receiver: Server
let received = 0

before(async () => {
  server = await startTestServer()
  browser = await launchBrowser()
  receiver = createServer((request, response) => {
    request.resume()
    received += 1
    response.end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
})

after(async () => {
  await browser?.close()
  receiver?.close()
  await server?.close()
})

test('from the setup link to a webhook about a user who connected, without a reload', async () => {
  const operator = await takeSeat(browser, server)
  const project = await becomeOwner(operator, server)
  const { page } = operator

  await page.goto(`${project}/webhooks`)
  await page.getByRole('button', { name: 'Add an endpoint' }).first().click()
  await page.getByRole('textbox', { name: 'URL' }).fill(receiverUrl())
  await page.getByRole('dialog').getByRole('button', { name: 'Add the endpoint' }).click()
  await page.getByText(/^whsec_/).waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('heading', { level: 1, name: receiverUrl() }).waitFor()
  const endpoint = page.url()

  await page.goto(`${project}/accounts`)
  await page.getByRole('button', { name: 'Connect an account' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Entity').fill('jessica')
  await dialog.getByRole('combobox').fill('gmail')
  await page.getByRole('option', { name: /^Gmail/ }).waitFor()
  await dialog.getByRole('combobox').press('Enter')
  await dialog.getByRole('button', { name: 'Make the link' }).click()
  const link = await dialog.getByRole('link', { name: 'Open it' }).getAttribute('href')
  assert.ok(link)
  await page.keyboard.press('Escape')

  const user = await takeSeat(browser, server)
  await user.page.goto(link)
  await user.page.getByRole('button', { name: /Gmail/ }).click()
  await user.page.getByRole('button', { name: /Allow|Approve/ }).click()
  await user.page.getByRole('heading', { name: /connected/i }).waitFor()

  await page.getByRole('row').filter({ hasText: 'jessica' }).filter({ hasText: 'Active' }).waitFor()
  await page.goto(endpoint)
  const delivery = page.getByRole('listitem').filter({ hasText: 'connected_account.active' })
  await delivery.filter({ hasText: 'Delivered' }).waitFor()
  assert.ok(received > 0)
  assert.deepEqual([...operator.complaints, ...user.complaints], [])
})

const receiverUrl = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`
