import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { hooksOf } from './hooks.ts'
import { loadCatalog } from './load.ts'

test('each hook belongs to a built-in app, and each file of hooks is in use', () => {
  const catalog = loadCatalog({ unverified: true })
  for (const file of readdirSync(new URL('../hooks/', import.meta.url))) {
    const key = file.replace(/\.ts$/, '')
    assert.ok(catalog.has(key), key)
    assert.ok(hooksOf(key), key)
  }
})

test('the token of a person stands where that of a bot would, when there is no bot', () => {
  const read = (fields: object) => hooksOf('slack')?.tokenResponse?.({ ok: true, team: { id: 'T1' }, ...fields })
  const person = { id: 'U1', scope: 'chat:write', access_token: 'xoxp-1', token_type: 'user' }
  assert.deepEqual(read({ authed_user: person }), { ok: true, team: { id: 'T1' }, authed_user: person, ...person })
  const both = { access_token: 'xoxb-1', token_type: 'bot', authed_user: person }
  assert.deepEqual(read(both), { ok: true, team: { id: 'T1' }, ...both })
  assert.deepEqual(read({ error: 'invalid_code' }), { ok: true, team: { id: 'T1' }, error: 'invalid_code' })
})
