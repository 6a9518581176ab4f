/** The dashboard in a real browser over the real server. Needs the built pages: `npm test` sees to that. */
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import type { ConnectedAccount, Integration } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, ok } from './support/api.ts'
import { launchBrowser } from './support/browser.ts'
import { becomeOwner, findBarriers, owner, type Seat, takeSeat } from './support/dashboard.ts'
import { Person } from './support/person.ts'

let browser: Browser
let server: TestServer
let api: Api
let receiver: Server
/** The address of the project's screens. */
let project: string
let signedIn: BrowserContextOptions
let gmail: ConnectedAccount
/** A folder for pictures of every screen, for looking at them; none are taken otherwise. */
const screenshots = process.env.HOLDFAST_SCREENSHOTS

before(async () => {
  server = await startTestServer()
  browser = await launchBrowser()
  api = apiOf(server)
  gmail = await api.connect({ app: 'gmail', entityId: 'jessica' })
  await api.connect({ app: 'github', entityId: 'ben' }, { person: 2 })
  await api.initiate({ app: 'slack', entityId: 'mira' })
  receiver = createServer((request, response) => {
    request.resume()
    response.end('{"taken":true}')
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  const seat = await takeSeat(browser, server)
  project = await becomeOwner(seat, server)
  signedIn = { storageState: await seat.page.context().storageState() }
  assert.deepEqual(seat.complaints, [])
  await seat.close()
})

after(async () => {
  await browser?.close()
  receiver?.close()
  await server?.close()
})

/** A PNG of one pixel. */
const onePixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** A signed-in window at a screen; afterwards nothing was complained of. */
async function at(
  path: string,
  use: (seat: Seat) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const seat = await takeSeat(browser, server, { ...signedIn, ...options })
  try {
    await seat.page.goto(project + path)
    await use(seat)
    assert.deepEqual(seat.complaints, [])
  } finally {
    await seat.close()
  }
}

describe('signing in', () => {
  it('is asked for, keeps where one wanted to go, and says when the password is wrong', async () => {
    const seat = await takeSeat(browser, server)
    await seat.page.goto(`${project}/entities`)
    await seat.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await seat.page.getByLabel('Email').fill(owner.email)
    await seat.page.getByLabel('Password', { exact: true }).fill('not the password')
    await seat.page.keyboard.press('Enter')
    await seat.page.getByRole('alert').filter({ hasText: 'No operator has this email and password' }).waitFor()
    assert.equal(await seat.page.getByLabel('Email').inputValue(), owner.email)
    assert.deepEqual(await findBarriers(seat.page), [])
    await seat.page.getByLabel('Password', { exact: true }).fill(owner.password)
    await seat.page.keyboard.press('Enter')
    await seat.page.getByRole('heading', { name: 'Entities' }).waitFor()
    assert.deepEqual(seat.complaints, [])
    await seat.close()
  })
})

describe('connected accounts', () => {
  it('are narrowed by text and status, and the address says to what', async () => {
    await at('/accounts', async ({ page }) => {
      await page.getByRole('row').filter({ hasText: 'ben' }).waitFor()
      await page.getByRole('searchbox').fill('JESSI')
      await page.getByRole('row').filter({ hasText: 'ben' }).waitFor({ state: 'detached' })
      assert.equal(new URL(page.url()).search, '?search=JESSI')
      await page.getByRole('button', { name: 'Clear all' }).click()
      await page.getByRole('button', { name: 'Status' }).click()
      await page.getByRole('checkbox', { name: 'Waiting' }).check()
      await page.getByRole('row').filter({ hasText: 'jessica' }).waitFor({ state: 'detached' })
      assert.equal(new URL(page.url()).search, '?status=INITIATED')
      await page.reload()
      await page.getByRole('row').filter({ hasText: 'mira' }).waitFor()
      assert.equal(await page.getByRole('row').filter({ hasText: 'jessica' }).count(), 0)
    })
  })

  it('appear while one looks, as somebody connects', async () => {
    await at('/accounts?entity=newcomer', async ({ page }) => {
      await page.getByText('No account is like that').waitFor()
      const { redirectUrl } = await api.initiate({ app: 'gmail', entityId: 'newcomer' })
      await page.getByRole('row').filter({ hasText: 'Waiting' }).waitFor()
      await new Person().connect(redirectUrl ?? '')
      await page.getByRole('row').filter({ hasText: 'Active' }).waitFor()
    })
  })

  it('are disabled together', async () => {
    for (const app of ['gmail', 'github']) await api.connect({ app, entityId: 'together' })
    await at('/accounts?entity=together', async ({ page }) => {
      await page.getByRole('row').nth(2).waitFor()
      await page.getByRole('checkbox', { name: 'Select all that are loaded' }).check()
      await page.getByText('2 accounts chosen').waitFor()
      await page.getByRole('button', { name: 'Disable', exact: true }).click()
      await page.getByRole('cell').filter({ hasText: 'Disabled' }).nth(1).waitFor()
    })
    const { items } = ok(await api.get<{ items: ConnectedAccount[] }>('/api/v1/connectedAccounts?entityId=together'))
    assert.deepEqual(
      items.map(({ enabled }) => enabled),
      [false, false],
    )
  })

  it('show who they are, what they may, what happened, and their credentials on request', async () => {
    await at('/accounts?entity=jessica', async ({ page }) => {
      await page.getByRole('row').filter({ hasText: 'Gmail' }).getByRole('link').click()
      await page.getByRole('heading', { level: 1, name: gmail.identity?.name ?? '' }).waitFor()
      const timeline = page.getByRole('region', { name: 'Timeline' })
      await timeline.getByText('Active', { exact: true }).waitFor()
      await page.getByRole('region', { name: 'Scopes' }).getByText('granted', { exact: true }).first().waitFor()

      await page.getByRole('button', { name: 'Reveal' }).click()
      await page.getByLabel('Reason').fill('case 4711')
      await page.getByRole('dialog').getByRole('button', { name: 'Reveal' }).click()
      await page.getByText('access_token').first().waitFor()
    })
    const { items } = ok(await api.get<{ items: { type: string }[] }>(`/api/v1/connectedAccounts/${gmail.id}/history`))
    assert.ok(
      items.some(({ type }) => /reveal/.test(type)),
      JSON.stringify(items),
    )
  })

  it('are not deleted before somebody says so twice', async () => {
    const doomed = await api.connect({ app: 'gmail', entityId: 'doomed' })
    await at(`/accounts/${doomed.id}`, async ({ page }) => {
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Delete…' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click()
      ok(await api.get(`/api/v1/connectedAccounts/${doomed.id}`))
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Delete…' }).click()
      await page.getByRole('button', { name: 'Delete the account' }).click()
      await page.getByRole('heading', { name: 'Connected accounts' }).waitFor()
    })
    assert.equal((await api.get(`/api/v1/connectedAccounts/${doomed.id}`)).status, 404)
  })
})

describe('an integration', () => {
  it('is made in three steps, with the redirect URI before the client', async () => {
    await at('/integrations/new', async ({ page }) => {
      await page.getByRole('link', { name: 'Gmail' }).click()
      await page.getByLabel('Name').fill('Gmail of Acme')
      await page.getByLabel('Who plays the app').click()
      await page.getByRole('option', { name: 'Gmail itself' }).click()
      await page.getByRole('button', { name: 'Go on' }).click()

      await page.getByRole('heading', { name: 'Redirect URI' }).waitFor()
      const shown = await page.getByRole('region', { name: 'Redirect URI' }).locator('code').textContent()
      const { items } = ok(await api.get<{ items: Integration[] }>('/api/v1/integrations?appName=gmail'))
      const made = items.find(({ name }) => name === 'Gmail of Acme')
      assert.equal(shown, made?.redirectUri)
      assert.equal(made?.enabled, false)

      await page.getByLabel('Client ID').fill('client-of-acme')
      await page.getByRole('button', { name: 'Save and enable' }).click()
      await page.getByText('The app authenticates clients by secret').waitFor()
      assert.equal(await page.getByLabel('Client ID').inputValue(), 'client-of-acme')
      await page.getByLabel('Client secret', { exact: true }).fill('secret-of-acme')
      await page.getByRole('button', { name: 'Save and enable' }).click()
      await page.getByRole('button', { name: 'Make a connect link' }).waitFor()
      const saved = ok(await api.get<Integration>(`/api/v1/integrations/${made?.id}`))
      assert.deepEqual(
        { enabled: saved.enabled, clientId: saved.clientId, hasClientSecret: saved.hasClientSecret },
        { enabled: true, clientId: 'client-of-acme', hasClientSecret: true },
      )
    })
  })
})

describe('a webhook', () => {
  it('is set up, tried with a test event, and its delivery can be read', async () => {
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`
    await at('/webhooks', async ({ page }) => {
      await page.getByRole('button', { name: 'Add an endpoint' }).first().click()
      await page.getByRole('textbox', { name: 'URL' }).fill(url)
      await page.getByRole('dialog').getByRole('button', { name: 'Add the endpoint' }).click()
      await page.getByText(/^whsec_/).waitFor()
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('heading', { level: 1, name: url }).waitFor()
      await page.getByRole('button', { name: 'Send a test event' }).click()
      await page.getByRole('listitem').filter({ hasText: 'Delivered' }).waitFor()
      await page.getByRole('button', { name: 'connected_account.active' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('HTTP 200').waitFor()
      await dialog.getByText('{"taken":true}').waitFor()
      assert.match(page.url(), /delivery=msg_/)
    })
  })

  it('of the first generation is added switched off, and events of a time are sent again', async () => {
    await at('/webhooks', async ({ page }) => {
      await page.getByRole('button', { name: 'Add an endpoint' }).first().click()
      await page.getByRole('textbox', { name: 'URL' }).fill('https://yours.example/v1')
      await page.getByRole('combobox', { name: 'Format' }).click()
      await page.getByRole('option', { name: /^v1/ }).click()
      await page.getByRole('checkbox', { name: 'Enabled' }).uncheck()
      await page.getByRole('dialog').getByRole('button', { name: 'Add the endpoint' }).click()
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('heading', { level: 1, name: 'https://yours.example/v1' }).waitFor()
      const made = await api.get<{ items: { url: string; format: string; enabled: boolean; id: string }[] }>(
        '/api/v1/webhookEndpoints',
      )
      const endpoint = made.body.items.find(({ url }) => url === 'https://yours.example/v1')
      assert.deepEqual([endpoint?.format, endpoint?.enabled], ['v1', false])
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Enable' }).click()
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Send events again' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Send again' }).click()
      await dialog.getByText(/messages? (is|are) on/).waitFor({ timeout: 8000 })
    })
  })
})

describe('an app of the project’s own', () => {
  it('is checked while it is written and by the server when it is added', async () => {
    await at('/apps/new', async ({ page }) => {
      const definition = page.getByLabel('JSON, in the format of the catalog')
      await definition.fill('{ "key": "Acme"')
      await page.getByText('It is not JSON').waitFor()
      assert.ok(await page.getByRole('button', { name: 'Add the app' }).isDisabled())
      await page.getByRole('button', { name: 'API key' }).click()
      await page.getByText('Nothing is missing.').waitFor()
      await definition.fill(
        (await definition.inputValue()).replace('https://api.acme.example', 'ftp://api.acme.example'),
      )
      await page.getByRole('button', { name: 'Add the app' }).click()
      await page.getByText('baseUrl').first().waitFor()
      await definition.fill((await definition.inputValue()).replace('ftp:', 'https:'))
      await page.getByRole('button', { name: 'Add the app' }).click()
      await page.getByRole('heading', { level: 1, name: 'Acme CRM' }).waitFor()
    })
  })
})

describe('everywhere', () => {
  it('the keyboard opens the palette, finds a screen and goes there', async () => {
    await at('', async ({ page }) => {
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      await page.keyboard.press('Control+k')
      await page.keyboard.type('webh')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Webhooks' }).waitFor()
      assert.equal(await page.evaluate('document.activeElement.id'), 'main')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.keyboard.press('g')
      await page.keyboard.press('a')
      await page.getByRole('heading', { name: 'Connected accounts' }).waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    })
  })

  it('the theme follows the person, over a reload too', async () => {
    await at('', async ({ page }) => {
      const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      const light = await ground()
      await page.getByRole('button', { name: owner.name }).click()
      await page.getByRole('menuitem', { name: 'Dark' }).click()
      await page.locator('html[data-theme=dark]').waitFor()
      const dark = await ground()
      assert.notEqual(dark, light)
      await page.reload()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      assert.equal(await ground(), dark)
    })
  })

  it('the connect pages take the look that is set, and a picture that they cannot show is refused', async () => {
    await at('/settings', async ({ page }) => {
      const pages = page.getByRole('region', { name: 'Connect pages' })
      await pages.getByLabel('Name on the pages').fill('Acme')
      await pages.getByLabel('Colour').fill('#ffe600')
      const picture = (name: string, mimeType: string, text: string) =>
        pages.getByLabel('Logo', { exact: true }).setInputFiles({ name, mimeType, buffer: Buffer.from(text, 'base64') })
      await picture(
        'logo.svg',
        'image/png',
        Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64'),
      )
      await pages.getByRole('button', { name: 'Save' }).click()
      await pages.getByText('no PNG, JPEG or WebP').waitFor()
      await picture('logo.png', 'image/png', onePixel)
      await pages.getByRole('button', { name: 'Save' }).click()
      await pages.locator('img').first().waitFor()
      if (screenshots) await page.screenshot({ path: join(screenshots, 'branding.png'), fullPage: true })
      const { redirectUrl } = await api.initiate({ app: 'gmail', entityId: 'mira' })
      assert.match(await (await fetch(redirectUrl ?? '')).text(), /Acme asks to use your Gmail account/)
      await pages.getByRole('button', { name: 'Remove the logo' }).click()
      await pages.locator('img').first().waitFor({ state: 'detached' })
    })
  })

  it('what users and apps are called is text and nothing else', async () => {
    const name = '<img src=x onerror=alert(1)>'
    await api.connect({ app: 'github', entityId: name })
    await at('/entities', async ({ page }) => {
      await page.getByText(name).waitFor()
      assert.equal(await page.locator('img[src="x"]').count(), 0)
    })
  })

  it('an error shows what to do and the id to find it by', async () => {
    await at('/accounts/00000000-0000-7000-8000-000000000000', async ({ page }) => {
      const alert = page.getByRole('alert')
      await alert.waitFor()
      await alert.getByRole('button', { name: /Copy request id/ }).waitFor()
    })
  })

  const screens = {
    overview: '',
    accounts: '/accounts',
    account: () => `/accounts/${gmail.id}`,
    entities: '/entities',
    integrations: '/integrations',
    'integration app': '/integrations/new',
    'integration name': '/integrations/new?app=gmail',
    integration: () => `/integrations/${gmail.integrationId}`,
    apps: '/apps',
    app: '/apps/gmail',
    'own app': '/apps/new',
    webhooks: '/webhooks',
    keys: '/api-keys',
    requests: '/requests',
    'audit log': '/audit-log',
    settings: '/settings',
    projects: '/settings?tab=projects',
    operators: '/settings?tab=operators',
    you: '/settings?tab=you',
    nothing: '/no-such-screen',
  } satisfies Record<string, string | (() => string)>

  const looks = {
    'at a desk': [1280, 'light'],
    'in the dark': [1280, 'dark'],
    'on a small phone': [320, 'light'],
  } as const

  for (const [look, [width, colorScheme]] of Object.entries(looks))
    it(`no screen has a barrier or breaks the policy ${look}`, async () => {
      await at(
        '',
        async ({ page }) => {
          for (const [name, path] of Object.entries(screens)) {
            await page.goto(project + (typeof path === 'string' ? path : path()))
            await page.getByRole('heading', { level: 1 }).waitFor()
            await page
              .getByRole('status', { name: /^Loading/ })
              .first()
              .waitFor({ state: 'detached' })
            if (screenshots) await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`) })
            assert.deepEqual(await findBarriers(page), [], `${name} ${look}`)
            assert.equal(
              await page.evaluate('document.documentElement.scrollWidth <= innerWidth'),
              true,
              `${name} is wider than the window ${look}`,
            )
          }
        },
        { viewport: { width, height: 800 }, colorScheme },
      )
    })

  it('the first load is less than 300 kB', async () => {
    const seat = await takeSeat(browser, server, signedIn)
    const cdp = await seat.page.context().newCDPSession(seat.page)
    await cdp.send('Network.enable')
    let bytes = 0
    cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength
    })
    await seat.page.goto(project)
    await seat.page.getByRole('heading', { name: 'Overview' }).waitFor()
    await seat.page.getByRole('region', { name: 'Needs attention' }).waitFor()
    assert.ok(bytes > 50_000 && bytes < 300_000, `${bytes} bytes`)
    await seat.close()
  })
})
