/** The dashboard as somebody sees it who may only look. Needs the built pages: `npm test` sees to that. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { apiOf } from './support/api.ts'
import { launchBrowser } from './support/browser.ts'
import { becomeOwner, takeSeat } from './support/dashboard.ts'

const viewer = { name: 'Vera Lind', email: 'vera@acme.example', password: 'quiet harbour seventeen kites' }

let browser: Browser
let server: TestServer
let account: ConnectedAccount
let project: string
let invitation: string

before(async () => {
  server = await startTestServer()
  browser = await launchBrowser()
  const api = apiOf(server)
  account = await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'not-for-your-eyes' } })
  const seat = await takeSeat(browser, server)
  project = await becomeOwner(seat, server)
  const { page } = seat
  await page.goto(`${project}/settings?tab=operators`)
  await page.getByRole('button', { name: 'Invite' }).click()
  await page.getByLabel('Email').fill(viewer.email)
  await page.getByRole('button', { name: 'Make the link' }).click()
  invitation = (await page.getByText(/#\/invite\//).textContent()) ?? ''
  // What the viewer is to miss is there for the owner, or missing it would mean nothing.
  assert.deepEqual(await screensThatOfferChanges(page), Object.keys(changes()))
  assert.deepEqual(seat.complaints, [])
  await seat.close()
})

after(async () => {
  await browser?.close()
  await server?.close()
})

test('a viewer who was invited sees the accounts, and neither a secret nor a button that changes anything', async () => {
  const { page, complaints, close } = await takeSeat(browser, server)
  await page.goto(invitation)
  await page.getByLabel('Your name').fill(viewer.name)
  await page.getByLabel('Password', { exact: true }).fill(viewer.password)
  await page.getByRole('button', { name: /Join|Accept|Create/ }).click()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()

  assert.deepEqual(await screensThatOfferChanges(page), [])
  await page.goto(`${project}/accounts/${account.id}`)
  assert.doesNotMatch(await page.content(), /not-for-your-eyes/)
  await page.goto(`${project}/audit-log`)
  await page.getByText('This is for owners and admins').waitFor()
  assert.deepEqual(complaints, [])
  await close()
})

/** What each screen offers to those who may change things. */
const changes = () => ({
  [`accounts/${account.id}`]: /Test now/,
  accounts: /Connect an account/,
  integrations: /Add an integration/,
  webhooks: /Add an endpoint/,
  'api-keys': /Make a key/,
  settings: /Save/,
})

async function screensThatOfferChanges(page: Page): Promise<string[]> {
  const offering: string[] = []
  for (const [path, name] of Object.entries(changes())) {
    await page.goto(`${project}/${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page
      .getByRole('status', { name: /^Loading/ })
      .first()
      .waitFor({ state: 'detached' })
    const offered = page.getByRole('button', { name }).or(page.getByRole('link', { name }))
    if ((await offered.count()) > 0) offering.push(path)
  }
  return offering
}
