import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldfastError } from './errors.ts'
import { type Answer, type Seen, startFakeServer } from './fake-server.ts'
import { approveInTestMode } from './testing.ts'

/** A server that plays connect page, simulator and callback, and refuses a callback without its cookie. */
function flow(result: (url: URL) => Answer) {
  return ({ method, url, headers, body }: Seen): Answer => {
    const at = new URL(url, 'http://x')
    if (method === 'POST' && at.pathname === '/connect/t') {
      assert.equal(body, 'decision=continue')
      const cookies = ['hf-flow-1=s=1; HttpOnly; Path=/', 'other=2; Path=/']
      return { status: 303, headers: { location: '/simulator/p/gmail/h/auth?state=x', 'set-cookie': cookies } }
    }
    if (at.pathname.startsWith('/simulator/')) {
      const { simulator, simulator_person: person } = Object.fromEntries(at.searchParams)
      return { status: 302, headers: { location: `/oauth/callback/i?state=x&simulator=${simulator}&person=${person}` } }
    }
    if (headers.cookie !== 'hf-flow-1=s=1; other=2') return { status: 400 }
    return result(at)
  }
}

test('a connection is approved without a browser, and its last redirect is handed back unfetched', async (t) => {
  const { baseUrl, seen } = await startFakeServer(
    t,
    flow((at) => ({
      status: 302,
      headers: { location: `https://app.test/done?status=${at.searchParams.get('simulator')}` },
    })),
  )
  assert.equal(await approveInTestMode(`${baseUrl}/connect/t`), 'https://app.test/done?status=approve')
  assert.equal(await approveInTestMode(`${baseUrl}/connect/t`, { deny: true }), 'https://app.test/done?status=deny')
  await approveInTestMode(`${baseUrl}/connect/t`, { person: 2 })
  assert.match(seen.at(-1)?.url ?? '', /person=2/)
})

test('without a redirectUri the server’s own last page is named, without its code and state', async (t) => {
  const { baseUrl } = await startFakeServer(
    t,
    flow(() => ({ text: '<html>' })),
  )
  assert.equal(await approveInTestMode(`${baseUrl}/connect/t`), `${baseUrl}/oauth/callback/i`)
})

test('a real app is never approved by a script', async (t) => {
  const real = await startFakeServer(t, () => ({ body: {} }))
  const { baseUrl } = await startFakeServer(t, () => ({
    status: 303,
    headers: { location: `${real.baseUrl}/authorize` },
  }))
  await assert.rejects(approveInTestMode(`${baseUrl}/connect/t`), /is a real one/)
  assert.equal(real.seen.length, 0)
})

test('a used link says so', async (t) => {
  const { baseUrl } = await startFakeServer(t, () => ({ status: 404, headers: { 'x-request-id': 'r1' } }))
  const error = await approveInTestMode(`${baseUrl}/connect/t`).catch((reason: unknown) => reason)
  assert.ok(error instanceof HoldfastError)
  assert.equal(error.code, 'approval_failed')
  assert.equal(error.requestId, 'r1')
})
