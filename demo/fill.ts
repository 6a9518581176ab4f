import type { Api } from './api.ts'
import { apiOf } from './api.ts'
import { type Decision, visit } from './provider-visit.ts'
import { type Connection, connections, entities } from './story.ts'

type Fetch = (request: Request) => Response | Promise<Response>

/** The time of the story: it starts weeks ago and ends now. */
export interface StoryClock {
  /** @param hoursAgo Never further back than where it already is. */
  moveTo(hoursAgo: number): void
}

export interface FillOptions {
  fetch: Fetch
  baseUrl: string
  apiKey: string
  clock: StoryClock
}

interface Integration {
  id: string
  authScheme: string
  isDefault: boolean
  expectedInputFields: { name: string; example?: string | null; is_secret: boolean }[]
}

/** How often, in hours before now, somebody's agent reads credentials: what has expired by then is refreshed. */
const readsHoursAgo = [21, 18, 14, 11, 8, 5, 3, 1]
/** Of the accounts that read so, each n-th, so that the demo is ready soon. */
const readersEvery = 3

/**
 * Plays the story through the API and the connect pages, in order of time: what there is afterwards was made by the very
 * code that makes it for real users.
 * @returns Accounts by status.
 */
export async function fill({ fetch, baseUrl, apiKey, clock }: FillOptions): Promise<Record<string, number>> {
  const api = apiOf(fetch, baseUrl, apiKey)
  const labelsOf = new Map(entities.map(({ id, labels }) => [id, labels]))
  const integrations = new Map<string, Integration>()
  const readers: string[] = []
  const reads = [...readsHoursAgo]
  const readUntil = async (hoursAgo: number) => {
    for (let next = reads[0]; next !== undefined && next >= hoursAgo; next = reads[0]) {
      reads.shift()
      clock.moveTo(next)
      for (const id of readers) await api.get(`/connectedAccounts/${id}`)
    }
  }

  for (const [number, connection] of connections.entries()) {
    await readUntil(connection.hoursAgo)
    clock.moveTo(connection.hoursAgo)
    const name = `${connection.app} ${connection.authScheme}`
    const integration = integrations.get(name) ?? (await findIntegration(api, connection))
    integrations.set(name, integration)
    const id = await connect({ api, fetch, connection, integration, number, labels: labelsOf.get(connection.entityId) })
    await meetFate(api, connection, id)
    if (connection.fate === 'connected' && connection.authScheme === 'OAUTH2' && number % readersEvery === 0)
      readers.push(id)
  }
  await readUntil(0)
  clock.moveTo(0)
  return countByStatus(api)
}

async function findIntegration(api: Api, { app, authScheme }: Connection): Promise<Integration> {
  const { items } = await api.get<{ items: Integration[] }>(`/integrations?appName=${app}`)
  const found = items.find((item) => item.authScheme === authScheme)
  return found ?? (await api.post<Integration>('/integrations', { app, authScheme }))
}

interface Begin {
  api: Api
  fetch: Fetch
  connection: Connection
  integration: Integration
  number: number
  labels: readonly string[] | undefined
}

/** @returns The id of the connected account. */
async function connect({ api, fetch, connection, integration, number, labels }: Begin): Promise<string> {
  const { connectedAccountId, redirectUrl } = await api.post<{
    connectedAccountId: string
    redirectUrl: string | null
  }>('/connectedAccounts', {
    integrationId: integration.id,
    entityId: connection.entityId,
    labels,
    data: inputs(connection, integration, number),
  })
  if (redirectUrl !== null) await visit(fetch, redirectUrl, decision(connection, number))
  return connectedAccountId
}

function inputs({ entityId, fate }: Connection, { expectedInputFields }: Integration, number: number) {
  const company = /@(.+)\.example$/.exec(entityId)?.[1] ?? 'acme'
  return Object.fromEntries(
    expectedInputFields.map(({ name, example, is_secret }) => {
      // The simulator takes any key that does not ask for trouble by its name.
      if (is_secret) return [name, `${fate === 'unverified' ? 'unreachable' : 'demo'}-key-of-${company}-${number}`]
      return [name, example?.replace(/\bacme\b|\bacme-store\b/, company) ?? company]
    }),
  )
}

function decision({ fate }: Connection, number: number): Decision | undefined {
  if (fate === 'abandoned') return undefined
  if (fate === 'denied') return { answer: 'deny', person: 1 }
  const person = number % 2 === 0 ? 1 : 2
  return fate === 'partial' ? { answer: 'approve', person, scopes: [] } : { answer: 'approve', person }
}

async function meetFate(api: Api, { fate }: Connection, id: string): Promise<void> {
  if (fate === 'disabled') await api.post(`/connectedAccounts/${id}/disable`)
  if (fate === 'revoked') await api.post(`/connectedAccounts/${id}/simulator`, { revoke: true, expireNow: true })
  if (fate === 'struggling')
    await api.post(`/connectedAccounts/${id}/simulator`, {
      expireNow: true,
      failNextTokenCalls: { times: 3, status: 503 },
    })
  // The next read meets what was scripted; that it may be refused is the point.
  if (fate === 'revoked' || fate === 'struggling') await api.get(`/connectedAccounts/${id}`).catch(() => undefined)
}

async function countByStatus(api: Api): Promise<Record<string, number>> {
  const statuses = ['ACTIVE', 'INITIATED', 'EXPIRED', 'FAILED']
  const counts = await Promise.all(
    statuses.map(async (status) => {
      const { totalItems } = await api.get<{ totalItems: number }>(`/connectedAccounts?status=${status}&pageSize=1`)
      return [status, totalItems] as const
    }),
  )
  return Object.fromEntries(counts)
}
