import { readdirSync, readFileSync } from 'node:fs'
import { definitionProblems } from './problems.ts'
import { AppDefinition } from './schema.ts'

/** Built-in apps by key, in the order of their keys. */
export type Catalog = ReadonlyMap<string, AppDefinition>

/** The two generated files: apps with several sources, and those known from one only. */
export type Collection = 'apps' | 'unverified'

const appsFolder = new URL('../apps/', import.meta.url)

/** Written by `npm run generate`: one line an app, checked and with its defaults filled in. */
export const collectionFile = (name: Collection): URL => new URL(`../generated/${name}.jsonl`, import.meta.url)

/**
 * The built-in apps. Reading them is reading one file: a definition is parsed when it is first asked for, and was checked
 * when the file was written.
 *
 * @param options.unverified Also those that are known from a single source.
 */
export function loadCatalog({ unverified = false }: { unverified?: boolean } = {}): Catalog {
  const lines = readLines('apps')
  return new LazyCatalog(unverified ? [...lines, ...readLines('unverified')].sort(byKey) : lines)
}

/** An app's key and the JSON of its definition. */
type Line = readonly [key: string, text: string]

const readLines = (name: Collection): Line[] =>
  readFileSync(collectionFile(name), 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => [keyIn.exec(text)?.[1] ?? '', text])

/** The key stands first in every line. */
const keyIn = /^\{"key":"([^"]+)"/

const byKey = ([a]: Line, [b]: Line): number => (a < b ? -1 : 1)

class LazyCatalog implements Catalog {
  readonly #texts: Map<string, string>
  readonly #parsed = new Map<string, AppDefinition>()

  constructor(lines: readonly Line[]) {
    this.#texts = new Map(lines)
  }

  get size(): number {
    return this.#texts.size
  }

  has(key: string): boolean {
    return this.#texts.has(key)
  }

  get(key: string): AppDefinition | undefined {
    const known = this.#parsed.get(key)
    if (known) return known
    const text = this.#texts.get(key)
    if (text === undefined) return undefined
    const app = JSON.parse(text) as AppDefinition
    this.#parsed.set(key, app)
    return app
  }

  keys() {
    return this.#texts.keys()
  }

  values() {
    return this.keys().map((key) => this.get(key) as AppDefinition)
  }

  entries() {
    return this.keys().map((key): [string, AppDefinition] => [key, this.get(key) as AppDefinition])
  }

  [Symbol.iterator]() {
    return this.entries()
  }

  forEach(visit: (app: AppDefinition, key: string, catalog: Catalog) => void): void {
    for (const [key, app] of this) visit(app, key, this)
  }
}

/**
 * Reads and checks the files of a folder, one app each.
 * @throws {Error} naming the file and the field of a definition that is wrong.
 */
export function readDefinitions(folder: URL = appsFolder): Map<string, AppDefinition> {
  const apps = new Map<string, AppDefinition>()
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  for (const file of files.sort()) {
    const app = readDefinition(folder, file)
    apps.set(app.key, app)
  }
  return apps
}

/** @throws {Error} naming the file and every field that is wrong. */
export function readDefinition(folder: URL, file: string): AppDefinition {
  const parsed = AppDefinition.safeParse(readJson(new URL(file, folder), file))
  if (!parsed.success) {
    const problems = definitionProblems(parsed.error).map(({ path, message }) => `${path}: ${message}`)
    throw new Error(`${file} is not an app definition: ${problems.join('; ')}`, { cause: parsed.error })
  }
  if (`${parsed.data.key}.json` !== file)
    throw new Error(`${file} holds the app ${parsed.data.key}; name the file after the key`)
  return parsed.data
}

function readJson(url: URL, file: string): unknown {
  try {
    return JSON.parse(readFileSync(url, 'utf8'))
  } catch (cause) {
    throw new Error(`${file} is not JSON`, { cause })
  }
}
