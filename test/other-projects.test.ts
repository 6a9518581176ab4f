import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestServer } from '../packages/server/src/testing.ts'
import { type Answer, apiOf, assertRefused, ok } from './support/api.ts'

const server = await startTestServer()
after(() => server.close())
const api = apiOf(server)
const operator = apiOf(server, server.adminKey)

const accounts = '/api/v1/connectedAccounts'
const initiate = (body: Record<string, unknown>) => api.post(accounts, { entityId: 'somebody', ...body })

test('what belongs to another project looks exactly like what does not exist', async () => {
  const made = ok(await operator.post<{ apiKey: string }>('/api/v1/projects', { name: 'Other' }))
  const other = apiOf(server, made.apiKey)
  const theirs = await other.connect({ app: 'gmail' })
  const theirIntegration = await other.defaultIntegration('gmail')
  const nobodys = '01998f3e-0000-7000-8000-000000000000'

  const calls: ((id: string) => Promise<Answer<unknown>>)[] = [
    (id) => api.get(`${accounts}/${id}`),
    (id) => api.get(`${accounts}/${id}?waitFor=ACTIVE&timeoutSeconds=1`),
    (id) => api.get(`${accounts}/${id}/info`),
    (id) => api.post(`${accounts}/${id}/reinitiate`),
    (id) => api.post(`${accounts}/${id}/enable`),
    (id) => api.post(`${accounts}/${id}/disable`),
    (id) => api.patch(`${accounts}/${id}/data`, { labels: [] }),
    (id) => api.post(`${accounts}/${id}/simulator`, { revoke: true }),
    (id) => api.delete(`${accounts}/${id}`),
  ]
  const integrationCalls: typeof calls = [
    (id) => api.get(`/api/v1/integrations/${id}`),
    (id) => api.patch(`/api/v1/integrations/${id}`, { enabled: false }),
    (id) => api.delete(`/api/v1/integrations/${id}`),
    (integrationId) => initiate({ integrationId }),
    (integrationId) => api.post('/api/v1/connectLinks', { entityId: 'e', integrationIds: [integrationId] }),
  ]
  for (const [call, id] of [
    ...calls.map((call) => [call, theirs.id] as const),
    ...integrationCalls.map((call) => [call, theirIntegration.id] as const),
  ]) {
    const { requestId: one, ...foreign } = assertRefused(await call(id), { status: 404, code: 'not_found' })
    const { requestId: two, ...absent } = assertRefused(await call(nobodys), { status: 404, code: 'not_found' })
    assert.deepEqual(foreign, absent)
    assert.notEqual(one, two)
  }
  for (const query of [
    `connectionId=${theirs.id}`,
    `integrationId=${theirIntegration.id}`,
    `entityId=${theirs.entityId}`,
  ])
    assert.deepEqual(ok(await api.get<{ items: unknown[] }>(`${accounts}?${query}`)).items, [])
  assert.equal((await other.account(theirs.id)).status, 'ACTIVE')
})
