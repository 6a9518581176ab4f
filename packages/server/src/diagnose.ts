/** The command `doctor`: gathers what its checks look at, and prints what they find. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type AppDefinition, isGrantedInBrowser, loadCatalog } from '@holdfast/catalog'
import { type Clock, systemClock } from './clock.ts'
import { version } from './compose.ts'
import { type Config, ConfigError, ownUrl, readConfig } from './config.ts'
import {
  checkApp,
  checkAppFiles,
  checkBaseUrl,
  checkClocks,
  checkConfiguration,
  checkDatabase,
  checkDataFolder,
  checkDiskSpace,
  checkMasterKeys,
  checkOutgoing,
  checkRedirectUris,
  checkRuntime,
  exampleTargets,
  type Finding,
  type LiveIntegration,
  reportOf,
  type Target,
  tableOf,
  targetsOf,
} from './doctor/index.ts'
import { createEgress } from './egress/index.ts'
import { readInstallationId } from './installation.ts'
import { createAppFiles, createIntegrations } from './integrations/index.ts'
import { openKeyServices } from './key-services.ts'
import { StartError, tryMasterKeys } from './master-keys.ts'
import { type DatabaseFacts, inspectDatabase, openStore, type Store, StoreError } from './store/index.ts'
import { VaultError } from './vault/index.ts'

const usage = `Usage: holdfast doctor [--app KEY] [--offline] [--json]

  --app KEY   see also whether this app can be reached
  --offline   call nothing but the database and this installation
  --json      print what was found for a program`

/** @returns The exit code: 0 when nothing is broken, 1 when something is, 2 when the arguments are wrong. */
export async function diagnose(
  args: string[],
  environment: NodeJS.ProcessEnv,
  clock: Clock = systemClock,
): Promise<number> {
  let options: Options
  try {
    options = readOptions(args)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (options.help) {
    console.log(usage)
    return 0
  }
  const report = reportOf(version, clock.now(), await examine(environment, options, clock))
  console.log(options.json ? JSON.stringify(report, null, 2) : tableOf(report))
  return report.ok ? 0 : 1
}

interface Options {
  app: string | undefined
  offline: boolean
  json: boolean
  help: boolean
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      app: { type: 'string' },
      offline: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return { ...values, app: values.app?.toLowerCase() }
}

async function examine(environment: NodeJS.ProcessEnv, options: Options, clock: Clock): Promise<Finding[]> {
  const runtime = checkRuntime(process.version, Intl.DateTimeFormat().resolvedOptions().timeZone)
  let config: Config
  try {
    config = readConfig(environment)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return [checkConfiguration(error.problems), runtime]
  }
  const keyFile = config.masterKeys ? undefined : config.masterKeysFile
  const database = await lookAtDatabase(config, clock)
  const store = await openUnchanged(config, database.facts)
  try {
    const known = store ? await readInstallation(config, store, clock) : undefined
    const outgoing = await lookOutside(config, options, known, clock)
    return [
      checkConfiguration([], config),
      runtime,
      await checkDataFolder(config.dataDir, keyFile),
      await checkDiskSpace(config.dataDir),
      ...checkDatabase(database.facts, database.failure),
      await lookAtMasterKeys(config, store, clock),
      await lookAtBaseUrl(config, known),
      checkClocks([
        ...(database.facts?.clock ? [{ whose: 'the database', ...database.facts.clock }] : []),
        ...outgoing.clocks,
      ]),
      ...outgoing.findings,
      checkRedirectUris(known?.integrations ?? []),
      ...(await lookAtAppFiles(config)),
    ]
  } finally {
    await store?.close()
  }
}

async function lookAtAppFiles({ dataDir, allowPrivateHosts }: Config): Promise<Finding[]> {
  const folder = join(dataDir, 'apps')
  const files = createAppFiles(folder, allowPrivateHosts)
  await files.reload()
  return checkAppFiles(folder, files.all().length, files.problems())
}

async function lookAtDatabase(
  { databaseUrl, dataDir }: Config,
  clock: Clock,
): Promise<{ facts?: DatabaseFacts; failure?: string }> {
  try {
    return { facts: await inspectDatabase({ databaseUrl, dataDir, clock }) }
  } catch (error) {
    if (error instanceof StoreError) return { failure: error.message }
    throw error
  }
}

/** Only what has the tables of this version can be read with it. */
async function openUnchanged(
  { databaseUrl, dataDir }: Config,
  facts: DatabaseFacts | undefined,
): Promise<Store | undefined> {
  if (!facts?.exists || facts.damage !== null || facts.notifications !== null) return undefined
  if (facts.pending.length > 0 || facts.unknown.length > 0) return undefined
  return openStore({ databaseUrl, dataDir, upgrade: false, onError: () => {} })
}

/** What the database tells of the installation. */
interface Known {
  installation: string | undefined
  isLive: boolean
  integrations: (LiveIntegration & { targets: Target[] })[]
  /** Also the apps that projects have defined themselves. */
  findApp(key: string): Promise<AppDefinition | undefined>
}

async function readInstallation(config: Config, store: Store, clock: Clock): Promise<Known> {
  const sealed = () => Promise.reject(new Error('the doctor opens nothing'))
  const integrations = createIntegrations({
    catalog: loadCatalog({ unverified: true }),
    showUnverified: config.showUnverifiedApps,
    store,
    vault: { seal: sealed, open: sealed },
    clock,
    baseUrl: config.baseUrl,
    allowPrivateHosts: config.allowPrivateHosts,
    simulatedClient: { clientId: '', clientSecret: '' },
  })
  const projects = await store.projects.list()
  const lists = await Promise.all(
    projects.map(async (project) =>
      (await integrations.list(project.id))
        .filter(({ simulated, enabled }) => enabled && !simulated)
        .map((integration) => ({ project, integration })),
    ),
  )
  return {
    installation: await readInstallationId(store),
    isLive: projects.some(({ mode }) => mode === 'live'),
    integrations: lists.flat().map(({ project, integration: { app, name, scheme, redirectUri, problem } }) => ({
      project: project.name,
      app: app.definition.key,
      name,
      redirectUri: isGrantedInBrowser(scheme) ? redirectUri : null,
      problem: problem?.message ?? null,
      targets: targetsOf({ ...app.definition, authSchemes: [scheme] }, 'needed'),
    })),
    async findApp(key) {
      for (const project of projects) {
        const app = await integrations.findApp(project.id, key)
        if (app) return app.definition
      }
      return undefined
    },
  }
}

async function lookAtMasterKeys(config: Config, store: Store | undefined, clock: Clock): Promise<Finding> {
  const { services, close } = openKeyServices(config, clock)
  const where = config.masterKeys ? 'HOLDFAST_MASTER_KEYS' : config.masterKeysFile
  try {
    return checkMasterKeys({ ids: await tryMasterKeys(config, services, store), where, compared: store !== undefined })
  } catch (error) {
    if (!(error instanceof StartError || error instanceof VaultError)) throw error
    return checkMasterKeys({ refusal: error.message })
  } finally {
    await close()
  }
}

async function lookAtBaseUrl(config: Config, known: Known | undefined): Promise<Finding> {
  const urls = [config.baseUrl, ownUrl(config)]
  const egress = createEgress({
    allowPrivateHosts: urls.map((url) => hostAndPort(new URL(url))),
    proxyUrl: config.proxyUrl,
    noProxy: config.noProxy,
  })
  try {
    return await checkBaseUrl({
      baseUrl: config.baseUrl,
      ownUrl: ownUrl(config),
      installation: known?.installation,
      isLive: known?.isLive ?? false,
      fetch: egress.fetch,
    })
  } finally {
    await egress.close()
  }
}

const hostAndPort = ({ hostname, port, protocol }: URL) =>
  `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`

async function lookOutside(
  config: Config,
  { app, offline }: Options,
  known: Known | undefined,
  clock: Clock,
): Promise<Awaited<ReturnType<typeof checkOutgoing>>> {
  if (offline) return { findings: [], clocks: [] }
  const catalog = loadCatalog({ unverified: true })
  const asked = app === undefined ? undefined : ((await known?.findApp(app)) ?? catalog.get(app))
  const needed = (known?.integrations ?? []).flatMap((integration) => integration.targets)
  const targets = [...(asked ? targetsOf(asked, 'asked') : []), ...needed]
  const egress = createEgress(config)
  try {
    const { findings, clocks } = await checkOutgoing({
      targets: targets.length > 0 ? targets : exampleTargets(catalog.values()),
      fetch: egress.fetch,
      proxyHost: config.proxyUrl === undefined ? undefined : new URL(config.proxyUrl).host,
      clock,
    })
    return { findings: [...findings, ...(app === undefined ? [] : checkApp(app, asked))], clocks }
  } finally {
    await egress.close()
  }
}
