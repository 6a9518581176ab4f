import { AppDefinition, type Catalog } from '@holdfast/catalog'
import type { Clock } from '../clock.ts'
import { AppError, invalid } from '../errors.ts'
import type { AppRow, Store } from '../store/index.ts'
import type { AppFiles } from './app-files.ts'
import { checkDefinition } from './definitions.ts'
import type { App, AppFilter } from './types.ts'

export interface AppsOptions {
  catalog: Catalog
  /** Whether apps that one source alone knows are offered. Accounts that were connected with one go on either way. */
  showUnverified?: boolean
  /** The operator's apps for every project. */
  files?: Pick<AppFiles, 'get' | 'all'> | undefined
  store: Store
  clock: Clock
  /** Exact `host:port` that may be reached by plain http although private. */
  allowPrivateHosts: readonly string[]
}

const noFiles: Pick<AppFiles, 'get' | 'all'> = { get: () => undefined, all: () => [] }

/**
 * Built-in apps, the operator's and the project's own, under one roof. Of one key the project's own comes before the
 * operator's, and that before the built-in one.
 */
export function createApps({
  catalog,
  showUnverified = false,
  files = noFiles,
  store,
  clock,
  allowPrivateHosts,
}: AppsOptions) {
  const builtIn = builtInApps(catalog)
  const own = ownApps(store)
  const isOffered = ({ definition }: App) => showUnverified || !definition.unverified

  const find = async (projectId: string, key: string): Promise<App | undefined> => {
    const lowerKey = key.toLowerCase()
    return (await own.get(projectId)).get(lowerKey) ?? shared(lowerKey) ?? builtIn.byOtherName(lowerKey)
  }

  /** What the project has without an app of its own. */
  const shared = (key: string): App | undefined => files.get(key) ?? builtIn.get(key)

  const get = async (projectId: string, key: string): Promise<App> => {
    const app = await find(projectId, key)
    if (!app || !isOffered(app))
      throw new AppError('not_found', 'There is no app with this key. GET /api/v1/apps lists them.')
    return app
  }

  const getOwn = async (projectId: string, key: string): Promise<App> => {
    const { definition } = await get(projectId, key)
    const app = (await own.get(projectId)).get(definition.key)
    if (!app)
      throw new AppError(
        'not_supported',
        `${definition.key} is not an app of this project; there is nothing to delete.`,
      )
    return app
  }

  /** @throws {AppError} validation_failed naming each field of the definition that is wrong. */
  const check = (input: unknown): AppDefinition => {
    const checked = checkDefinition(input, allowPrivateHosts)
    if ('problems' in checked) throw invalid(...checked.problems)
    return checked.definition
  }

  const save = async (projectId: string, definition: AppDefinition): Promise<boolean> => {
    const now = clock.now().getTime()
    const row: AppRow = {
      project_id: projectId,
      key: definition.key,
      definition: JSON.stringify(definition),
      created_at: now,
      updated_at: now,
    }
    return store.integrations.insertApp(row)
  }

  return {
    find,
    get,
    getOwn,
    shared,
    check,

    /** What every project has. */
    offered: (): App[] => [...builtIn.all().filter(isOffered), ...files.all()],

    async list(projectId: string, filter: AppFilter = {}): Promise<App[]> {
      const all = new Map<string, App>()
      for (const app of builtIn.all()) if (isOffered(app)) all.set(app.definition.key, app)
      for (const app of [...files.all(), ...(await own.get(projectId)).values()]) all.set(app.definition.key, app)
      const words = filter.search?.toLowerCase().split(/\s+/) ?? []
      return [...all.values()]
        .filter((app) => {
          const { categories, authSchemes } = app.definition
          if (filter.category && !categories.includes(filter.category)) return false
          if (filter.authScheme && !authSchemes.some(({ scheme }) => scheme === filter.authScheme)) return false
          const text = words.length > 0 ? searched(app) : ''
          return words.every((word) => text.includes(word))
        })
        .sort((a, b) => (a.definition.key < b.definition.key ? -1 : 1))
    },

    async create(projectId: string, input: unknown): Promise<App> {
      const definition = check(input)
      if (!(await save(projectId, definition)))
        throw invalid({ property: 'key', message: `the project has an app ${definition.key} already` })
      return get(projectId, definition.key)
    },

    /** The definition with these top-level fields replaced, checked as a whole; nothing is stored. */
    async preview(projectId: string, key: string, changes: Record<string, unknown>): Promise<AppDefinition> {
      const { definition } = await get(projectId, key)
      if (changes.key !== undefined && changes.key !== definition.key)
        throw invalid({ property: 'key', message: 'cannot be changed' })
      return check({ ...definition, ...changes })
    },

    async replace(projectId: string, definition: AppDefinition): Promise<App> {
      // An app of everybody becomes the project's own by its first change.
      if (!(await save(projectId, definition)))
        await store.integrations.updateApp(projectId, definition.key, {
          definition: JSON.stringify(definition),
          updated_at: clock.now().getTime(),
        })
      return get(projectId, definition.key)
    },
  }
}

export type Apps = ReturnType<typeof createApps>

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

const maxProjects = 1000

/** Each project's own apps, kept while the database says that they are as they were. */
function ownApps(store: Store) {
  const kept = new Map<string, ReadonlyMap<string, App>>()
  let changes = 0
  store.changes.subscribe({
    everything() {
      changes += 1
      kept.clear()
    },
  })

  return {
    async get(projectId: string): Promise<ReadonlyMap<string, App>> {
      const known = store.changes.isCurrent() ? kept.get(projectId) : undefined
      if (known) return known
      const before = changes
      const rows = await store.integrations.listApps(projectId)
      const apps = new Map(rows.map((row) => [row.key, toApp(row)]))
      if (store.changes.isCurrent() && before === changes) {
        if (kept.size >= maxProjects) kept.clear()
        kept.set(projectId, apps)
      }
      return apps
    },
  }
}

const searchTexts = new WeakMap<AppDefinition, string>()

/** What a search looks through, in lower case. */
function searched({ definition }: App): string {
  const known = searchTexts.get(definition)
  if (known !== undefined) return known
  const { key, aliases, name, description, categories } = definition
  const text = [key, ...(aliases ?? []), name, description, ...categories].join(' ').toLowerCase()
  searchTexts.set(definition, text)
  return text
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
