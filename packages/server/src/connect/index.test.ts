import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { CallbackOutcome, ConnectFlow } from '../accounts/types.ts'
import { AppError } from '../errors.ts'
import type { Branding } from '../projects/types.ts'
import { type ConnectRoutesOptions, connectRoutes } from './index.ts'
import { aField, aLink, anAccount, anOption, aView, type FakeFlow, fakeFlow } from './testing/fake-flow.ts'

const baseUrl = 'https://connect.example'
const logos: Record<string, string> = { gmail: '<svg xmlns="http://www.w3.org/2000/svg"/>' }

function pagesOf(flow: FakeFlow, options: Partial<ConnectRoutesOptions> = {}) {
  return connectRoutes({ flow, baseUrl, logo: (appKey) => logos[appKey], requestId: () => 'req_1', ...options })
}

const cookie = { name: '__Host-hf-flow-r1', value: 'bound', maxAgeSeconds: 600 }
const authorizing: Partial<ConnectFlow> = {
  authorize: async () => ({ url: 'https://login.app.example/authorize?state=s', cookie }),
}

function aFlow(verbs: Partial<ConnectFlow> = {}) {
  const flow = fakeFlow(verbs)
  flow.requests.set('tok', aView())
  flow.links.set('lnk', aLink())
  return flow
}

/** A form as a browser sends it from our own page. */
function post(fields: Record<string, string>, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: baseUrl,
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
  }
}

const refusal =
  (code: AppError['code'], fields: { property: string; message: string }[] = []) =>
  async () => {
    throw new AppError(code, 'The app refused this key.', { fields })
  }

describe('the connect page', () => {
  it('names the project, the entity, the app, the scopes and who keeps the access', async () => {
    const answer = await pagesOf(aFlow()).request('/connect/tok')
    const text = await answer.text()
    assert.equal(answer.status, 200)
    for (const words of [
      'Northwind Assistant',
      'mira@northwind.example',
      'Connect Gmail',
      'Read, compose and send your email',
      'gmail.modify',
      'kept encrypted on connect.example',
      'K7QM-2XVD',
    ])
      assert.ok(text.includes(words), words)
    assert.ok(!text.includes('simulation'))
  })

  it('offers to continue first, so that Enter continues, to cancel second, and to say that it is somebody else', async () => {
    const text = await (await pagesOf(aFlow()).request('/connect/tok')).text()
    const decisions = [...text.matchAll(/name="decision" value="(\w+)"/g)].map(([, value]) => value)
    assert.deepEqual(decisions, ['continue', 'decline', 'not_me'])
  })

  it('says so when the app is simulated', async () => {
    const flow = aFlow()
    flow.requests.set('tok', aView({ simulated: true }))
    assert.match(await (await pagesOf(flow).request('/connect/tok')).text(), /Test mode.*simulation/s)
  })

  it('shows a scope without a description by its name and folds a long list', async () => {
    const flow = aFlow()
    flow.requests.set(
      'tok',
      aView({ scopes: Array.from({ length: 9 }, (_, n) => ({ name: `s:${n}`, description: null })) }),
    )
    const text = await (await pagesOf(flow).request('/connect/tok')).text()
    assert.match(text, /<code class="name">s:8<\/code>/)
    assert.match(text, /<summary>3 more<\/summary>/)
  })

  it('binds the browser with a cookie and sends it to the app on continue', async () => {
    const flow = aFlow(authorizing)
    const answer = await pagesOf(flow).request('/connect/tok', post({ decision: 'continue' }))
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), 'https://login.app.example/authorize?state=s')
    assert.equal(
      answer.headers.get('set-cookie'),
      '__Host-hf-flow-r1=bound; Max-Age=600; Path=/; HttpOnly; Secure; SameSite=Lax',
    )
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.deepEqual(flow.changes, [{ verb: 'authorize', input: { token: 'tok' } }])
  })

  it('sets no Secure cookie on plain-http loopback, where browsers would drop it', async () => {
    const flow = aFlow({
      authorize: async () => ({ url: 'http://127.0.0.1:1/a', cookie: { ...cookie, name: 'hf-flow-r1' } }),
    })
    const pages = pagesOf(flow, { baseUrl: 'http://127.0.0.1:4280' })
    const answer = await pages.request(
      '/connect/tok',
      post({ decision: 'continue' }, { origin: 'http://127.0.0.1:4280' }),
    )
    assert.equal(answer.headers.get('set-cookie'), 'hf-flow-r1=bound; Max-Age=600; Path=/; HttpOnly; SameSite=Lax')
  })

  it('returns to the project on cancel, or says that nothing was connected', async () => {
    const back = aFlow({
      decline: async () => aView({ state: 'failed', returnUrl: 'https://app.example/done?status=failed' }),
    })
    const returned = await pagesOf(back).request('/connect/tok', post({ decision: 'decline' }))
    assert.equal(returned.status, 303)
    assert.equal(returned.headers.get('location'), 'https://app.example/done?status=failed')

    const alone = aFlow({ decline: async () => aView({ state: 'failed' }) })
    const stayed = await pagesOf(alone).request('/connect/tok', post({ decision: 'decline' }))
    assert.equal(stayed.status, 200)
    assert.match(await stayed.text(), /Not connected.*You cancelled/s)
  })

  it('asks again when the form says neither', async () => {
    for (const init of [
      post({ decision: 'maybe' }),
      post({}),
      { method: 'POST', body: '{"decision":"continue"}', headers: { 'content-type': 'text/plain' } },
    ]) {
      const flow = aFlow()
      const answer = await pagesOf(flow).request('/connect/tok', init)
      assert.equal(answer.status, 400)
      assert.match(await answer.text(), /name="decision" value="continue"/)
      assert.deepEqual(flow.changes, [])
    }
  })

  it('shows how a request ended when it ended in another tab', async () => {
    const flow = aFlow({
      authorize: async (token) => {
        flow.requests.set(token, aView({ state: 'expired' }))
        throw new AppError('conflict', 'ended')
      },
    })
    const answer = await pagesOf(flow).request('/connect/tok', post({ decision: 'continue' }))
    assert.equal(answer.status, 410)
    assert.match(await answer.text(), /This link has expired/)
  })
})

describe('permissions that may be left out', () => {
  const flow = aFlow(authorizing)
  flow.requests.set(
    'tok',
    aView({
      optionalScopes: [
        { name: 'calendar', description: 'See your calendar', wanted: true },
        { name: 'contacts', description: null, wanted: false },
      ],
    }),
  )

  it('stand apart from the others, ticked as they are asked for', async () => {
    const text = await (await pagesOf(flow).request('/connect/tok')).text()
    assert.match(text, /<legend>You may leave these out<\/legend>/)
    assert.match(text, /<input type="checkbox" name="scope" value="calendar" checked>.*See your calendar/)
    assert.match(text, /<input type="checkbox" name="scope" value="contacts">/)
  })

  it('are asked for as the person left them', async () => {
    await pagesOf(flow).request('/connect/tok', post({ decision: 'continue', chosen: '1', scope: 'calendar' }))
    await pagesOf(flow).request('/connect/tok', post({ decision: 'continue', chosen: '1' }))
    await pagesOf(flow).request('/connect/tok', post({ decision: 'continue' }))
    assert.deepEqual(
      flow.changes.map(({ input }) => input),
      [{ token: 'tok', optionalScopes: ['calendar'] }, { token: 'tok', optionalScopes: [] }, { token: 'tok' }],
    )
  })
})

describe('somebody who says that it is not them', () => {
  it('is told what to do, and is not sent to where the other one was to return', async () => {
    const flow = aFlow({
      decline: async () => aView({ state: 'failed', returnUrl: 'https://app.example/done?status=failed' }),
    })
    const answer = await pagesOf(flow).request('/connect/tok', post({ decision: 'not_me' }))
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /Good that you said so.*nothing was connected/s)
    assert.deepEqual(flow.changes, [{ verb: 'decline', input: { token: 'tok' } }])
  })

  it('changes nothing on a link, which its owner may still use', async () => {
    const flow = aFlow()
    const answer = await pagesOf(flow).request('/connect/links/lnk?not_me=1')
    assert.match(await answer.text(), /Good that you said so/)
    assert.deepEqual(flow.changes, [])
  })
})

describe('a connection that is renewed', () => {
  const renewing = (reason: NonNullable<ReturnType<typeof aView>['renews']>['reason']) => {
    const flow = aFlow()
    flow.requests.set('tok', aView({ renews: { account: 'm•••@mail.example', reason }, troubledApp: true }))
    return pagesOf(flow).request('/connect/tok')
  }

  it('says whose account it is about, why it broke, and that the app has had trouble', async () => {
    const text = await (await renewing('grant_revoked')).text()
    for (const words of [
      'Reconnect Gmail',
      'm•••@mail.example',
      'no longer gives',
      'another one is refused',
      'trouble lately',
    ])
      assert.ok(text.includes(words), words)
    assert.match(await (await renewing('credential_refused')).text(), /stopped accepting/)
    assert.match(await (await renewing(null)).text(), /asks you to renew/)
  })
})

describe('the time that is left', () => {
  const clock = { now: () => new Date('2026-11-22T10:00:00Z') }
  const opened = async (expiresAt: string, lang = 'en') => {
    const flow = aFlow()
    flow.requests.set('tok', aView({ expiresAt: new Date(expiresAt) }))
    return (await pagesOf(flow, { clock }).request(`/connect/tok?lang=${lang}`)).text()
  }

  it('is said while it is short, in the language of the page', async () => {
    assert.match(await opened('2026-11-22T10:07:30Z'), /data-until="2026-11-22T10:07:30.000Z".*another 8 minutes\./)
    assert.match(await opened('2026-11-22T10:01:00Z', 'de'), /gilt noch 1 Minute\./)
    assert.ok(!(await opened('2026-11-22T11:00:00Z')).includes('data-until'))
  })
})

describe('another device', () => {
  it('gets the link as a QR code', async () => {
    assert.match(
      await (await pagesOf(aFlow()).request('/connect/tok?lang=de')).text(),
      /<svg class="qr"[^>]*aria-label="QR-Code dieses Links"/,
    )
  })

  it('and whoever waits for it may ask how far it is, from anywhere, and learns nothing else', async () => {
    const flow = aFlow({
      pageStatus: async (of, token) =>
        token === 'tok'
          ? { status: of === 'link' ? 'waiting' : 'connected', connectedAccountId: of === 'link' ? null : 'acc_1' }
          : null,
    })
    const pages = pagesOf(flow)
    const answer = await pages.request('/connect/tok/status', { headers: { origin: 'https://app.example' } })
    assert.equal(answer.headers.get('access-control-allow-origin'), '*')
    assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.deepEqual(await answer.json(), { status: 'connected', connectedAccountId: 'acc_1' })
    assert.deepEqual(await (await pages.request('/connect/links/tok/status')).json(), {
      status: 'waiting',
      connectedAccountId: null,
    })
    const unknown = await pages.request('/connect/nope/status')
    assert.equal(unknown.status, 404)
    assert.deepEqual(await unknown.json(), { status: 'unknown', connectedAccountId: null })
  })
})

describe('a project’s own look', () => {
  const look: Branding = {
    name: 'Acme <&> Sons',
    color: '#ffe600',
    logo: { type: 'image/png', bytes: 4, version: 'v1' },
    privacyUrl: 'https://acme.example/privacy',
    embedOrigins: ['https://app.acme.example'],
    helpUrls: { 'linear.api_key': 'https://acme.example/help/linear' },
    showAccount: true,
  }
  const branding = {
    get: async () => look,
    logo: async () => ({ bytes: new Uint8Array([137, 80, 78, 71]), type: 'image/png' as const }),
  }

  it('is on its pages: name, logo, colours and privacy policy', async () => {
    const pages = pagesOf(aFlow(), { branding })
    const text = await (await pages.request('/connect/tok')).text()
    assert.ok(text.includes('Acme &lt;&amp;&gt; Sons asks to use'))
    assert.ok(!text.includes('Northwind'))
    assert.match(text, /<img src="\/connect\/assets\/brands\/prj_1\/logo\?v=v1"/)
    assert.match(text, /href="https:\/\/acme.example\/privacy" target="_blank"/)
    const sheets = [...text.matchAll(/href="(\/connect\/assets\/colours\/[^"]+)"/g)].map(([, url]) => url ?? '')
    assert.deepEqual(sheets, ['/connect/assets/colours/ffe600-light.css', '/connect/assets/colours/ffe600-dark.css'])
    for (const sheet of sheets) {
      const answer = await pages.request(sheet)
      assert.equal(answer.headers.get('content-type'), 'text/css; charset=utf-8')
      assert.match(await answer.text(), /^:root\{--button:#ffe600;--button-edge:#[0-9a-f]{6};/)
    }
    const logo = await pages.request('/connect/assets/brands/prj_1/logo?v=v1')
    assert.equal(logo.headers.get('content-type'), 'image/png')
    assert.equal(logo.headers.get('x-content-type-options'), 'nosniff')
    assert.match(logo.headers.get('content-security-policy') ?? '', /sandbox/)
  })

  it('leads to its own page on where a value is found', async () => {
    const text = await (await pagesOf(aFlow(), { branding }).request('/connect/links/lnk')).text()
    assert.match(text, /href="https:\/\/acme\.example\/help\/linear" target="_blank"/)
    assert.ok(!text.includes('linear.example/settings'))
  })

  it('lets the origins that it names frame the pages, and nobody else', async () => {
    const framed = await pagesOf(aFlow(), { branding }).request('/connect/tok')
    assert.match(framed.headers.get('content-security-policy') ?? '', /frame-ancestors https:\/\/app\.acme\.example;/)
    assert.equal(framed.headers.get('x-frame-options'), null)
    const alone = await pagesOf(aFlow()).request('/connect/tok')
    assert.match(alone.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    assert.equal(alone.headers.get('x-frame-options'), 'DENY')
  })

  it('shows the account for a moment before the browser returns, when it says so', async () => {
    const connected = aView({
      state: 'connected',
      account: anAccount(),
      returnUrl: 'https://app.example/done?status=success',
    })
    const answer = await pagesOf(aFlow({ submitLink: async () => ({ connected }) }), { branding }).request(
      '/connect/links/lnk',
      post({ 'data.api_key': 'k' }),
    )
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('refresh'), '4; url=https://app.example/done?status=success')
    assert.match(
      await answer.text(),
      /mira\.lindqvist@mail\.example.*href="https:\/\/app\.example\/done\?status=success">Back to/s,
    )
  })
})

describe('a long list of apps', () => {
  const many = () => {
    const flow = aFlow()
    const options = Array.from({ length: 754 }, (_, n) =>
      anOption({
        integrationId: `int_${n}`,
        app: { key: `app-${n}`, name: `App ${n}`, description: '', categories: [n % 2 ? 'crm' : 'e-mail'] },
      }),
    )
    options.push(
      anOption({
        integrationId: 'int_cafe',
        app: { key: 'cafe', name: 'Café Zürich', description: '', categories: [] },
      }),
    )
    flow.links.set('lnk', aLink({ options }))
    return pagesOf(flow)
  }
  const found = async (query: string) => {
    const text = await (await many().request(`/connect/links/lnk${query}`)).text()
    return { text, ids: [...text.matchAll(/href="\?integration=(\w+)"/g)].map(([, id]) => id) }
  }

  it('shows a page of it, and more when asked', async () => {
    const first = await found('')
    assert.equal(first.ids.length, 24)
    assert.match(first.text, /24 of 755 apps/)
    assert.match(first.text, /href="\?q=&amp;category=&amp;show=48" data-more>Show more/)
    assert.equal((await found('?show=48')).ids.length, 48)
    assert.equal((await found('?show=100000')).ids.length, 755)
    assert.equal((await found('?show=-5')).ids.length, 24)
  })

  it('is searched by name without regard to case or accents, best first, and by category', async () => {
    assert.deepEqual((await found('?q=cafe')).ids, ['int_cafe'])
    assert.deepEqual((await found('?q=ZURICH')).ids, ['int_cafe'])
    assert.deepEqual((await found('?q=App+75')).ids.slice(0, 2), ['int_75', 'int_750'])
    const crm = await found('?q=app+1&category=crm')
    assert.ok(crm.ids.length > 0 && crm.ids.every((id) => Number(id?.slice(4)) % 2 === 1))
    assert.match(crm.text, /<option value="crm" selected>CRM/)
  })

  it('says so when nothing matches, whatever was typed', async () => {
    const none = await found(`?q=${encodeURIComponent('<script>"')}`)
    assert.deepEqual(none.ids, [])
    assert.ok(none.text.includes('No app matches “&lt;script&gt;&quot;”.'))
  })
})

describe('what a request has come to', () => {
  const cases = [
    { view: aView({ state: 'connected', account: anAccount() }), status: 200, words: /Already connected/ },
    { view: aView({ state: 'used' }), status: 410, words: /already used/ },
    { view: aView({ state: 'expired' }), status: 410, words: /has expired/ },
    { view: aView({ state: 'failed', failure: 'access_denied' }), status: 200, words: /Access was not given/ },
    { view: aView({ state: 'failed', failure: 'browser_mismatch' }), status: 400, words: /different browser/ },
    {
      view: aView({ state: 'failed', failure: 'provider_unavailable' }),
      status: 502,
      words: /Gmail is not answering/,
    },
    { view: aView({ state: 'failed', failure: 'code_exchange_failed' }), status: 400, words: /did not work/ },
  ]
  for (const { view, status, words } of cases)
    it(`has its own page: ${words.source}`, async () => {
      const flow = aFlow()
      flow.requests.set('tok', view)
      const answer = await pagesOf(flow).request('/connect/tok')
      const text = await answer.text()
      assert.equal(answer.status, status)
      assert.match(text, words)
      assert.match(text, /K7QM-2XVD/)
      assert.ok(!text.includes('<form'), 'nothing to submit')
    })

  it('does not show whose account it was to everybody who has the link', async () => {
    const flow = aFlow()
    flow.requests.set('tok', aView({ state: 'connected', account: anAccount() }))
    const text = await (await pagesOf(flow).request('/connect/tok')).text()
    assert.ok(!text.includes('mira.lindqvist@mail.example'))
    assert.ok(!text.includes('mira@northwind.example'))
  })

  it('leads back to the project where there is a place to go', async () => {
    const flow = aFlow()
    flow.requests.set('tok', aView({ state: 'used', returnUrl: 'https://app.example/done?a=1&b=2' }))
    const text = await (await pagesOf(flow).request('/connect/tok')).text()
    assert.match(text, /href="https:\/\/app\.example\/done\?a=1&amp;b=2">Back to Northwind Assistant/)
  })

  it('never links to an address that would run or show something in our name', async () => {
    for (const returnUrl of ['javascript:alert(1)', 'data:text/html,x', 'JaVaScRiPt:alert(1)', 'not a url']) {
      const flow = aFlow({ decline: async () => aView({ state: 'failed', returnUrl }) })
      flow.requests.set('tok', aView({ state: 'used', returnUrl }))
      assert.ok(!(await (await pagesOf(flow).request('/connect/tok')).text()).includes('Back to'))
      assert.equal((await pagesOf(flow).request('/connect/tok', post({ decision: 'decline' }))).status, 200)
    }
  })

  it('says that an unknown link is unknown', async () => {
    for (const path of ['/connect/nope', '/connect/links/nope', '/connect/links/a/b', '/oauth/callback/a/b']) {
      const answer = await pagesOf(aFlow()).request(path)
      assert.equal(answer.status, 404, path)
      assert.match(await answer.text(), /not known here.*req_1/s)
    }
  })
})

describe('a connect link', () => {
  const two = () =>
    aLink({
      options: [
        anOption(),
        anOption({
          integrationId: 'int_gmail',
          app: { key: 'gmail', name: 'Gmail', description: '', categories: [] },
          authScheme: 'OAUTH2',
          fields: [],
        }),
      ],
    })

  it('lists its apps as plain links', async () => {
    const flow = aFlow()
    flow.links.set('lnk', two())
    const text = await (await pagesOf(flow).request('/connect/links/lnk')).text()
    assert.match(text, /href="\?integration=int_linear"/)
    assert.match(text, /href="\?integration=int_gmail"/)
    assert.match(text, /\/connect\/assets\/logos\/gmail\.svg/)
    assert.ok(!text.includes('<form'))
  })

  it('tells two ways into one app apart', async () => {
    const flow = aFlow()
    flow.links.set(
      'lnk',
      aLink({ options: [anOption(), anOption({ integrationId: 'int_2', authScheme: 'OAUTH2', fields: [] })] }),
    )
    const text = await (await pagesOf(flow).request('/connect/links/lnk')).text()
    assert.match(text, /API key<\/span>/)
    assert.match(text, /Sign in<\/span>/)
  })

  it('goes straight to the form when there is one app', async () => {
    const text = await (await pagesOf(aFlow()).request('/connect/links/lnk')).text()
    assert.match(text, /<label for="field-api_key">API key<\/label>/)
    assert.match(text, /<input id="field-api_key" name="data\.api_key" type="password"[^>]* required/)
    assert.match(text, /href="https:\/\/linear\.example\/settings\/api" target="_blank" rel="noopener noreferrer"/)
    assert.match(text, /aria-describedby="field-api_key-help field-api_key-example"/)
  })

  it('gives the pattern of a wall to the browser, but not that of a credential or a host', async () => {
    const flow = aFlow()
    const fields = [
      aField(),
      aField({ name: 'region', secret: false, role: 'value', pattern: '^[a-z]{2}$' }),
      aField({ name: 'shop_name', secret: false, role: 'hostLabel', pattern: '^[a-z]+$' }),
      aField({ name: 'odd', secret: false, role: 'value', pattern: '^[a-z-]+$' }),
    ]
    flow.links.set('lnk', aLink({ options: [anOption({ fields })] }))
    const text = await (await pagesOf(flow).request('/connect/links/lnk')).text()
    assert.deepEqual(
      [...text.matchAll(/name="data\.(\w+)"[^>]* pattern=/g)].map(([, name]) => name),
      ['region'],
    )
  })

  it('draws a choice as a list with the default chosen', async () => {
    const flow = aFlow()
    flow.links.set(
      'lnk',
      aLink({
        options: [
          anOption({
            fields: [
              aField({
                name: 'region',
                secret: false,
                role: 'value',
                pattern: null,
                options: ['eu', 'us'],
                default: 'us',
              }),
            ],
          }),
        ],
      }),
    )
    const text = await (await pagesOf(flow).request('/connect/links/lnk')).text()
    assert.match(text, /<select id="field-region" name="data\.region" required/)
    assert.match(text, /<option value="us" selected>us<\/option>/)
  })

  it('connects a key and shows the account', async () => {
    const connected = aView({ state: 'connected', app: { key: 'linear', name: 'Linear' }, account: anAccount() })
    const flow = aFlow({ submitLink: async () => ({ connected }) })
    const answer = await pagesOf(flow).request(
      '/connect/links/lnk',
      post({ 'data.api_key': ' lin_api_1 ', 'data.other': 'x' }),
    )
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /Linear is connected.*Mira Lindqvist.*mira\.lindqvist@mail\.example/s)
    assert.deepEqual(flow.changes, [
      { verb: 'submitLink', input: { token: 'lnk', integrationId: 'int_linear', data: { api_key: 'lin_api_1' } } },
    ])
  })

  it('returns to the project after a key was connected, when there is a place to go', async () => {
    const connected = aView({ state: 'connected', returnUrl: 'https://app.example/done?status=success' })
    const answer = await pagesOf(aFlow({ submitLink: async () => ({ connected }) })).request(
      '/connect/links/lnk',
      post({ 'data.api_key': 'k' }),
    )
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), 'https://app.example/done?status=success')
  })

  it('goes on to the app in one click, since the form has named everything', async () => {
    const flow = aFlow({ ...authorizing, submitLink: async () => ({ redirectUrl: `${baseUrl}/connect/fresh` }) })
    flow.links.set('lnk', two())
    const answer = await pagesOf(flow).request('/connect/links/lnk?integration=int_gmail', post({}))
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), 'https://login.app.example/authorize?state=s')
    assert.match(answer.headers.get('set-cookie') ?? '', /^__Host-hf-flow-r1=bound;/)
    assert.deepEqual(
      flow.changes.map(({ verb }) => verb),
      ['submitLink', 'authorize'],
    )
    assert.deepEqual(flow.changes[1]?.input, { token: 'fresh' })
  })

  it('keeps what was typed on an error, except secrets, and ties the error to its field', async () => {
    const fields = [
      aField({ name: 'shop_name', label: 'Shop', secret: false, role: 'hostLabel' }),
      aField({ name: 'api_secret', label: 'Secret' }),
    ]
    const flow = aFlow({
      submitLink: refusal('validation_failed', [{ property: 'data.shop_name', message: 'must be one word' }]),
    })
    flow.links.set('lnk', aLink({ options: [anOption({ fields })] }))
    const answer = await pagesOf(flow).request(
      '/connect/links/lnk',
      post({ 'data.shop_name': 'my shop', 'data.api_secret': 'hunter2hunter2' }),
    )
    const text = await answer.text()
    assert.equal(answer.status, 400)
    assert.match(text, /<title>Error: /)
    assert.match(text, /value="my shop"/)
    assert.ok(!text.includes('hunter2'))
    assert.match(text, /id="field-api_secret-lost">For your safety this was not kept/)
    assert.match(
      text,
      /<div class="summary" role="alert" tabindex="-1" autofocus[^>]*>.*<a href="#field-shop_name">Shop: must be one word/s,
    )
    assert.match(text, /name="data\.shop_name"[^>]*aria-describedby="field-shop_name-error [^"]*" aria-invalid="true"/)
  })

  it('says above the form what belongs to no field', async () => {
    const answer = await pagesOf(aFlow({ submitLink: refusal('credential_refused') })).request(
      '/connect/links/lnk',
      post({ 'data.api_key': 'bad-key-value' }),
    )
    const text = await answer.text()
    assert.equal(answer.status, 400)
    assert.match(text, /<li>The app refused this key\.<\/li>/)
    assert.ok(!text.includes('bad-key-value'))
  })

  it('has a page for a link that has ended, also when it ends while the form is open', async () => {
    for (const [state, words] of [
      ['used', /already used/],
      ['expired', /has expired/],
    ] as const) {
      const before = aFlow()
      before.links.set('lnk', aLink({ state }))
      const opened = await pagesOf(before).request('/connect/links/lnk')
      assert.equal(opened.status, 410)
      assert.match(await opened.text(), words)

      const during = aFlow({
        submitLink: async (token) => {
          during.links.set(token, aLink({ state }))
          throw new AppError('conflict', 'ended')
        },
      })
      const sent = await pagesOf(during).request('/connect/links/lnk', post({ 'data.api_key': 'k' }))
      assert.equal(sent.status, 410)
      assert.match(await sent.text(), words)
    }
  })

  it('offers its apps when another is asked for', async () => {
    const flow = aFlow()
    flow.links.set('lnk', two())
    for (const answer of [
      await pagesOf(flow).request('/connect/links/lnk?integration=int_other'),
      await pagesOf(flow).request('/connect/links/lnk?integration=int_other', post({})),
      await pagesOf(flow).request('/connect/links/lnk', post({})),
    ]) {
      assert.equal(answer.status, 404)
      assert.match(await answer.text(), /<a class="primary" href="\?">Choose another app/)
    }
    assert.deepEqual(flow.changes, [])
  })
})

describe('the callback', () => {
  const outcome = (
    problem: Extract<CallbackOutcome, { kind: 'failed' }>['problem'],
    view = aView({ state: 'failed' }),
  ): Partial<ConnectFlow> => ({
    callback: async () => ({ kind: 'failed', problem, view }),
  })

  it('hands parameters and cookies on as they came', async () => {
    const flow = aFlow({
      callback: async () => ({ kind: 'connected', view: aView({ state: 'connected', account: anAccount() }) }),
    })
    await pagesOf(flow).request('/oauth/callback/int_1?code=a%2Bb&state=s&state=t', {
      headers: { cookie: 'other=1; __Host-hf-flow-r1=bound' },
    })
    const input = flow.changes[0]?.input as Parameters<ConnectFlow['callback']>[0]
    assert.equal(input.integrationId, 'int_1')
    assert.equal(input.params.toString(), 'code=a%2Bb&state=s&state=t')
    assert.equal(input.cookies['__Host-hf-flow-r1'], 'bound')
  })

  it('shows which account was connected, with initials instead of a picture from elsewhere', async () => {
    const flow = aFlow({
      callback: async () => ({ kind: 'connected', view: aView({ state: 'connected', account: anAccount() }) }),
    })
    const answer = await pagesOf(flow).request('/oauth/callback/int_1?code=c&state=s')
    const text = await answer.text()
    assert.equal(answer.status, 200)
    assert.match(text, /Gmail is connected.*>ML<.*Mira Lindqvist.*mira\.lindqvist@mail\.example/s)
    assert.ok(!text.includes('avatars.example'))
  })

  it('returns to the project when there is a place to go, after success and after failure', async () => {
    const returnUrl = 'https://app.example/done?mine=1&status=success&connectedAccountId=acc_1'
    for (const verbs of [
      { callback: async () => ({ kind: 'connected' as const, view: aView({ state: 'connected', returnUrl }) }) },
      outcome('denied', aView({ state: 'failed', returnUrl })),
      outcome('link_used', aView({ state: 'connected', returnUrl })),
    ]) {
      const answer = await pagesOf(aFlow(verbs)).request('/oauth/callback/int_1?state=s')
      assert.equal(answer.status, 303)
      assert.equal(answer.headers.get('location'), returnUrl)
      assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
    }
  })

  for (const [problem, status, words] of [
    ['denied', 200, /Access was not given/],
    ['wrong_browser', 400, /different browser/],
    ['link_used', 410, /already used/],
    ['link_expired', 410, /has expired/],
    ['unknown_link', 404, /not known here/],
    ['provider_down', 502, /not answering/],
    ['failed', 400, /did not work/],
  ] as const)
    it(`has its own page for ${problem}`, async () => {
      const answer = await pagesOf(aFlow(outcome(problem))).request('/oauth/callback/int_1?state=s')
      assert.equal(answer.status, status)
      assert.match(await answer.text(), words)
      const unnamed = await pagesOf(aFlow({ callback: async () => ({ kind: 'failed', problem, view: null }) })).request(
        '/oauth/callback/int_1',
      )
      assert.equal(unnamed.status, status)
      assert.match(await unnamed.text(), /req_1/)
    })

  it('names nobody to the wrong browser, nor sends it on', async () => {
    const answer = await pagesOf(aFlow(outcome('wrong_browser', aView({ returnUrl: 'https://app.example/' })))).request(
      '/oauth/callback/int_1',
    )
    const text = await answer.text()
    assert.equal(answer.status, 400)
    assert.ok(!/Northwind|Gmail|mira|app\.example/.test(text))
  })

  it('stays here while there is no result to return with', async () => {
    const busy = aView({ state: 'used', returnUrl: 'https://app.example/done' })
    const answer = await pagesOf(aFlow(outcome('link_used', busy))).request('/oauth/callback/int_1?state=s')
    assert.equal(answer.status, 410)
    assert.match(await answer.text(), /href="https:\/\/app\.example\/done">Back to/)
  })

  it('takes a reload after success for what it is', async () => {
    const answer = await pagesOf(aFlow(outcome('link_used', aView({ state: 'connected' })))).request(
      '/oauth/callback/int_1',
    )
    assert.match(await answer.text(), /Already connected/)
  })

  it('brings a cross-site form_post home before it is read', async () => {
    const flow = aFlow({
      callback: async () => ({ kind: 'connected', view: aView({ state: 'connected', account: anAccount() }) }),
    })
    const foreign = { origin: 'https://login.app.example', 'sec-fetch-site': 'cross-site' }
    const first = await pagesOf(flow).request('/oauth/callback/int_1', post({ code: 'c"><b>', state: 's' }, foreign))
    const text = await first.text()
    assert.equal(first.status, 200)
    assert.match(text, /<form method="post" action="\?resubmitted"[^>]* data-resubmit>/)
    assert.match(text, /name="code" value="c&quot;&gt;&lt;b&gt;"/)
    assert.equal(flow.changes.length, 0)

    const second = await pagesOf(flow).request(
      '/oauth/callback/int_1?resubmitted',
      post({ code: 'c', state: 's' }, { cookie: 'hf-flow-r1=bound' }),
    )
    assert.match(await second.text(), /Gmail is connected/)
    const input = flow.changes[0]?.input as Parameters<ConnectFlow['callback']>[0]
    assert.equal(input.params.toString(), 'code=c&state=s')
  })
})

describe('beginning again', () => {
  const failed = (problem: 'denied' | 'wrong_account' | 'wrong_browser') => ({
    callback: async () => ({ kind: 'failed' as const, problem, view: aView({ state: 'failed' }) }),
  })

  it('is offered where the same person may want to, in the browser that began', async () => {
    const answer = await pagesOf(aFlow(failed('denied'))).request('/oauth/callback/int_1?error=access_denied&state=st')
    const text = await answer.text()
    assert.match(
      text,
      /<form method="post" action="\/connect\/again"><input type="hidden" name="state" value="st">.*Try again/s,
    )
    const other = await pagesOf(aFlow(failed('wrong_account'))).request('/oauth/callback/int_1?code=c&state=st')
    assert.match(await other.text(), /Use another account/)
    const wrong = await pagesOf(aFlow(failed('wrong_browser'))).request('/oauth/callback/int_1?code=c&state=st')
    assert.ok(!(await wrong.text()).includes('<form'))
  })

  it('leads back to the link it came from', async () => {
    const pages = pagesOf(aFlow(failed('denied')))
    const answer = await pages.request('/oauth/callback/int_1?error=access_denied&state=st', {
      headers: { cookie: 'hf-link-K7QM-2XVD=lnk' },
    })
    assert.match(await answer.text(), /<a class="primary" href="\/connect\/links\/lnk">Try again/)
  })

  it('makes a new request, for forms of ours only', async () => {
    const flow = aFlow({ retry: async () => ({ redirectUrl: `${baseUrl}/connect/fresh` }) })
    const answer = await pagesOf(flow).request(
      '/connect/again',
      post({ state: 'st' }, { cookie: '__Host-hf-flow-r1=bound' }),
    )
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), '/connect/fresh')
    const { state, cookies } = flow.changes[0]!.input as Parameters<ConnectFlow['retry']>[0]
    assert.deepEqual([state, { ...cookies }], ['st', { '__Host-hf-flow-r1': 'bound' }])
    const foreign = await pagesOf(flow).request(
      '/connect/again',
      post({ state: 'st' }, { origin: 'https://evil.example' }),
    )
    assert.equal(foreign.status, 400)
    assert.equal(flow.changes.length, 1)
    const nothing = await pagesOf(aFlow({ retry: async () => null })).request('/connect/again', post({ state: 'x' }))
    assert.equal(nothing.status, 404)
  })
})

describe('permissions that were not given', () => {
  it('are named, with the way to give them', async () => {
    const view = aView({
      state: 'connected',
      account: anAccount({ missingScopes: ['https://www.googleapis.com/auth/gmail.modify', 'unheard-of'] }),
    })
    const pages = pagesOf(aFlow({ callback: async () => ({ kind: 'connected', view }) }))
    const text = await (
      await pages.request('/oauth/callback/int_1?code=c&state=s', { headers: { cookie: 'hf-link-K7QM-2XVD=lnk' } })
    ).text()
    for (const words of [
      'with fewer permissions',
      'Read, compose and send your email',
      'unheard-of',
      'Give the missing',
    ])
      assert.ok(text.includes(words), words)
    assert.ok(!text.includes('See your email address'))
  })
})

describe('safety', () => {
  const strange = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;\${7*7}`

  it('escapes whatever anybody is called', async () => {
    const account = anAccount({ identity: { id: strange, name: strange, email: strange, avatar: strange } })
    const view = aView({
      projectName: strange,
      entityId: strange,
      reference: strange,
      app: { key: strange, name: strange },
      scopes: [
        { name: strange, description: strange },
        { name: strange, description: null },
      ],
      account,
    })
    const option = anOption({
      integrationId: strange,
      app: { key: strange, name: strange, description: strange, categories: [strange] },
      authScheme: strange,
      scopes: view.scopes,
      fields: [
        aField({
          name: strange,
          label: strange,
          help: strange,
          helpUrl: `https://x.example/${strange}`,
          example: strange,
          default: strange,
          pattern: null,
          secret: false,
        }),
        aField({ name: `${strange}2`, label: strange, options: [strange] }),
      ],
    })
    const flow = aFlow({
      submitLink: refusal('validation_failed', [
        { property: `data.${strange}`, message: strange },
        { property: '', message: strange },
      ]),
      callback: async () => ({ kind: 'connected', view }),
    })
    flow.requests.set('tok', view)
    flow.requests.set('old', { ...view, state: 'used', returnUrl: `https://x.example/?a=${strange}` })
    flow.links.set('one', aLink({ ...view, state: 'ready', options: [option] }))
    flow.links.set('two', aLink({ ...view, state: 'ready', options: [option, option] }))
    const pages = pagesOf(flow, { requestId: () => strange })
    const answers = [
      await pages.request('/connect/tok'),
      await pages.request('/connect/old'),
      await pages.request('/connect/links/one'),
      await pages.request('/connect/links/two'),
      await pages.request('/connect/links/one', post({ [`data.${strange}`]: strange })),
      await pages.request('/oauth/callback/x?code=1'),
      await pages.request('/oauth/callback/x', post({ [strange]: strange }, { origin: 'https://x.example' })),
      await pages.request('/connect/unknown'),
    ]
    for (const answer of answers) {
      const text = await answer.text()
      assert.ok(!/<script>|<img src=x|onerror='/.test(text), text)
      assert.equal(text.match(/<script/g)?.length, 1)
      assert.ok(!text.includes('49'))
    }
  })

  it('prints no attribute that a value can break out of', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('"', "'", '<', '>', '&', '=', ' ', 'a', '`', '/', '\n') }),
        async (text) => {
          const flow = aFlow({ submitLink: refusal('validation_failed', [{ property: 'data.x', message: 'no' }]) })
          flow.links.set('lnk', aLink({ options: [anOption({ fields: [aField({ name: 'x', secret: false })] })] }))
          const page = await (await pagesOf(flow).request('/connect/links/lnk', post({ 'data.x': text }))).text()
          const value = /name="data\.x"[^>]*? value="([^"]*)" required/.exec(page)?.[1] ?? ''
          const shown = value
            .replace(/&quot;/g, '"')
            .replace(/&#39;/g, "'")
            .replace(/&lt;/g, '<')
            .replace(/&gt;/g, '>')
            .replace(/&amp;/g, '&')
          assert.equal(shown, text)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('changes nothing on GET and HEAD of a link, whatever the purpose', async () => {
    const flow = aFlow()
    for (const method of ['GET', 'HEAD'])
      for (const headers of [
        {},
        { purpose: 'prefetch' },
        { 'sec-purpose': 'prefetch;prerender' },
        { 'user-agent': 'Slackbot-LinkExpanding 1.0' },
      ])
        for (const path of ['/connect/tok', '/connect/links/lnk', '/connect/links/lnk?integration=int_linear']) {
          const answer = await pagesOf(flow).request(path, { method, headers: headers as Record<string, string> })
          assert.equal(answer.status, 200)
          assert.equal(answer.headers.get('set-cookie'), null)
        }
    assert.deepEqual(flow.changes, [])
  })

  it('does not use up a code on HEAD or when a browser fetches ahead', async () => {
    const flow = aFlow()
    await pagesOf(flow).request('/oauth/callback/int_1?code=c&state=s', { method: 'HEAD' })
    await pagesOf(flow).request('/oauth/callback/int_1?code=c&state=s', {
      headers: { 'sec-purpose': 'prefetch;prerender' },
    })
    assert.deepEqual(flow.changes, [])
  })

  it('refuses a form that another site sends', async () => {
    const foreign = [
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
      { origin: baseUrl, 'sec-fetch-site': 'same-site' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
      { origin: `${baseUrl}.evil.example`, 'sec-fetch-site': 'none' },
      { origin: 'http://connect.example', 'sec-fetch-site': 'same-origin' },
    ]
    for (const headers of foreign)
      for (const path of ['/connect/tok', '/connect/links/lnk']) {
        const flow = aFlow(authorizing)
        const answer = await pagesOf(flow).request(path, post({ decision: 'continue', 'data.api_key': 'k' }, headers))
        assert.equal(answer.status, 400)
        assert.match(await answer.text(), /sent by another site/)
        assert.deepEqual(flow.changes, [])
      }
  })

  it('refuses an opaque origin unless the browser vouches for it', async () => {
    const send = async (headers: Record<string, string>) => {
      const init = post({ decision: 'continue' })
      return (
        await pagesOf(aFlow(authorizing)).request('/connect/tok', {
          ...init,
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        })
      ).status
    }
    assert.equal(await send({ origin: 'null' }), 400)
    assert.equal(await send({ origin: 'null', 'sec-fetch-site': 'same-origin' }), 303)
    assert.equal(await send({ 'sec-fetch-site': 'cross-site' }), 400)
    assert.equal(await send({ origin: baseUrl }), 303)
    assert.equal(await send({}), 303, 'a script without a browser')
  })

  it('sends strict headers with every page', async () => {
    const flow = aFlow(authorizing)
    flow.requests.set('old', aView({ state: 'used' }))
    const pages = pagesOf(flow)
    for (const path of ['/connect/tok', '/connect/old', '/connect/links/lnk', '/connect/nope', '/oauth/callback/a/b']) {
      const { headers } = await pages.request(path)
      const policy = headers.get('content-security-policy') ?? ''
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ])
        assert.ok(policy.split('; ').includes(part), `${path}: ${part}`)
      assert.ok(!policy.includes('unsafe'))
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('x-frame-options'), 'DENY')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin-allow-popups')
      assert.match(headers.get('permissions-policy') ?? '', /camera=\(\)/)
      assert.match(headers.get('content-type') ?? '', /^text\/html; charset=utf-8/i)
    }
  })

  it('lets a page with a form tell us, and only us, where a submission came from', async () => {
    const flow = aFlow()
    flow.requests.set('old', aView({ state: 'used' }))
    const withForm = (await pagesOf(flow).request('/connect/tok')).headers
    const without = (await pagesOf(flow).request('/connect/old')).headers
    assert.equal(withForm.get('referrer-policy'), 'same-origin')
    assert.equal(without.get('referrer-policy'), 'no-referrer')
    assert.ok(!withForm.get('content-security-policy')?.includes('form-action'))
    assert.match(without.get('content-security-policy') ?? '', /form-action 'none'/)
  })

  it('refuses a body that no form of ours can have', async () => {
    const flow = aFlow()
    const answer = await pagesOf(flow).request('/connect/links/lnk', post({ 'data.api_key': 'x'.repeat(70_000) }))
    assert.equal(answer.status, 413)
    assert.match(await answer.text(), /too long/)
    assert.deepEqual(flow.changes, [])
  })

  it('has no inline script or style, and asks no other host for anything', async () => {
    const flow = aFlow()
    flow.links.set('two', aLink({ options: [anOption(), anOption({ integrationId: 'int_2' })] }))
    for (const path of ['/connect/tok', '/connect/links/lnk', '/connect/links/two', '/connect/nope']) {
      const text = await (await pagesOf(flow).request(path)).text()
      assert.ok(!/ style=|<style| on\w+=/.test(text))
      for (const [, url] of text.matchAll(/(?:src|<link[^>]* href)="([^"]*)"/g))
        assert.match(url ?? '', /^\/connect\/assets\//)
    }
  })
})

describe('errors', () => {
  for (const [code, status, words] of [
    ['not_found', 404, /not known here/],
    ['provider_unavailable', 502, /not answering.*Try again/s],
    ['rate_limited', 429, /Too many attempts/],
    ['integration_disabled', 400, /switched off/],
    ['not_supported', 400, /did not work/],
  ] as const)
    it(`have a page: ${code}`, async () => {
      const told: unknown[] = []
      const answer = await pagesOf(aFlow({ authorize: refusal(code) }), {
        onError: (error) => told.push(error),
      }).request('/connect/tok', post({ decision: 'continue' }))
      assert.equal(answer.status, status)
      assert.match(await answer.text(), words)
      assert.deepEqual(told, [])
    })

  it('that nobody expected are logged and shown by their request id alone', async () => {
    const told: unknown[] = []
    const pages = pagesOf(
      aFlow({
        authorize: async () => {
          throw new Error('password=hunter2')
        },
      }),
      { onError: (error, context) => told.push([error, context]) },
    )
    const answer = await pages.request('/connect/tok', post({ decision: 'continue' }))
    const text = await answer.text()
    assert.equal(answer.status, 500)
    assert.match(text, /Something went wrong here.*req_1/s)
    assert.ok(!text.includes('hunter2'))
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.deepEqual(told, [[new Error('password=hunter2'), { requestId: 'req_1', method: 'POST' }]])
  })

  it('say when to come back', async () => {
    const flow = aFlow({
      authorize: async () => {
        throw new AppError('rate_limited', 'slow down', { retryAfterSeconds: 30 })
      },
    })
    assert.equal(
      (await pagesOf(flow).request('/connect/tok', post({ decision: 'continue' }))).headers.get('retry-after'),
      '30',
    )
  })
})

describe('assets', () => {
  it('are served with the address that a page gives them, for good', async () => {
    const pages = pagesOf(aFlow())
    const page = await (await pages.request('/connect/tok')).text()
    const urls = [...page.matchAll(/"(\/connect\/assets\/[^"]+)"/g)].map(([, url]) => url ?? '')
    assert.equal(urls.length, 5)
    for (const url of urls) {
      const answer = await pages.request(url)
      assert.equal(answer.status, 200, url)
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      const again = await pages.request(url, { headers: { 'if-none-match': answer.headers.get('etag') ?? '' } })
      assert.equal(again.status, 304)
    }
    assert.match((await pages.request(urls[1] ?? '')).headers.get('cache-control') ?? '', /immutable/)
    assert.equal((await pages.request('/connect/assets/connect.css')).headers.get('cache-control'), 'public, no-cache')
  })

  it('include the logos of apps, which can do nothing but draw', async () => {
    const answer = await pagesOf(aFlow()).request('/connect/assets/logos/gmail.svg')
    assert.equal(answer.headers.get('content-type'), 'image/svg+xml')
    assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'.*sandbox/)
    assert.equal((await pagesOf(aFlow()).request('/connect/assets/logos/nothing.svg')).status, 404)
    assert.equal((await pagesOf(aFlow()).request('/connect/assets/logos/..%2Fx.svg')).status, 404)
  })

  it('follow a base URL that has a path', async () => {
    const text = await (
      await pagesOf(aFlow(), { baseUrl: 'https://connect.example/holdfast/' }).request('/connect/tok')
    ).text()
    assert.match(text, /href="\/holdfast\/connect\/assets\/connect\.css\?v=/)
  })
})
