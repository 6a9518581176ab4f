import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, beforeEach, describe, test } from 'node:test'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, type Initiated, ok } from './support/api.ts'
import { enterApp, startAuthorizationServer } from './support/authorization-server.ts'
import { Person, type Visit } from './support/person.ts'

/** Two authorization servers: an honest one, and one whose operator attacks. */
const honest = await startAuthorizationServer()
const hostile = await startAuthorizationServer()
const server = await startTestServer({
  loops: false,
  environment: { HOLDFAST_ALLOW_PRIVATE_HOSTS: `${honest.host},${hostile.host}` },
})
after(async () => {
  await server.close()
  await honest.close()
  await hostile.close()
})
const api = apiOf(server)
const operator = apiOf(server, server.adminKey)
const back = 'https://yours.example/back'

const honestApp = await enterApp(api, honest, 'honest')
const hostileApp = await enterApp(api, hostile, 'hostile')
const announcing = await enterApp(api, honest, 'announcing', { issuer: honest.url, issuerRequired: true })

beforeEach(() => {
  honest.tokenRequests.length = 0
  hostile.tokenRequests.length = 0
})

/** Somebody clicks and is sent to the app. */
async function begin({ id }: { id: string }, of: Api = api, body: Record<string, unknown> = {}) {
  const begun = await of.initiate({ integrationId: id, redirectUri: back, ...body })
  const person = new Person()
  return { begun, person, authorizationUrl: await person.agree(begun.redirectUrl ?? '') }
}

async function outcomeOf({ connectedAccountId }: Initiated, of: Api = api) {
  const { status, statusReason } = await of.account(connectedAccountId)
  return [status, statusReason?.code]
}

const noCodeLeft = () => assert.deepEqual([honest.tokenRequests, hostile.tokenRequests], [[], []])

const isSuccess = ({ location }: Visit) => location?.searchParams.get('status') === 'success'

test('when nobody attacks the code is redeemed once, with its verifier, at the server it came from', async () => {
  const { begun, person, authorizationUrl } = await begin(honestApp)
  assert.ok(isSuccess(await person.open(honest.answerTo(authorizationUrl))))
  assert.deepEqual(await outcomeOf(begun), ['ACTIVE', undefined])
  assert.equal(honest.tokenRequests.length, 1)
  const { code_verifier: verifier = '', redirect_uri } = honest.tokenRequests[0] ?? {}
  assert.match(verifier, /^[\w~.-]{43,128}$/)
  assert.equal(redirect_uri, honestApp.redirectUri)
  assert.deepEqual(
    ['code_challenge_method', 'code_challenge', 'response_type'].map((name) => authorizationUrl.searchParams.get(name)),
    ['S256', createHash('sha256').update(verifier).digest('base64url'), 'code'],
  )
})

describe('cross-app takeover (COAT): the hostile app sends the browser on to the honest server', () => {
  test('under the redirect URI of the honest app, the code goes to nobody', async () => {
    const { begun, person, authorizationUrl } = await begin(hostileApp)
    // The honest server takes our client of it and its own redirect URI, and knows the person already.
    const detour = new URL(authorizationUrl)
    detour.searchParams.set('client_id', 'client-honest')
    detour.searchParams.set('redirect_uri', honestApp.redirectUri)
    assert.equal((await person.open(honest.answerTo(detour))).location?.searchParams.get('status'), 'failed')
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'callback_mismatch'])
    noCodeLeft()
  })

  test('under its own redirect URI, the issuer of the answer gives it away where one is known', async () => {
    const bound = await enterApp(api, hostile, 'hostile-with-issuer', { issuer: hostile.url, issuerRequired: false })
    const { begun, person, authorizationUrl } = await begin(bound)
    await person.open(honest.answerTo(authorizationUrl, { iss: honest.url }))
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'issuer_mismatch'])
    noCodeLeft()
  })

  test('a code of the honest server that reached the hostile one is worth nothing in another flow', async () => {
    const victim = await begin(honestApp)
    const stolen = honest.codeFor(victim.authorizationUrl)
    const attacker = await begin(honestApp)
    const injected = honest.answerTo(attacker.authorizationUrl)
    injected.searchParams.set('code', stolen)
    await attacker.person.open(injected)
    assert.deepEqual(await outcomeOf(attacker.begun), ['FAILED', 'code_exchange_failed'])
  })

  test('each flow has a verifier and a state of its own', async () => {
    const flows = await Promise.all([1, 2, 3].map(() => begin(honestApp)))
    for (const name of ['code_challenge', 'state'])
      assert.equal(new Set(flows.map((flow) => flow.authorizationUrl.searchParams.get(name))).size, 3)
  })
})

describe('request forgery (CORF): the attacker brings an answer of his own into the victim’s browser', () => {
  test('with the state of his flow, the victim’s browser lacks the cookie', async () => {
    const attacker = await begin(honestApp)
    const victim = await begin(honestApp)
    const visit = await victim.person.open(honest.answerTo(attacker.authorizationUrl))
    assert.equal(visit.location, null)
    assert.deepEqual(await outcomeOf(attacker.begun), ['FAILED', 'browser_mismatch'])
    assert.deepEqual(await outcomeOf(victim.begun), ['INITIATED', 'awaiting_user'])
    noCodeLeft()
  })

  test('with the state of the victim’s flow, his code does not fit its verifier', async () => {
    const attacker = await begin(honestApp)
    const victim = await begin(honestApp)
    const forged = honest.answerTo(victim.authorizationUrl)
    forged.searchParams.set('code', honest.codeFor(attacker.authorizationUrl))
    await victim.person.open(forged)
    assert.deepEqual(await outcomeOf(victim.begun), ['FAILED', 'code_exchange_failed'])
  })

  test('at the hostile app’s callback with a state of the honest app, nothing is redeemed', async () => {
    const { begun, person, authorizationUrl } = await begin(honestApp)
    const moved = honest.answerTo(authorizationUrl)
    moved.pathname = new URL(hostileApp.redirectUri).pathname
    await person.open(moved)
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'callback_mismatch'])
    noCodeLeft()
  })

  test('with the state of another project’s flow, nothing is redeemed and nothing is told', async () => {
    const made = ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'Other' }))
    const other = apiOf(server, made.apiKey)
    const theirApp = await enterApp(other, honest, 'honest')
    const theirs = await begin(theirApp, other, { entityId: 'their-user' })
    const crossed = honest.answerTo(theirs.authorizationUrl)
    crossed.pathname = new URL(honestApp.redirectUri).pathname
    const visit = await new Person().open(crossed)
    assert.equal(visit.location, null)
    assert.doesNotMatch(visit.page, /their-user|Other|yours\.example/)
    assert.notEqual((await outcomeOf(theirs.begun, other))[0], 'ACTIVE')
    noCodeLeft()
  })
})

describe('iss (RFC 9207)', () => {
  test('that is the announced one connects', async () => {
    const { begun, person, authorizationUrl } = await begin(announcing)
    assert.ok(isSuccess(await person.open(honest.answerTo(authorizationUrl, { iss: honest.url }))))
    assert.deepEqual(await outcomeOf(begun), ['ACTIVE', undefined])
  })

  const wrong: Record<string, Record<string, string>> = {
    'of another server': { iss: hostile.url },
    'with a slash more': { iss: `${honest.url}/` },
    'in other letters': { iss: honest.url.toUpperCase() },
    'that is empty': { iss: '' },
    'that is missing though announced': {},
  }
  for (const [name, iss] of Object.entries(wrong)) {
    test(`${name} ends the flow before the code is sent`, async () => {
      const { begun, person, authorizationUrl } = await begin(announcing)
      await person.open(honest.answerTo(authorizationUrl, iss))
      assert.deepEqual(await outcomeOf(begun), ['FAILED', 'issuer_mismatch'])
      noCodeLeft()
    })

    test(`${name} on an error answer: the error is not believed`, async () => {
      const { begun, person, authorizationUrl } = await begin(announcing)
      const answer = honest.answerTo(authorizationUrl, { ...iss, error: 'access_denied' })
      answer.searchParams.delete('code')
      await person.open(answer)
      assert.deepEqual(await outcomeOf(begun), ['FAILED', 'issuer_mismatch'])
    })
  }

  test('twice is refused', async () => {
    const { begun, person, authorizationUrl } = await begin(announcing)
    const answer = honest.answerTo(authorizationUrl, { iss: honest.url })
    answer.searchParams.append('iss', hostile.url)
    await person.open(answer)
    assert.equal((await outcomeOf(begun))[0], 'FAILED')
    noCodeLeft()
  })
})

describe('an answer that is none of the code flow', () => {
  for (const [name, fields] of [
    ['tokens in the URL', { access_token: 'planted', token_type: 'Bearer' }],
    ['an ID token in the URL', { id_token: 'a.b.c' }],
    ['a signed response', { response: 'a.b.c' }],
  ] as const)
    test(`${name} is not taken`, async () => {
      const { begun, person, authorizationUrl } = await begin(honestApp)
      const answer = honest.answerTo(authorizationUrl, fields)
      answer.searchParams.delete('code')
      await person.open(answer)
      assert.deepEqual(await outcomeOf(begun), ['FAILED', 'authorization_failed'])
      noCodeLeft()
    })

  test('two codes are one too many', async () => {
    const { begun, person, authorizationUrl } = await begin(honestApp)
    const answer = honest.answerTo(authorizationUrl)
    answer.searchParams.append('code', 'another')
    await person.open(answer)
    assert.equal((await outcomeOf(begun))[0], 'FAILED')
    noCodeLeft()
  })
})

describe('an answer by form post', () => {
  const post = (person: Person, url: URL, fields: URLSearchParams, headers: Record<string, string>) =>
    person.open(url, { method: 'POST', body: fields, headers })

  test('from the app’s site is brought home without its code ever being in a URL', async () => {
    const { begun, person, authorizationUrl } = await begin(announcing)
    const answer = honest.answerTo(authorizationUrl, { iss: honest.url })
    const fields = new URLSearchParams(answer.search)
    answer.search = ''
    // A cross-site post carries no SameSite=Lax cookie.
    const bounced = await post(new Person(), answer, fields, { origin: honest.url, 'sec-fetch-site': 'cross-site' })
    assert.deepEqual([bounced.status, bounced.location], [200, null])
    assert.match(bounced.headers.get('cache-control') ?? '', /no-store/)
    noCodeLeft()
    const action = /<form[^>]* action="([^"]+)"/.exec(bounced.page)?.[1] ?? ''
    assert.ok(!action.includes('code'))
    const visit = await post(person, new URL(action, answer), fields, { origin: answer.origin })
    assert.ok(isSuccess(visit))
    assert.doesNotMatch(visit.location?.href ?? '', /code|state|iss/)
    assert.deepEqual(await outcomeOf(begun), ['ACTIVE', undefined])
  })

  test('that a hostile page posts straight to the second step lacks the cookie', async () => {
    const attacker = await begin(honestApp)
    const answer = honest.answerTo(attacker.authorizationUrl)
    const fields = new URLSearchParams(answer.search)
    answer.search = '?resubmitted'
    const visit = await post(new Person(), answer, fields, { origin: hostile.url, 'sec-fetch-site': 'cross-site' })
    assert.equal(visit.location, null)
    assert.deepEqual(await outcomeOf(attacker.begun), ['FAILED', 'browser_mismatch'])
    noCodeLeft()
  })

  test('with parameters in its URL as well takes none of those', async () => {
    const { begun, person, authorizationUrl } = await begin(honestApp)
    const answer = honest.answerTo(authorizationUrl)
    const fields = new URLSearchParams({ state: answer.searchParams.get('state') ?? '' })
    answer.searchParams.delete('state')
    answer.searchParams.set('resubmitted', '')
    await post(person, answer, fields, { origin: answer.origin })
    assert.deepEqual(await outcomeOf(begun), ['FAILED', 'authorization_failed'])
    noCodeLeft()
  })
})

test('a token endpoint that sends the request elsewhere gets no further: nobody else sees code or secret', async () => {
  hostile.sendTokenRequestsTo(`${honest.url}/token`)
  const { begun, person, authorizationUrl } = await begin(hostileApp)
  await person.open(hostile.answerTo(authorizationUrl))
  assert.equal((await outcomeOf(begun))[0], 'FAILED')
  assert.equal(hostile.tokenRequests.length, 1)
  assert.deepEqual(honest.tokenRequests, [])
})

test('a callback that nobody began costs no write', async () => {
  const { composition } = server
  const writes: string[] = []
  const { requests } = composition.store
  const kept = requests.consumeState
  requests.consumeState = (hash) => {
    writes.push('consumeState')
    return kept(hash)
  }
  try {
    for (const state of ['x'.repeat(43), 'short', '', 'y'.repeat(5000)]) {
      const url = new URL(honestApp.redirectUri)
      url.search = new URLSearchParams({ state, code: 'c' }).toString()
      assert.equal((await new Person().open(url)).location, null)
    }
  } finally {
    requests.consumeState = kept
  }
  assert.deepEqual(writes, [])
})
