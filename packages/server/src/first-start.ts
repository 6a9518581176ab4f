import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { newKey, sha256 } from './ids.ts'
import { linkUrl, newLinkRow } from './operators/index.ts'
import { newKeyRow, newProjectRow, type Project, type Projects } from './projects/index.ts'
import { Secret } from './secret.ts'
import type { Store } from './store/index.ts'

/** Keys the start made itself; kept in a file of mode 0600 so that the next start can show them. The database has their hashes only. */
interface KeyFile {
  apiKey?: string
  adminKey?: string
  /** Of the link that makes the owner, until it was used. */
  setupToken?: string
}

export interface Readiness {
  /** The project whose key is shown, else the oldest; null when the operator deleted all. */
  project: Project | null
  /** A project's key, when this process knows one that works. */
  apiKey: Secret | null
  keyFile: string
  /** Whether the operator's key stands in that file: not when the environment gives it, nor after the file was lost. */
  keyFileHasAdminKey: boolean
  /** While there is no owner: the link that makes one, where this process knows it. */
  setup: { needed: boolean; url: Secret | null }
}

/**
 * Makes the first project with its key, the operator's key, and the link for the owner, unless an earlier start or another process did. Of
 * several processes on a new database one does it; the key file is written before the commit, so no key is ever lost.
 */
export async function prepare(config: Config, store: Store, projects: Projects, clock: Clock): Promise<Readiness> {
  const keyFile = join(config.dataDir, 'keys.json')
  const keys = readKeys(keyFile)
  const at = clock.now()
  const callerOf = async (key: string | undefined) => (key === undefined ? undefined : projects.authenticate(key))

  await store.transaction(async (queries) => {
    if (!(await queries.settings.claim('first_project', at.toISOString()))) return
    // People read this name on the connect page: "My app asks to use your account".
    const project = newProjectRow({ name: 'My app', mode: config.testMode ? 'test' : 'live' }, at)
    const apiKey = config.apiKey ?? new Secret(newKey(project.mode))
    if (!config.apiKey) writeKeys(keyFile, Object.assign(keys, { apiKey: apiKey.reveal() }))
    await queries.projects.insert(project)
    await queries.projects.insertKey(newKeyRow({ projectId: project.id, name: 'first key' }, apiKey, at))
  })

  await store.transaction(async (queries) => {
    const isFirst = await queries.settings.claim('operator_key', at.toISOString())
    if (!isFirst && !config.adminKey) return
    const adminKey = config.adminKey ?? new Secret(newKey('admin'))
    if (!config.adminKey) writeKeys(keyFile, Object.assign(keys, { adminKey: adminKey.reveal() }))
    // The one operator's key is the one of the environment; an earlier one stops working.
    await queries.projects.setOperatorKey(newKeyRow({ projectId: null, name: 'operator' }, adminKey, at))
  })

  await store.transaction(async (queries) => {
    if (!(await queries.settings.claim('setup_link', at.toISOString()))) return
    const { row, token } = newLinkRow({ kind: 'setup', role: 'owner' }, at)
    writeKeys(keyFile, Object.assign(keys, { setupToken: token.reveal() }))
    await queries.operators.insertLink(row)
  })

  const setup = await setupState(config, store, keys)
  const keyFileHasAdminKey = (await callerOf(keys.adminKey))?.kind === 'operator'
  for (const known of [config.apiKey?.reveal(), keys.apiKey]) {
    const caller = await callerOf(known)
    if (known !== undefined && caller?.kind === 'project')
      return { project: caller.project, apiKey: new Secret(known), keyFile, keyFileHasAdminKey, setup }
  }
  const [oldest = null] = await projects.list()
  return { project: oldest, apiKey: null, keyFile, keyFileHasAdminKey, setup }
}

async function setupState({ baseUrl }: Config, { operators }: Store, keys: KeyFile): Promise<Readiness['setup']> {
  const needed = (await operators.list()).length === 0
  const token = keys.setupToken
  const isGood = needed && token !== undefined && (await operators.findLink(sha256(token)))?.kind === 'setup'
  return { needed, url: isGood ? linkUrl(baseUrl, 'setup', new Secret(token)) : null }
}

const readKeys = (file: string): KeyFile =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KeyFile) : {}

function writeKeys(file: string, keys: KeyFile) {
  // With PostgreSQL and master keys from the environment nothing has made the folder yet.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 })
}
