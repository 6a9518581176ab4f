/** What a server does besides reads of credentials, on the installation that the reads were measured on. */
import { Person } from '../../test/support/person.ts'
import { median, percentile, round } from './figures.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import { cpuMicros, type Helper, residentMib, type Server } from './processes.ts'
import { accountsPerEntity, apiKey, keyAccount, type StoreName } from './seed.ts'

export interface OthersOptions {
  store: StoreName
  accounts: number
  server: Server & { readyMs: number }
  load: Helper
  rounds: number
  sliceMs: number
}

type Figures = Record<string, number | string>

const flowsAtOnce = 4
const pagesOfAList = 200

export async function measureOthers(options: OthersOptions): Promise<Record<string, Figures>> {
  const { store, accounts, server } = options
  const on = `${store} ${accounts}`
  const figures: Record<string, Figures> = {}
  const add = (name: string, row: Figures) => {
    figures[`${on} ${name}`] = row
    console.log(`${on} ${name}`, row)
  }
  add('start', { 'ready ms': Math.round(server.readyMs), 'resident MiB': Math.round(residentMib(server.pid)) })
  for (const [name, query] of await listQueries(server))
    add(`list of 50: ${name}`, await lists(server, query, accounts))
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' }
  const body = JSON.stringify({ ...(await keyAccount(server.port)), entityId: 'bench-{n}' })
  add('initiate ×16', await rate(options, { method: 'POST', path: '/api/v1/connectedAccounts', headers, body }, 200))
  const callback = '/oauth/callback/01900000-0000-7000-8000-000000000000?state={n}&code=x'
  add('callback with unknown state ×16', await rate(options, { method: 'GET', path: callback, headers: {} }, 404))
  add(`whole OAuth flow ×${flowsAtOnce}`, await flows(options))
  add('afterwards', { 'resident MiB': Math.round(residentMib(server.pid)) })
  return figures
}

async function rate(
  { server, load, rounds, sliceMs }: OthersOptions,
  request: Pick<LoadOrder, 'method' | 'path' | 'headers' | 'body'>,
  status: number,
): Promise<Figures> {
  const slices: (LoadResult & { cpu: number })[] = []
  for (let round = 0; round <= rounds; round++) {
    const before = cpuMicros(server.pid)
    const order = {
      ...request,
      port: server.port,
      connections: 16,
      forMs: sliceMs,
      draw: { first: 0 as const, count: 1 },
      status,
    }
    const result = await load.ask<LoadResult>(order satisfies LoadOrder)
    // The first warms up.
    if (round > 0) slices.push({ ...result, cpu: (cpuMicros(server.pid) - before) / result.requests })
  }
  const perSecond = slices.map(({ requests, seconds }) => requests / seconds)
  return {
    'per second': Math.round(median(perSecond)),
    'min–max': `${Math.round(Math.min(...perSecond))}–${Math.round(Math.max(...perSecond))}`,
    'CPU µs': round(median(slices.map(({ cpu }) => cpu))),
    'p50 ms': round(median(slices.map(({ latenciesMs }) => latenciesMs.p50))),
    'p99 ms': round(median(slices.map(({ latenciesMs }) => latenciesMs.p99))),
  }
}

const call = async <Body>(server: Server, path: string, body?: object): Promise<Body> => {
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  return (await answer.json()) as Body
}

/** Pairs of filters, each with a placeholder for an entity that differs from page to page. */
async function listQueries(server: Server): Promise<[string, string][]> {
  const { items } = await call<{ items: { integrationId: string; appName: string }[] }>(
    server,
    '/api/v1/connectedAccounts?pageSize=1&cursor=',
  )
  const [{ integrationId, appName } = { integrationId: '', appName: '' }] = items
  return [
    ['entity and status', 'entityId=entity-{e}&status=ACTIVE'],
    ['app and status', `appNames=${appName}&status=ACTIVE`],
    ['app and the rarer status', `appNames=${appName}&status=EXPIRED`],
    ['integration and status', `integrationId=${integrationId}&status=ACTIVE`],
    ['entity and app', `entityId=entity-{e}&appNames=${appName}`],
    ['app and a label that none has', `appNames=${appName}&labels=none`],
  ]
}

/** The first page and those after it, by cursor, one request after another. */
async function lists(server: Server, query: string, accounts: number): Promise<Figures> {
  const took: number[] = []
  let cursor = ''
  for (let page = 0; page < pagesOfAList; page++) {
    const entity = Math.floor(Math.random() * (accounts / accountsPerEntity))
    const path = `/api/v1/connectedAccounts?pageSize=50&cursor=${cursor}&${query.replace('{e}', String(entity))}`
    const begun = performance.now()
    const { nextCursor } = await call<{ nextCursor?: string | null }>(server, path)
    took.push(performance.now() - begun)
    cursor = nextCursor ?? ''
  }
  return {
    'p50 ms': round(percentile(took, 50)),
    'p99 ms': round(percentile(took, 99)),
    'max ms': round(percentile(took, 100)),
  }
}

/** From initiate over the connect page and the simulated app to the ACTIVE account. */
async function flows({ server, rounds, sliceMs }: OthersOptions): Promise<Figures> {
  const integration = await oauthIntegration(server)
  const begun = performance.now()
  const until = begun + rounds * sliceMs
  let done = 0
  const worker = async () => {
    while (performance.now() < until) {
      const { redirectUrl } = await call<{ redirectUrl: string }>(server, '/api/v1/connectedAccounts', {
        integrationId: integration,
        entityId: `flow-${done}`,
      })
      await new Person().connect(redirectUrl)
      done += 1
    }
  }
  const before = cpuMicros(server.pid)
  await Promise.all(Array.from({ length: flowsAtOnce }, worker))
  const seconds = (performance.now() - begun) / 1000
  return { 'per second': round(done / seconds), 'CPU µs': Math.round((cpuMicros(server.pid) - before) / done) }
}

async function oauthIntegration(server: Server): Promise<string> {
  const { items } = await call<{ items: { id: string }[] }>(server, '/api/v1/integrations?appName=gmail')
  const [first] = items
  if (!first) throw new Error('gmail has no integration')
  return first.id
}
