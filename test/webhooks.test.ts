import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Integration } from '../packages/sdk/src/types.ts'
import type { EventType } from '../packages/server/src/events.ts'
import { EventBody, webhookMessage } from '../packages/server/src/http/schemas/events.ts'
import { freePort, startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'
import { movableClock } from './support/clock.ts'
import { Person } from './support/person.ts'
import { postgresDatabase, stopPostgres, type TestDatabase } from './support/postgres.ts'
import {
  answer,
  hang,
  type Message,
  type Receiver,
  startReceiver,
  verify,
  type WebhookEvent,
} from './support/receiver.ts'
import { startProcess, temporaryFolder } from './support/server-process.ts'

const endpoints = '/api/v1/webhookEndpoints'
const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

interface Endpoint {
  id: string
  url: string
  secret: string
  enabled: boolean
  eventTypes: string[] | null
  disabledReason: { code: string } | null
  failingSince: string | null
}

interface Delivery {
  id: string
  eventId: string
  type: string
  status: 'pending' | 'delivered' | 'failed'
  attemptCount: number
  nextAttemptAt: string | null
  lastAttempt: Attempt | null
  attempts: Attempt[]
  payload: WebhookEvent
}

interface Attempt {
  number: number
  statusCode: number | null
  error: string | null
  response: string | null
}

interface Page<Item> {
  items: Item[]
  nextCursor: string
  hasMore: boolean
}

for (const kind of ['SQLite', 'PostgreSQL'] as const)
  describe(`webhooks on ${kind}`, () => {
    const clock = movableClock()
    let database: TestDatabase | undefined
    let server: TestServer
    let operator: Api

    before(async () => {
      if (kind === 'PostgreSQL') database = await postgresDatabase()
      server = await startTestServer({ clock, environment: database ? { DATABASE_URL: database.url } : {} })
      operator = apiOf(server, server.adminKey)
    })
    after(async () => {
      await server?.close()
      await database?.drop()
      if (kind === 'PostgreSQL') await stopPostgres()
    })

    /** By the clock of this server. */
    const verified = (secret: string, message: Pick<Message, 'body' | 'headers'>) =>
      verify(secret, message, clock.now())

    /** A project of its own, so that tests do not hear each other. */
    async function project(t: { after: (end: () => Promise<void>) => void }) {
      const made = ok(await operator.post<{ id: string; apiKey: string }>('/api/v1/projects', { name: 'Own' }))
      const api = apiOf(server, made.apiKey)
      const receiver = await startReceiver()
      t.after(() => receiver.close())
      return {
        api,
        receiver,
        listen: async (body: object = {}, at: Receiver = receiver) =>
          ok(await api.post<Endpoint>(endpoints, { url: at.url, ...body })),
      }
    }

    test('a message verifies with the library of the standard, and what was changed does not', async (t) => {
      const { api, receiver, listen } = await project(t)
      const { secret } = await listen()
      assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
      const account = await connectByKey(api)
      const message = await receiver.message()
      assert.deepEqual(verified(secret, message), message.event)
      assert.match(message.id, /^msg_[0-9a-f]{32}$/)
      assert.throws(() => verified(secret, { ...message, body: message.body.replace('ACTIVE', 'FAILED') }))
      assert.throws(() => verified(secret, { ...message, headers: { ...message.headers, 'webhook-id': 'msg_other' } }))
      assert.throws(() => verified(`whsec_${'A'.repeat(43)}=`, message))

      const { type, data } = webhookMessage('connected_account.active').strict().parse(message.event)
      assert.equal(type, 'connected_account.active')
      assert.equal(data.connectedAccount.id, account.id)
      assert.deepEqual([data.previousStatus, data.status, data.app, data.sequence], [null, 'ACTIVE', 'linear', 1])
    })

    test('every change of an account is told, with a sequence that restores the order', async (t) => {
      const { api, receiver, listen } = await project(t)
      await listen()
      const entityId = newEntity()
      const { id } = await api.connect({ app: 'jira', entityId })
      await api.post(`/api/v1/connectedAccounts/${id}/disable`)
      await api.post(`/api/v1/connectedAccounts/${id}/enable`)
      await api.script(id, { expireNow: true, revoke: true })
      await api.info(id)
      const again = ok(await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${id}/reinitiate`))
      await new Person().connect(again.redirectUrl)
      await api.delete(`/api/v1/connectedAccounts/${id}`)
      const deleted = await receiver.message(({ event }) => event.type === 'connected_account.deleted')
      await receiver.count(deleted.event.data.sequence)
      const events = receiver.messages.map(({ event }) => event).sort((a, b) => a.data.sequence - b.data.sequence)
      assert.deepEqual(
        events.map(({ data }) => data.sequence),
        events.map((_, index) => index + 1),
      )
      const names = events.map(({ type }) => type.replace('connected_account.', ''))
      const told = ['initiated', 'active', 'disabled', 'enabled', 'expired', 'initiated', 'reactivated', 'deleted']
      assert.deepEqual(
        names.filter((name) => told.includes(name)),
        told,
      )
      for (const event of events) {
        webhookMessage(event.type as EventType)
          .strict()
          .parse(event)
        assert.equal(event.data.entityId, entityId)
        assert.equal(event.data.connectedAccount.id, id)
      }
      assert.equal(events.find(({ type }) => type.endsWith('expired'))?.data.statusReason?.code, 'grant_revoked')
    })

    test('a refresh is told to those who ask for it, and a refused OAuth client to all', async (t) => {
      const { api, receiver, listen } = await project(t)
      const refreshes = await startReceiver()
      t.after(() => refreshes.close())
      await listen()
      await listen({ eventTypes: ['connected_account.credentials_refreshed'] }, refreshes)
      const { id } = await api.connect({ app: 'jira' })
      const { integrationId } = await api.account(id)
      await api.script(id, {
        expireNow: true,
        failNextTokenCalls: { times: 1, status: 401, body: '{"error":"invalid_client"}' },
      })
      await api.info(id)
      const refused = await receiver.message(({ event }) => event.type === 'integration.client_rejected')
      assert.deepEqual(
        [refused.event.data.integrationId, refused.event.data.connectedAccount.id, refused.event.data.status],
        [integrationId, id, 'ACTIVE'],
      )
      clock.advance(10 * minute)
      ok(await api.info(id))
      await receiver.message(({ event }) => event.type === 'integration.client_accepted')
      const { event } = await refreshes.message()
      assert.deepEqual([event.type, event.data.connectedAccount.id], ['connected_account.credentials_refreshed', id])
      assert.ok(receiver.messages.every((message) => message.event.type !== event.type))
    })

    test('the accounts of a deleted integration are told of', async (t) => {
      const { api, receiver, listen } = await project(t)
      await listen({ eventTypes: ['connected_account.deleted'] })
      const { id: integrationId } = ok(
        await api.post<Integration>('/api/v1/integrations', { app: 'linear', authScheme: 'API_KEY' }),
      )
      const ids: string[] = []
      for (let count = 0; count < 3; count++) {
        const data = { api_key: 'lin_api_0123456789' }
        ids.push((await api.initiate({ integrationId, data })).connectedAccountId)
      }
      ok(await api.delete(`/api/v1/integrations/${integrationId}`))
      await receiver.count(3)
      assert.deepEqual(receiver.messages.map(({ event }) => event.data.connectedAccount.id).sort(), ids.sort())
    })

    test('an endpoint gets the types it names and no others; frequent ones only when named', async (t) => {
      const { api, receiver, listen } = await project(t)
      await listen({ eventTypes: ['connected_account.disabled'] })
      const { id } = await connectByKey(api)
      await api.post(`/api/v1/connectedAccounts/${id}/disable`)
      await api.post(`/api/v1/connectedAccounts/${id}/enable`)
      await api.post(`/api/v1/connectedAccounts/${id}/disable`)
      await receiver.count(2)
      assert.ok(receiver.messages.every(({ event }) => event.type === 'connected_account.disabled'))
      const { items } = ok(await api.get<{ items: { type: string; sentByDefault: boolean }[] }>('/api/v1/events/types'))
      assert.deepEqual(
        items.filter(({ sentByDefault }) => !sentByDefault).map(({ type }) => type),
        ['connected_account.credentials_refreshed'],
      )
    })

    test('a receiver of the first generation gets the two messages it knows', async (t) => {
      const { api, receiver } = await project(t)
      const set = await api.post<{ status: string; secret: string; endpoint: Endpoint }>(
        '/api/v1/event_logs/set/webhook',
        { eventWebhookURL: receiver.url },
      )
      const { status, secret, endpoint } = ok(set)
      assert.equal(status, 'success')
      const { id } = await api.connect({ app: 'gmail' })
      const integration = await api.defaultIntegration('gmail')
      await api.post(`/api/v1/connectedAccounts/${id}/disable`)
      await receiver.count(2)
      const [start, completed] = receiver.messages
        .map((message) => verified(secret, message) as WebhookEvent)
        .sort((a, b) => a.type.localeCompare(b.type))
        .reverse()
      const data = {
        app_name: 'gmail',
        integration_name: integration.name,
        integration_id: integration.id,
        connected_account_id: id,
        body: {},
      }
      assert.deepEqual(start, { type: 'connected_account.add.start', timestamp: start?.timestamp, data })
      assert.deepEqual(completed, { type: 'connected_account.add.completed', timestamp: completed?.timestamp, data })
      const moved = await startReceiver()
      t.after(() => moved.close())
      const changed = ok(
        await api.post<{ endpoint: Endpoint; secret?: string }>('/api/v1/event_logs/set/webhook', {
          eventWebhookURL: moved.url,
        }),
      )
      assert.deepEqual([changed.endpoint.id, changed.endpoint.url, changed.secret], [endpoint.id, moved.url, undefined])
    })

    test('a failing receiver is tried ten times over three days, always under the same id', async (t) => {
      const { api, receiver, listen } = await project(t)
      receiver.reply = answer(500, {}, 'no\u0000\u001b[31m')
      const { id, secret } = await listen()
      await connectByKey(api)
      const waits = [5 * second, 5 * minute, 30 * minute, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour)]
      for (const [attempts, wait] of waits.entries()) {
        const delivery = await settled(api, id, ({ attemptCount }) => attemptCount === attempts + 1)
        assert.equal(delivery.status, 'pending')
        const due = Date.parse(delivery.nextAttemptAt ?? '') - clock.now().getTime()
        assert.ok(due > wait * 0.85 && due < wait * 1.15, `attempt ${attempts + 1}: due in ${due} ms, about ${wait}`)
        clock.advance(due + 1)
      }
      const failed = await settled(api, id, ({ status }) => status === 'failed')
      assert.deepEqual([failed.attemptCount, failed.nextAttemptAt], [10, null])
      assert.equal(failed.lastAttempt?.statusCode, 500)
      assert.equal(failed.lastAttempt?.response, 'no\\u0000\\u001b[31m')
      assert.equal(new Set(receiver.messages.map((message) => message.id)).size, 1)
      assert.equal(new Set(receiver.messages.map(({ headers }) => headers['webhook-timestamp'])).size, 10)
      assert.throws(() => verified(secret, receiver.messages[0] as never), /too old/)

      receiver.reply = answer(204)
      ok(await api.post(`/api/v1/deliveries/${failed.id}/attempts`))
      const resent = await settled(api, id, ({ status }) => status === 'delivered')
      assert.equal(resent.attemptCount, 11)
      const detail = ok(await api.get<Delivery>(`/api/v1/deliveries/${failed.id}`))
      assert.deepEqual(
        detail.attempts.map(({ number }) => number),
        Array.from({ length: 11 }, (_, index) => index + 1),
      )
      assert.deepEqual(detail.payload, receiver.messages.at(-1)?.event)
    })

    test('a redirect is a failure and leads nowhere', async (t) => {
      const { api, receiver, listen } = await project(t)
      const elsewhere = await startReceiver()
      t.after(() => elsewhere.close())
      receiver.reply = answer(307, { location: elsewhere.url })
      const { id } = await listen()
      await connectByKey(api)
      const delivery = await settled(api, id, ({ attemptCount }) => attemptCount === 1)
      assert.equal(delivery.lastAttempt?.statusCode, 307)
      assert.match(delivery.lastAttempt?.error ?? '', /not followed/)
      assert.equal(elsewhere.messages.length, 0)
    })

    test('of an endless answer the beginning is kept, and its status counts', async (t) => {
      const { api, receiver, listen } = await project(t)
      receiver.reply = (response) => {
        response.writeHead(200)
        const part = Buffer.alloc(1024 * 1024, 'x')
        const pour = () => {
          while (!response.destroyed && response.write(part));
          if (!response.destroyed) response.once('drain', pour)
        }
        pour()
      }
      const { id } = await listen()
      await connectByKey(api)
      const delivery = await settled(api, id, ({ attemptCount }) => attemptCount === 1)
      assert.deepEqual([delivery.status, delivery.lastAttempt?.response?.length], ['delivered', 16 * 1024])
    })

    test('Retry-After asks for more patience than the schedule, within reason', async (t) => {
      const { api, receiver, listen } = await project(t)
      receiver.reply = answer(429, { 'retry-after': '600' })
      const { id } = await listen()
      await connectByKey(api)
      const asked = await settled(api, id, ({ attemptCount }) => attemptCount === 1)
      const wait = Date.parse(asked.nextAttemptAt ?? '') - clock.now().getTime()
      assert.ok(wait > 590 * second && wait <= 600 * second, String(wait))
      receiver.reply = answer(503, { 'retry-after': '99999999' })
      clock.advance(wait + 1)
      const longer = await settled(api, id, ({ attemptCount }) => attemptCount === 2)
      assert.ok(Date.parse(longer.nextAttemptAt ?? '') - clock.now().getTime() <= day)
    })

    test('a replay of what failed does not leave out what waits for its next attempt', async (t) => {
      const { api, receiver, listen } = await project(t)
      receiver.reply = answer(500)
      const { id } = await listen()
      const since = clock.now()
      await connectByKey(api)
      await settled(api, id, ({ status, attemptCount }) => status === 'pending' && attemptCount === 1)

      receiver.reply = answer(200)
      const range = { since: since.toISOString(), onlyFailed: true }
      assert.deepEqual(ok(await api.post(`${endpoints}/${id}/replays`, range)), { queued: 1 })
      await settled(api, id, ({ status, attemptCount }) => status === 'delivered' && attemptCount === 2)
      assert.deepEqual(ok(await api.post(`${endpoints}/${id}/replays`, range)), { queued: 0 })
    })

    test('410 disables the endpoint; once enabled, a replay brings what it missed', async (t) => {
      const { api, receiver, listen } = await project(t)
      receiver.reply = answer(410)
      const { id } = await listen()
      const since = clock.now()
      const { id: account } = await connectByKey(api)
      const gone = await settled(api, id, ({ status }) => status === 'failed')
      assert.equal(gone.attemptCount, 1)
      const disabled = ok(await api.get<Endpoint>(`${endpoints}/${id}`))
      assert.deepEqual([disabled.enabled, disabled.disabledReason?.code], [false, 'gone'])
      await api.post(`/api/v1/connectedAccounts/${account}/disable`)
      assert.equal((await deliveries(api, id)).length, 1)
      assertRefused(await api.post(`/api/v1/deliveries/${gone.id}/attempts`), { status: 400, code: 'conflict' })
      assertRefused(await api.post(`${endpoints}/${id}/testEvents`), { status: 400, code: 'conflict' })

      receiver.reply = answer(200)
      const enabled = ok(await api.patch<Endpoint>(`${endpoints}/${id}`, { enabled: true }))
      assert.deepEqual([enabled.enabled, enabled.disabledReason, enabled.failingSince], [true, null, null])
      const range = { since: since.toISOString(), onlyFailed: true }
      assert.deepEqual(ok(await api.post(`${endpoints}/${id}/replays`, range)), { queued: 2 })
      await receiver.count(3)
      const types = receiver.messages.map(({ event }) => event.type)
      assert.deepEqual(types.sort(), [
        'connected_account.active',
        'connected_account.active',
        'connected_account.disabled',
      ])
      assert.equal(receiver.messages.filter((message) => message.id === gone.id).length, 2)
      await settled(api, id, () => true, 'delivered', 2)
      assert.deepEqual(ok(await api.post(`${endpoints}/${id}/replays`, range)), { queued: 0 })
      assert.deepEqual(ok(await api.post(`${endpoints}/${id}/replays`, { since: range.since })), { queued: 2 })
      await receiver.count(5)
    })

    test('an endpoint that takes nothing for five days is disabled', async (t) => {
      const { api, receiver, listen } = await project(t)
      receiver.reply = answer(500)
      const { id } = await listen()
      const { id: account } = await connectByKey(api)
      const first = await settled(api, id, ({ attemptCount }) => attemptCount === 1)
      assert.ok(ok(await api.get<Endpoint>(`${endpoints}/${id}`)).failingSince)
      clock.advance(5 * day - minute)
      await settled(api, id, (delivery) => delivery.id === first.id && delivery.attemptCount === 2)
      assert.equal(ok(await api.get<Endpoint>(`${endpoints}/${id}`)).enabled, true)
      clock.advance(2 * minute)
      await api.post(`/api/v1/connectedAccounts/${account}/disable`)
      await settled(api, id, ({ type, attemptCount }) => type.endsWith('disabled') && attemptCount === 1)
      const endpoint = ok(await api.get<Endpoint>(`${endpoints}/${id}`))
      assert.deepEqual([endpoint.enabled, endpoint.disabledReason?.code], [false, 'failing'])
    })

    test('one that hangs delays no other, and ends after fifteen seconds', async (t) => {
      const { api, receiver, listen } = await project(t)
      const stuck = await startReceiver(hang)
      t.after(() => stuck.close())
      const hanging = await listen({}, stuck)
      await listen()
      const begun = performance.now()
      const accounts = await Promise.all(Array.from({ length: 40 }, () => connectByKey(api)))
      await receiver.count(40)
      assert.ok(performance.now() - begun < 10 * second)
      assert.equal(stuck.messages.length, 16)
      assert.equal(accounts.length, 40)
      const given = await settled(api, hanging.id, ({ attemptCount }) => attemptCount === 1, undefined, 1, 30 * second)
      assert.equal(given.lastAttempt?.error, 'No complete answer within 15 s.')
    })

    test('while a rotation overlaps both secrets verify, and a day later only the new one', async (t) => {
      const { api, receiver, listen } = await project(t)
      const { id, secret: old } = await listen()
      const { secret: fresh } = ok(await api.post<Endpoint>(`${endpoints}/${id}/secret/rotations`))
      assert.notEqual(fresh, old)
      assert.deepEqual(ok(await api.get(`${endpoints}/${id}/secret`)), { secret: fresh })
      await connectByKey(api)
      const message = await receiver.message()
      assert.match(String(message.headers['webhook-signature']), /^v1,\S{44} v1,\S{44}$/)
      for (const secret of [old, fresh]) verified(secret, message)
      clock.advance(day + minute)
      ok(await api.post(`${endpoints}/${id}/testEvents`))
      await receiver.count(2)
      const later = receiver.messages[1]
      assert.ok(later)
      assert.match(String(later.headers['webhook-signature']), /^v1,\S{44}$/)
    })

    test('a test event looks like a real one of its type', async (t) => {
      const { api, receiver, listen } = await project(t)
      const { id, secret } = await listen({ eventTypes: ['connected_account.active'] })
      const { items } = ok(await api.get<{ items: { type: EventType }[] }>('/api/v1/events/types'))
      for (const { type } of items) {
        const { id: sent } = ok(await api.post<Delivery>(`${endpoints}/${id}/testEvents`, { type }))
        const message = await receiver.message((candidate) => candidate.id === sent)
        assert.equal(webhookMessage(type).strict().parse(message.event).data.test, true)
      }
      assert.ok(secret)
      assertRefused(await api.post(`${endpoints}/${id}/testEvents`, { type: 'no.such' }), {
        status: 400,
        code: 'validation_failed',
        field: 'type',
      })
    })

    test('a thousand events arrive, each once, though one attempt in ten fails', async (t) => {
      const { api, receiver, listen } = await project(t)
      let received = 0
      receiver.reply = (response) => void response.writeHead(++received % 10 === 0 ? 500 : 200).end()
      const { id } = await listen()
      const accounts = await Promise.all(Array.from({ length: 20 }, () => connectByKey(api)))
      await Promise.all(
        accounts.map(async (account) => {
          for (let change = 0; change < 49; change++)
            ok(await api.post(`/api/v1/connectedAccounts/${account.id}/${change % 2 ? 'enable' : 'disable'}`))
        }),
      )
      receiver.reply = answer(200)
      // What failed waits by the schedule: five seconds, then five minutes.
      while ((await deliveries(api, id, 'status=pending')).length > 0) {
        clock.advance(20 * second)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      assert.equal(new Set(receiver.messages.map((message) => message.id)).size, 1000)
      const sequences = Map.groupBy(receiver.messages, ({ event }) => event.data.connectedAccount.id)
      assert.equal(sequences.size, 20)
      for (const messages of sequences.values())
        assert.deepEqual(
          [...new Set(messages.map(({ event }) => event.data.sequence))].sort((a, b) => a - b),
          Array.from({ length: 50 }, (_, index) => index + 1),
        )
    })

    test('an account too long for a message is told in short', async (t) => {
      const { api, receiver, listen } = await project(t)
      await listen()
      const scopes = Array.from({ length: 200 }, (_, index) => `${index}-`.padEnd(300, 's'))
      const labels = Array.from({ length: 50 }, (_, index) => `${index}-`.padEnd(100, '"'))
      const { connectedAccountId } = await api.initiate({ app: 'gmail', scopes, labels })
      const { event } = await receiver.message()
      webhookMessage('connected_account.initiated').strict().parse(event)
      assert.deepEqual(
        [event.data.connectedAccount.id, event.data.connectedAccount.truncated, event.data.connectedAccount.labels],
        [connectedAccountId, true, []],
      )
    })

    test('no credential and no secret is in a message, a list or a delivery', async (t) => {
      const { api, receiver, listen } = await project(t)
      const { id, secret } = await listen({ eventTypes: null })
      ok(await api.post(endpoints, { url: receiver.url, eventTypes: ['connected_account.credentials_refreshed'] }))
      const key = 'key-that-nobody-may-see'
      await api.initiate({ app: 'linear', data: { api_key: key } })
      const { id: account } = await api.connect({ app: 'jira' })
      const { connectionParams } = await api.account(account)
      await api.script(account, { expireNow: true })
      ok(await api.info(account))
      await api.delete(`/api/v1/connectedAccounts/${account}`)
      await receiver.message(({ event }) => event.type === 'connected_account.deleted')
      const first = (await deliveries(api, id)).at(-1)
      const seen = JSON.stringify([
        receiver.messages,
        ok(await api.get(endpoints)),
        ok(await api.get(`${endpoints}/${id}`)),
        ok(await api.get(`${endpoints}/${id}/deliveries`)),
        ok(await api.get(`/api/v1/deliveries/${first?.id}`)),
        ok(await api.get('/api/v1/events?limit=1000')),
      ])
      const values = { ...connectionParams } as Record<string, unknown>
      for (const hidden of [key, secret, values.access_token, values.refresh_token]) {
        assert.equal(typeof hidden, 'string')
        assert.ok(!seen.includes(String(hidden)))
      }
    })

    test('what was set wrong is refused with the reason', async (t) => {
      const { api, receiver, listen } = await project(t)
      const bad: [unknown, RegExp][] = [
        ['http://example.com/hook', /https/],
        ['ftp://example.com/hook', /https/],
        ['https://user:secret@example.com/hook', /user name/],
        ['https://10.1.2.3/hook', /not public/],
        ['https://[::ffff:10.1.2.3]/hook', /not public/],
        ['https://169.254.169.254/latest', /not public/],
        ['http://0.0.0.0:9/hook', /https/],
        ['https://example.com/hook#part', /fragment/],
        ['/hook', /not a URL/],
        ['', /not a URL/],
        [`https://example.com/${'x'.repeat(2000)}`, /longer/],
        [7, /must be a string|is required/],
        [undefined, /must be a string|is required/],
      ]
      for (const [url, reason] of bad) {
        const { errors } = assertRefused(await api.post(endpoints, { url }), {
          status: 400,
          code: 'validation_failed',
          field: 'url',
        })
        assert.match(errors[0]?.message ?? '', reason, String(url))
      }
      for (const eventTypes of [['connected_account.actve'], [], ['*']])
        assertRefused(await api.post(endpoints, { url: receiver.url, eventTypes }), {
          status: 400,
          code: 'validation_failed',
          field: 'eventTypes',
        })
      assertRefused(
        await api.post(endpoints, { url: receiver.url, format: 'v1', eventTypes: ['connected_account.deleted'] }),
        {
          status: 400,
          code: 'validation_failed',
          field: 'eventTypes',
        },
      )
      assertRefused(await api.post(endpoints, { url: receiver.url, events: [] }), {
        status: 400,
        code: 'validation_failed',
        field: 'events',
      })
      const { id } = await listen()
      assertRefused(await api.patch(`${endpoints}/${id}`, { url: 'https://127.0.0.2.nip' + '.invalid:0x' }), {
        status: 400,
        code: 'validation_failed',
        field: 'url',
      })
      for (const filter of ['status=lost', 'type=x', 'limit=0', 'limit=501', 'state=failed'])
        assertRefused(await api.get(`${endpoints}/${id}/deliveries?${filter}`), {
          status: 400,
          code: 'validation_failed',
          field: filter.split('=')[0] as string,
        })
      for (const filter of ['cursor=abc', 'types=x', 'limit=1001'])
        assertRefused(await api.get(`/api/v1/events?${filter}`), {
          status: 400,
          code: 'validation_failed',
          field: filter.split('=')[0] as string,
        })
      assertRefused(await api.post(`${endpoints}/${id}/replays`, { since: 'yesterday' }), {
        status: 400,
        code: 'validation_failed',
        field: 'since',
      })
      for (let more = 1; more < 20; more++) await listen()
      assertRefused(await api.post(endpoints, { url: receiver.url }), { status: 400, code: 'conflict' })
    })

    test("another project's endpoints and deliveries look like nothing", async (t) => {
      const { api, receiver, listen } = await project(t)
      const { id } = await listen()
      await connectByKey(api)
      const { id: delivery } = await receiver.message()
      const { api: stranger } = await project(t)
      const paths: [method: 'get' | 'post' | 'delete', path: string, body?: object][] = [
        ['get', `${endpoints}/${id}`],
        ['delete', `${endpoints}/${id}`],
        ['get', `${endpoints}/${id}/secret`],
        ['post', `${endpoints}/${id}/secret/rotations`],
        ['post', `${endpoints}/${id}/testEvents`],
        ['get', `${endpoints}/${id}/deliveries`],
        ['post', `${endpoints}/${id}/replays`, { since: new Date(0).toISOString() }],
        ['get', `/api/v1/deliveries/${delivery}`],
        ['post', `/api/v1/deliveries/${delivery}/attempts`],
      ]
      for (const [method, path, body] of paths)
        assertRefused(await stranger[method](path, body), { status: 404, code: 'not_found' })
      assert.deepEqual(ok(await stranger.get<Page<unknown>>('/api/v1/events')).items, [])
      assert.deepEqual(ok(await api.delete(`${endpoints}/${id}`)), { status: 'success', count: 1 })
      assertRefused(await api.get(`/api/v1/deliveries/${delivery}`), { status: 404, code: 'not_found' })
    })

    test('deliveries are listed newest first, page by page, by status and type', async (t) => {
      const { api, receiver, listen } = await project(t)
      const { id } = await listen()
      const { id: account } = await connectByKey(api)
      for (let change = 0; change < 8; change++)
        ok(await api.post(`/api/v1/connectedAccounts/${account}/${change % 2 ? 'enable' : 'disable'}`))
      await receiver.count(9)
      await settled(api, id, () => true, 'delivered', 9)
      const whole = await deliveries(api, id)
      const pages: Delivery[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: Page<Delivery> = ok(
          await api.get(`${endpoints}/${id}/deliveries?limit=4${cursor && `&cursor=${cursor}`}`),
        )
        pages.push(...page.items)
        cursor = page.nextCursor
      }
      assert.deepEqual(pages, whole)
      assert.deepEqual(
        whole.map((delivery) => delivery.id),
        whole
          .map((delivery) => delivery.id)
          .sort()
          .reverse(),
      )
      assert.equal((await deliveries(api, id, 'type=connected_account.enabled')).length, 4)
      assert.equal((await deliveries(api, id, 'status=failed')).length, 0)
    })

    test('the feed has every event once, from any cursor, and from now on', async (t) => {
      const { api } = await project(t)
      const { id } = await connectByKey(api)
      for (let change = 0; change < 24; change++)
        ok(await api.post(`/api/v1/connectedAccounts/${id}/${change % 2 ? 'enable' : 'disable'}`))
      const read = async (query = '', cursor = '0') => {
        const events: (WebhookEvent & { id: string })[] = []
        for (;;) {
          const page = ok(await api.get<Page<WebhookEvent & { id: string }>>(`/api/v1/events?cursor=${cursor}${query}`))
          events.push(...page.items)
          cursor = page.nextCursor
          if (!page.hasMore) return { events, cursor }
        }
      }
      const { events, cursor } = await read('&limit=7')
      assert.deepEqual(
        events.map(({ data }) => data.sequence),
        Array.from({ length: 25 }, (_, index) => index + 1),
      )
      for (const event of events) EventBody.strict().parse(event)
      const filtered = await read('&limit=5&types=connected_account.enabled')
      assert.deepEqual([filtered.events.length, filtered.cursor], [12, cursor])
      const latest = ok(await api.get<Page<unknown>>('/api/v1/events?cursor=latest'))
      assert.deepEqual(latest, { items: [], nextCursor: cursor, hasMore: false })
      ok(await api.post(`/api/v1/connectedAccounts/${id}/enable`))
      ok(await api.post(`/api/v1/connectedAccounts/${id}/disable`))
      assert.deepEqual(
        (await read('', latest.nextCursor)).events.map(({ type }) => type),
        ['connected_account.disabled'],
      )
    })
  })

test('a server killed with a message on its way sends it again under the same id', async (t) => {
  const { folder, remove } = await temporaryFolder()
  const receiver = await startReceiver(hang)
  t.after(() => receiver.close())
  const killed = await startProcess({ HOLDFAST_DATA_DIR: folder })
  const api = apiOf(killed)
  const { secret } = ok(await api.post<Endpoint>(endpoints, { url: receiver.url }))
  const { id } = await connectByKey(api)
  const { id: message } = await receiver.message()
  killed.kill('SIGKILL')
  await killed.ended

  receiver.reply = answer(200)
  const clock = movableClock()
  clock.advance(minute)
  const server = await startTestServer({ dataDir: folder, clock, environment: { HOLDFAST_API_KEY: killed.apiKey } })
  t.after(async () => {
    await server.close()
    await remove()
  })
  await receiver.count(2)
  assert.deepEqual(
    receiver.messages.map((received) => [received.id, received.event.data.connectedAccount.id]),
    [
      [message, id],
      [message, id],
    ],
  )
  assert.ok(secret)
})

test('the log tells the operator of a disabled endpoint, and neither its secret nor its URL', async (t) => {
  const { folder, remove } = await temporaryFolder()
  const receiver = await startReceiver(answer(410))
  const server = await startProcess({ HOLDFAST_DATA_DIR: folder, LOG_LEVEL: 'trace' })
  t.after(async () => {
    server.kill('SIGKILL')
    await Promise.all([server.ended, receiver.close()])
    await remove()
  })
  const api = apiOf(server)
  const { id, secret } = ok(await api.post<Endpoint>(endpoints, { url: `${receiver.url}?token=of-the-receiver` }))
  await api.get(`${endpoints}/${id}/secret`)
  const { secret: rotated } = ok(await api.post<Endpoint>(`${endpoints}/${id}/secret/rotations`))
  await connectByKey(api)
  await settled(api, id, ({ status }) => status === 'failed')
  server.kill('SIGTERM')
  await server.ended
  const line = server
    .printed()
    .split('\n')
    .find((text) => text.includes('a webhook endpoint was disabled'))
  assert.deepEqual([JSON.parse(line ?? '{}').endpointId, JSON.parse(line ?? '{}').reason], [id, 'gone'])
  for (const hidden of [secret, rotated, 'of-the-receiver']) assert.ok(!server.printed().includes(hidden))
})

test('an event whose server was killed before it could send anything is sent by the next one', async (t) => {
  const { folder, remove } = await temporaryFolder()
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const silent = await startTestServer({ dataDir: folder, loops: false })
  const api = apiOf(silent)
  const { secret } = ok(await api.post<Endpoint>(endpoints, { url: receiver.url }))
  const { id } = await connectByKey(api)
  await silent.close()
  assert.equal(receiver.messages.length, 0)
  const server = await startTestServer({ dataDir: folder })
  t.after(async () => {
    await server.close()
    await remove()
  })
  const message = await receiver.message()
  verify(secret, message)
  assert.equal(message.event.data.connectedAccount.id, id)
})

test('two processes on one database send each message once, whichever recorded the event', async (t) => {
  const database = await postgresDatabase()
  const receiver = await startReceiver()
  const environment = { DATABASE_URL: database.url }
  const first = await startTestServer({ environment })
  const second = await startTestServer({
    environment: { ...environment, HOLDFAST_MASTER_KEYS_FILE: `${first.dataDir}/master-keys` },
  })
  t.after(async () => {
    await Promise.all([first.close(), second.close(), receiver.close()])
    await database.drop()
    await stopPostgres()
  })
  const apis = [apiOf(first), apiOf(second)] as const
  const { id } = ok(await apis[0].post<Endpoint>(endpoints, { url: receiver.url }))
  await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const api = apis[index % 2] as Api
      const account = await connectByKey(api)
      for (let change = 0; change < 19; change++)
        ok(await api.post(`/api/v1/connectedAccounts/${account.id}/${change % 2 ? 'enable' : 'disable'}`))
    }),
  )
  await receiver.count(200)
  await settled(apis[0], id, () => true, 'delivered', 200)
  assert.equal(receiver.messages.length, 200)
  assert.equal(new Set(receiver.messages.map((message) => message.id)).size, 200)
})

test('where others reach the server, no receiver may be on its machine', async (t) => {
  const receiver = await startReceiver()
  const PORT = String(await freePort())
  const server = await startTestServer({ environment: { PORT, HOLDFAST_BASE_URL: 'https://connect.example.com' } })
  t.after(() => Promise.all([server.close(), receiver.close()]))
  const local = { ...server, url: `http://127.0.0.1:${PORT}` }
  for (const url of [receiver.url, 'http://localhost:9/hook', 'https://localhost/hook', 'https://127.0.0.1/hook'])
    assertRefused(await apiOf(local).post(endpoints, { url }), { status: 400, code: 'validation_failed', field: 'url' })
})

async function connectByKey(api: Api): Promise<{ id: string }> {
  integrations.set(api, integrations.get(api) ?? linearByKey(api))
  const integrationId = await integrations.get(api)
  const { connectedAccountId: id } = await api.initiate({ integrationId, data: { api_key: 'lin_api_0123456789' } })
  return { id }
}

const integrations = new Map<Api, Promise<string>>()

async function linearByKey(api: Api): Promise<string> {
  const { items } = ok(
    await api.get<{ items: Integration[] }>('/api/v1/integrations?appName=linear&authScheme=API_KEY'),
  )
  assert.ok(items[0])
  return items[0].id
}

async function deliveries(api: Api, endpointId: string, query = ''): Promise<Delivery[]> {
  return ok(await api.get<Page<Delivery>>(`${endpoints}/${endpointId}/deliveries?limit=500&${query}`)).items
}

/** Looks again until `least` deliveries of the endpoint are as wanted. @returns The newest of them. */
async function settled(
  api: Api,
  endpointId: string,
  wanted: (delivery: Delivery) => boolean,
  status?: Delivery['status'],
  least = 1,
  timeoutMs = 10 * second,
): Promise<Delivery> {
  const until = performance.now() + timeoutMs
  for (;;) {
    const found = (await deliveries(api, endpointId, status ? `status=${status}` : '')).filter(wanted)
    if (found[0] && found.length >= least) return found[0]
    assert.ok(
      performance.now() < until,
      `the delivery did not become as wanted: ${JSON.stringify(await deliveries(api, endpointId))}`,
    )
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
