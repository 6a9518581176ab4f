/** Apps plus the operator's settings: which scheme, which OAuth client, which scopes, and what the person must fill in. */
import {
  type AppDefinition,
  type AuthScheme,
  type AuthSchemeName,
  type Catalog,
  isGrantedInBrowser,
} from '@holdfast/catalog'
import type { Clock } from '../clock.ts'
import { AppError, invalid } from '../errors.ts'
import { newId, sha256 } from '../ids.ts'
import type { Project, ProjectMode } from '../projects/types.ts'
import { Secret } from '../secret.ts'
import type { IntegrationRow, Store } from '../store/index.ts'
import type { SealContext, Vault } from '../vault/types.ts'
import { type AppFileProblem, type AppFiles, createAppFiles } from './app-files.ts'
import { createApps } from './apps.ts'
import { refuseIfMoved } from './credential-hosts.ts'
import { ensureDefaults, isSimulatedByDefault } from './defaults.ts'
import { expectedFields } from './expected-fields.ts'
import { fromIssuer, namesIssuer } from './issuer.ts'
import { checkOwnParams, missingOwnParam, ownParamsFor } from './own-params.ts'
import type { App, CreateIntegrationInput, DiscoverServer, Integration, Integrations } from './types.ts'

export type * from './types.ts'
export { type AppFileProblem, type AppFiles, createAppFiles }

export interface IntegrationsOptions {
  catalog: Catalog
  showUnverified?: boolean
  store: Store
  vault: Pick<Vault, 'seal' | 'open'>
  clock: Clock
  baseUrl: string
  allowPrivateHosts: readonly string[]
  /** The operator's apps for every project. */
  files?: AppFiles | undefined
  /** Absent: no app is made from an issuer. */
  discover?: DiscoverServer | undefined
  /** The OAuth client of simulated integrations that have none of their own. */
  simulatedClient: { clientId: string; clientSecret: string }
}

/** What only the server itself may have: the opened client, and the making of defaults. */
export interface IntegrationSecrets {
  /** Null when no OAuth client is set. */
  oauthClient(integration: Integration): Promise<{ clientId: string; clientSecret: Secret | null } | null>
  /** Undefined for an app that is gone. */
  findApp(projectId: string, key: string): Promise<App | undefined>
  /** Takes over what has changed in the operator's app files. @returns The keys of the apps that changed. */
  followAppFiles(): Promise<string[]>
  /** Makes every app of the project ready, as far as that needs no operator. */
  ensureDefaults(project: Pick<Project, 'id' | 'mode' | 'createdAt'>): Promise<void>
  /**
   * The same for those of these projects that may lack something: all of them when other apps are offered than at the last
   * start, else those of the last day, whose making may have been cut short or done by an older version.
   */
  ensureDefaultsAtStart(projects: readonly Pick<Project, 'id' | 'mode' | 'createdAt'>[]): Promise<void>
}

export function createIntegrations(options: IntegrationsOptions): Integrations & IntegrationSecrets {
  const { store, vault, clock, baseUrl, simulatedClient } = options
  const apps = createApps(options)

  const projectOf = async (projectId: string) => {
    const row = await store.projects.find(projectId)
    if (!row) throw new AppError('not_found', 'There is no such project.')
    return { id: row.id, mode: row.mode, createdAt: new Date(row.created_at) }
  }

  const openParams = async (row: IntegrationRow) =>
    row.params === null ? {} : (JSON.parse(await vault.open(row.params, paramsContext(row))) as Record<string, string>)

  /** Undefined when the app or its scheme no longer exists. */
  const toIntegration = async (row: IntegrationRow): Promise<Integration | undefined> => {
    const app = await apps.find(row.project_id, row.app_key)
    const scheme = app?.definition.authSchemes.find((candidate) => candidate.scheme === row.auth_scheme)
    if (!app || !scheme) return undefined
    const params = await openParams(row)
    return {
      id: row.id,
      projectId: row.project_id,
      name: row.name,
      app,
      scheme,
      enabled: row.enabled === 1,
      scopes: row.scopes === null ? null : (JSON.parse(row.scopes) as string[]),
      clientId: row.client_id,
      hasClientSecret: row.client_secret !== null,
      params: ownParamsFor(scheme, params, row.simulated === 1),
      simulated: row.simulated === 1,
      isDefault: row.is_default === 1,
      redirectUri: `${baseUrl}/oauth/callback/${row.id}`,
      problem:
        row.problem_code === null || row.problem_since === null
          ? null
          : { code: row.problem_code, message: row.problem_message ?? '', since: new Date(row.problem_since) },
      userVerification: row.user_verification,
      createdAt: new Date(row.created_at),
      updatedAt: new Date(row.updated_at),
    }
  }

  const get = async (projectId: string, id: string): Promise<Integration> => {
    const row = await store.integrations.find(projectId, id)
    const integration = row && (await toIntegration(row))
    if (!integration) throw new AppError('not_found', 'There is no such integration.')
    return integration
  }

  const list: Integrations['list'] = async (projectId, filter = {}) => {
    const app = filter.appKey === undefined ? undefined : await apps.find(projectId, filter.appKey)
    const rows = await store.integrations.list(projectId, {
      appKey: app?.definition.key ?? filter.appKey?.toLowerCase(),
      authScheme: filter.authScheme,
      enabledOnly: filter.showDisabled === false,
    })
    const integrations = (await Promise.all(rows.map(toIntegration))).filter((integration) => integration !== undefined)
    return integrations.sort(byPreference)
  }

  const create: Integrations['create'] = async (projectId, input) => {
    const app = await apps.get(projectId, input.appKey)
    const scheme = chooseScheme(app, input.authScheme)
    const simulated = simulatedFor((await projectOf(projectId)).mode, app, scheme, input)
    checkClient(scheme, input)
    const params = checkOwnParams(app.definition, scheme, input.params)
    if (!simulated && input.enabled !== false) {
      requireClient(scheme, { clientId: input.clientId, hasSecret: input.clientSecret !== undefined })
      requireOwnParams(scheme, params)
    }
    const id = newId()
    const now = clock.now().getTime()
    const row: IntegrationRow = {
      id,
      project_id: projectId,
      app_key: app.definition.key,
      auth_scheme: scheme.scheme,
      name: input.name ?? `${app.definition.key}_${id.slice(-6)}`,
      enabled: input.enabled === false ? 0 : 1,
      scopes: input.scopes ? JSON.stringify(checkScopes(scheme, input.scopes)) : null,
      client_id: input.clientId ?? null,
      client_secret:
        input.clientSecret === undefined ? null : await vault.seal(input.clientSecret, secretContext(projectId, id, 0)),
      version: 0,
      params:
        Object.keys(params).length === 0
          ? null
          : await vault.seal(JSON.stringify(params), paramsContext({ project_id: projectId, id, params_version: 0 })),
      params_version: 0,
      simulated: simulated ? 1 : 0,
      is_default: 0,
      problem_code: null,
      problem_message: null,
      problem_since: null,
      probe_after: null,
      user_verification: input.userVerification ?? null,
      created_at: now,
      updated_at: now,
    }
    await store.integrations.insert(row)
    return get(projectId, id)
  }

  /** Integrations whose scheme an app no longer has. @throws {AppError} conflict when accounts use one. */
  const orphansOf = async (projectId: string, definition: AppDefinition): Promise<IntegrationRow[]> => {
    const kept = new Set<string>(definition.authSchemes.map((scheme) => scheme.scheme))
    const rows = await store.integrations.list(projectId, { appKey: definition.key })
    const orphans = rows.filter((row) => !kept.has(row.auth_scheme))
    await refuseIfInUse(store, projectId, orphans, 'a scheme that you remove')
    return orphans
  }

  return {
    async followAppFiles() {
      const keys = (await options.files?.reload()) ?? []
      if (keys.length === 0) return keys
      // Whoever keeps integrations keeps their apps with them.
      store.changes.everything()
      const changed = keys.map((key) => apps.shared(key)).filter((app) => app !== undefined)
      for (const project of await store.projects.list())
        await ensureDefaults(
          options,
          { id: project.id, mode: project.mode, createdAt: new Date(project.created_at) },
          changed,
        )
      return keys
    },

    listApps: apps.list,
    getApp: apps.get,
    findApp: apps.find,

    async createApp(projectId, definition) {
      const { discover = notHere, allowPrivateHosts } = options
      const whole = namesIssuer(definition)
        ? await fromIssuer(definition, discover, allowPrivateHosts, apps.check)
        : definition
      const checked = apps.check(whole)
      await orphansOf(projectId, checked)
      const replaced = apps.shared(checked.key)
      if (replaced) await refuseIfMoved(store, projectId, replaced.definition, checked)
      const app = await apps.create(projectId, whole)
      await ensureDefaults(options, await projectOf(projectId), [app])
      return app
    },

    async updateApp(projectId, key, changes) {
      const { definition: before } = await apps.get(projectId, key)
      const definition = await apps.preview(projectId, key, changes)
      await refuseIfMoved(store, projectId, before, definition)
      for (const orphan of await orphansOf(projectId, definition)) await store.integrations.delete(projectId, orphan.id)
      const app = await apps.replace(projectId, definition)
      await ensureDefaults(options, await projectOf(projectId), [app])
      return app
    },

    async deleteApp(projectId, key) {
      const { definition } = await apps.getOwn(projectId, key)
      const below = apps.shared(definition.key)
      if (below) {
        await refuseIfMoved(store, projectId, definition, below.definition)
        for (const orphan of await orphansOf(projectId, below.definition))
          await store.integrations.delete(projectId, orphan.id)
        await store.integrations.deleteApp(projectId, definition.key)
        return ensureDefaults(options, await projectOf(projectId), [below])
      }
      await refuseIfInUse(
        store,
        projectId,
        await store.integrations.list(projectId, { appKey: definition.key }),
        'the app',
      )
      await store.transaction(async (queries) => {
        await queries.integrations.deleteOfApp(projectId, definition.key)
        await queries.integrations.deleteApp(projectId, definition.key)
      })
    },

    list,
    get,
    create,

    accountCounts: (projectId, integrationIds) => store.accounts.countByIntegration(projectId, integrationIds),

    async getOrCreate(projectId, input) {
      const app = await apps.get(projectId, input.appKey)
      const scheme = chooseScheme(app, input.authScheme)
      const candidates = await list(projectId, {
        appKey: app.definition.key,
        authScheme: scheme.scheme,
        showDisabled: false,
      })
      const same = candidates.find((candidate) => input.clientId === undefined || candidate.clientId === input.clientId)
      return same ? { integration: same, isNew: false } : { integration: await create(projectId, input), isNew: true }
    },

    async update(projectId, id, changes) {
      const current = await get(projectId, id)
      const row = await store.integrations.find(projectId, id)
      const version = (row?.version ?? 0) + 1
      const paramsVersion = (row?.params_version ?? 0) + 1
      const params = changes.params && {
        ...(row && (await openParams(row))),
        ...checkOwnParams(current.app.definition, current.scheme, changes.params),
      }
      if (changes.enabled && !current.enabled && !current.simulated)
        requireOwnParams(current.scheme, params ?? current.params)
      if (changes.enabled && !current.enabled && !current.simulated)
        requireClient(current.scheme, {
          clientId: changes.clientId ?? current.clientId ?? undefined,
          hasSecret: changes.clientSecret !== undefined || row?.client_secret != null,
        })
      await store.integrations.update(projectId, id, {
        ...(changes.name !== undefined && { name: changes.name }),
        ...(changes.enabled !== undefined && { enabled: changes.enabled ? 1 : 0 }),
        ...(changes.scopes !== undefined && {
          scopes: changes.scopes === null ? null : JSON.stringify(checkScopes(current.scheme, changes.scopes)),
        }),
        ...(changes.clientId !== undefined && { client_id: changes.clientId }),
        ...(changes.userVerification !== undefined && { user_verification: changes.userVerification }),
        // A new client deserves a fresh try at once.
        ...((changes.clientId ?? changes.clientSecret) !== undefined && {
          problem_code: null,
          problem_message: null,
          problem_since: null,
          probe_after: null,
        }),
        ...(changes.clientSecret !== undefined && {
          client_secret: await vault.seal(changes.clientSecret, secretContext(projectId, id, version)),
          version,
        }),
        ...(params && {
          params: await vault.seal(
            JSON.stringify(params),
            paramsContext({ project_id: projectId, id, params_version: paramsVersion }),
          ),
          params_version: paramsVersion,
        }),
        updated_at: clock.now().getTime(),
      })
      return get(projectId, id)
    },

    async delete(projectId, id) {
      if (!(await store.integrations.delete(projectId, id)))
        throw new AppError('not_found', 'There is no such integration.')
      return 1
    },

    expectedFields: (integration) => expectedFields(integration.app.definition, integration.scheme),

    async oauthClient(integration) {
      if (integration.clientId === null)
        return integration.simulated
          ? { clientId: simulatedClient.clientId, clientSecret: new Secret(simulatedClient.clientSecret) }
          : null
      const row = await store.integrations.find(integration.projectId, integration.id)
      if (!row?.client_secret) return { clientId: integration.clientId, clientSecret: null }
      const opened = await vault.open(
        row.client_secret,
        secretContext(integration.projectId, integration.id, row.version),
      )
      return { clientId: integration.clientId, clientSecret: new Secret(opened) }
    },

    async ensureDefaults(project) {
      await ensureDefaults(options, project, await apps.list(project.id))
    },

    async ensureDefaultsAtStart(projects) {
      const offered = apps.offered().map(({ definition: { key, authSchemes } }) => [key, ...authSchemes.map(nameOf)])
      const state = Buffer.from(sha256(JSON.stringify(offered))).toString('hex')
      const isNew = (await store.settings.get('ready_apps')) !== state
      const dayAgo = clock.now().getTime() - 86_400_000
      for (const project of projects)
        if (isNew || project.createdAt.getTime() > dayAgo)
          await ensureDefaults(options, project, await apps.list(project.id))
      if (isNew) await store.settings.put('ready_apps', state)
    },
  }
}

const nameOf = ({ scheme }: AuthScheme) => scheme

const notHere: DiscoverServer = () => Promise.resolve({ problem: 'cannot be asked from here' })

const secretContext = (projectId: string, rowId: string, version: number): SealContext => ({
  projectId,
  table: 'integrations',
  rowId,
  field: 'client_secret',
  version,
})

const paramsContext = (row: Pick<IntegrationRow, 'project_id' | 'id' | 'params_version'>): SealContext => ({
  projectId: row.project_id,
  table: 'integrations',
  rowId: row.id,
  field: 'params',
  version: row.params_version,
})

/** @throws {AppError} validation_failed */
function requireOwnParams(scheme: AuthScheme, params: Readonly<Record<string, string>>) {
  const missing = missingOwnParam(scheme, params)
  if (missing) throw invalid({ property: `params.${missing.name}`, message: `is required: ${missing.label}` })
}

function chooseScheme(app: App, wanted: AuthSchemeName | undefined): AuthScheme {
  const { key, authSchemes } = app.definition
  const scheme = wanted === undefined ? authSchemes[0] : authSchemes.find((candidate) => candidate.scheme === wanted)
  if (!scheme)
    throw invalid({
      property: 'authScheme',
      message: `${key} offers ${authSchemes.map((candidate) => candidate.scheme).join(', ')}`,
    })
  return scheme
}

function simulatedFor(mode: ProjectMode, app: App, scheme: AuthScheme, input: CreateIntegrationInput): boolean {
  if (mode === 'live') {
    if (input.simulated) throw invalid({ property: 'simulated', message: 'a live project never reaches the simulator' })
    return false
  }
  return (
    input.simulated ?? isSimulatedByDefault({ builtIn: app.builtIn, scheme, hasClient: input.clientId !== undefined })
  )
}

function checkClient(scheme: AuthScheme, input: CreateIntegrationInput) {
  if (!isGrantedInBrowser(scheme)) {
    if (input.clientId !== undefined)
      throw invalid({ property: 'clientId', message: `${scheme.scheme} has no OAuth client` })
    return
  }
  if (input.clientSecret !== undefined && input.clientId === undefined)
    throw invalid({ property: 'clientId', message: 'goes with a client secret' })
}

/** What an OAuth integration needs before people are sent to the app with it. */
function requireClient(
  scheme: AuthScheme,
  { clientId, hasSecret }: { clientId?: string | undefined; hasSecret: boolean },
) {
  if (!isGrantedInBrowser(scheme)) return
  if (clientId === undefined)
    throw invalid({ property: 'clientId', message: 'register an OAuth client with the app and give its client id' })
  if (!hasSecret && !(scheme.scheme === 'OAUTH2' && scheme.tokenEndpointAuthMethod === 'none'))
    throw invalid({ property: 'clientSecret', message: 'the app authenticates clients by secret' })
}

function checkScopes(scheme: AuthScheme, scopes: readonly string[]): readonly string[] {
  if (scheme.scheme !== 'OAUTH2') throw invalid({ property: 'scopes', message: `${scheme.scheme} has no scopes` })
  scopes.forEach((scope, index) => {
    // RFC 6749 §3.3: scope-token is %x21 / %x23-5B / %x5D-7E.
    if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,300}$/.test(scope))
      throw invalid({ property: `scopes.${index}`, message: 'not a scope (RFC 6749 §3.3)' })
  })
  return [...new Set(scopes)]
}

async function refuseIfInUse(store: Store, projectId: string, rows: readonly IntegrationRow[], what: string) {
  const counts = await store.accounts.countByIntegration(
    projectId,
    rows.map((row) => row.id),
  )
  const accounts = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (accounts > 0) throw new AppError('conflict', `${accounts} connected account(s) use ${what}; delete them first.`)
}

/** The operator's own before ours, newest first; ours by app, in the order the app prefers its schemes. */
function byPreference(a: Integration, b: Integration): number {
  if (a.isDefault !== b.isDefault) return a.isDefault ? 1 : -1
  if (!a.isDefault) return b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1)
  if (a.app.definition.key !== b.app.definition.key) return a.app.definition.key < b.app.definition.key ? -1 : 1
  return preference(a) - preference(b)
}

const preference = ({ app, scheme }: Integration) =>
  app.definition.authSchemes.findIndex((candidate) => candidate.scheme === scheme.scheme)
