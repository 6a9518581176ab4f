import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { freePort, startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, ok, tokenIn } from './support/api.ts'
import { Person } from './support/person.ts'

/** A proxy that serves the server below `/connections` and nothing else. @returns The public address. */
async function startProxy(t: TestContext, serverPort: number): Promise<string> {
  const prefix = '/connections'
  const proxy = createServer((incoming, answer) => {
    const { method, url = '', headers } = incoming
    if (!url.startsWith(`${prefix}/`)) {
      answer.writeHead(404).end()
      return
    }
    const forwarded = request({ port: serverPort, method, path: url.slice(prefix.length), headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    incoming.pipe(forwarded)
  })
  proxy.listen(await freePort(), '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  const address = proxy.address()
  assert.ok(typeof address === 'object' && address)
  return `http://127.0.0.1:${address.port}${prefix}`
}

test('behind a proxy, below a path, every link of a flow stays below that path', async (t) => {
  const port = await freePort()
  const baseUrl = await startProxy(t, port)
  const server = await startTestServer({ environment: { PORT: String(port), HOLDFAST_BASE_URL: `${baseUrl}/` } })
  t.after(() => server.close())
  assert.equal(server.url, baseUrl)
  const api = apiOf(server)

  const { connectedAccountId, redirectUrl } = await api.initiate({ app: 'gmail' })
  const person = new Person()
  const connectPage = await person.open(redirectUrl ?? '')
  const authorizationUrl = await person.agree(redirectUrl ?? '')
  const consentPage = await person.open(authorizationUrl)
  for (const { page } of [connectPage, consentPage])
    for (const [, address = ''] of page.matchAll(/(?:href|src|action)="([^"?#][^"]*)"/g))
      assert.notEqual((await person.open(new URL(address, baseUrl))).status, 404, address)
  await person.open(await person.consent(authorizationUrl))

  const params = ok(await api.info(connectedAccountId))
  assert.ok(params.base_url.startsWith(`${baseUrl}/simulator/`))
  const headers = { authorization: tokenIn(params) }
  assert.equal((await fetch(`${params.base_url}/gmail/v1/users/me/profile`, { headers })).status, 200)
})

test('with https the cookie of a flow is bound to the host and never sent in the clear', async (t) => {
  const port = await freePort()
  const server = await startTestServer({
    environment: { PORT: String(port), HOLDFAST_BASE_URL: 'https://connect.example.test' },
  })
  t.after(() => server.close())
  /** The proxy that ends TLS, as the server sees it. */
  const behindProxy = (url: string | URL) => String(url).replace(server.url, `http://127.0.0.1:${port}`)
  const api = apiOf({ ...server, url: behindProxy(server.url) })
  const begun = await api.initiate({ app: 'gmail', redirectUri: 'https://yours.example/back' })
  const link = begun.redirectUrl ?? ''
  assert.ok(link.startsWith('https://connect.example.test/connect/'))

  const person = new Person()
  const clicked = await person.open(behindProxy(link), {
    method: 'POST',
    body: new URLSearchParams({ decision: 'continue' }),
    headers: { origin: server.url },
  })
  const cookie = clicked.headers.getSetCookie().join()
  assert.match(cookie, /^__Host-hf-flow-[^=]+=/)
  for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/'])
    assert.ok(cookie.includes(`; ${attribute}`), cookie)
  assert.doesNotMatch(cookie, /Domain/i)

  assert.ok(clicked.location)
  const callback = await person.consent(new URL(behindProxy(clicked.location)))
  assert.equal(callback.origin, server.url)
  assert.equal((await person.open(behindProxy(callback))).location?.searchParams.get('status'), 'success')
})
