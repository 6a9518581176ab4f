/** The receivers in docs/webhooks.md, as they are printed, get messages that verify and messages that do not. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'
import { noPython, pythonEnvironment } from './python-environment.ts'
import { readSections } from './support/document.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = readSections(readFileSync(`${root}/docs/webhooks.md`, 'utf8'))
const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
const path = '/webhooks/holdfast'

const exampleOf = (title: string): string => {
  const [block] = page.get(title) ?? []
  assert.ok(block, `docs/webhooks.md has no example for ${title}`)
  return block.text
}

function message() {
  const body = JSON.stringify({
    type: 'connected_account.active',
    timestamp: new Date().toISOString(),
    data: { connectedAccount: { id: 'account-of-the-test' } },
  })
  const headers = {
    'content-type': 'application/json',
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', new Date(), body),
  }
  return { body, headers }
}

/** What stands in for the framework's server. */
const calls = {
  Hono: `const answer = (body, headers) => app.request('${path}', { method: 'POST', body, headers })`,
  'Next.js': `const answer = (body, headers) => POST(new Request('http://localhost${path}', { method: 'POST', body, headers }))`,
}

describe('the examples of receivers', () => {
  for (const [framework, call] of Object.entries(calls))
    test(`for ${framework} take what is signed and refuse what is not`, () => {
      const { body, headers } = message()
      const code = `${exampleOf(framework)}
        ${call}
        const { body, headers } = ${JSON.stringify({ body, headers })}
        console.log((await answer(body, headers)).status, (await answer(body + ' ', headers)).status)`
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['--conditions=holdfast-source', '--input-type=module-typescript', '--eval', code],
        { cwd: root, encoding: 'utf8', env: { ...process.env, HOLDFAST_WEBHOOK_SECRET: secret } },
      )
      assert.deepEqual(stdout.trim().split('\n'), ['connected_account.active account-of-the-test', '204 400'], stderr)
    })

  test('for Express hand over the raw body', () => {
    assert.match(
      exampleOf('Express'),
      /express\.raw\(.*verifyWebhook\(\{ body: request\.body, headers: request\.headers/s,
    )
  })

  for (const framework of ['FastAPI', 'Flask'])
    test(`for ${framework} are Python that reads`, async (t) => {
      const python = await pythonEnvironment()
      if (!python) return t.skip(noPython)
      const check =
        'import ast, sys; from holdfast import verify_webhook, WebhookVerificationError; ast.parse(sys.stdin.read())'
      const { status, stderr } = spawnSync(python, ['-c', check], { input: exampleOf(framework), encoding: 'utf8' })
      assert.equal(status, 0, stderr)
    })
})
