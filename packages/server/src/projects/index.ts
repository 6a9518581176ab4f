/** Projects, their API keys, and the answer to "who is calling?". */
import type { Clock } from '../clock.ts'
import { AppError, invalid } from '../errors.ts'
import { newKey, sha256 } from '../ids.ts'
import { Secret } from '../secret.ts'
import type { ApiKeyRow, ProjectRow, Store } from '../store/index.ts'
import { createKnownKeys } from './known-keys.ts'
import { newKeyRow, newProjectRow } from './rows.ts'
import type { ApiKey, KeyAccess, Project, Projects } from './types.ts'

export { createBranding } from './branding.ts'
export { type BrandColourSet, type BrandColours, brandColours, contrast } from './colours.ts'
export * from './rows.ts'
export * from './types.ts'

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
  const knownKeys = createKnownKeys({ store, clock })

  const find = async (id: string): Promise<Project> => {
    const row = await store.projects.find(id)
    if (!row) throw new AppError('not_found', 'There is no such project.')
    return toProject(row)
  }

  return {
    knownCaller: (key) => knownKeys.find(key),

    async authenticate(key) {
      const known = knownKeys.find(key)
      if (known) return known
      let isOperator = false
      const caller = await knownKeys.lookUp(key, async () => {
        const row = await store.projects.findKeyByHash(sha256(key), now())
        isOperator = row?.project_id === null
        const project = row?.project_id ? await store.projects.find(row.project_id) : undefined
        if (!row || !project) return undefined
        return {
          caller: { kind: 'project', project: toProject(project), keyId: row.id, access: limitsOf(row) },
          expiresAt: row.expires_at,
        }
      })
      return isOperator ? { kind: 'operator' } : caller
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

    async createKey(projectId, { name, expiresAt, access }) {
      const project = await find(projectId)
      if (expiresAt && expiresAt.getTime() <= now())
        throw invalid({ property: 'expiresAt', message: 'must lie in the future' })
      const key = new Secret(newKey(project.mode))
      const row = newKeyRow({ projectId, name, expiresAt, ...(access && { access }) }, key, clock.now())
      await store.projects.insertKey(row)
      return { apiKey: toApiKey(row, projectId), key }
    },

    async rotateKey(projectId, keyId, overlapSeconds) {
      const project = await find(projectId)
      const key = new Secret(newKey(project.mode))
      const { next, endsAt } = await store.transaction(async ({ projects }) => {
        const at = now()
        const previous = await projects.findKey(projectId, keyId)
        if (!previous || (previous.expires_at ?? Number.POSITIVE_INFINITY) <= at)
          throw new AppError('not_found', 'There is no such API key.')
        const endsAt = Math.min(at + overlapSeconds * 1000, previous.expires_at ?? Number.POSITIVE_INFINITY)
        const { hash, hint, id } = newKeyRow({ projectId, name: previous.name }, key, clock.now())
        const next = {
          ...previous,
          ...{ id, hash, hint, created_at: at },
          expires_at: previous.expires_at === null ? null : at + (previous.expires_at - previous.created_at),
        }
        await projects.replaceKey(previous, next, endsAt)
        return { next, endsAt }
      })
      return { apiKey: toApiKey(next, projectId), key, previousExpiresAt: new Date(endsAt) }
    },

    async createSession(projectId, { entityId, integrationIds, allowedOrigins, expiresInSeconds }, { keyId, access }) {
      if (access?.entityIds && !access.entityIds.includes(entityId))
        throw new AppError('not_found', 'There is no such entity.')
      if (access?.integrationIds && integrationIds?.some((id) => !access.integrationIds?.includes(id)))
        throw new AppError('not_found', 'There is no such integration.')
      const token = new Secret(newKey('session'))
      const expiresAt = new Date(now() + expiresInSeconds * 1000)
      const limits: Partial<KeyAccess> = {
        entityIds: [entityId],
        integrationIds: integrationIds ?? access?.integrationIds ?? null,
        accountIds: access?.accountIds ?? null,
        session: { entityId, allowedOrigins: allowedOrigins ?? null, parentId: keyId ?? null },
      }
      const row = newKeyRow({ projectId, name: 'session', expiresAt, access: limits }, token, clock.now())
      await store.projects.insertKey(row)
      return {
        id: row.id,
        entityId,
        token,
        integrationIds: limits.integrationIds ?? null,
        allowedOrigins: allowedOrigins ?? null,
        expiresAt,
      }
    },

    async endSessions(projectId, entityId) {
      return store.projects.deleteSessions(projectId, entityId)
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
  userVerification: row.user_verification,
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
  access: accessOf(row),
})

const accessOf = (row: ApiKeyRow): KeyAccess => ({
  scopes: listIn(row.scopes) as KeyAccess['scopes'],
  entityIds: listIn(row.entity_ids),
  integrationIds: listIn(row.integration_ids),
  accountIds: listIn(row.account_ids),
  session:
    row.session_entity_id === null
      ? null
      : { entityId: row.session_entity_id, allowedOrigins: listIn(row.allowed_origins), parentId: row.parent_id },
})

/** @returns Undefined for a key that may do all, as most may. */
function limitsOf(row: ApiKeyRow): KeyAccess | undefined {
  const access = accessOf(row)
  return Object.values(access).every((part) => part === null) ? undefined : access
}

const listIn = (json: string | null): string[] | null => (json === null ? null : (JSON.parse(json) as string[]))
