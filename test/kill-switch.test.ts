/** Stopping every account of a project, an integration or an app. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Api, apiOf, assertRefused, newEntity, ok } from './support/api.ts'

interface KillSwitch {
  id: string
  status: string
  matched: number
  changed: number
  failed: number
  failures: unknown[]
  finishedAt: string | null
}

const server = await startTestServer()
after(() => server.close())
const api = apiOf(server)
const operator = apiOf(server, server.adminKey)
const path = '/api/v1/killSwitches'

async function finished(keyed: Api, id: string): Promise<KillSwitch> {
  for (const begun = performance.now(); performance.now() - begun < 30_000; ) {
    const report = ok(await keyed.get<KillSwitch>(`${path}/${id}`))
    if (report.status === 'finished') return report
  }
  assert.fail('it never came to its end')
}

const otherProject = async () =>
  apiOf(server, ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'Other' })).apiKey)

test('disables the accounts of one app, tells of each, and leaves all others', async () => {
  const keyed = await otherProject()
  const stopped = [await keyed.connect({ app: 'gmail' }), await keyed.connect({ app: 'gmail' })]
  const spared = await keyed.connect({ app: 'linear', data: { api_key: 'a' } })
  const elsewhere = await api.connect({ app: 'gmail' })
  const begun = ok(await keyed.post<KillSwitch>(path, { action: 'disable', app: 'GMAIL' }))
  const report = await finished(keyed, begun.id)
  assert.deepEqual([report.matched, report.changed, report.failed], [2, 2, 0])
  for (const { id } of stopped) {
    assertRefused(await keyed.info(id), { status: 400, code: 'account_disabled' })
    const { items } = ok(await keyed.get<{ items: { type: string }[] }>(`/api/v1/connectedAccounts/${id}/history`))
    assert.equal(items[0]?.type, 'connected_account.disabled')
  }
  ok(await keyed.info(spared.id))
  ok(await api.info(elsewhere.id))
  const { items } = ok(await keyed.get<{ items: KillSwitch[] }>(path))
  assert.deepEqual(
    items.map(({ id }) => id),
    [begun.id],
  )
})

test('revokes the accounts of an integration: the credentials are gone', async () => {
  const keyed = await otherProject()
  const integration = await keyed.defaultIntegration('gmail')
  const account = await keyed.connect({ integrationId: integration.id })
  const pending = await keyed.initiate({ integrationId: integration.id, entityId: newEntity() })
  const begun = ok(await keyed.post<KillSwitch>(path, { action: 'revoke', integrationId: integration.id }))
  assert.equal((await finished(keyed, begun.id)).changed, 2)
  for (const id of [account.id, pending.connectedAccountId]) {
    const { status, statusReason } = ok(
      await keyed.get<{ status: string; statusReason: { code: string } }>(`/api/v1/connectedAccounts/${id}`),
    )
    assert.deepEqual([status, statusReason.code], ['EXPIRED', 'revoked'])
  }
})

test('goes on where a stopped server left it, and ends once', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-kill-'))
  t.after(() => rm(dataDir, { recursive: true, force: true }))
  const first = await startTestServer({ dataDir, loops: false })
  const keyed = apiOf(first)
  const accounts = []
  for (let count = 0; count < 3; count++) accounts.push(await keyed.connect({ app: 'linear', data: { api_key: 'a' } }))
  const begun = ok(await keyed.post<KillSwitch>(path, { action: 'disable' }))
  assert.equal(begun.status, 'running')
  await first.close()
  const second = await startTestServer({ dataDir })
  t.after(() => second.close())
  const again = apiOf(second)
  const report = await finished(again, begun.id)
  assert.deepEqual([report.matched, report.changed], [3, 3])
  for (const { id } of accounts) assertRefused(await again.info(id), { status: 400, code: 'account_disabled' })
})

test('is for admin keys only, is not found by others, and names what is wrong', async () => {
  const { id: projectId } = ok(await api.get<{ id: string }>('/api/v1/project'))
  const writer = ok(
    await operator.post<{ key: string }>(`/api/v1/projects/${projectId}/apiKeys`, { scopes: ['accounts:write'] }),
  )
  assertRefused(await apiOf(server, writer.key).post(path, { action: 'revoke' }), {
    status: 403,
    code: 'insufficient_scope',
  })
  const theirs = ok(await (await otherProject()).post<KillSwitch>(path, { action: 'disable' }))
  assertRefused(await api.get(`${path}/${theirs.id}`), { status: 404, code: 'not_found' })
  assertRefused(await api.post(path, { action: 'delete' }), {
    status: 400,
    code: 'validation_failed',
    field: 'action',
  })
  assertRefused(await api.post(path, { action: 'disable', app: 'no-such-app' }), { status: 404, code: 'not_found' })
  assertRefused(await api.post(path, { action: 'disable', integrationId: 'nobodys' }), {
    status: 404,
    code: 'not_found',
  })
})
