/** Projects, their API keys, and the answer to "who is calling?". */
import type { Clock } from '../clock.ts'
import { AppError, invalid } from '../errors.ts'
import { newKey, sha256 } from '../ids.ts'
import { Secret } from '../secret.ts'
import type { ApiKeyRow, ProjectRow, Store } from '../store/index.ts'
import { newKeyRow, newProjectRow } from './rows.ts'
import type { ApiKey, Project, Projects } from './types.ts'

export * from './rows.ts'
export type * from './types.ts'

export interface ProjectsOptions {
  store: Store
  clock: Clock
  /** `false`: the installation has no test mode, so no test project may be made. */
  testMode: boolean
  /** Makes a new project's apps ready. */
  onCreated: (project: Project) => Promise<void>
}

export function createProjects({ store, clock, testMode, onCreated }: ProjectsOptions): Projects {
  const now = () => clock.now().getTime()

  const find = async (id: string): Promise<Project> => {
    const row = await store.projects.find(id)
    if (!row) throw new AppError('not_found', 'There is no such project.')
    return toProject(row)
  }

  return {
    async authenticate(key) {
      const row = await store.projects.findKeyByHash(sha256(key), now())
      if (!row) return undefined
      if (row.project_id === null) return { kind: 'operator' }
      const project = await store.projects.find(row.project_id)
      return project && { kind: 'project', project: toProject(project), keyId: row.id }
    },

    async list() {
      return (await store.projects.list()).map(toProject)
    },

    get: find,

    async create({ name, mode, allowedRedirectUrls = [], userVerification }) {
      if (mode === 'test' && !testMode)
        throw new AppError(
          'not_supported',
          'Test mode is switched off for this installation (HOLDFAST_TEST_MODE=off); make a live project.',
        )
      checkUrls(allowedRedirectUrls)
      const row = newProjectRow({ name, mode, allowedRedirectUrls, userVerification }, clock.now())
      await store.projects.insert(row)
      const project = toProject(row)
      await onCreated(project)
      return project
    },

    async update(id, changes) {
      if (changes.allowedRedirectUrls) checkUrls(changes.allowedRedirectUrls)
      const row = await store.projects.update(id, {
        ...(changes.name !== undefined && { name: changes.name }),
        ...(changes.allowedRedirectUrls && { allowed_redirect_urls: JSON.stringify(changes.allowedRedirectUrls) }),
        ...(changes.userVerification && { user_verification: changes.userVerification }),
        updated_at: now(),
      })
      if (!row) throw new AppError('not_found', 'There is no such project.')
      return toProject(row)
    },

    async delete(id) {
      if (!(await store.projects.delete(id))) throw new AppError('not_found', 'There is no such project.')
    },

    async listKeys(projectId) {
      await find(projectId)
      return (await store.projects.listKeys(projectId)).map((row) => toApiKey(row, projectId))
    },

    async createKey(projectId, { name, expiresAt }) {
      const project = await find(projectId)
      if (expiresAt && expiresAt.getTime() <= now())
        throw invalid({ property: 'expiresAt', message: 'must lie in the future' })
      const key = new Secret(newKey(project.mode))
      const row = newKeyRow({ projectId, name, expiresAt }, key, clock.now())
      await store.projects.insertKey(row)
      return { apiKey: toApiKey(row, projectId), key }
    },

    async deleteKey(projectId, keyId) {
      if (!(await store.projects.deleteKey(projectId, keyId)))
        throw new AppError('not_found', 'There is no such API key.')
    },
  }
}

function checkUrls(urls: readonly string[]) {
  urls.forEach((url, index) => {
    const property = `allowedRedirectUrls.${index}`
    if (!URL.canParse(url)) throw invalid({ property, message: 'not an absolute URL' })
    if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(url))
      throw invalid({ property, message: 'must be percent-encoded where it holds more than ASCII' })
    const { protocol, username, password } = new URL(url)
    if (protocol === 'javascript:' || protocol === 'data:' || protocol === 'file:')
      throw invalid({ property, message: `${protocol} URLs are not allowed` })
    if (username !== '' || password !== '') throw invalid({ property, message: 'must not hold user information' })
    if (url.includes('#')) throw invalid({ property, message: 'must not have a fragment' })
  })
}

const toProject = (row: ProjectRow): Project => ({
  id: row.id,
  name: row.name,
  mode: row.mode,
  allowedRedirectUrls: JSON.parse(row.allowed_redirect_urls) as string[],
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
})

const toApiKey = (row: ApiKeyRow, projectId: string): ApiKey => ({
  id: row.id,
  projectId,
  name: row.name,
  hint: row.hint,
  createdAt: new Date(row.created_at),
  expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
})
  userVerification: row.user_verification,
