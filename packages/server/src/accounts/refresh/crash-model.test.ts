import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { AppDefinition } from '@holdfast/catalog'
import type { Clock } from '../../clock.ts'
import { createIntegrations } from '../../integrations/index.ts'
import { noMetrics } from '../../metrics.ts'
import { newProjectRow } from '../../projects/index.ts'
import { Secret } from '../../secret.ts'
import { type AccountRow, openStore, type Store } from '../../store/index.ts'
import { noTracing } from '../../tracing.ts'
import { createVault, parseMasterKeys, type Vault } from '../../vault/index.ts'
import { expiryColumns, type StoredTokens, sealCredentials } from '../credentials.ts'
import { type Context, createAccounts } from '../index.ts'

/**
 * Every refresh is cut off at every point where it waits, before and after the step it waits for, as kill -9 would do.
 * Then a new process goes on, with the same database and disk. Whatever the provider's habits and whatever its answer:
 * an answer that reached the old process is never lost, an expired token is never served, and a provider that replaces
 * refresh tokens never sees a retired one.
 */

interface Habit {
  name: string
  rotates: boolean
  graceSeconds: number
  /** What the provider does with the first call. */
  first: 'answers' | 'loses its answer' | 'is unavailable'
}

const habits: Habit[] = [false, true].flatMap((rotates) =>
  (['answers', 'loses its answer', 'is unavailable'] as const).flatMap((first) =>
    (rotates ? [0, 600] : [0]).map((graceSeconds) => ({
      name: `a provider that ${rotates ? `replaces refresh tokens${graceSeconds ? ' with a grace period' : ''}` : 'keeps refresh tokens'} and ${first}`,
      rotates,
      graceSeconds,
      first,
    })),
  ),
)

const folder = mkdtempSync(join(tmpdir(), 'holdfast-crash-'))
const store = await openStore({ dataDir: folder, onError: assert.fail })
const vault = createVault({ keyRing: parseMasterKeys(new Secret(`k1:${randomBytes(32).toString('base64')}`)) })
after(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

describe('a refresh that is killed', () => {
  let runs = 0
  let lostThoughReceived = 0
  for (const habit of habits) {
    test(`at any point, with ${habit.name}, loses no answer that arrived`, async () => {
      for (let crashAt = 1; ; crashAt++) {
        const outcome = await killAndGoOn(habit, crashAt)
        runs++
        if (outcome.lostThoughReceived) lostThoughReceived++
        const where = `crash point ${crashAt}: ${JSON.stringify(outcome)}`
        assert.equal(outcome.lostThoughReceived, false, where)
        assert.equal(outcome.servedExpired, false, where)
        if (habit.rotates && habit.graceSeconds === 0) assert.equal(outcome.reuses, 0, where)
        if (outcome.status === 'ACTIVE') assert.equal(outcome.tokenIsCurrent, true, where)
        else assert.deepEqual([outcome.status, outcome.reason], ['EXPIRED', 'refresh_outcome_unknown'], where)
        if (!outcome.crashed) break
      }
    })
  }
  after(() => console.log(`accounts lost where the answer was received: ${lostThoughReceived} of ${runs} runs`))
})

interface Outcome {
  crashed: boolean
  status: AccountRow['status']
  reason: string | null
  /** The stored access token is the newest the provider gave. */
  tokenIsCurrent: boolean
  lostThoughReceived: boolean
  servedExpired: boolean
  /** How often the provider saw a refresh token that it had retired. */
  reuses: number
}

async function killAndGoOn(habit: Habit, crashAt: number): Promise<Outcome> {
  const provider = createProvider(habit)
  const clock = createClock()
  const spoolDir = join(folder, `spool-${randomBytes(6).toString('hex')}`)
  const row = await expiredAccount(habit, provider, clock)

  const victim = new Victim(crashAt)
  const first = process(
    victim.mortal(store),
    victim.mortalVault(vault),
    victim.mortalFetch(provider),
    clock,
    spoolDir,
    habit,
  )
  await first.start()
  const read = first.accounts.authParams(row.project_id, row.id).catch(() => undefined)
  await clock.runWhile(Promise.race([victim.dead, read]))

  clock.advance(60_000)
  const second = process(store, vault, provider.fetch, clock, spoolDir, habit)
  await second.start()
  let servedExpired = false
  for (let round = 0; round < 30; round++) {
    const served = await clock.runWhile(second.accounts.authParams(row.project_id, row.id).catch(() => undefined))
    const token = served?.params[0]?.value.replace('Bearer ', '')
    if (token !== undefined && token === provider.expiredToken) servedExpired = true
    if (token !== undefined) break
    clock.advance(5 * 60_000)
    await second.start()
  }
  const end = await store.accounts.find(row.project_id, row.id)
  assert.ok(end)
  const served = await second.accounts.getWithCredentials(row.project_id, row.id)
  const isExpired = end.status === 'EXPIRED'
  return {
    crashed: victim.isDead,
    status: end.status,
    reason: end.reason_code,
    tokenIsCurrent: served.connectionParams.access_token === provider.newestToken,
    lostThoughReceived: isExpired && victim.received,
    servedExpired,
    reuses: provider.reuses,
  }
}

/** What one process of the server consists of, as far as a refresh goes. */
function process(
  store: Store,
  vault: Vault,
  fetch: () => Promise<Response>,
  clock: TestClock,
  spoolDir: string,
  habit: Habit,
) {
  const app = appWith(habit)
  const integrations = createIntegrations({
    catalog: new Map([[app.key, app]]),
    store,
    vault,
    clock,
    baseUrl: 'http://127.0.0.1:4280',
    allowPrivateHosts: [],
    simulatedClient: { clientId: 'client', clientSecret: 'secret' },
  })
  const context: Context = {
    store,
    vault,
    clock,
    integrations,
    baseUrl: 'http://127.0.0.1:4280',
    random: () => 0.5,
    processId: randomBytes(4).toString('hex'),
    pendingLimits: { perEntity: 100, perProject: 10_000 },
    spoolDir,
    side: () => ({ resolve: (url) => url, fetch }),
    scriptSimulator: undefined,
    log: { info() {}, warn() {} },
    metrics: noMetrics,
    tracing: noTracing,
    stopping: new AbortController().signal,
  }
  const { accounts, jobs } = createAccounts(context)
  return { accounts, start: () => jobs.replaySpool() }
}

const appWith = ({ rotates, graceSeconds }: Habit) =>
  AppDefinition.parse({
    key: 'acme',
    name: 'Acme',
    baseUrl: 'https://api.acme.example',
    authSchemes: [
      {
        scheme: 'OAUTH2',
        label: 'Acme account',
        authorizationEndpoint: 'https://acme.example/authorize',
        tokenEndpoint: 'https://acme.example/token',
        refresh: { rotates, graceSeconds },
      },
    ],
  })

/** The provider's side of one grant. */
function createProvider(habit: Habit) {
  let refreshToken = 'refresh-0'
  let generation = 0
  let calls = 0
  const retired = new Set<string>()
  const state = {
    expiredToken: 'access-0',
    newestToken: 'access-0',
    reuses: 0,
    fetch: async (_url?: unknown, init?: { body?: string | undefined }): Promise<Response> => {
      const sent = new URLSearchParams(init?.body).get('refresh_token') ?? ''
      calls++
      if (calls === 1 && habit.first === 'is unavailable') return new Response('<h1>503</h1>', { status: 503 })
      if (retired.has(sent) && habit.graceSeconds === 0) {
        state.reuses++
        return Response.json({ error: 'invalid_grant' }, { status: 400 })
      }
      generation++
      if (habit.rotates) {
        retired.add(refreshToken)
        refreshToken = `refresh-${generation}`
      }
      state.newestToken = `access-${generation}`
      if (calls === 1 && habit.first === 'loses its answer') throw new TypeError('terminated')
      return Response.json({
        access_token: state.newestToken,
        token_type: 'Bearer',
        expires_in: 36_000,
        ...(habit.rotates && { refresh_token: refreshToken }),
      })
    },
  }
  return state
}

type Provider = ReturnType<typeof createProvider>

async function expiredAccount(habit: Habit, provider: Provider, clock: TestClock): Promise<AccountRow> {
  const project = newProjectRow({ name: 'Test', mode: 'test' }, clock.now())
  await store.projects.insert(project)
  const setUp = process(store, vault, provider.fetch, clock, join(folder, 'spool-set-up'), habit)
  await setUp.start()
  const integrations = createIntegrations({
    catalog: new Map([['acme', appWith(habit)]]),
    store,
    vault,
    clock,
    baseUrl: 'http://127.0.0.1:4280',
    allowPrivateHosts: [],
    simulatedClient: { clientId: 'client', clientSecret: 'secret' },
  })
  const integration = await integrations.create(project.id, { appKey: 'acme' })
  const initiated = await setUp.accounts.initiate(project.id, {
    integrationId: integration.id,
    entityId: 'jessica',
    data: {},
  })
  const tokens: StoredTokens = {
    accessToken: provider.expiredToken,
    refreshToken: 'refresh-0',
    idToken: null,
    tokenType: 'Bearer',
    receivedAt: new Date(clock.now().getTime() - 7_200_000).toISOString(),
    expiresInSeconds: 3600,
    refreshExpiresAt: null,
    scopes: null,
    extra: {},
  }
  const at = { projectId: project.id, accountId: initiated.account.id, version: 1 }
  const row = await store.accounts.replaceCredentials(project.id, initiated.account.id, 0, {
    credentials: await sealCredentials({ vault }, at, { params: {}, tokens }),
    status: 'ACTIVE',
    ...expiryColumns(tokens, habit.rotates, () => 0),
  })
  assert.ok(row)
  return row
}

/** A process that dies at its n-th waiting point: from then on nothing it waits for ever comes back. */
class Victim {
  readonly dead: Promise<void>
  isDead = false
  /** The provider's answer reached the process. */
  received = false
  #point = 0
  readonly #crashAt: number
  #die = () => {}

  constructor(crashAt: number) {
    this.#crashAt = crashAt
    this.dead = new Promise((resolve) => {
      this.#die = resolve
    })
  }

  /** @throws {Killed} at the chosen point and at every one after it. */
  #pass() {
    if (!this.isDead && ++this.#point === this.#crashAt) this.isDead = true
    if (this.isDead) throw new Killed()
  }

  async #step<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    try {
      this.#pass()
      const result = await work()
      this.#pass()
      return result
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      this.#die()
      return new Promise<Result>(() => {})
    }
  }

  mortal(whole: Store): Store {
    const wrap = <Part extends object>(part: Part, step: <Result>(work: () => Result) => unknown): Part =>
      new Proxy(part, {
        get: (target, name) => {
          const value = Reflect.get(target, name)
          if (typeof value === 'function')
            return (...given: unknown[]) => step(() => Reflect.apply(value, target, given))
          return typeof value === 'object' && value !== null && name !== 'signals' ? wrap(value, step) : value
        },
      })
    // Inside a transaction a kill is an error, so that the database rolls back as it does when a connection dies.
    const inTransaction = async <Result>(work: () => Result) => {
      this.#pass()
      const result = await work()
      this.#pass()
      return result
    }
    const transaction: Store['transaction'] = (work) =>
      this.#step(() => whole.transaction((queries) => work(wrap(queries, inTransaction))))
    return new Proxy(
      wrap(whole, (work) => this.#step(work)),
      {
        get: (target, name) =>
          name === 'transaction' ? transaction : name === 'signals' ? whole.signals : Reflect.get(target, name),
      },
    )
  }

  mortalVault(whole: Vault): Vault {
    return {
      ...whole,
      seal: (text, context) => this.#step(() => whole.seal(text, context)),
      open: (sealed, context) => this.#step(() => whole.open(sealed, context)),
      prepareSeal: (context) => this.#step(() => whole.prepareSeal(context)),
    }
  }

  mortalFetch(provider: Provider): Provider['fetch'] {
    return async (url, init) => {
      const answer = await this.#step(() => provider.fetch(url, init))
      if (answer.ok) this.received = true
      return answer
    }
  }
}

class Killed extends Error {}

interface TestClock extends Clock {
  advance(ms: number): void
  /** Lets sleepers wake one after the other until the work is done. */
  runWhile<Result>(work: Promise<Result>): Promise<Result>
}

function createClock(): TestClock {
  let now = Date.UTC(2026, 0, 1)
  let sleepers: { until: number; wake: () => void }[] = []
  const wakeDue = () => {
    const due = sleepers.filter(({ until }) => until <= now)
    sleepers = sleepers.filter(({ until }) => until > now)
    for (const { wake } of due) wake()
  }
  return {
    now: () => new Date(now),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const sleeper = { until: now + ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper)
          reject(signal.reason)
        })
      }),
    advance(ms) {
      now += ms
      wakeDue()
    },
    async runWhile(work) {
      let isDone = false
      const finished = work.finally(() => {
        isDone = true
      })
      while (!isDone) {
        await new Promise((resolve) => setImmediate(resolve))
        await new Promise((resolve) => setImmediate(resolve))
        if (isDone) break
        const next = Math.min(...sleepers.map(({ until }) => until))
        if (Number.isFinite(next)) {
          now = Math.max(now, next)
          wakeDue()
        }
      }
      return finished
    },
  }
}
