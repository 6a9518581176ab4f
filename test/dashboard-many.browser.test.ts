/** The dashboard over a project with many accounts, in a real browser. Needs the built pages: `npm test` sees to that. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, ok } from './support/api.ts'
import { launchBrowser } from './support/browser.ts'
import { becomeOwner, type Seat, takeSeat } from './support/dashboard.ts'

const many = 10_000

let browser: Browser
let server: TestServer
let api: Api
let seat: Seat
let project: string

before(async () => {
  server = await startTestServer({ loops: false })
  browser = await launchBrowser()
  api = apiOf(server)
  const { id } = await api.connect({ app: 'linear', authScheme: 'API_KEY', data: { api_key: 'a-key' } })
  await api.connect({ app: 'linear', authScheme: 'API_KEY', entityId: 'bystander', data: { api_key: 'b-key' } })
  await multiply(id)
  seat = await takeSeat(browser, server)
  project = await becomeOwner(seat, server)
})

after(async () => {
  await seat?.close()
  await browser?.close()
  await server?.close()
})

test('ten thousand accounts are filtered, chosen and disabled together, and no other', async () => {
  const { page, complaints } = seat
  await page.goto(`${project}/accounts`)
  await page.getByRole('searchbox').fill('crowd')
  await page.getByText(`50 of ${(many).toLocaleString('en')} shown`).waitFor()
  await page.getByRole('checkbox', { name: 'Select all that are loaded' }).check()
  await page.getByText('50 accounts chosen').waitFor()
  await page.getByRole('button', { name: `Choose all ${(many).toLocaleString('en')} that match` }).click()
  await page.getByText(`${(many).toLocaleString('en')} accounts chosen`).waitFor()
  await page.getByRole('button', { name: 'Disable', exact: true }).click()
  await page.getByText(`${(many).toLocaleString('en')} accounts disabled`).waitFor({ timeout: 120_000 })
  await page.getByRole('cell').filter({ hasText: 'Disabled' }).nth(3).waitFor()
  assert.equal(await enabledOf('search=crowd'), 0)
  assert.equal(await enabledOf('entityId=bystander'), 1)
  assert.deepEqual(complaints, [])
})

const enabledOf = async (filter: string) =>
  ok(await api.get<{ totalItems: number }>(`/api/v1/connectedAccounts?${filter}&showDisabled=false&pageSize=1`))
    .totalItems

/** Copies of one account's row under other ids: their credentials do not open, which nothing here asks for. */
async function multiply(id: string) {
  const { store, readiness } = server.composition
  const projectId = readiness.project?.id ?? ''
  const row = await store.accounts.find(projectId, id)
  assert.ok(row)
  await store.transaction(async (queries) => {
    for (let number = 0; number < many; number += 1) {
      const entityId = `crowd-${number % 500}`
      if (number < 500) await queries.accounts.ensureEntity(projectId, entityId, row.created_at)
      await queries.accounts.insert({ ...row, id: randomUUID(), entity_id: entityId })
    }
  })
}
