import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { apiOf, ok } from './support/api.ts'
import { temporaryFolder } from './support/server-process.ts'

interface Project {
  id: string
  name: string
}

test('the demo has accounts in every status, made in the past, and one command takes all of it away', async (t) => {
  const { folder: dataDir, remove } = await temporaryFolder()
  t.after(remove)
  await demo('data', dataDir)
  assert.match(await demo('data', dataDir), /already/)

  const server = await startTestServer({ dataDir, loops: false })
  t.after(() => server.close())
  const api = await apiOfDemo(server)
  const accounts = await allAccounts(api)
  assert.deepEqual(new Set(accounts.map(({ status }) => status)), new Set(['ACTIVE', 'INITIATED', 'EXPIRED', 'FAILED']))
  assert.ok(accounts.length > 100, `${accounts.length}`)
  assert.ok(accounts.some(({ enabled }) => !enabled))
  assert.ok(accounts.some(({ verification }) => verification === 'unverified'))
  assert.ok(accounts.some((account) => account.status === 'ACTIVE' && missesScopes(account)))
  const ages = accounts.map(({ createdAt }) => Date.now() - Date.parse(createdAt))
  assert.ok(Math.max(...ages) > 14 * 24 * 60 * 60_000, 'the story is some weeks long')
  assert.ok(Math.min(...ages) >= 0, 'nothing is in the future')

  await demo('remove', dataDir)
  assert.deepEqual(
    (await projectsOf(server)).map(({ name }) => name),
    ['My app'],
  )
  assert.match(await demo('remove', dataDir), /no demo data/)
})

test('a project of the same name that is not the demo stays', async (t) => {
  const { folder: dataDir, remove } = await temporaryFolder()
  t.after(remove)
  const server = await startTestServer({ dataDir, loops: false })
  t.after(() => server.close())
  ok(await apiOf(server, server.adminKey).post('/api/v1/projects', { name: 'Demo data', mode: 'test' }))
  assert.match(await demo('remove', dataDir), /no demo data/)
  assert.equal((await projectsOf(server)).length, 2)
})

async function demo(command: string, dataDir: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['demo/main.ts', command], {
    env: { ...process.env, HOLDFAST_DATA_DIR: dataDir, HOLDFAST_API_KEY: 'hf_test_key_of_this_test' },
  })
  return stdout
}

const projectsOf = async (server: TestServer) =>
  ok(await apiOf(server, server.adminKey).get<{ items: Project[] }>('/api/v1/projects')).items

async function apiOfDemo(server: TestServer) {
  const project = (await projectsOf(server)).find(({ name }) => name === 'Demo data')
  assert.ok(project)
  const path = `/api/v1/projects/${project.id}/apiKeys`
  const { key } = ok(await apiOf(server, server.adminKey).post<{ key: string }>(path, { name: 'test' }))
  return apiOf(server, key)
}

async function allAccounts(api: ReturnType<typeof apiOf>): Promise<ConnectedAccount[]> {
  const found: ConnectedAccount[] = []
  for (let page = 1; ; page += 1) {
    const path = `/api/v1/connectedAccounts?page=${page}&pageSize=100`
    const { items } = ok(await api.get<{ items: ConnectedAccount[] }>(path))
    found.push(...items)
    if (items.length < 100) return found
  }
}

const missesScopes = ({ requestedScopes, grantedScopes }: ConnectedAccount) =>
  grantedScopes != null && (requestedScopes ?? []).some((scope) => !grantedScopes.includes(scope))
