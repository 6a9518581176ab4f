/** An operator at the dashboard, in a real browser. */
import assert from 'node:assert/strict'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { TestServer } from '../../packages/server/src/testing.ts'

export const owner = { name: 'Ada Keller', email: 'ada@acme.example', password: 'otter lantern gravel quilt' }

export interface Seat {
  page: Page
  /** What the page complained of: errors, refused policies, requests that went elsewhere. */
  complaints: string[]
  close(): Promise<void>
}

/** Opens a browser window. @param storage Signs in with the cookies of another seat. */
export async function takeSeat(
  browser: Browser,
  { url }: Pick<TestServer, 'url'>,
  options: BrowserContextOptions = {},
): Promise<Seat> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    // Refused requests are the matter of the screens, which show them.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !/^(?:data|blob):/.test(request.url())) complaints.push(request.url())
  })
  return { page, complaints, close: () => context.close() }
}

/** Follows the link of the first start. @returns The address of the project that is shown then. */
export async function becomeOwner({ page }: Seat, server: TestServer): Promise<string> {
  const link = server.composition.readiness.setup.url
  assert.ok(link, 'there is an owner already')
  await page.goto(link.reveal())
  await page.getByLabel('Your name').fill(owner.name)
  await page.getByLabel('Email').fill(owner.email)
  await page.getByLabel('Password', { exact: true }).fill(owner.password)
  await page.getByRole('button', { name: 'Create the owner' }).click()
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
  return page.url().replace(/\/$/, '')
}

/** What an automatic check of accessibility finds, one line each. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  )) as axe.AxeResults
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}`)
}
