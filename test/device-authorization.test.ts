/** A code that the person types at the app, on any device (RFC 8628): nothing comes back to the browser, so the app is asked. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startOidcProvider } from '../packages/server/src/oauth/testing/oidc-provider.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, newEntity, ok } from './support/api.ts'
import { type MovableClock, movableClock } from './support/clock.ts'
import { Person, type Visit } from './support/person.ts'

const returnUrl = 'http://127.0.0.1:9/back'

const television = {
  key: 'television',
  name: 'Television',
  baseUrl: 'https://api.television.example',
  identity: { url: '/me', id: 'id', name: 'name' },
  authSchemes: [
    {
      scheme: 'OAUTH2',
      label: 'Sign in',
      authorizationEndpoint: 'https://television.example/authorize',
      tokenEndpoint: 'https://television.example/token',
      deviceAuthorizationEndpoint: 'https://television.example/device',
      scopes: { default: ['watch', 'record'] },
    },
  ],
}

let server: TestServer
let api: Api
let clock: MovableClock
/** Plays the app as it is in every test project. */
let integrationId: string
before(async () => {
  clock = movableClock()
  server = await startTestServer({ clock, loops: false })
  api = apiOf(server)
  ok(await api.post('/api/v1/apps', television))
  const { deviceAuthorizationEndpoint: _, ...plain } = television.authSchemes[0] ?? {}
  ok(await api.post('/api/v1/apps', { ...television, key: 'plain-television', authSchemes: [plain] }))
  integrationId = (await api.defaultIntegration(television.key)).id
})
after(() => server.close())

/** What the loop does each second. */
const poll = () => server.composition.accountJobs.pollDevices()
const pass = async (seconds: number) => {
  clock.advance(seconds * 1000)
  await poll()
}

async function begin() {
  const initiated = await api.initiate({ integrationId, entityId: newEntity(), redirectUri: returnUrl })
  const person = new Person()
  const link = initiated.redirectUrl ?? ''
  const { location, page } = await person.submit(link, { decision: 'code' })
  assert.ok(location, page)
  const shown = await person.open(location)
  return { id: initiated.connectedAccountId, link, person, codeUrl: location, shown, code: codeIn(shown) }
}

const codeIn = ({ page }: Visit) => /class="typed-code"[^>]*>([^<]+)</.exec(page)?.[1] ?? ''

const type = (code: string, flags: Record<string, string>) =>
  fetch(`${server.url}/simulator/device?${new URLSearchParams({ user_code: code, ...flags })}`)

const outcome = async (id: string) => {
  const { status, statusReason } = await api.account(id)
  return [status, statusReason?.code ?? null]
}

describe('a code that is typed elsewhere', () => {
  it('is shown with its address, and the page looks again by itself until the account is connected', async () => {
    const { id, person, codeUrl, shown, code } = await begin()
    assert.match(code, /^[A-Z]{4}-[A-Z]{4}$/)
    assert.ok(shown.page.includes(`/simulator/device?user_code=${code}`))
    assert.equal(shown.headers.get('refresh'), '5')
    await pass(6)
    assert.equal((await person.open(codeUrl)).status, 200)
    assert.deepEqual(await outcome(id), ['INITIATED', 'awaiting_user'])

    assert.equal((await type(code, { simulator: 'approve', simulator_person: '2' })).status, 200)
    await pass(6)
    const account = await api.account(id)
    assert.equal(account.status, 'ACTIVE')
    assert.equal(account.identity?.name, 'Melissa Chen')
    assert.deepEqual(account.grantedScopes, ['watch', 'record'])
    const back = await person.open(codeUrl)
    assert.equal(back.location?.searchParams.get('status'), 'success')
    assert.equal(back.location?.searchParams.get('connectedAccountId'), id)
  })

  it('ends with the no of the person', async () => {
    const { id, person, codeUrl, code } = await begin()
    await type(code, { simulator: 'deny' })
    await pass(6)
    assert.deepEqual(await outcome(id), ['FAILED', 'access_denied'])
    assert.equal((await person.open(codeUrl)).location?.searchParams.get('status'), 'failed')
  })

  it('ends with its time', async () => {
    const { id, code } = await begin()
    await pass(601)
    await server.composition.accountJobs.expireRequests()
    assert.deepEqual(await outcome(id), ['FAILED', 'link_expired'])
    assert.equal((await type(code, { simulator: 'approve' })).status, 400)
  })

  it('is not asked for more often than the app wants', async () => {
    const { id, code } = await begin()
    await pass(4)
    await pass(1)
    await pass(1)
    await pass(1)
    await type(code, { simulator: 'approve' })
    await pass(5)
    assert.deepEqual(await outcome(id), ['ACTIVE', null])
  })

  it('is shown to the browser that asked for it and to no other', async () => {
    const { id, codeUrl, code } = await begin()
    const stranger = await new Person().open(codeUrl)
    assert.equal(stranger.status, 400)
    assert.ok(!stranger.page.includes(code))
    await type(code, { simulator: 'approve' })
    await pass(6)
    assert.deepEqual(await outcome(id), ['ACTIVE', null])
    const late = await new Person().open(codeUrl)
    assert.equal(late.location, null)
    assert.ok(!late.page.includes(id))
  })

  it('is replaced by another click, and the old code connects nothing', async () => {
    const { id, link, person, code } = await begin()
    const { location } = await person.submit(link, { decision: 'code' })
    const second = codeIn(await person.open(location ?? ''))
    assert.notEqual(second, code)
    await type(code, { simulator: 'approve' })
    await pass(6)
    assert.deepEqual(await outcome(id), ['INITIATED', 'awaiting_user'])
    await type(second, { simulator: 'approve' })
    await pass(6)
    assert.deepEqual(await outcome(id), ['ACTIVE', null])
  })

  it('gives way to the usual way, when the person takes that after all', async () => {
    const { id, link, person, codeUrl, code } = await begin()
    await person.open(await person.consent(await person.agree(link)))
    assert.deepEqual(await outcome(id), ['ACTIVE', null])
    await type(code, { simulator: 'approve' })
    await pass(6)
    assert.equal((await person.open(codeUrl)).location?.searchParams.get('status'), 'success')
  })

  it('is not offered where the developer confirms who came back, nor by an app without such codes', async () => {
    const { id: careful } = ok(
      await api.post<{ id: string }>('/api/v1/integrations', {
        app: television.key,
        name: 'careful',
        userVerification: 'required',
      }),
    )
    for (const body of [{ integrationId: careful }, { app: 'plain-television' }]) {
      const initiated = await api.initiate({ ...body, entityId: newEntity(), redirectUri: returnUrl })
      const person = new Person()
      assert.ok(!(await person.open(initiated.redirectUrl ?? '')).page.includes('value="code"'))
      const refused = await person.submit(initiated.redirectUrl ?? '', { decision: 'code' })
      assert.equal(refused.location, null)
      assert.deepEqual(await outcome(initiated.connectedAccountId), ['INITIATED', 'awaiting_user'])
    }
  })

  it('connects once, however many processes ask', async () => {
    const { id, code } = await begin()
    await type(code, { simulator: 'approve' })
    clock.advance(6000)
    await Promise.all([poll(), poll(), poll()])
    assert.deepEqual(await outcome(id), ['ACTIVE', null])
    const { items } = ok(await api.get<{ items: { type: string }[] }>(`/api/v1/connectedAccounts/${id}/history`))
    assert.deepEqual(
      items.map(({ type }) => type),
      ['connected_account.active', 'connected_account.initiated'],
    )
  })
})

describe('a code of a real authorization server', () => {
  it('connects', async () => {
    const provider = await startOidcProvider({
      clients: [
        { clientId: 'tv', clientSecret: 's', authMethod: 'client_secret_basic', redirectUris: ['http://127.0.0.1/'] },
      ],
    })
    const own = await startTestServer({ environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host }, loops: false })
    try {
      const ownApi = apiOf(own)
      ok(
        await ownApi.post('/api/v1/apps', {
          key: 'own-tv',
          name: 'Own TV',
          baseUrl: provider.issuer,
          identity: { url: '/me', id: 'sub', name: 'name' },
          authSchemes: [
            {
              scheme: 'OAUTH2',
              label: 'Sign in',
              authorizationEndpoint: provider.authorizationEndpoint,
              tokenEndpoint: provider.tokenEndpoint,
              deviceAuthorizationEndpoint: `${provider.issuer}/device/auth`,
              scopes: { default: ['openid', 'profile'] },
            },
          ],
        }),
      )
      ok(await ownApi.post('/api/v1/integrations', { app: 'own-tv', clientId: 'tv', clientSecret: 's' }))
      const initiated = await ownApi.initiate({ app: 'own-tv', entityId: newEntity() })
      const person = new Person()
      const { location } = await person.submit(initiated.redirectUrl ?? '', { decision: 'code' })
      const shown = await person.open(location ?? '')
      await provider.typeCode(codeIn(shown))
      await until(async () => {
        await own.composition.accountJobs.pollDevices()
        return (await ownApi.account(initiated.connectedAccountId)).status !== 'INITIATED'
      })
      const account = await ownApi.account(initiated.connectedAccountId)
      assert.deepEqual([account.status, account.identity?.name], ['ACTIVE', 'Ada Example'])
      assert.match((await person.open(location ?? '')).page, /Own TV/)
    } finally {
      await own.close()
      await provider.close()
    }
  })
})

/** The server's interval is real time: it is asked until it has answered, for at most half a minute. */
async function until(done: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await done())) {
    assert.ok(Date.now() < end, 'the authorization server never answered')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
