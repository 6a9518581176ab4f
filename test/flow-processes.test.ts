import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ConnectedAccount } from '../packages/sdk/src/types.ts'
import { freePort } from '../packages/server/src/testing.ts'
import { type AuthorizationServer, enterApp, startAuthorizationServer } from './support/authorization-server.ts'
import { Person } from './support/person.ts'
import { stopPostgres } from './support/postgres.ts'
import { type Cluster, type ClusterProcess, startCluster } from './support/refresh-cluster.ts'

/** Two real processes on one PostgreSQL, behind one address as a load balancer would have it. */
let provider: AuthorizationServer
let cluster: Cluster
let processes: ClusterProcess[]

before(async () => {
  provider = await startAuthorizationServer()
  cluster = await startCluster(provider)
  const baseUrl = `http://127.0.0.1:${await freePort()}`
  const first = await cluster.start(undefined, { HOLDFAST_BASE_URL: baseUrl })
  processes = [first, await cluster.start(undefined, { HOLDFAST_BASE_URL: baseUrl })]
})
after(async () => {
  await cluster.close()
  await provider.close()
  await stopPostgres()
})

const process = (index: number) => processes[index % 2] as ClusterProcess

/** The same page at one of the processes. */
function at(index: number, url: string | URL): URL {
  const { pathname, search } = new URL(url)
  return new URL(pathname + search, process(index).url)
}

const many = Array.from({ length: 50 }, (_, index) => index)

/** Clicks at one process, with the origin that the browser sees. */
async function agree(person: Person, redirectUrl: string): Promise<URL> {
  const { location, page } = await person.open(at(0, redirectUrl), {
    method: 'POST',
    body: new URLSearchParams({ decision: 'continue' }),
    headers: { origin: new URL(redirectUrl).origin },
  })
  assert.ok(location, page)
  return location
}

test('50 callbacks at once, over two processes, redeem the code once', async () => {
  const { api } = process(0)
  const { id } = await enterApp(api, provider, 'parallel')
  const begun = await api.initiate({ integrationId: id, redirectUri: 'https://yours.example/back' })
  const person = new Person()
  const callback = provider.answerTo(await agree(person, begun.redirectUrl ?? ''))

  const visits = await Promise.all(many.map((index) => person.open(at(index, callback))))
  assert.equal(provider.tokenRequests.length, 1)
  assert.equal((await api.account(begun.connectedAccountId)).status, 'ACTIVE')
  assert.ok(visits.some(({ location }) => location?.searchParams.get('status') === 'success'))
  assert.ok(visits.every(({ location }) => location?.searchParams.get('status') !== 'failed'))
})

test('50 confirmations at once, over two processes, redeem the code once', async () => {
  const { api } = process(0)
  const integration = await enterApp(api, provider, 'confirmed')
  await api.patch(`/api/v1/integrations/${integration.id}`, { userVerification: 'required' })
  const begun = await api.initiate({
    integrationId: integration.id,
    entityId: 'jessica',
    redirectUri: 'https://yours.example/back',
  })
  const person = new Person()
  const callback = provider.answerTo(await agree(person, begun.redirectUrl ?? ''))
  provider.tokenRequests.length = 0
  const { location } = await person.open(at(0, callback))
  const handle = location?.searchParams.get('handle')
  assert.ok(handle)
  assert.equal(provider.tokenRequests.length, 0)

  const answers = await Promise.all(
    many.map((index) =>
      process(index).api.post<ConnectedAccount>('/api/v1/connectedAccounts/confirm', { handle, entityId: 'jessica' }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  assert.equal(provider.tokenRequests.length, 1)
  assert.equal((await api.account(begun.connectedAccountId)).status, 'ACTIVE')
})

test('50 submissions of one link at once, over two processes, connect one account', async () => {
  const { api } = process(0)
  const { body: link } = await api.post<{ url: string }>('/api/v1/connectLinks', { entityId: 'linked', app: 'linear' })
  await Promise.all(
    many.map((index) =>
      new Person().open(at(index, link.url), {
        method: 'POST',
        body: new URLSearchParams({ 'data.api_key': 'a-good-key' }),
        headers: { origin: new URL(link.url).origin },
      }),
    ),
  )
  const { body } = await api.get<{ items: ConnectedAccount[] }>('/api/v1/connectedAccounts?entityId=linked')
  assert.equal(body.items.length, 1)
})
