import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, type Initiated } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person, type Visit } from './support/person.ts'

const clock = movableClock()
const server = await startTestServer({ clock, loops: false })
after(() => server.close())
const api = apiOf(server)

const back = 'https://yours.example/back?tenant=7'
const begin = (app = 'gmail') => api.initiate({ app, redirectUri: back })
const linkOf = ({ redirectUrl }: Initiated) => redirectUrl ?? ''

/** Up to the point where the app has sent the browser back. */
async function upToCallback(begun: Initiated) {
  const person = new Person()
  return { person, callback: await person.consent(await person.agree(linkOf(begun))) }
}

async function outcomeOf({ connectedAccountId }: Initiated) {
  const { status, statusReason } = await api.account(connectedAccountId)
  return [status, statusReason?.code]
}

/** A page of ours that names nobody and leads nowhere by itself. */
function assertProblemPage({ status, location, page, headers }: Visit) {
  assert.equal(location?.href, undefined)
  assert.ok(status >= 400 && status < 500, String(status))
  assert.match(page, /Reference/)
  assert.match(headers.get('cache-control') ?? '', /no-store/)
}

describe('the browser that comes back', () => {
  test('without the cookie of the flow is another browser', async () => {
    const begun = await begin()
    const { callback } = await upToCallback(begun)
    const visit = await new Person().open(callback)
    assertProblemPage(visit)
    assert.doesNotMatch(visit.page, /user-|tenant=7/)
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'browser_mismatch'])
  })

  test('with the cookie of another flow is another browser', async () => {
    const [begun, other] = [await begin(), await begin()]
    const ours = await upToCallback(begun)
    const theirs = await upToCallback(other)
    const [name = ''] = ours.person.cookies.keys()
    const [value = ''] = theirs.person.cookies.values()
    const stranger = new Person()
    stranger.cookies.set(name, value)
    assertProblemPage(await stranger.open(ours.callback))
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'browser_mismatch'])
    assert.equal((await theirs.person.open(theirs.callback)).location?.searchParams.get('status'), 'success')
  })

  test('to the callback of another integration is refused', async () => {
    const begun = await begin()
    const { person, callback } = await upToCallback(begun)
    callback.pathname = new URL((await api.defaultIntegration('github')).redirectUri).pathname
    await person.open(callback)
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'callback_mismatch'])
  })

  test('with the state of another flow connects neither', async () => {
    const [begun, other] = [await begin(), await begin()]
    const ours = await upToCallback(begun)
    const theirs = await upToCallback(other)
    ours.callback.searchParams.set('state', theirs.callback.searchParams.get('state') ?? '')
    assertProblemPage(await ours.person.open(ours.callback))
    assert.deepEqual(await outcomeOf(other), ['FAILED', 'browser_mismatch'])
    assert.deepEqual(await outcomeOf(begun), ['INITIATED', 'awaiting_user'])
  })

  test('with the code of another flow connects neither: the code verifier does not fit', async () => {
    const [begun, other] = [await begin(), await begin()]
    const ours = await upToCallback(begun)
    const theirs = await upToCallback(other)
    ours.callback.searchParams.set('code', theirs.callback.searchParams.get('code') ?? '')
    await ours.person.open(ours.callback)
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'code_exchange_failed'])
  })

  for (const change of ['no state', 'an unknown state', 'two states'] as const)
    test(`with ${change} is told that the link is unknown`, async () => {
      const begun = await begin()
      const { person, callback } = await upToCallback(begun)
      const state = callback.searchParams.get('state') ?? ''
      if (change === 'no state') callback.searchParams.delete('state')
      if (change === 'an unknown state') callback.searchParams.set('state', `${state.slice(1)}x`)
      if (change === 'two states') callback.searchParams.append('state', state)
      assertProblemPage(await person.open(callback))
      assert.deepEqual(await outcomeOf(begun), ['INITIATED', 'awaiting_user'])
    })

  test('after ten minutes is too late', async () => {
    const begun = await begin()
    const { person, callback } = await upToCallback(begun)
    clock.advance(10 * 60_000)
    assert.equal((await person.open(callback)).location?.searchParams.get('error'), 'link_expired')
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'link_expired'])
  })

  test('twice connects once, and a reload ends where the first visit ended', async () => {
    const begun = await begin()
    const { person, callback } = await upToCallback(begun)
    const first = await person.open(callback)
    const again = await person.open(callback)
    assert.equal(first.location?.searchParams.get('status'), 'success')
    assert.equal(again.location?.href, first.location?.href)
    assert.equal((await api.script(begun.connectedAccountId)).tokenCalls, 1)
  })

  test('is told nothing when somebody else replays its way back', async () => {
    const begun = await begin()
    const { person, callback } = await upToCallback(begun)
    await person.open(callback)
    const visit = await new Person().open(callback)
    assertProblemPage(visit)
    assert.ok(!visit.page.includes(begun.connectedAccountId))
    assert.deepEqual(await outcomeOf(begun), ['ACTIVE', undefined])
  })

  test('several times at once connects once', async () => {
    const begun = await begin()
    const { person, callback } = await upToCallback(begun)
    const visits = await Promise.all(Array.from({ length: 5 }, () => person.open(callback)))
    assert.ok(visits.some(({ location }) => location?.searchParams.get('status') === 'success'))
    assert.ok(visits.every(({ location }) => location?.searchParams.get('status') !== 'failed'))
    assert.deepEqual(await outcomeOf(begun), ['ACTIVE', undefined])
    assert.equal((await api.script(begun.connectedAccountId)).tokenCalls, 1)
  })

  test('by a form post, as some apps answer, is the same browser', async () => {
    const begun = await begin()
    const { person, callback } = await upToCallback(begun)
    const fields = Object.fromEntries(callback.searchParams)
    callback.search = ''
    const post = (url: string | URL, origin: string, sender: Person) =>
      sender.open(url, { method: 'POST', body: new URLSearchParams(fields), headers: { origin } })
    // A cookie with SameSite=Lax does not come with the app's post, so the page posts it once more from here.
    const { status, page } = await post(callback, 'https://accounts.google.com', new Person())
    assert.equal(status, 200)
    assert.match(page, /<form method="post"/)
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1] ?? ''
    const visit = await post(new URL(action.replaceAll('&amp;', '&'), callback), callback.origin, person)
    assert.equal(visit.location?.searchParams.get('status'), 'success')
  })
})

describe('a look at the link', () => {
  test('by a preview or a prefetch does not use it up', async () => {
    const begun = await begin()
    for (const method of ['GET', 'HEAD', 'GET']) {
      const { status } = await new Person().open(linkOf(begun), { method, headers: { 'user-agent': 'Slackbot' } })
      assert.equal(status, 200)
    }
    const { person, callback } = await upToCallback(begun)
    await new Person().open(callback, { method: 'HEAD' })
    await person.open(callback, { headers: { 'sec-purpose': 'prefetch' } })
    assert.equal((await person.open(callback)).location?.searchParams.get('status'), 'success')
  })

  test('when it is used or over says so, with the next step', async () => {
    const used = await begin()
    const { person, callback } = await upToCallback(used)
    await person.open(callback)
    const seen = await new Person().open(linkOf(used))
    assert.match(seen.page, /already connected|was used/i)
    assert.equal((await new Person().submit(linkOf(used), { decision: 'continue' })).location, null)

    const late = await begin()
    clock.advance(10 * 60_000)
    const expired = await new Person().open(linkOf(late))
    assert.equal(expired.status, 410)
    assert.match(expired.page, /expired/i)
    assertProblemPage(await new Person().open(`${server.url}/connect/nothing-like-this`))
  })

  test('clicking again after coming back replaces the first attempt', async () => {
    const begun = await begin()
    const person = new Person()
    const first = await person.consent(await person.agree(linkOf(begun)))
    const second = await person.consent(await person.agree(linkOf(begun)))
    assertProblemPage(await person.open(first))
    assert.equal((await person.open(second)).location?.searchParams.get('status'), 'success')
  })

  test('a click that another site made counts for nothing', async () => {
    const begun = await begin()
    const foreign = { method: 'POST', body: new URLSearchParams({ decision: 'continue' }) }
    for (const [name, value] of [
      ['origin', 'https://evil.test'],
      ['origin', 'null'],
      ['sec-fetch-site', 'cross-site'],
    ] as const) {
      const visit = await new Person().open(linkOf(begun), { ...foreign, headers: { [name]: value } })
      assertProblemPage(visit)
    }
  })
})
