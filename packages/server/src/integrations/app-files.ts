import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FieldError } from '../errors.ts'
import { checkDefinition } from './definitions.ts'
import type { App } from './types.ts'

/** An app file that is not used, and why. */
export interface AppFileProblem {
  /** `acme.json`. */
  file: string
  problems: FieldError[]
}

/** The operator's apps for the whole installation, one file an app. */
export interface AppFiles {
  get(key: string): App | undefined
  all(): App[]
  /** Files that are wrong as they stand. Of such a file the last good content goes on in use. */
  problems(): AppFileProblem[]
  /** Reads what has changed. @returns The keys of apps that are new, different or gone. */
  reload(): Promise<string[]>
}

interface KnownFile {
  /** Size and time of change: while they stay, so does the content. */
  version: string
  app: App | undefined
  problem: AppFileProblem | undefined
}

const maxBytes = 512 * 1024

/** @param folder Need not exist. */
export function createAppFiles(folder: string, allowPrivateHosts: readonly string[]): AppFiles {
  let known = new Map<string, KnownFile>()
  let apps = new Map<string, App>()

  async function read(file: string, before: KnownFile | undefined): Promise<KnownFile | undefined> {
    const path = join(folder, file)
    const facts = await stat(path).catch(() => undefined)
    if (!facts?.isFile()) return undefined
    const version = `${facts.size} ${facts.mtimeMs} ${facts.ino}`
    if (before?.version === version) return before
    const checked = await checkFile(path, file, facts.size, allowPrivateHosts)
    if ('problems' in checked) return { version, app: before?.app, problem: { file, problems: checked.problems } }
    const { definition } = checked
    const at = { createdAt: before?.app?.createdAt ?? facts.mtime, updatedAt: facts.mtime }
    return { version, app: { definition, builtIn: false, ...at }, problem: undefined }
  }

  return {
    get: (key) => apps.get(key),
    all: () => [...apps.values()],
    problems: () => [...known.values()].flatMap(({ problem }) => problem ?? []),

    async reload() {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort()
      const found = new Map<string, KnownFile>()
      for (const name of names) {
        const file = await read(name, known.get(name))
        if (file) found.set(name, file)
      }
      const next = new Map<string, App>()
      for (const { app } of found.values()) if (app) next.set(app.definition.key, app)
      const keys = new Set([...apps.keys(), ...next.keys()])
      const changed = [...keys].filter((key) => apps.get(key) !== next.get(key))
      known = found
      apps = next
      return changed
    },
  }
}

async function checkFile(
  path: string,
  file: string,
  bytes: number,
  allowPrivateHosts: readonly string[],
): Promise<ReturnType<typeof checkDefinition>> {
  const wrong = (message: string, property = '') => ({ problems: [{ property, message }] as [FieldError] })
  if (bytes > maxBytes) return wrong('is larger than 512 KiB')
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return wrong(error instanceof SyntaxError ? `is not JSON: ${error.message}` : 'cannot be read')
  }
  const checked = checkDefinition(content, allowPrivateHosts)
  if ('definition' in checked && `${checked.definition.key}.json` !== file)
    return wrong(`holds the app ${checked.definition.key}; name the file ${checked.definition.key}.json`, 'key')
  return checked
}
