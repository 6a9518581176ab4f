import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import type { AccountEvent, Revocation } from '../packages/sdk/src/types.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { Person } from './support/person.ts'
import { startScriptedApp, tokens } from './support/scripted-app.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-revoke-'))
const server = await startTestServer()
const app = await startScriptedApp({}, { dataDir })
after(async () => {
  await server.close()
  await app.close()
  await rm(dataDir, { recursive: true, force: true })
})
const api = apiOf(server)

const connect = (own: Api = app.api) => own.connect({ integrationId: app.integration.id })

const revoke = async (own: Api, id: string) =>
  ok(await own.post<{ revocation: Revocation }>(`/api/v1/connectedAccounts/${id}/revoke`)).revocation

const remove = async (own: Api, id: string) =>
  ok(await own.delete<{ status: string; count: number; revocation: Revocation }>(`/api/v1/connectedAccounts/${id}`))

async function ended(own: Api, id: string, isDone = (found: Revocation) => found.status !== 'pending') {
  for (;;) {
    const found = ok(await own.get<Revocation>(`/api/v1/revocations/${id}`))
    if (isDone(found)) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const history = async (own: Api, id: string) =>
  ok(await own.get<{ items: AccountEvent[] }>(`/api/v1/connectedAccounts/${id}/history`)).items

/** What the database holds of a revocation. */
function stored(id: string): { secrets: Uint8Array | null; attempts: number } {
  const database = new DatabaseSync(join(dataDir, 'holdfast.db'), { readOnly: true })
  try {
    return database.prepare('select secrets, attempts from revocations where id = ?').get(id) as ReturnType<
      typeof stored
    >
  } finally {
    database.close()
  }
}

describe('revoking', () => {
  test('ends the account at once and gives back refresh token and access token, in this order', async () => {
    const { id, connectionParams } = await connect()
    const before = app.seen.revoke.length
    const revocation = await revoke(app.api, id)
    assert.deepEqual(
      [revocation.connectedAccountId, revocation.status, revocation.tokens.map((token) => token.type)],
      [id, 'pending', ['refresh_token', 'access_token']],
    )
    const account = await app.api.account(id)
    assert.deepEqual([account.status, account.statusReason?.code], ['EXPIRED', 'revoked'])
    assert.deepEqual(account.connectionParams, {})
    assertRefused(await app.api.info(id), { status: 400, code: 'reconnect_required' })

    const done = await ended(app.api, revocation.id)
    assert.deepEqual(
      done.tokens.map(({ status }) => status),
      ['revoked', 'revoked'],
    )
    assert.equal(done.nextAttemptAt, null)
    assert.deepEqual(
      app.seen.revoke.slice(before).map((form) => [form.get('token'), form.get('token_type_hint')]),
      [
        [connectionParams?.refresh_token, 'refresh_token'],
        [connectionParams?.access_token, 'access_token'],
      ],
    )
    assert.equal(stored(revocation.id).secrets, null)
    const [latest] = await history(app.api, id)
    assert.deepEqual(
      [latest?.type, latest?.previousStatus, latest?.status, latest?.statusReason?.code],
      ['connected_account.revoked', 'ACTIVE', 'EXPIRED', 'revoked'],
    )
  })

  test('is no obstacle to connecting again under the same id', async () => {
    const { id } = await api.connect({ app: 'gmail' })
    await revoke(api, id)
    const again = ok(await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${id}/reinitiate`))
    await new Person().connect(again.redirectUrl)
    const account = await api.account(id)
    assert.deepEqual([account.status, account.statusReason], ['ACTIVE', null])
    assert.equal((await history(api, id))[0]?.type, 'connected_account.reactivated')
  })

  test('ends an attempt to connect that is under way', async () => {
    const { connectedAccountId: id, redirectUrl } = await api.initiate({ app: 'gmail' })
    const person = new Person()
    const callback = await person.consent(await person.agree(redirectUrl ?? ''))
    const revocation = await revoke(api, id)
    assert.deepEqual([revocation.status, revocation.tokens], ['revoked', []])
    assert.notEqual((await person.open(callback)).status, 200)
    assert.deepEqual((await api.account(id)).statusReason?.code, 'revoked')
  })

  test('twice is once', async () => {
    const { id } = await api.connect({ app: 'gmail' })
    await revoke(api, id)
    const second = await revoke(api, id)
    assert.deepEqual([second.status, second.tokens], ['revoked', []])
  })

  test('says what the app cannot take back', async () => {
    const { items } = ok(
      await api.get<{ items: { id: string }[] }>('/api/v1/integrations?appName=linear&authScheme=API_KEY'),
    )
    const account = await api.connect({ integrationId: items[0]?.id, data: { api_key: 'lin_api_1234567890' } })
    const { tokens, status } = await revoke(api, account.id)
    assert.deepEqual(
      [status, tokens.map((token) => [token.type, token.status])],
      ['unsupported', [['credential', 'unsupported']]],
    )

    const oauth = await api.connect({ app: 'jira' })
    const without = await remove(api, oauth.id)
    assert.deepEqual(
      [without.revocation.status, without.revocation.tokens.map((token) => token.status)],
      ['unsupported', ['unsupported', 'unsupported']],
    )
  })

  test('an account that is not there is not found, nor another project’s revocation', async () => {
    assertRefused(await api.post('/api/v1/connectedAccounts/nothing/revoke'), { status: 404, code: 'not_found' })
    const { id } = await connect()
    const revocation = await revoke(app.api, id)
    await ended(app.api, revocation.id)
    assertRefused(await apiOf(app.server).get(`/api/v1/revocations/${revocation.id}`), {
      status: 404,
      code: 'not_found',
    })
  })
})

describe('an app with a call of its own', () => {
  test('is asked in its own way, for the tokens that it takes', async () => {
    const own = await startScriptedApp({
      revocationEndpoint: undefined,
      revocationCall: {
        method: 'DELETE',
        url: '/revoke?client={client_id}',
        authenticate: 'client',
        format: 'form',
        body: { access: '{token}' },
      },
    })
    try {
      const { id, connectionParams } = await own.api.connect({ integrationId: own.integration.id })
      const done = await ended(own.api, (await revoke(own.api, id)).id)
      assert.equal(done.status, 'revoked')
      assert.deepEqual(
        done.tokens.map(({ type, status }) => [type, status]),
        [
          ['refresh_token', 'unsupported'],
          ['access_token', 'revoked'],
        ],
      )
      assert.deepEqual(
        own.seen.revoke.map((form) => Object.fromEntries(form)),
        [{ access: connectionParams?.access_token }],
      )
    } finally {
      await own.close()
    }
  })

  for (const [name, call] of [
    ['github', { app: 'github' }],
    ['zendesk', { app: 'zendesk', data: { subdomain: 'acme' } }],
  ] as const)
    test(`ends the grant there: ${name}`, async () => {
      const account = await api.connect(call)
      const headers = { authorization: `Bearer ${account.connectionParams?.access_token}` }
      const alive = () =>
        fetch(`${account.base_url}${name === 'github' ? '/user' : '/api/v2/users/me.json'}`, { headers })
      assert.equal((await alive()).status, 200)
      assert.equal((await ended(api, (await revoke(api, account.id)).id)).status, 'revoked')
      assert.equal((await alive()).status, 401)
    })
})

describe('an app that does not take it back at once', () => {
  test('is asked again, and only for what it has not taken yet', async () => {
    const { id, connectionParams } = await connect()
    let failures = 1
    app.answers.revoke = (form) => ({
      status: form.get('token') === connectionParams?.access_token && failures-- > 0 ? 503 : 200,
    })
    const before = app.seen.revoke.length
    const revocation = await revoke(app.api, id)
    const half = await ended(
      app.api,
      revocation.id,
      ({ attempts, tokens }) => attempts > 0 && tokens[0]?.status !== 'pending',
    )
    assert.deepEqual(
      half.tokens.map(({ status }) => status),
      ['revoked', 'pending'],
    )
    assert.ok(new Date(half.nextAttemptAt ?? 0) > app.clock.now())
    assert.ok(stored(revocation.id).secrets)
    app.clock.advance(60_000)
    assert.equal((await ended(app.api, revocation.id)).status, 'revoked')
    assert.deepEqual(
      app.seen.revoke.slice(before).map((form) => form.get('token_type_hint')),
      ['refresh_token', 'access_token', 'access_token'],
    )
    assert.equal(stored(revocation.id).secrets, null)
  })

  test('is given up after a day, and the tokens are forgotten', async () => {
    app.answers.revoke = () => ({ status: 503 })
    const { id } = await connect()
    const revocation = await revoke(app.api, id)
    await ended(app.api, revocation.id, ({ attempts }) => attempts > 0)
    app.clock.advance(25 * 60 * 60_000)
    const given = await ended(app.api, revocation.id)
    assert.equal(given.status, 'failed')
    assert.equal(stored(revocation.id).secrets, null)
  })

  test('and that refuses for good is not asked again', async () => {
    app.answers.revoke = () => ({ status: 400, body: { error: 'invalid_request' } })
    const { id } = await connect()
    const failed = await ended(app.api, (await revoke(app.api, id)).id)
    assert.deepEqual([failed.status, failed.attempts], ['failed', 1])
    assert.match(failed.tokens[0]?.message ?? '', /invalid_request/)
  })

  test('a token that the app does not know any more counts as given back', async () => {
    app.answers.revoke = () => ({ status: 400, body: { error: 'invalid_token' } })
    const { id } = await connect()
    assert.equal((await ended(app.api, (await revoke(app.api, id)).id)).status, 'revoked')
    app.answers.revoke = () => ({ status: 200 })
  })
})

describe('a refresh that is under way', () => {
  for (const ending of ['delete', 'revoke'] as const)
    test(`during a ${ending} brings tokens that are given back as well`, async () => {
      const { id, expiresAt } = await connect()
      const usual = app.answers.token
      const asked = Promise.withResolvers<void>()
      const answer = Promise.withResolvers<void>()
      app.answers.token = async () => {
        asked.resolve()
        await answer.promise
        return { status: 200, body: tokens(0, { access_token: `late-${ending}`, refresh_token: `late-r-${ending}` }) }
      }
      app.clock.advance(new Date(expiresAt ?? 0).getTime() - app.clock.now().getTime())
      const reading = app.api.info(id)
      await asked.promise
      if (ending === 'delete') await remove(app.api, id)
      else await revoke(app.api, id)
      app.answers.token = usual
      answer.resolve()
      assert.notEqual((await reading).status, 200)
      const given = () => app.seen.revoke.map((form) => form.get('token'))
      while (![`late-${ending}`, `late-r-${ending}`].every((token) => given().includes(token)))
        await new Promise((resolve) => setTimeout(resolve, 50))
    })
})

describe('deleting', () => {
  test('answers as before and with the revocation, which outlives the account', async () => {
    const { id } = await connect()
    const { status, count, revocation } = await remove(app.api, id)
    assert.deepEqual([status, count, revocation.status], ['success', 1, 'pending'])
    assertRefused(await app.api.get(`/api/v1/connectedAccounts/${id}`), { status: 404, code: 'not_found' })
    assert.equal((await ended(app.api, revocation.id)).status, 'revoked')
    const [latest] = await history(app.api, id)
    assert.equal(latest?.type, 'connected_account.deleted')
  })

  test('many at once give back each grant once', async () => {
    const accounts = []
    for (let count = 0; count < 20; count++)
      accounts.push(await app.api.connect({ integrationId: app.integration.id, entityId: newEntity() }))
    const before = app.seen.revoke.length
    const revocations = await Promise.all(accounts.map(({ id }) => remove(app.api, id)))
    for (const { revocation } of revocations) assert.equal((await ended(app.api, revocation.id)).status, 'revoked')
    assert.equal(app.seen.revoke.length - before, 40)
  })
})

describe('deleting what accounts belong to', () => {
  async function withTwoAccounts() {
    const own = await startScriptedApp()
    const another = () => own.api.connect({ integrationId: own.integration.id })
    const accounts = [await another(), await another()]
    return {
      own,
      another,
      tokens: accounts.flatMap(({ connectionParams }) => [
        connectionParams?.refresh_token,
        connectionParams?.access_token,
      ]),
      givenBack: () => own.seen.revoke.map((form) => form.get('token')),
    }
  }

  const untilGone = async (own: Awaited<ReturnType<typeof startScriptedApp>>) => {
    const { revocations } = own.server.composition.store
    while ((await revocations.unfinished(own.project.id, own.integration.id)).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 50))
  }

  test('an integration: its grants are given back although it is gone, and so is what was ended before', async (t) => {
    const { own, another, tokens, givenBack } = await withTwoAccounts()
    t.after(() => own.close())
    own.answers.revoke = () => ({ status: 503 })
    const before = await another()
    await remove(own.api, before.id)
    while (own.seen.revoke.length < 2) await new Promise((resolve) => setTimeout(resolve, 50))
    ok(await own.api.delete(`/api/v1/integrations/${own.integration.id}`))
    ok(await own.api.delete('/api/v1/apps/scripted'))
    own.answers.revoke = () => ({ status: 200 })
    const failed = own.seen.revoke.length
    own.clock.advance(60 * 60_000)
    await untilGone(own)
    const expected = [...tokens, before.connectionParams?.refresh_token, before.connectionParams?.access_token]
    assert.deepEqual(new Set(givenBack().slice(failed)), new Set(expected))
  })

  test('a project: the same, and nothing is left once it is done', async (t) => {
    const { own, tokens, givenBack } = await withTwoAccounts()
    t.after(() => own.close())
    const operator = apiOf(own.server, own.server.adminKey)
    ok(await operator.delete(`/api/v1/projects/${own.project.id}`))
    assertRefused(await operator.get(`/api/v1/projects/${own.project.id}`), { status: 404, code: 'not_found' })
    await untilGone(own)
    assert.deepEqual(new Set(givenBack()), new Set(tokens))
    const { revocations } = own.server.composition.store
    await revocations.deleteEnded(0)
    assert.deepEqual(await revocations.dueIds(Number.MAX_SAFE_INTEGER, 10), [])
  })
})
