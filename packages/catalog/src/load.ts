import { readdirSync, readFileSync } from 'node:fs'
import { definitionProblems } from './problems.ts'
import { AppDefinition } from './schema.ts'

/** Built-in apps by key. */
export type Catalog = ReadonlyMap<string, AppDefinition>

const appsFolder = new URL('../apps/', import.meta.url)

/**
 * Reads every built-in app.
 * @throws {Error} naming the file and the field of a definition that is wrong.
 */
export function loadCatalog(folder: URL = appsFolder): Catalog {
  const catalog = new Map<string, AppDefinition>()
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  for (const file of files.sort()) {
    const parsed = AppDefinition.safeParse(readJson(new URL(file, folder), file))
    if (!parsed.success) {
      const problems = definitionProblems(parsed.error).map(({ path, message }) => `${path}: ${message}`)
      throw new Error(`${file} is not an app definition: ${problems.join('; ')}`, { cause: parsed.error })
    }
    if (`${parsed.data.key}.json` !== file)
      throw new Error(`${file} holds the app ${parsed.data.key}; name the file after the key`)
    catalog.set(parsed.data.key, parsed.data)
  }
  return catalog
}

function readJson(url: URL, file: string): unknown {
  try {
    return JSON.parse(readFileSync(url, 'utf8'))
  } catch (cause) {
    throw new Error(`${file} is not JSON`, { cause })
  }
}
