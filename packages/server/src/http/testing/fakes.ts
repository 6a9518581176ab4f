import { randomUUID } from 'node:crypto'
import { AppDefinition, type AppDefinitionInput, type AuthScheme } from '@holdfast/catalog'
import type {
  Account,
  AccountFilter,
  Accounts,
  AuthParams,
  ConnectFlow,
  ConnectionParams,
} from '../../accounts/types.ts'
import type { Audit } from '../../audit/types.ts'
import { systemClock } from '../../clock.ts'
import { noCredentialReads } from '../../credential-reads.ts'
import { AppError, invalid } from '../../errors.ts'
import type { App, CreateIntegrationInput, Integration, Integrations } from '../../integrations/types.ts'
import type { Operators } from '../../operators/types.ts'
import type { ApiKey, Caller, Project, ProjectMode, Projects } from '../../projects/types.ts'
import { Secret } from '../../secret.ts'
import type { Webhooks } from '../../webhooks/types.ts'
import { createApi } from '../api.ts'
import type { ApiDependencies } from '../context.ts'
import { createRateLimits } from '../rate-limits.ts'

/** Services in memory, just true enough to show what the routes do with them. */

export const baseUrl = 'http://127.0.0.1:4280'
export const operatorKey = 'hf_admin_operatorsecret'

const key = { name: 'api_key', label: 'API key', role: 'credential', secret: true } as const
const gmail: AppDefinitionInput = {
  key: 'gmail',
  name: 'Gmail',
  categories: ['email'],
  source: { url: 'https://developers.google.com/gmail/api', readOn: '2026-11-01' },
  baseUrl: 'https://gmail.googleapis.com',
  headers: { 'X-Client': 'holdfast' },
  authSchemes: [
    {
      scheme: 'OAUTH2',
      label: 'Google account',
      authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      authorizationParams: { access_type: 'offline' },
      scopes: { default: ['mail.read'], described: [{ name: 'mail.send', description: 'Send mail' }] },
    },
  ],
}
const linear: AppDefinitionInput = {
  key: 'linear',
  name: 'Linear',
  categories: ['project-management'],
  baseUrl: 'https://api.linear.app',
  authSchemes: [
    {
      scheme: 'API_KEY',
      label: 'API key',
      params: [key],
      send: [{ in: 'header', name: 'Authorization', value: '{api_key}' }],
    },
    {
      scheme: 'OAUTH2',
      label: 'Linear account',
      authorizationEndpoint: 'https://linear.app/oauth/authorize',
      tokenEndpoint: 'https://api.linear.app/oauth/token',
    },
  ],
}
const shopify: AppDefinitionInput = {
  key: 'shopify',
  name: 'Shopify',
  baseUrl: 'https://{shop_name}.myshopify.com',
  authSchemes: [
    {
      scheme: 'BASIC',
      label: 'Shop password',
      params: [
        { name: 'shop_name', label: 'Shop', role: 'hostLabel' },
        { name: 'username', label: 'User', role: 'value' },
        { name: 'password', label: 'Password', role: 'credential', secret: true },
      ],
    },
  ],
}

const missing = (what: string) => new AppError('not_found', `There is no ${what} with this id.`)

export function fakeProjects(): Projects & { add(mode: ProjectMode): Promise<{ project: Project; key: string }> } {
  const rows = new Map<string, Project>()
  const keys = new Map<string, ApiKey & { text: string }>()
  const get = async (id: string) => {
    const project = rows.get(id)
    if (!project) throw missing('project')
    return project
  }
  const projects: Projects = {
    knownCaller: () => undefined,
    authenticate: async (text): Promise<Caller | undefined> => {
      if (text === operatorKey) return { kind: 'operator' }
      const found = [...keys.values()].find((candidate) => candidate.text === text)
      const project = found && rows.get(found.projectId)
      return project && { kind: 'project', project, keyId: found.id }
    },
    list: async () => [...rows.values()],
    get,
    create: async ({ name, mode, allowedRedirectUrls = [], userVerification = 'none' }) => {
      const now = new Date()
      const project: Project = {
        id: randomUUID(),
        name,
        mode,
        allowedRedirectUrls,
        userVerification,
        createdAt: now,
        updatedAt: now,
      }
      rows.set(project.id, project)
      return project
    },
    update: async (id, changes) => {
      const project = { ...(await get(id)), ...defined(changes), updatedAt: new Date() }
      rows.set(id, project)
      return project
    },
    delete: async (id) => {
      await get(id)
      rows.delete(id)
    },
    listKeys: async (projectId) => {
      await get(projectId)
      return [...keys.values()].filter((candidate) => candidate.projectId === projectId)
    },
    createKey: async (projectId, { name, expiresAt = null, access }) => {
      const { mode } = await get(projectId)
      const text = `hf_${mode}_${randomUUID()}`
      const unlimited = { scopes: null, entityIds: null, integrationIds: null, accountIds: null, session: null }
      const limits = { ...unlimited, ...defined(access ?? {}) }
      const id = randomUUID()
      const apiKey = { id, projectId, name, hint: text.slice(-4), createdAt: new Date(), expiresAt, access: limits }
      keys.set(apiKey.id, { ...apiKey, text })
      return { apiKey, key: new Secret(text) }
    },
    rotateKey: async (projectId, keyId, overlapSeconds) => {
      const previous = keys.get(keyId)
      if (previous?.projectId !== projectId) throw missing('key')
      const made = await projects.createKey(projectId, { name: previous.name, access: previous.access })
      return { ...made, previousExpiresAt: new Date(Date.now() + overlapSeconds * 1000) }
    },
    createSession: async (_, { entityId, integrationIds = null, allowedOrigins = null, expiresInSeconds }) => ({
      id: randomUUID(),
      entityId,
      token: new Secret(`hf_session_${randomUUID()}`),
      integrationIds,
      allowedOrigins,
      expiresAt: new Date(Date.now() + expiresInSeconds * 1000),
    }),
    endSessions: async () => 0,
    deleteKey: async (projectId, keyId) => {
      if (keys.get(keyId)?.projectId !== projectId) throw missing('key')
      keys.delete(keyId)
    },
  }
  const add = async (mode: ProjectMode) => {
    const project = await projects.create({ name: `A ${mode} project`, mode })
    return { project, key: (await projects.createKey(project.id, { name: 'k' })).key.reveal() }
  }
  return { ...projects, add }
}

export function fakeIntegrations(): Integrations {
  const since = new Date('2026-01-01T00:00:00Z')
  const builtIn = [gmail, linear, shopify].map(
    (input): App => ({ definition: AppDefinition.parse(input), builtIn: true, createdAt: since, updatedAt: since }),
  )
  const custom = new Map<string, App[]>()
  const rows = new Map<string, Integration[]>()

  const appsOf = (projectId: string) => [...builtIn, ...(custom.get(projectId) ?? [])]
  const build = (projectId: string, app: App, input: CreateIntegrationInput, isDefault: boolean): Integration => {
    const scheme = app.definition.authSchemes.find(
      ({ scheme }) => scheme === (input.authScheme ?? scheme),
    ) as AuthScheme
    const id = randomUUID()
    return {
      id,
      projectId,
      name: input.name ?? app.definition.key,
      app,
      scheme,
      userVerification: null,
      enabled: true,
      scopes: input.scopes ?? null,
      clientId: input.clientId ?? null,
      params: {},
      hasClientSecret: input.clientSecret !== undefined,
      simulated: input.simulated ?? input.clientId === undefined,
      isDefault,
      redirectUri: `${baseUrl}/oauth/callback/${id}`,
      problem: null,
      createdAt: new Date(),
      updatedAt: new Date(),
    }
  }
  const rowsOf = (projectId: string) => {
    const own = rows.get(projectId) ?? builtIn.map((app) => build(projectId, app, { appKey: app.definition.key }, true))
    rows.set(projectId, own)
    return own
  }
  const getApp = async (projectId: string, appKey: string) => {
    const app = appsOf(projectId).find(({ definition }) => definition.key === appKey.toLowerCase())
    if (!app) throw new AppError('not_found', 'There is no such app.')
    return app
  }
  const get = async (projectId: string, id: string) => {
    const found = rowsOf(projectId).find((integration) => integration.id === id)
    if (!found) throw new AppError('not_found', 'Connector not found')
    return found
  }
  const parse = (definition: unknown) => {
    const parsed = AppDefinition.safeParse(definition)
    if (parsed.success) return parsed.data
    throw invalid({
      property: parsed.error.issues[0]?.path.join('.') ?? '',
      message: parsed.error.issues[0]?.message ?? '',
    })
  }
  const own = async (projectId: string, appKey: string) => {
    const app = await getApp(projectId, appKey)
    if (app.builtIn) throw new AppError('not_supported', 'Built-in apps cannot be changed.')
    return app
  }
  const create = async (projectId: string, input: CreateIntegrationInput) => {
    const integration = build(projectId, await getApp(projectId, input.appKey), input, false)
    rowsOf(projectId).unshift(integration)
    return integration
  }

  return {
    listApps: async (projectId, filter = {}) =>
      appsOf(projectId).filter(
        ({ definition }) =>
          (!filter.search || definition.key.includes(filter.search.toLowerCase())) &&
          (!filter.category || definition.categories.includes(filter.category)) &&
          (!filter.authScheme || definition.authSchemes.some(({ scheme }) => scheme === filter.authScheme)),
      ),
    getApp,
    createApp: async (projectId, definition) => {
      const app: App = { definition: parse(definition), builtIn: false, createdAt: new Date(), updatedAt: new Date() }
      custom.set(projectId, [...(custom.get(projectId) ?? []), app])
      return app
    },
    updateApp: async (projectId, appKey, changes) => {
      const app = await own(projectId, appKey)
      app.definition = parse({ ...app.definition, ...changes })
      return app
    },
    deleteApp: async (projectId, appKey) => {
      const app = await own(projectId, appKey)
      custom.set(
        projectId,
        (custom.get(projectId) ?? []).filter((candidate) => candidate !== app),
      )
    },
    list: async (projectId, filter = {}) =>
      rowsOf(projectId).filter(
        (integration) =>
          (!filter.appKey || integration.app.definition.key === filter.appKey) &&
          (!filter.authScheme || integration.scheme.scheme === filter.authScheme) &&
          (filter.showDisabled !== false || integration.enabled),
      ),
    accountCounts: async (_, ids) => new Map(ids.map((id) => [id, 0])),
    get,
    create,
    getOrCreate: async (projectId, input) => {
      const same = rowsOf(projectId).find(
        (integration) =>
          integration.app.definition.key === input.appKey && integration.clientId === (input.clientId ?? null),
      )
      return same ? { integration: same, isNew: false } : { integration: await create(projectId, input), isNew: true }
    },
    update: async (projectId, id, { clientSecret, ...changes }) =>
      Object.assign(
        await get(projectId, id),
        defined(changes),
        clientSecret === undefined ? {} : { hasClientSecret: true },
      ),
    delete: async (projectId, id) => {
      const found = await get(projectId, id)
      rows.set(
        projectId,
        rowsOf(projectId).filter((integration) => integration !== found),
      )
      return 1
    },
    expectedFields: ({ scheme }) =>
      scheme.params.map(({ name, label, help, role, secret, required }) => ({
        name,
        label,
        help,
        role,
        secret,
        required,
        helpUrl: null,
        example: null,
        default: null,
        pattern: null,
        options: null,
      })),
  }
}

/** What a test may set on an account, and what it can look at. */
export interface FakeAccounts extends Accounts {
  change(id: string, changes: Partial<Account>): void
  /** The next reads of credentials fail with this. */
  failCredentials(error: Error | undefined): void
  lastFilter(): AccountFilter | undefined
  lastInitiate(): Parameters<Accounts['initiate']>[1] | undefined
}

export function fakeAccounts(integrations: Integrations): FakeAccounts {
  const rows = new Map<string, Account & { data: Record<string, string>; reads: number }>()
  let failure: Error | undefined
  let filterSeen: AccountFilter | undefined
  let initiateSeen: Parameters<Accounts['initiate']>[1] | undefined

  const get = async (projectId: string, id: string) => {
    const account = rows.get(id)
    if (account?.projectId !== projectId) throw missing('connected account')
    return account
  }
  const shown = ({ data, reads, ...account }: Account & { data: Record<string, string>; reads: number }): Account =>
    account
  const credentials = (
    account: Account & { data: Record<string, string> },
  ): { connectionParams: ConnectionParams; authParams: AuthParams | null } => {
    if (account.status !== 'ACTIVE' || !account.enabled) return { connectionParams: {}, authParams: null }
    const headers = { Authorization: `token of ${account.id}` }
    return {
      connectionParams: { ...account.data, headers, queryParams: {}, base_url: 'https://api.example' },
      authParams: {
        baseUrl: 'https://api.example',
        params: [{ name: 'Authorization', in: 'header', value: headers.Authorization }],
        body: {},
      },
    }
  }
  const startUrl = (id: string, redirectUri?: string) =>
    `${baseUrl}/connect/${id}${redirectUri ? `?to=${encodeURIComponent(redirectUri)}` : ''}`

  return {
    change: (id, changes) => void Object.assign(rows.get(id) as Account, changes),
    failCredentials: (error) => {
      failure = error
    },
    lastFilter: () => filterSeen,
    lastInitiate: () => initiateSeen,
    sign: notFaked,
    reveal: notFaked,
    refresh: notFaked,
    check: notFaked,
    changeMany: notFaked,
    listFrom: notFaked,
    confirm: notFaked,
    initiate: async (projectId, input) => {
      initiateSeen = input
      const integration = await integrations.get(projectId, input.integrationId)
      for (const [name, value] of Object.entries(input.data))
        if (typeof value !== 'string') throw invalid({ property: `data.${name}`, message: 'must be a string' })
      for (const param of integration.scheme.params)
        if (param.required && !(param.name in input.data))
          throw invalid({ property: `data.${param.name}`, message: 'is required' })
      const oauth = integration.scheme.scheme === 'OAUTH2'
      const now = new Date()
      const account: Account = {
        id: randomUUID(),
        projectId,
        integrationId: integration.id,
        appKey: integration.app.definition.key,
        appName: integration.app.definition.name,
        authScheme: integration.scheme.scheme,
        entityId: input.entityId,
        status: oauth ? 'INITIATED' : 'ACTIVE',
        missingScopes: [],
        statusReason: oauth
          ? { code: 'awaiting_user', message: 'The person has not finished yet.', mustAct: 'endUser' }
          : null,
        enabled: true,
        verification: 'not_checked',
        identity: null,
        labels: input.labels ?? [],
        requestedScopes: oauth ? (input.scopes ?? []) : null,
        grantedScopes: null,
        expiresAt: null,
        simulated: integration.simulated,
        createdAt: now,
        updatedAt: now,
      }
      rows.set(account.id, { ...account, data: input.data as Record<string, string>, reads: 0 })
      return { account, redirectUrl: oauth ? startUrl(account.id, input.redirectUri) : null }
    },
    reinitiate: async (projectId, id, { redirectUri }) => {
      const account = await get(projectId, id)
      return {
        account: shown(account),
        redirectUrl: account.authScheme === 'OAUTH2' ? startUrl(id, redirectUri) : null,
      }
    },
    get: async (projectId, id) => shown(await get(projectId, id)),
    current: async () => undefined,
    getWithCredentials: async (projectId, id) => {
      const account = await get(projectId, id)
      if (failure) throw failure
      return { account: shown(account), ...credentials(account) }
    },
    authParams: async (projectId, id) => {
      const account = await get(projectId, id)
      if (failure) throw failure
      const { authParams } = credentials(account)
      if (!account.enabled) throw new AppError('account_disabled', 'The account is disabled.')
      if (!authParams) throw new AppError('account_not_active', 'The account is not ACTIVE.')
      return authParams
    },
    list: async (projectId, filter, { page, pageSize }) => {
      filterSeen = filter
      const has = <Item>(list: Item[] | undefined, item: Item) => !list || list.includes(item)
      const all = [...rows.values()]
        .reverse()
        .filter(
          (account) =>
            account.projectId === projectId &&
            has(filter.entityIds, account.entityId) &&
            has(filter.integrationIds, account.integrationId) &&
            has(filter.accountIds, account.id) &&
            has(filter.appKeys, account.appKey) &&
            has(filter.statuses, account.status) &&
            (!filter.labels || filter.labels.some((label) => account.labels.includes(label))) &&
            (filter.showDisabled !== false || account.enabled),
        )
      return {
        items: all.slice((page - 1) * pageSize, page * pageSize).map(shown),
        page,
        totalPages: Math.ceil(all.length / pageSize),
        totalItems: all.length,
        nextCursor: null,
      }
    },
    waitFor: async (projectId, id, status, timeoutMs) => {
      const account = await get(projectId, id)
      if (timeoutMs >= 2000) Object.assign(account, { status, statusReason: null })
      return shown(account)
    },
    setEnabled: async (projectId, id, enabled) => shown(Object.assign(await get(projectId, id), { enabled })),
    setLabels: async (projectId, id, labels) => shown(Object.assign(await get(projectId, id), { labels })),
    duplicatesOf: async () => [],
    history: notFaked,
    revoke: notFaked,
    getRevocation: notFaked,
    deleteOfProject: async () => {},
    deleteOfIntegration: async (projectId, integrationId) => {
      const found = [...rows.values()].filter(
        (account) => account.projectId === projectId && account.integrationId === integrationId,
      )
      for (const { id } of found) rows.delete(id)
      return found.length
    },
    delete: async (projectId, id) => {
      const { appKey } = await get(projectId, id)
      rows.delete(id)
      const at = new Date()
      return {
        id: randomUUID(),
        accountId: id,
        appKey,
        status: 'unsupported',
        tokens: [],
        attempts: 0,
        nextAttemptAt: null,
        createdAt: at,
        updatedAt: at,
      }
    },
    scriptSimulator: async (projectId, id, script) => {
      const account = await get(projectId, id)
      if (!account.simulated) throw new AppError('not_supported', 'The account is not simulated.')
      return {
        accessTokenExpiresAt: null,
        revoked: script.revoke ?? false,
        rotateRefreshTokens: script.rotateRefreshTokens ?? false,
        pendingFailures: script.failNextTokenCalls?.times ?? 0,
        tokenCalls: 0,
      }
    },
  }
}

export interface TestApi {
  accounts: FakeAccounts
  integrations: Integrations
  projects: ReturnType<typeof fakeProjects>
  project: Project
  key: string
  /** What was logged, as JSON text. */
  logged: string[]
  linksMade: Parameters<ConnectFlow['createLink']>[1][]
  request(method: string, path: string, options?: CallOptions): Promise<Response>
  /** Sends JSON with the project's key; @returns status and parsed body. */
  call(
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<{ status: number; body: Body; headers: Headers }>
  setReady(ready: () => Promise<void>): void
}

export interface CallOptions {
  key?: string | null
  headers?: Record<string, string>
  body?: string
}

/** Parsed JSON of an answer; a test looks where it expects something and fails when it is not there. */
// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests find out
export type Body = any

const never = () => Promise.reject(missing('kill switch'))

/** Writes nothing down. */
const fakeAudit: Audit = {
  write: async () => {},
  read: async () => ({ items: [], nextCursor: null }),
  chains: async () => [],
  async *export() {},
  async *verify() {},
  reads: noCredentialReads,
}

export async function startApi(overrides: Partial<ApiDependencies> = {}): Promise<TestApi> {
  const projects = fakeProjects()
  const integrations = fakeIntegrations()
  const accounts = fakeAccounts(integrations)
  const { project, key } = await projects.add('test')
  const logged: string[] = []
  const write = (details: object, message: string) => void logged.push(JSON.stringify({ ...details, message }))
  const linksMade: TestApi['linksMade'] = []
  let ready = async () => {}
  const api = createApi({
    projects,
    integrations,
    accounts,
    stopping: new AbortController().signal,
    trustedProxies: 0,
    audit: fakeAudit,
    killSwitches: { start: never, get: never, list: async () => [] },
    limits: createRateLimits({ reads: 0, writes: 0, address: 0, clock: systemClock }),
    credentialReads: noCredentialReads,
    requestLog: { note: () => {}, list: notFaked, failures: notFaked },
    operators: new Proxy({}, { get: () => notFaked }) as Operators,
    entities: { list: notFaked, get: notFaked, delete: notFaked },
    transfer: { import: notFaked, export: notFaked },
    branding: { get: notFaked, logo: notFaked, update: notFaked },
    flow: {
      createLink: async (_, input) => {
        linksMade.push(input)
        const now = new Date()
        return {
          id: randomUUID(),
          url: `${baseUrl}/connect/links/t`,
          entityId: input.entityId,
          redirectUri: input.redirectUri ?? null,
          expiresAt: now,
          createdAt: now,
        }
      },
    },
    // Webhooks are tried on a whole server.
    webhooks: {} as Webhooks,
    idempotencyKeys: { claim: notFaked, answer: notFaked, release: notFaked },
    log: { info: write, warn: write, error: write },
    baseUrl,
    clock: systemClock,
    version: '0.1.0',
    ready: () => ready(),
    ...overrides,
  })
  const request: TestApi['request'] = async (method, path, options = {}) => {
    const used = options.key === undefined ? key : options.key
    const headers = { ...(used === null ? {} : { 'x-api-key': used }), ...options.headers }
    return api.request(path, { method, headers, ...(options.body === undefined ? {} : { body: options.body }) })
  }
  return {
    accounts,
    integrations,
    projects,
    project,
    key,
    logged,
    linksMade,
    request,
    call: async (method, path, body, options = {}) => {
      const json =
        body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...options.headers } }
      const answer = await request(method, path, { ...options, ...json })
      return { status: answer.status, body: (await answer.json()) as Body, headers: answer.headers }
    },
    setReady: (check) => {
      ready = check
    },
  }
}

/** These are tested with the real service. */
const notFaked = (): never => {
  throw new Error('there is no fake of this')
}

/** Without the members that are undefined, which would overwrite. */
const defined = <Changes extends object>(changes: Changes): Partial<Changes> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<Changes>
