import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { newId, newKey } from './ids.ts'
import type { Project, Projects, ProjectSetUp } from './projects/index.ts'
import { Secret } from './secret.ts'
import type { Store } from './store/index.ts'

/** Keys that the start made itself are kept here, mode 0600, so that a second start can show them. The database has only their hashes. */
interface KeyFile {
  apiKey?: string
  adminKey?: string
}

export interface Readiness {
  /** The oldest project; null when the operator deleted all. */
  project: Project | null
  /** A key of that project, when this process knows one that works. */
  apiKey: Secret | null
  keyFile: string
}

/** Makes the first project and its key, and the operator's key, unless an earlier start or another process did. */
export async function prepare(config: Config, store: Store, projects: Projects & ProjectSetUp): Promise<Readiness> {
  const keyFile = join(config.dataDir, 'keys.json')
  const keys: KeyFile = existsSync(keyFile) ? (JSON.parse(readFileSync(keyFile, 'utf8')) as KeyFile) : {}
  const made: KeyFile = {}

  if (await store.settings.claim('first_project', newId())) {
    const mode = config.testMode ? 'test' : 'live'
    const project = await projects.create({ name: 'Default', mode })
    const apiKey = config.apiKey ?? new Secret(newKey(mode))
    await projects.addKey(project.id, apiKey)
    if (!config.apiKey) made.apiKey = apiKey.reveal()
  }
  if (config.adminKey) await projects.setOperatorKey(config.adminKey)
  else if (await store.settings.claim('operator_key', newId())) {
    made.adminKey = newKey('admin')
    await projects.setOperatorKey(new Secret(made.adminKey))
  }
  if (Object.keys(made).length > 0) writeFileSync(keyFile, `${JSON.stringify({ ...keys, ...made }, null, 2)}\n`, { mode: 0o600 })

  const [project = null] = await projects.list()
  const candidates = [config.apiKey?.reveal(), made.apiKey, keys.apiKey].filter((key) => key !== undefined)
  for (const candidate of candidates) {
    const caller = await projects.authenticate(candidate)
    if (caller?.kind === 'project') return { project: caller.project, apiKey: new Secret(candidate), keyFile }
  }
  return { project, apiKey: null, keyFile }
}
