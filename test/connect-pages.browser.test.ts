/** The pages of a connection in a real browser: by keyboard, with and without JavaScript, checked for access and policy. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type ServerType, serve } from '@hono/node-server'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { CallbackInput, ConnectFlow } from '../packages/server/src/accounts/types.ts'
import { connectRoutes } from '../packages/server/src/connect/index.ts'
import { languages } from '../packages/server/src/connect/messages.ts'
import {
  aField,
  aLink,
  anAccount,
  anOption,
  aView,
  type FakeFlow,
  fakeFlow,
} from '../packages/server/src/connect/testing/fake-flow.ts'
import { AppError } from '../packages/server/src/errors.ts'
import { launchBrowser } from './support/browser.ts'

let browser: Browser
let flow: FakeFlow
let pages: ServerType
let base: string
/** The app's own hosts: another site than the pages (localhost, while the pages are on 127.0.0.1). */
let app: Server
let appOrigin: string
/** A folder for pictures of every page, for looking at them; none are taken otherwise. */
const screenshots = process.env.HOLDFAST_SCREENSHOTS
/** What the app does with a browser that arrives at its authorization endpoint. */
let atTheApp: 'sign in' | 'approve silently' | 'form post' | 'cut loose' = 'sign in'

before(async () => {
  browser = await launchBrowser()
  app = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const goTo = (location: string) => response.writeHead(302, { location }).end()
    const callback = `${base}/oauth/callback/int_1`
    if (pathname === '/holdfast.js') {
      response.setHeader('content-type', 'text/javascript')
      return response.end(browserEntry)
    }
    if (pathname === '/link') return response.setHeader('x-link', `${base}/connect/popup`).end()
    if (pathname === '/project') return response.end(projectPage)
    if (pathname === '/framing')
      return response.end(
        `<title>The project</title><iframe src="${base}/connect/framed" width="500" height="700"></iframe>`,
      )
    if (pathname === '/authorize' && atTheApp === 'cut loose') {
      response.setHeader('cross-origin-opener-policy', 'same-origin')
      return response.end(`<title>The app</title><a href="${callback}?code=c&state=s">Allow</a>`)
    }
    if (pathname === '/authorize' && atTheApp === 'approve silently') return goTo(`${appOrigin}/session`)
    if (pathname === '/session') return goTo(`${callback}?code=c&state=s`)
    if (pathname === '/authorize' && atTheApp === 'form post')
      return response.end(
        `<form method="post" action="${callback}"><input name="code" value="c"><input name="state" value="s"><button>Allow</button></form>`,
      )
    response.end(`<title>The app</title><p>${pathname}</p>`)
  })
  appOrigin = `http://localhost:${await listening(app)}`
  const started = await startPages()
  pages = started.server
  base = started.base
})

after(async () => {
  await browser?.close()
  pages?.close()
  app?.close()
})

describe('in a real browser', () => {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with JavaScript' : 'without JavaScript'

    it(`the keyboard goes on to the app, ${how}`, async () => {
      atTheApp = 'sign in'
      await withPage({ javaScriptEnabled }, async (page) => {
        await page.goto(`${base}/connect/tok`)
        await page.keyboard.press('Tab')
        assert.equal(await focused(page), 'Continue to Gmail')
        await page.keyboard.press('Tab')
        assert.equal(await focused(page), 'Cancel')
        await page.keyboard.press('Shift+Tab')
        await page.keyboard.press('Enter')
        await page.waitForURL(`${appOrigin}/authorize`)
        const [cookie] = await page.context().cookies(base)
        assert.deepEqual(
          { name: cookie?.name, httpOnly: cookie?.httpOnly, sameSite: cookie?.sameSite },
          { name: 'hf-flow-r1', httpOnly: true, sameSite: 'Lax' },
        )
      })
    })

    it(`an app that approves silently leads back to the project in one go, ${how}`, async () => {
      atTheApp = 'approve silently'
      await withPage({ javaScriptEnabled }, async (page) => {
        await page.goto(`${base}/connect/back`)
        await page.getByRole('button', { name: 'Continue to Gmail' }).click()
        await page.waitForURL(`${appOrigin}/project/done?status=success`)
      })
    })

    it(`an answer by form_post is brought home with its cookie, ${how}`, async () => {
      atTheApp = 'form post'
      await withPage({ javaScriptEnabled }, async (page) => {
        await page.goto(`${base}/connect/tok`)
        await page.getByRole('button', { name: 'Continue to Gmail' }).click()
        await page.getByRole('button', { name: 'Allow' }).click()
        if (!javaScriptEnabled) await page.getByRole('button', { name: 'Finish connecting' }).click()
        await page.getByRole('heading', { name: 'Gmail is connected' }).waitFor()
        assert.ok(await page.getByText('mira.lindqvist@mail.example').isVisible())
        const input = flow.changes.findLast(({ verb }) => verb === 'callback')?.input as CallbackInput
        assert.equal(input.cookies['hf-flow-r1'], 'bound')
        assert.equal(input.params.toString(), 'code=c&state=s')
      })
    })

    it(`the keyboard picks an app, is told what is wrong, corrects it and connects, ${how}`, async () => {
      await withPage({ javaScriptEnabled }, async (page) => {
        await page.goto(`${base}/connect/links/pick`)
        await page.keyboard.press('Tab')
        await page.keyboard.press('Enter')
        await page.waitForURL(/integration=int_shop/)

        await page.getByLabel('Shop name').focus()
        await page.keyboard.type('wrong shop')
        await page.getByLabel('Admin token', { exact: true }).focus()
        await page.keyboard.type('tok-secret')
        await page.keyboard.press('Enter')

        await page.getByRole('alert').waitFor()
        assert.match(await focused(page), /One thing needs your attention/)
        assert.match(await page.title(), /^Error: /)
        assert.equal(await page.getByLabel('Shop name').inputValue(), 'wrong shop')
        assert.equal(await page.getByLabel('Shop name').getAttribute('aria-invalid'), 'true')
        assert.equal(await page.getByLabel('Admin token', { exact: true }).inputValue(), '')
        assert.ok(!(await page.content()).includes('tok-secret'))

        await page.keyboard.press('Tab')
        await page.keyboard.press('Enter')
        assert.equal(await page.evaluate('document.activeElement.id'), 'field-shop_name')
        await page.getByLabel('Shop name').fill('acme')
        await page.getByLabel('Admin token', { exact: true }).fill('tok-secret')
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { name: 'Shopfront is connected' }).waitFor()
      })
    })
  }

  it('a secret can be looked at only while JavaScript hides it again', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${base}/connect/links/pick?integration=int_shop`)
      const input = page.getByLabel('Admin token', { exact: true })
      await input.fill('tok-secret')
      await page.getByRole('button', { name: 'Show Admin token' }).press('Enter')
      assert.equal(await input.getAttribute('type'), 'text')
      assert.equal(await page.evaluate('document.activeElement.id'), 'field-token')
      await page.getByRole('button', { name: 'Hide Admin token' }).click()
      assert.equal(await input.getAttribute('type'), 'password')
    })
    await withPage({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`${base}/connect/links/pick?integration=int_shop`)
      assert.equal(await page.locator('.reveal').isVisible(), false)
    })
  })

  it('another site cannot press the button', async () => {
    await withPage({}, async (page) => {
      const before = flow.changes.length
      await page.goto(`${appOrigin}/elsewhere`)
      await page.setContent(
        `<form method="post" action="${base}/connect/tok"><input name="decision" value="continue"><button>Win</button></form>`,
      )
      await page.getByRole('button', { name: 'Win' }).click()
      await page.getByRole('heading', { name: 'Please confirm on the page itself' }).waitFor()
      assert.equal(flow.changes.length, before)
      await page.getByRole('link', { name: 'Open the page again' }).click()
      await page.getByRole('heading', { name: 'Connect Gmail' }).waitFor()
    })
  })

  it('another site cannot frame the page', async () => {
    await withPage(
      {},
      async (page) => {
        await page.goto(`${appOrigin}/elsewhere`)
        await page.setContent(`<iframe src="${base}/connect/tok"></iframe>`)
        await page.waitForLoadState('networkidle')
        assert.equal(await page.frameLocator('iframe').getByRole('button').count(), 0)
      },
      { expectViolations: true },
    )
  })

  it('back and reload neither break nor repeat anything', async () => {
    atTheApp = 'sign in'
    await withPage({}, async (page) => {
      await page.goto(`${base}/connect/tok`)
      await page.getByRole('button', { name: 'Continue to Gmail' }).click()
      await page.waitForURL(`${appOrigin}/authorize`)
      const before = flow.changes.length
      await page.goBack()
      await page.reload()
      assert.equal(flow.changes.length, before)
      await page.getByRole('button', { name: 'Continue to Gmail' }).click()
      await page.waitForURL(`${appOrigin}/authorize`)
    })
  })

  it('a popup that the app cuts loose is learnt of by the server’s word', async () => {
    atTheApp = 'cut loose'
    connected = false
    await withPage({}, async (page) => {
      await page.goto(`${appOrigin}/project`)
      const [popup] = await Promise.all([
        page.waitForEvent('popup'),
        page.getByRole('button', { name: 'Connect' }).click(),
      ])
      await popup.getByRole('button', { name: 'Weiter zu Gmail' }).click()
      await popup.getByRole('link', { name: 'Allow' }).click()
      await popup.getByRole('heading', { name: 'Gmail ist verbunden' }).waitFor()
      await page.getByText('{"status":"connected","connectedAccountId":"acc_1"}').waitFor()
    })
  })

  it('a browser that lets no window open goes to the page itself, or shows the project’s button', async () => {
    atTheApp = 'sign in'
    connected = false
    await withPage({}, async (page) => {
      await page.goto(`${appOrigin}/project`)
      await page.evaluate('window.open = () => null')
      await page.getByRole('button', { name: 'Connect' }).click()
      await page.waitForURL(`${base}/connect/popup?lang=de`)
      await page.goto(`${appOrigin}/project?button`)
      await page.evaluate('window.blocked = window.open; window.open = () => null')
      await page.getByRole('button', { name: 'Connect' }).click()
      await page.getByRole('button', { name: 'Open it' }).waitFor()
      await page.evaluate('window.open = window.blocked')
      const [popup] = await Promise.all([
        page.waitForEvent('popup'),
        page.getByRole('button', { name: 'Open it' }).click(),
      ])
      await popup.waitForURL(`${base}/connect/popup?lang=de`)
    })
  })

  it('in a frame of an origin that the project named, the app opens beside it and the frame learns the end', async () => {
    atTheApp = 'cut loose'
    connected = false
    await withPage({}, async (page) => {
      await page.goto(`${appOrigin}/framing`)
      const frame = page.frameLocator('iframe')
      const [tab] = await Promise.all([
        page.waitForEvent('popup'),
        frame.getByRole('button', { name: 'Continue to Gmail' }).click(),
      ])
      await tab.getByRole('link', { name: 'Allow' }).click()
      await tab.getByRole('heading', { name: 'Gmail is connected' }).waitFor()
      await frame.getByRole('heading', { name: 'Already connected' }).waitFor()
    })
  })

  it('the page of another device notices when it is done there', async () => {
    connected = false
    await withPage({}, async (page) => {
      await page.goto(`${base}/connect/popup`)
      await page.getByText('Continue on another device').click()
      assert.ok(await page.getByRole('img', { name: 'QR code of this link' }).isVisible())
      await picture(page, 'other-device')
      connected = true
      await page.getByRole('heading', { name: 'Already connected' }).waitFor()
    })
  })

  it('what is pasted is cut down to what is wanted, and what is wrong is said at its field', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${base}/connect/links/pick?integration=int_shop`)
      const shop = page.getByLabel('Shop name')
      await page.getByRole('button', { name: 'Connect Shopfront' }).click()
      assert.equal(await page.evaluate('document.activeElement.id'), 'field-shop_name')
      assert.match((await shop.getAttribute('aria-describedby')) ?? '', /^field-shop_name-error /)
      assert.equal(await page.locator('#field-shop_name-error').textContent(), 'Error: Please fill this in.')
      assert.equal(await shop.getAttribute('aria-invalid'), 'true')
      assert.deepEqual(await accessViolations(page), [])

      await shop.fill(' https://Acme.shopfront.example/admin?x=1 ')
      await shop.blur()
      assert.equal(await shop.inputValue(), 'acme')
      assert.equal(await shop.getAttribute('aria-invalid'), null)
      assert.equal(await page.getByRole('status').innerText(), 'Shortened to acme')
      await page.getByLabel('Admin token', { exact: true }).fill(' tok-secret\t')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Shopfront is connected' }).waitFor()
      const input = flow.changes.findLast(({ verb }) => verb === 'submitLink')?.input as {
        data: Record<string, string>
      }
      assert.deepEqual(input.data, { shop_name: 'acme', token: 'tok-secret', region: 'Europe' })
    })
  })

  it('a double click sends once', async () => {
    await withPage({}, async (page) => {
      await page.goto(`${base}/connect/links/pick?integration=int_shop`)
      await page.getByLabel('Shop name').fill('acme')
      await page.getByLabel('Admin token', { exact: true }).fill('tok-secret')
      const before = flow.changes.length
      await page.getByRole('button', { name: 'Connect Shopfront' }).dblclick()
      await page.getByRole('heading', { name: 'Shopfront is connected' }).waitFor()
      assert.equal(flow.changes.length, before + 1)
    })
  })

  for (const javaScriptEnabled of [true, false])
    it(`a thousand apps are searched, ${javaScriptEnabled ? 'while one types' : 'without JavaScript by a button'}`, async () => {
      await withPage({ javaScriptEnabled }, async (page) => {
        await page.goto(`${base}/connect/links/thousand`)
        assert.equal(await page.locator('.apps a').count(), 24)
        await page.getByLabel('Search apps').fill('App 77')
        if (!javaScriptEnabled) await page.getByRole('button', { name: 'Search' }).click()
        await page.getByText('11 apps').first().waitFor()
        assert.equal(await page.locator('.apps a').count(), 11)
        assert.match(page.url(), /q=App\+77/)
        if (!javaScriptEnabled) return
        assert.deepEqual(await accessViolations(page), [])
        await page.getByLabel('Search apps').fill('nothing like it')
        await page.getByText('No app matches “nothing like it”.').first().waitFor()
        await page.getByLabel('Search apps').fill('')
        await page.getByRole('link', { name: 'Show more' }).click()
        await page.getByText('48 of 1000 apps').first().waitFor()
      })
    })

  it('every page is below 100 kB, with all that it loads', async () => {
    for (const path of [
      '/connect/tok',
      '/connect/many',
      '/connect/links/pick?integration=int_shop',
      '/connect/links/thousand',
    ])
      await withPage({}, async (page) => {
        let bytes = 0
        page.on('response', async (response) => {
          bytes += (await response.body()).length
        })
        await page.goto(`${base}${path}`)
        await page.waitForLoadState('networkidle')
        assert.ok(bytes > 0 && bytes < 100_000, `${path}: ${bytes}`)
      })
  })

  it('the theme is the system’s unless the link says one', async () => {
    const ground = (page: Page) => page.evaluate('getComputedStyle(document.querySelector(".card")).backgroundColor')
    const [white, dark] = ['rgb(255, 255, 255)', 'rgb(22, 27, 39)']
    await withPage({ colorScheme: 'dark' }, async (page) => {
      await page.goto(`${base}/connect/tok`)
      assert.equal(await ground(page), dark)
      await page.goto(`${base}/connect/tok?theme=light`)
      assert.equal(await ground(page), white)
      await page.goto(`${base}/connect/used`)
      assert.equal(await ground(page), white)
      await page.goto(`${base}/connect/used?theme=system`)
      assert.equal(await ground(page), dark)
    })
    await withPage({ colorScheme: 'light' }, async (page) => {
      await page.goto(`${base}/connect/tok?theme=dark`)
      assert.equal(await ground(page), dark)
    })
  })

  it('a project’s colour can be read on its pages, whatever it is', async () => {
    connected = false
    for (const colorScheme of ['light', 'dark'] as const)
      await withPage({ colorScheme }, async (page) => {
        for (const color of ['#ffe600', '#0b0b0b', '#ffffff', '#7f7f7f', '#e4002b']) {
          brandColor = color
          await page.goto(`${base}/connect/framed`)
          assert.deepEqual(await accessViolations(page), [], `${color} in ${colorScheme}`)
          await picture(page, `brand-${color.slice(1)}-${colorScheme}`)
        }
      })
  })

  it('whatever anybody is called stays text', async () => {
    await withPage({}, async (page) => {
      for (const path of [
        '/connect/evil',
        '/connect/evil-connected',
        '/connect/links/evil',
        '/connect/links/evil?integration=int_evil',
      ])
        for (const lang of ['en', 'ar']) {
          await page.goto(`${base}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`)
          assert.equal(await page.evaluate('window.harmed'), undefined)
          assert.equal(await page.locator('img[src=x], main script, main iframe').count(), 0, path)
        }
    })
  })

  const everyPage: [name: string, open: (page: Page) => Promise<unknown>][] = [
    ['connect', (page) => page.goto(`${base}/connect/tok`)],
    ['connect-simulated', (page) => page.goto(`${base}/connect/simulated`)],
    ['connect-many-scopes', (page) => page.goto(`${base}/connect/many`)],
    ['connect-long-names', (page) => page.goto(`${base}/connect/long`)],
    ['already-connected', (page) => page.goto(`${base}/connect/connected`)],
    ['reconnect', (page) => page.goto(`${base}/connect/reconnect`)],
    ['fewer', (page) => page.goto(`${base}/oauth/callback/int_1?fewer=1&code=c`)],
    ['not-you', (page) => page.goto(`${base}/connect/links/pick?not_me=1`)],
    ['many-apps', (page) => page.goto(`${base}/connect/links/thousand`)],
    ['used', (page) => page.goto(`${base}/connect/used`)],
    ['expired', (page) => page.goto(`${base}/connect/expired`)],
    ['unknown', (page) => page.goto(`${base}/connect/unknown`)],
    ['crash', (page) => page.goto(`${base}/connect/crash`)],
    ['callback-connected', (page) => page.goto(`${base}/oauth/callback/int_1?code=c`)],
    ...(['denied', 'wrong_account', 'wrong_browser', 'provider_down', 'failed'] as const).map(
      (problem): (typeof everyPage)[number] => [
        `callback-${problem}`,
        (page) => page.goto(`${base}/oauth/callback/int_1?problem=${problem}&state=s`),
      ],
    ),
    ['pick', (page) => page.goto(`${base}/connect/links/pick`)],
    ['form', (page) => page.goto(`${base}/connect/links/pick?integration=int_shop`)],
    [
      'form-errors',
      async (page) => {
        await page.goto(`${base}/connect/links/pick?integration=int_shop`)
        await page.getByLabel('Shop name').fill('wrong shop')
        await page.getByLabel('Admin token', { exact: true }).fill('tok-secret')
        await page.getByRole('button', { name: 'Connect Shopfront' }).click()
        await page.getByRole('alert').waitFor()
      },
    ],
  ]

  for (const colorScheme of ['light', 'dark'] as const)
    it(`every page is accessible and keeps its policy, ${colorScheme}`, async () => {
      await withPage({ colorScheme }, async (page) => {
        for (const [name, open] of everyPage) {
          await open(page)
          assert.deepEqual(await accessViolations(page), [], name)
          await picture(page, `${name}-${colorScheme}`)
        }
      })
    })

  const wordy = ['connect', 'reconnect', 'pick', 'form', 'callback-connected', 'fewer']
  for (const { lang, dir } of languages)
    it(`every page is accessible, fits a phone and keeps its policy, ${lang}`, async () => {
      await withPage({ locale: lang, viewport: { width: 320, height: 640 } }, async (page) => {
        for (const [name, open] of everyPage.filter(([name]) => name !== 'form-errors')) {
          await open(page)
          assert.equal(await page.evaluate('document.documentElement.lang + document.documentElement.dir'), lang + dir)
          // What axe looks at changes with the direction; otherwise with the words alone, of which these pages have most.
          if (dir === 'rtl' || wordy.includes(name)) assert.deepEqual(await accessViolations(page), [], name)
          const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
          assert.equal(await page.evaluate(overflow), 0, `${name} scrolls sideways`)
          const cut =
            '[...document.querySelectorAll("button, a, h1, label")].filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline" && !one.matches(".only-read")).map((one) => one.textContent)'
          assert.deepEqual(await page.evaluate(cut), [], `${name} cuts text off`)
          await picture(page, `${name}-${lang}`)
        }
      })
    })

  it('every page fits from the narrowest phone to the widest screen', async () => {
    await withPage({}, async (page) => {
      for (const [name, open] of everyPage) {
        await open(page)
        for (const width of [320, 640, 3840]) {
          await page.setViewportSize({ width, height: 640 })
          const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
          assert.equal(await page.evaluate(overflow), 0, `${name} scrolls sideways at ${width}`)
          await picture(page, `${name}-${width}`)
        }
      }
    })
  })
})

async function picture(page: Page, name: string): Promise<void> {
  if (screenshots !== undefined) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
}

/** Runs in a new context; fails on anything that the page's policy stopped and on any request to a host that is not ours. */
async function withPage(
  options: BrowserContextOptions,
  run: (page: Page) => Promise<void>,
  { expectViolations = false } = {},
): Promise<void> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  const stopped: string[] = []
  const strangers: string[] = []
  try {
    const page = await context.newPage()
    page.on('console', (message) => {
      if (/content security policy|refused to|violates|unrecognized feature|pattern/i.test(message.text()))
        stopped.push(message.text())
    })
    page.on('pageerror', (error) => stopped.push(String(error)))
    page.on('request', (request) => {
      if (![base, appOrigin].includes(new URL(request.url()).origin)) strangers.push(request.url())
    })
    await run(page)
  } finally {
    await context.close()
  }
  if (!expectViolations) assert.deepEqual(stopped, [])
  assert.deepEqual(strangers, [])
}

/** @returns What axe finds, as `rule: element`. Run through the debugger, which the page's policy does not bind. */
async function accessViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as axe.AxeResults
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.failureSummary}`),
  )
}

const focused = async (page: Page) => String(await page.evaluate('document.activeElement.innerText')).trim()

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, resolve))
  return (server.address() as AddressInfo).port
}

/** The base URL is part of the answers, so the port comes first and the routes after. */
async function startPages(): Promise<{ server: ServerType; base: string }> {
  let routes: ReturnType<typeof connectRoutes> | undefined
  const server = serve({ fetch: (request) => routes!.fetch(request), hostname: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  flow = fakeFlow(verbs)
  fill(flow)
  routes = connectRoutes({
    flow,
    baseUrl: address,
    logo: (appKey) => (appKey === 'gmail' ? envelope : undefined),
    branding: {
      get: async (projectId) => ({
        name: projectId === 'framed' ? 'Acme' : null,
        color: projectId === 'framed' ? brandColor : null,
        logo: null,
        privacyUrl: projectId === 'framed' ? 'https://acme.example/privacy' : null,
        embedOrigins: projectId === 'framed' ? [appOrigin] : [],
        helpUrls: {},
        showAccount: false,
      }),
      logo: async () => undefined,
    },
  })
  return { server, base: address }
}

/** Whether the request that is waited for is connected, and the colour of the project that has one. */
let connected = false
let brandColor = '#0b6e4f'

/** As a bundler would bring it to the project's page. */
const browserEntry = stripTypeScriptTypes(
  readFileSync(new URL('../packages/sdk/src/browser.ts', import.meta.url), 'utf8'),
)
const projectPage = `<title>The project</title><button id="connect">Connect</button><pre id="outcome"></pre>
<script type="module">
import { connect } from '/holdfast.js'
const showButton = (open) => {
  const button = document.createElement('button')
  button.textContent = 'Open it'
  button.addEventListener('click', open)
  document.body.append(button)
}
document.getElementById('connect').addEventListener('click', async () => {
  const url = async () => (await fetch('/link')).headers.get('x-link')
  const onBlocked = location.search === '?button' ? showButton : undefined
  document.getElementById('outcome').textContent = JSON.stringify(await connect({ url, lang: 'de', onBlocked }))
})
</script>`

const envelope =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M2 5h20v14H2zm2 2v1l8 5 8-5V7l-8 5z" fill="#c5221f"/></svg>'

const reasons = {
  denied: 'denied',
  wrong_account: 'wrong_account',
  wrong_browser: 'wrong_browser',
  provider_down: 'provider_down',
  failed: 'failed',
} as const

const verbs: Partial<ConnectFlow> = {
  viewRequest: async (token) => {
    if (token === 'crash') throw new Error('a fault of ours')
    if (token === 'popup' || token === 'framed')
      return aView({ state: connected ? 'connected' : 'ready', projectId: token })
    return flow.requests.get(token) ?? null
  },
  authorize: async () => ({
    url: `${appOrigin}/authorize`,
    cookie: { name: 'hf-flow-r1', value: 'bound', maxAgeSeconds: 600 },
  }),
  pageStatus: async () => ({
    status: connected ? 'connected' : 'in_progress',
    connectedAccountId: connected ? 'acc_1' : null,
  }),
  decline: async () => aView({ state: 'failed' }),
  callback: async ({ params }) => {
    const problem = reasons[params.get('problem') as keyof typeof reasons]
    if (problem) return { kind: 'failed', problem, view: aView({ state: 'failed' }) }
    connected = true
    const missing = params.has('fewer') ? { missingScopes: ['https://www.googleapis.com/auth/gmail.modify'] } : {}
    const returnUrl = atTheApp === 'approve silently' ? `${appOrigin}/project/done?status=success` : null
    return { kind: 'connected', view: aView({ state: 'connected', account: anAccount(missing), returnUrl }) }
  },
  submitLink: async (_token, { data }) => {
    if (data.shop_name !== 'acme')
      throw new AppError('validation_failed', 'wrong', {
        fields: [{ property: 'data.shop_name', message: 'is the part before .shopfront.example, without spaces' }],
      })
    const account = anAccount({ identity: { id: 'shop-1', name: 'Acme', email: null, avatar: null } })
    return { connected: aView({ state: 'connected', app: { key: 'shop', name: 'Shopfront' }, account }) }
  },
}

function fill({ requests, links }: FakeFlow): void {
  requests.set('tok', aView())
  requests.set('back', aView())
  requests.set('simulated', aView({ simulated: true, state: 'in_progress' }))
  const scopes = Array.from({ length: 12 }, (_, n) => ({
    name: `https://www.googleapis.com/auth/some.very.long.scope.name.${n}`,
    description: n % 2 ? null : 'Read and change your files',
  }))
  requests.set('many', aView({ scopes }))
  requests.set(
    'long',
    aView({
      projectName: 'A project with a name that somebody made much longer than anybody would wish'.repeat(2),
      entityId: 'e'.repeat(200),
      app: { key: 'none', name: 'W'.repeat(60) },
      scopes: [{ name: 's'.repeat(200), description: null }],
    }),
  )
  requests.set(
    'reconnect',
    aView({ renews: { account: 'm•••@mail.example', reason: 'grant_revoked' }, troubledApp: true }),
  )
  const evil =
    '"><script>window.harmed=1</script><img src=x onerror="window.harmed=1"><iframe src="javascript:parent.harmed=1">'
  const evilApp = { key: 'evil', name: evil, description: evil, categories: ['evil"><script>'] }
  requests.set(
    'evil',
    aView({
      projectName: evil,
      entityId: evil,
      app: evilApp,
      scopes: [{ name: evil, description: evil }],
      renews: { account: evil, reason: null },
    }),
  )
  requests.set(
    'evil-connected',
    aView({ state: 'connected', projectName: evil, app: evilApp, returnUrl: 'javascript:window.harmed=1' }),
  )
  const evilField = aField({
    name: 'evil',
    label: evil,
    help: evil,
    example: evil,
    secret: false,
    role: 'value',
    default: evil,
    pattern: null,
    helpUrl: 'https://evil.example/"><script>',
  })
  links.set(
    'evil',
    aLink({
      projectName: evil,
      entityId: evil,
      options: [anOption({ integrationId: 'int_evil', app: evilApp, fields: [evilField] }), anOption()],
    }),
  )
  links.set(
    'thousand',
    aLink({
      options: Array.from({ length: 1000 }, (_, n) =>
        anOption({
          integrationId: `int_${n}`,
          app: {
            key: `app-${n}`,
            name: `App ${n}`,
            description: 'Does something useful',
            categories: [n % 3 ? 'crm' : 'ai'],
          },
        }),
      ),
    }),
  )
  requests.set('connected', aView({ state: 'connected', account: anAccount() }))
  requests.set('used', aView({ state: 'used', returnUrl: 'https://project.example/' }))
  requests.set('expired', aView({ state: 'expired' }))
  links.set(
    'pick',
    aLink({
      options: [
        anOption({
          integrationId: 'int_shop',
          app: {
            key: 'shop',
            name: 'Shopfront',
            description: 'Products, orders and customers of a shop',
            categories: [],
          },
          simulated: true,
          fields: [
            aField({
              name: 'shop_name',
              label: 'Shop name',
              help: 'The first part of the address of your shop.',
              helpUrl: null,
              example: 'acme',
              secret: false,
              role: 'hostLabel',
              pattern: '^[a-z0-9-]+$',
              around: { before: '', after: '.shopfront.example' },
            }),
            aField({ name: 'token', label: 'Admin token', example: null }),
            aField({
              name: 'region',
              label: 'Region',
              help: '',
              helpUrl: null,
              example: null,
              options: ['Europe', 'America'],
              default: 'Europe',
              secret: false,
              role: 'value',
              pattern: null,
              required: false,
            }),
          ],
        }),
        anOption(),
        anOption({
          integrationId: 'int_linear_oauth',
          authScheme: 'OAUTH2',
          fields: [],
          scopes: [{ name: 'read', description: 'Read your issues' }],
        }),
        anOption({
          integrationId: 'int_gmail',
          app: { key: 'gmail', name: 'Gmail', description: 'Email', categories: [] },
          authScheme: 'OAUTH2',
          fields: [],
        }),
      ],
    }),
  )
}
