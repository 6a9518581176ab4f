/** Builds the server from its rooms and hands each what it needs. With `main.ts` and `testing.ts` the one place that sees them all. */
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { appLogo, type Catalog, loadCatalog } from '@holdfast/catalog'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import { type AccountJobs, type Accounts, createAccounts } from './accounts/index.ts'
import { createAudit } from './audit/index.ts'
import { type Clock, within } from './clock.ts'
import type { Config } from './config.ts'
import { connectRoutes } from './connect/index.ts'
import { dashboardFiles } from './dashboard-files/index.ts'
import { createEgress } from './egress/index.ts'
import { prepare, type Readiness } from './first-start.ts'
import { followAppFiles } from './follow-app-files.ts'
import {
  answerHeaders,
  appPages,
  type CredentialRoute,
  createApi,
  createCredentialRoute,
  createRateLimits,
  limitPages,
} from './http/index.ts'
import { createIdempotencyKeys } from './idempotency-keys.ts'
import { installationId } from './installation.ts'
import { createInstallationClock } from './installation-clock.ts'
import { createAppFiles, createIntegrations, type Integrations } from './integrations/index.ts'
import { createIntegrityWatch, failClosed } from './integrity.ts'
import { startJobs } from './jobs/index.ts'
import { openKeyServices } from './key-services.ts'
import { withoutSearch } from './log.ts'
import { compareMasterKeys, openMasterKeys, readMasterKeys } from './master-keys.ts'
import { discoverServer } from './oauth/index.ts'
import { createOperators, type Operators } from './operators/index.ts'
import { createBranding, createProjects, type Projects } from './projects/index.ts'
import { providerSides, simulatedClient, simulatorOn } from './provider-sides.ts'
import { createRequestLog } from './request-log/index.ts'
import { createRewrapper } from './rewrap.ts'
import { openStore, type Store } from './store/index.ts'
import { createPrometheus, createReadings, observed, type Prometheus, startTracing, traced } from './telemetry/index.ts'
import { noTracing, type Tracing } from './tracing.ts'
import type { KeyRing, KeyServices } from './vault/index.ts'
import { createWebhooks, type Webhooks } from './webhooks/index.ts'

export const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

export interface Composition {
  /** @param connection What the listener knows of the connection, for the address of whoever signs in. */
  fetch: (request: Request, connection?: object) => Response | Promise<Response>
  /** The short way, to be tried before `fetch`. */
  readCredentials: CredentialRoute
  readiness: Readiness
  /** An app that one key connects, for a first try. */
  example: { app: string; data: Record<string, string> }
  store: Store
  projects: Projects
  operators: Operators
  integrations: Integrations
  accounts: Accounts
  /** Takes over what has changed in the app files. */
  followAppFiles(): Promise<void>
  /** What the loops do to accounts, one step at a time. */
  accountJobs: AccountJobs
  webhooks: Webhooks
  /** Starts the loops. */
  startJobs(): void
  /** From now on `/readyz` says no; everything else is served as before. */
  drain(): void
  /** Answers those who wait; what runs may still finish. */
  stopWaiting(): void
  /** Resolves when nothing goes on behind the answers that were given. */
  idle(): Promise<void>
  /** Ends loops and outgoing connections and closes the database. */
  close(): Promise<void>
}

export interface Surroundings {
  /** Absent: that of the installation. */
  clock?: Clock | undefined
  log: Logger
  random: () => number
}

const dashboardFolder = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))

/** What the rooms report to, and whose process it is. */
interface Observation {
  prometheus: Prometheus
  tracing: Tracing
  processId: string
}

/** Read before the database is opened; undefined: the first start may make one. */
interface Keys {
  ring: KeyRing | undefined
  services: KeyServices
}

export async function compose(config: Config, { clock: given, log, random }: Surroundings): Promise<Composition> {
  const processId = randomUUID()
  const installationClock = createInstallationClock()
  const clock = given ?? installationClock
  const exporting = config.tracing
    ? await startTracing({
        ...config.tracing,
        version,
        processId,
        onError: (error) => log.warn({ err: error }, 'spans could not be exported'),
      })
    : undefined
  const prometheus = createPrometheus({ version })
  const tracing = exporting ?? noTracing
  const { services, close: closeKeyServices } = openKeyServices(config, clock)
  try {
    const ring = await readMasterKeys(config, services)
    const store = await openStore({
      databaseUrl: config.databaseUrl,
      dataDir: config.dataDir,
      processId,
      beforeUpgrade: (recorded) => compareMasterKeys(config, ring, recorded),
      onError: (error) => log.warn({ err: error }, 'a database connection was lost'),
      metrics: prometheus.metrics,
      tracing,
    })
    const closeAll = async () => {
      await store.close()
      await closeKeyServices()
      await exporting?.close()
    }
    try {
      if (!given) await installationClock.keepWith(store)
      return await assemble(
        config,
        { ...store, close: closeAll },
        { ring, services },
        { clock, keepTime: installationClock.follow, log, random },
        { prometheus, tracing, processId },
      )
    } catch (error) {
      await store.close()
      throw error
    }
  } catch (error) {
    await closeKeyServices()
    await exporting?.close()
    throw error
  }
}

async function assemble(
  config: Config,
  store: Store,
  keys: Keys,
  { clock, keepTime, log, random }: Surroundings & { clock: Clock; keepTime: () => Promise<void> },
  { prometheus, tracing, processId }: Observation,
): Promise<Composition> {
  const { baseUrl } = config
  const masterKeys = await openMasterKeys(config, keys.ring, {
    store,
    clock,
    log,
    processId,
    services: keys.services,
  })
  const integrity = createIntegrityWatch({ store, clock, log })
  const vault = failClosed(masterKeys.vault, integrity.onDamaged)
  const catalog = loadCatalog({ unverified: true })
  const egress = createEgress(config)
  const appFiles = createAppFiles(join(config.dataDir, 'apps'), config.allowPrivateHosts)
  const integrations = createIntegrations({
    catalog,
    files: appFiles,
    discover: (issuer, label) => discoverServer(traced(egress.fetch, tracing), issuer, label),
    showUnverified: config.showUnverifiedApps,
    store,
    vault,
    clock,
    baseUrl,
    allowPrivateHosts: config.allowPrivateHosts,
    simulatedClient,
  })
  const projects = createProjects({
    store,
    clock,
    testMode: config.testMode,
    onCreated: (project) => integrations.ensureDefaults(project),
  })
  const { operators, forgetOld } = createOperators({ store, vault, clock, baseUrl })
  const { audit, jobs: auditJobs } = createAudit({
    store,
    clock,
    strictReads: config.audit.reads === 'strict',
    keptDays: config.audit.keptDays,
    onError: (error) => log.error({ err: error }, 'reads of credentials wait to be written into the audit log'),
  })
  const branding = createBranding({ store, clock })
  const followApps = followAppFiles(integrations, appFiles, log, () => store.changes.everything())
  await followApps()
  const readiness = await prepare(config, store, projects, clock)
  await integrations.ensureDefaultsAtStart(await projects.list())

  const simulator = config.testMode ? simulatorOn(store, integrations, clock, baseUrl) : undefined
  const stopping = new AbortController()
  const { accounts, entities, transfer, killSwitches, flow, jobs } = createAccounts({
    store,
    vault,
    clock,
    integrations,
    baseUrl,
    random,
    processId,
    spoolDir: join(config.dataDir, 'spool'),
    pendingLimits: config.pendingLimits,
    side: providerSides(traced(egress.fetch, tracing), simulator, tracing),
    scriptSimulator: simulator?.script,
    log,
    metrics: prometheus.metrics,
    tracing,
    stopping: stopping.signal,
  })

  const { webhooks, jobs: webhookJobs } = createWebhooks({
    store,
    vault,
    clock,
    random,
    egress: { ...egress, fetch: traced(egress.fetch, tracing) },
    loopbackReceivers: isLoopbackOnly(config),
    metrics: prometheus.metrics,
    log,
  })
  const { requestLog, ...requestLogJobs } = createRequestLog({ store, clock })
  const observe = observed({ metrics: prometheus.metrics, tracing })
  const readings = createReadings(
    {
      accounts: () => store.figures.accounts(),
      dueLagSeconds: async () => (await store.figures.refreshLagMs(clock.now().getTime())) / 1000,
      webhookQueueLength: () => store.webhookDeliveries.queueLength(),
      pool: () => store.pool(),
    },
    clock,
  )
  const idempotencyKeys = createIdempotencyKeys({ store, vault, clock })
  let draining = false
  const ready = async () => {
    if (draining || stopping.signal.aborted) throw new Error('the server is stopping')
    await store.ping()
  }

  const limits = createRateLimits({ ...config.rateLimits, clock })
  const app = new Hono()
  app.use(answerHeaders(baseUrl))
  if (simulator) app.all('/simulator/*', (c) => simulator.fetch(c.req.raw))
  for (const path of ['/connect/*', '/oauth/*']) app.use(path, observe)
  for (const path of ['/connect/*', '/oauth/*']) app.use(path, limitPages(limits, config))
  app.route(
    '/',
    connectRoutes({
      flow,
      branding,
      baseUrl,
      logo: logoOf(catalog),
      onError: (error, { requestId, method }) => log.error({ err: error, requestId, method }, 'a page failed'),
    }),
  )
  app.route('/', dashboardFiles({ folder: dashboardFolder, baseUrl }))
  app.route('/', appPages({ catalog, showUnverified: config.showUnverifiedApps, baseUrl }))
  app.route(
    '/',
    createApi({
      projects,
      branding,
      integrations,
      accounts,
      entities,
      transfer,
      killSwitches,
      flow,
      idempotencyKeys,
      webhooks,
      operators,
      audit,
      credentialReads: audit.reads,
      limits,
      requestLog,
      log,
      baseUrl,
      clock,
      stopping: stopping.signal,
      trustedProxies: config.trustedProxies,
      version,
      ready,
      operation: {
        installation: await installationId(store),
        observe,
        expose: () => prometheus.expose(readings),
        metricsOpen: config.metricsAccess === 'open',
        metricsKey: config.metricsKey,
      },
    }),
  )

  // Spans are made around the routes, so whoever wants them goes the long way.
  const readCredentials: CredentialRoute = config.tracing
    ? (_request, _response, otherwise) => otherwise()
    : createCredentialRoute({
        accounts,
        projects,
        baseUrl,
        clock,
        credentialReads: audit.reads,
        limits,
        log: withoutSearch(log),
        metrics: prometheus.metrics,
        trustedProxies: config.trustedProxies,
        changes: store.changes,
        cache: {
          maxBytes: config.credentialCacheMib * 1024 * 1024,
          // What a key service unwrapped is to be forgotten after that time, opened or not.
          maxAgeMs: Math.min(60, config.dataKeyCacheSeconds) * 1000,
        },
      })

  const rewrap = createRewrapper({
    store,
    vault: masterKeys.vault,
    clock,
    isAgreed: () => masterKeys.isAgreed(),
    onDamaged: integrity.onDamaged,
    stopping: stopping.signal,
  })

  let stopJobs = async () => {}
  return {
    fetch: (request, connection) => app.fetch(request, connection),
    readCredentials,
    readiness,
    example: exampleIn(catalog),
    store,
    projects,
    operators,
    integrations,
    accounts,
    followAppFiles: followApps,
    accountJobs: jobs,
    webhooks,
    startJobs() {
      stopJobs = startJobs({
        clock,
        onError: (job, error) => log.error({ err: error, job }, 'a job failed'),
        jobs: [
          { name: 'keep the time', everyMs: 1_000, run: keepTime },
          { name: 'expire connection requests', everyMs: 5_000, run: () => jobs.expireRequests() },
          { name: 'ask for typed codes', everyMs: 1_000, run: () => jobs.pollDevices() },
          { name: 'follow the app files', everyMs: 2_000, run: followApps },
          { name: 'refresh ahead', everyMs: 1_000, run: () => jobs.refreshDue() },
          { name: 'settle the spool', everyMs: 2_000, run: () => jobs.replaySpool() },
          { name: 'revoke grants', everyMs: 2_000, run: () => jobs.revokeDue() },
          { name: 'go on with kill switches', everyMs: 1_000, run: () => jobs.killDue() },
          { name: 'warn of ending grants', everyMs: 60_000, run: () => jobs.warnOfEnds() },
          { name: 'follow the master keys', everyMs: 1_000, run: () => masterKeys.follow() },
          { name: 're-wrap', everyMs: 2_000, run: rewrap },
          {
            name: 'deliver webhooks',
            everyMs: 1_000,
            run: () => webhookJobs.dispatch(),
            onDue: (wake) => webhookJobs.onDue(wake),
          },
          { name: 'forget old webhook deliveries', everyMs: 10 * 60_000, run: () => webhookJobs.forgetOld() },
          { name: 'write the request log', everyMs: 1_000, run: requestLogJobs.flush },
          { name: 'forget old requests', everyMs: 10 * 60_000, run: requestLogJobs.forgetOld },
          { name: 'forget old sign-ins', everyMs: 10 * 60_000, run: forgetOld },
          { name: 'trim the audit log', everyMs: 10 * 60_000, run: () => auditJobs.trim() },
          {
            name: 'forget old session tokens',
            everyMs: 10 * 60_000,
            run: () => store.projects.deleteEndedSessions(clock.now().getTime()),
          },
          { name: 'forget idempotency keys', everyMs: 10 * 60_000, run: () => idempotencyKeys.forgetOld() },
          {
            name: 'forget old links',
            everyMs: 10 * 60_000,
            run: () => store.requests.deleteEnded(clock.now().getTime() - linkMemoryMs),
          },
          {
            name: 'forget old revocations',
            everyMs: 10 * 60_000,
            run: () => store.revocations.deleteEnded(clock.now().getTime() - linkMemoryMs),
          },
          {
            name: 'forget simulated records',
            everyMs: 10 * 60_000,
            run: () => store.simulatorRecords.deleteExpired(clock.now().getTime()),
          },
        ],
      })
    },
    drain() {
      draining = true
    },
    stopWaiting: () => stopping.abort(),
    async idle() {
      await jobs.idle()
      await integrity.idle()
    },
    async close() {
      stopping.abort()
      await stopJobs()
      await webhookJobs.stop()
      await within(clock, refreshGraceMs, jobs.idle())
      await integrity.idle()
      await requestLogJobs
        .flush()
        .catch((error: unknown) => log.warn({ err: error }, 'the last requests were not logged'))
      await auditJobs.flush()
      await egress.close()
      await masterKeys.close().catch((error: unknown) => log.warn({ err: error }, 'the others will notice in a while'))
      await store.close()
    },
  }
}

/** A refresh under way at the stop gets this long: its answer may be the only copy of new tokens. */
const refreshGraceMs = 10_000

/**
 * Whether only this machine reaches the server. Then a caller could reach any service of this machine without our help, so
 * a webhook may as well go there; anywhere else it would be a way in.
 */
const isLoopbackOnly = ({ host, baseUrl }: Config) =>
  [host, new URL(baseUrl).hostname].every((name) => /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/.test(name))

/** How long an ended link still gets its own page instead of "unknown". */
const linkMemoryMs = 30 * 24 * 60 * 60_000

const logoOf = (catalog: Catalog) => (appKey: string) => {
  const app = catalog.get(appKey)
  return app && appLogo(app)
}

function exampleIn(catalog: Catalog): Composition['example'] {
  for (const { key, sources, authSchemes } of catalog.values()) {
    const [scheme] = authSchemes
    const [param, ...others] = scheme?.params ?? []
    // One that was read from the vendor's own page.
    if (sources === undefined && scheme?.scheme === 'API_KEY' && param && others.length === 0)
      return { app: key, data: { [param.name]: '1234567890' } }
  }
  return { app: 'APP', data: {} }
}
