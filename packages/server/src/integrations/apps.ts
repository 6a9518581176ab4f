import { AppDefinition, type Catalog, definitionProblems, insecureUrls } from '@holdfast/catalog'
import type { Clock } from '../clock.ts'
import { AppError, type FieldError, invalid } from '../errors.ts'
import type { AppRow, Store } from '../store/index.ts'
import type { App, AppFilter } from './types.ts'

export interface AppsOptions {
  catalog: Catalog
  /** Whether apps that one source alone knows are offered. Accounts that were connected with one go on either way. */
  showUnverified?: boolean
  store: Store
  clock: Clock
  /** Exact `host:port` that may be reached by plain http although private. */
  allowPrivateHosts: readonly string[]
}

/** Built-in apps and the project's own, under one roof. */
export function createApps({ catalog, showUnverified = false, store, clock, allowPrivateHosts }: AppsOptions) {
  const builtIn = builtInApps(catalog)
  const isOffered = ({ definition }: App) => showUnverified || !definition.unverified

  const find = async (projectId: string, key: string): Promise<App | undefined> => {
    const lowerKey = key.toLowerCase()
    const known = builtIn.get(lowerKey)
    if (known) return known
    const row = await store.integrations.findApp(projectId, lowerKey)
    return row ? toApp(row) : builtIn.byOtherName(lowerKey)
  }

  const get = async (projectId: string, key: string): Promise<App> => {
    const app = await find(projectId, key)
    if (!app || !isOffered(app))
      throw new AppError('not_found', 'There is no app with this key. GET /api/v1/apps lists them.')
    return app
  }

  const getCustom = async (projectId: string, key: string): Promise<App> => {
    const app = await get(projectId, key)
    if (app.builtIn)
      throw new AppError(
        'not_supported',
        `${app.definition.key} is built in and cannot be changed; make an app with a key of your own.`,
      )
    return app
  }

  /** @throws {AppError} validation_failed naming each field of the definition that is wrong. */
  const check = (input: unknown): AppDefinition => {
    const parsed = AppDefinition.safeParse(input)
    if (!parsed.success) {
      const fields = definitionProblems(parsed.error).map(
        ({ path, message }): FieldError => ({ property: path, message }),
      )
      throw invalid(...(fields as [FieldError, ...FieldError[]]))
    }
    for (const { path, url } of insecureUrls(parsed.data))
      if (!mayBePlainHttp(url, allowPrivateHosts))
        throw invalid({
          property: path,
          message: 'must be https; plain http is only for loopback and for hosts in HOLDFAST_ALLOW_PRIVATE_HOSTS',
        })
    return parsed.data
  }

  return {
    find,
    get,
    getCustom,

    async list(projectId: string, filter: AppFilter = {}): Promise<App[]> {
      const custom = (await store.integrations.listApps(projectId)).map(toApp)
      const search = filter.search?.toLowerCase()
      return [...builtIn.all().filter(isOffered), ...custom]
        .filter(({ definition }) => {
          if (
            search &&
            !`${definition.key} ${definition.aliases?.join(' ')} ${definition.name} ${definition.description}`
              .toLowerCase()
              .includes(search)
          )
            return false
          if (filter.category && !definition.categories.includes(filter.category)) return false
          return !filter.authScheme || definition.authSchemes.some((scheme) => scheme.scheme === filter.authScheme)
        })
        .sort((a, b) => (a.definition.key < b.definition.key ? -1 : 1))
    },

    async create(projectId: string, input: unknown): Promise<App> {
      const definition = check(input)
      if (builtIn.has(definition.key))
        throw invalid({ property: 'key', message: `${definition.key} is a built-in app; choose another key` })
      const row: AppRow = {
        project_id: projectId,
        key: definition.key,
        definition: JSON.stringify(definition),
        created_at: clock.now().getTime(),
        updated_at: clock.now().getTime(),
      }
      if (!(await store.integrations.insertApp(row)))
        throw invalid({ property: 'key', message: `the project has an app ${definition.key} already` })
      return toApp(row)
    },

    /** The definition with these top-level fields replaced, checked as a whole; nothing is stored. */
    async preview(projectId: string, key: string, changes: Record<string, unknown>): Promise<AppDefinition> {
      const { definition } = await getCustom(projectId, key)
      if (changes.key !== undefined && changes.key !== definition.key)
        throw invalid({ property: 'key', message: 'cannot be changed' })
      return check({ ...definition, ...changes })
    },

    async replace(projectId: string, definition: AppDefinition): Promise<App> {
      await store.integrations.updateApp(projectId, definition.key, {
        definition: JSON.stringify(definition),
        updated_at: clock.now().getTime(),
      })
      return get(projectId, definition.key)
    },
  }
}

export type Apps = ReturnType<typeof createApps>

function mayBePlainHttp(url: string, allowPrivateHosts: readonly string[]): boolean {
  const { hostname, host, port } = new URL(url.replace(/\{[a-z][a-z0-9_]*\}/g, 'x'))
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
  return loopback || allowPrivateHosts.includes(port === '' ? `${host}:80` : host)
}

/** The catalog as apps, each made when it is asked for. */
function builtInApps(catalog: Catalog) {
  const made = new Map<string, App>()
  let otherNames: Map<string, string> | undefined

  const get = (key: string): App | undefined => {
    const known = made.get(key)
    const definition = known ? undefined : catalog.get(key)
    if (!definition) return known
    const app = toBuiltIn(definition)
    made.set(key, app)
    return app
  }

  return {
    get,
    has: (key: string) => catalog.has(key),
    all: () => [...catalog.keys()].map((key) => get(key) as App),
    /** Earlier clients wrote keys without hyphens, or with underscores; some apps have been renamed. */
    byOtherName(name: string): App | undefined {
      otherNames ??= new Map(
        [...catalog.values()].flatMap(({ key, aliases }) =>
          [...aliases, key].map((other): [string, string] => [bare(other), key]),
        ),
      )
      const key = otherNames.get(bare(name))
      return key === undefined ? undefined : get(key)
    },
  }
}

const bare = (key: string): string => key.replace(/[-_]/g, '')

function toBuiltIn(definition: AppDefinition): App {
  const readOn = new Date(definition.source?.readOn ?? '2026-01-01')
  return { definition, builtIn: true, createdAt: readOn, updatedAt: readOn }
}

const maxRemembered = 1000
const remembered = new Map<string, AppDefinition>()

/**
 * Reads a stored definition: it was checked when it was stored, and reading it by the schema fills in the fields that the
 * format has gained since. One that a stricter rule would refuse today goes on as it is.
 */
function definitionOf(text: string): AppDefinition {
  const known = remembered.get(text)
  if (known) return known
  const stored: unknown = JSON.parse(text)
  const definition = AppDefinition.safeParse(stored).data ?? (stored as AppDefinition)
  if (remembered.size >= maxRemembered) remembered.clear()
  remembered.set(text, definition)
  return definition
}

const toApp = (row: AppRow): App => ({
  definition: definitionOf(row.definition),
  builtIn: false,
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
})
