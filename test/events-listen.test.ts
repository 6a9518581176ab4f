import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '../packages/server/src/clock.ts'
import { eventsCommand } from '../packages/server/src/events-command.ts'
import { startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, ok } from './support/api.ts'
import { answer, startReceiver, verify } from './support/receiver.ts'

const server = await startTestServer()
after(() => server.close())
const api = apiOf(server)
const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

/** Runs until the test ends it. */
function listen(args: string[], environment: Record<string, string> = {}) {
  const stopping = new AbortController()
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const code = eventsCommand(args, {
    environment: { HOLDFAST_BASE_URL: server.url, HOLDFAST_API_KEY: server.apiKey, ...environment },
    fetch,
    clock: systemClock,
    print: (line) => {
      lines.push(line)
      for (const look of waiting) look()
    },
    stopping: stopping.signal,
  })
  return {
    lines,
    line: (words: RegExp) =>
      new Promise<string>((resolve) => {
        const look = () => {
          const found = lines.find((line) => words.test(line))
          if (found) resolve(found)
        }
        waiting.add(look)
        look()
      }),
    stop: () => {
      stopping.abort()
      return code
    },
    code,
  }
}

test('events from now on go to the local receiver, signed', async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  await api.connect({ app: 'gmail' })
  const from = ok(await api.get<{ nextCursor: string }>('/api/v1/events?cursor=latest')).nextCursor
  const run = listen(['listen', '--forward', receiver.url, '--from', from], { HOLDFAST_WEBHOOK_SECRET: secret })
  await run.line(/signed with whsec_/)
  const { id } = await api.connect({ app: 'jira' })
  const message = await receiver.message(({ event }) => event.type === 'connected_account.active')
  verify(secret, message)
  assert.equal(message.event.data.connectedAccount.id, id)
  await run.line(new RegExp(`connected_account.active  ${id}  → 200`))
  assert.ok(receiver.messages.every(({ event }) => event.data.connectedAccount.id === id))
  receiver.reply = answer(500)
  ok(await api.post(`/api/v1/connectedAccounts/${id}/disable`))
  await run.line(/connected_account.disabled .* → 500/)
  assert.equal(await run.stop(), 0)
})

test('it starts at the end of the feed, and can begin anywhere with the types that are asked for', async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const { id } = await api.connect({ app: 'gmail' })
  ok(await api.post(`/api/v1/connectedAccounts/${id}/disable`))
  const late = listen(['listen', '--forward', 'http://127.0.0.1:9/'])
  const all = listen(['listen', '--forward', receiver.url, '--from', '0', '--types', 'connected_account.disabled'])
  await receiver.message(({ event }) => event.data.connectedAccount.id === id)
  assert.ok(receiver.messages.every(({ event }) => event.type === 'connected_account.disabled'))
  assert.equal(late.lines.length, 1)
  await Promise.all([late.stop(), all.stop()])
})

test('what is wrong is said, and ends it', async () => {
  const cases: [string[], Record<string, string>, RegExp, number][] = [
    [[], {}, /Usage/, 2],
    [['help'], {}, /Usage/, 0],
    [['listen'], {}, /--forward needs/, 2],
    [['listen', '--forward', 'localhost:3000'], {}, /--forward needs/, 2],
    [['listen', '--to', 'x'], {}, /--to/, 2],
    [['listen', '--forward', 'http://127.0.0.1:9/'], { HOLDFAST_API_KEY: '' }, /Set HOLDFAST_API_KEY/, 2],
    [['listen', '--forward', 'http://127.0.0.1:9/'], { HOLDFAST_API_KEY: 'wrong-key' }, /API key is not valid/, 1],
    [['listen', '--forward', 'http://127.0.0.1:9/', '--types', 'x'], {}, /not an event type/, 1],
  ]
  for (const [args, environment, words, expected] of cases) {
    const run = listen(args, environment)
    await run.line(words)
    assert.equal(await run.code, expected)
    assert.ok(!run.lines.join().includes(server.apiKey))
  }
})

test('a server that is away is waited for', async () => {
  const run = listen(['listen', '--forward', 'http://127.0.0.1:9/'], { HOLDFAST_BASE_URL: 'http://127.0.0.1:9' })
  await run.line(/does not answer \(.+\)\. Trying again\./)
  assert.equal(await run.stop(), 0)
})
