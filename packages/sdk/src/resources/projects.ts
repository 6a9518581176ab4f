import { segment, type Transport } from '../transport.ts'
import type {
  ApiKey,
  Branding,
  BrandingChanges,
  CallOptions,
  KeyLimits,
  Project,
  ProjectMode,
  UserVerification,
} from '../types.ts'

export interface CreateProject {
  name: string
  mode: ProjectMode
  /** Exact URLs the browser may return to. */
  allowedRedirectUrls?: string[] | undefined
  userVerification?: UserVerification | undefined
}

/** Isolated workspaces. All but `current` need the operator's key. */
export class Projects {
  readonly apiKeys: ApiKeys
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
    this.apiKeys = new ApiKeys(transport)
  }

  /** The project this client's key belongs to. */
  current(options?: CallOptions): Promise<Project> {
    return this.#transport.get('/api/v1/project', options)
  }

  /** How the connect pages of this client's project look. */
  branding(options?: CallOptions): Promise<Branding> {
    return this.#transport.get('/api/v1/project/branding', options)
  }

  /** What is not named stays; null takes it away. */
  updateBranding(changes: BrandingChanges, options?: CallOptions): Promise<Branding> {
    return this.#transport.patch('/api/v1/project/branding', changes, options)
  }

  async list(options?: CallOptions): Promise<Project[]> {
    const { items } = await this.#transport.get<{ items: Project[] }>('/api/v1/projects', options)
    return items
  }

  get(projectId: string, options?: CallOptions): Promise<Project> {
    return this.#transport.get(pathOf(projectId), options)
  }

  /** @returns The project with its first key, which is shown this once. */
  create(project: CreateProject, options?: CallOptions): Promise<Project & { apiKey: string }> {
    return this.#transport.post('/api/v1/projects', project, options)
  }

  update(
    projectId: string,
    changes: {
      name?: string | undefined
      allowedRedirectUrls?: string[] | undefined
      userVerification?: UserVerification | undefined
    },
    options?: CallOptions,
  ): Promise<Project> {
    return this.#transport.patch(pathOf(projectId), changes, options)
  }

  /** Deletes the project and all it owns. */
  async delete(projectId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(pathOf(projectId), options)
  }
}

/** The keys of one project. */
export class ApiKeys {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  async list(projectId: string, options?: CallOptions): Promise<ApiKey[]> {
    const { items } = await this.#transport.get<{ items: ApiKey[] }>(`${pathOf(projectId)}/apiKeys`, options)
    return items
  }

  /**
   * @param key `expiresAt` as a date or ISO 8601.
   * @returns `key` is the text, shown this once.
   */
  create(
    projectId: string,
    key: { name: string; expiresAt?: Date | string | undefined } & KeyLimits,
    options?: CallOptions,
  ): Promise<ApiKey & { key: string }> {
    return this.#transport.post(`${pathOf(projectId)}/apiKeys`, key, options)
  }

  /**
   * Replaces a key by one that may do the same. The old one works for `overlapSeconds` more; by default a day.
   * @returns `key` is the text of the new one, shown this once.
   */
  rotate(
    projectId: string,
    keyId: string,
    overlap: { overlapSeconds?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<ApiKey & { key: string; previousExpiresAt: string }> {
    const path = `${pathOf(projectId)}/apiKeys/${segment('keyId', keyId)}/rotate`
    return this.#transport.post(path, overlap, options)
  }

  async delete(projectId: string, keyId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(`${pathOf(projectId)}/apiKeys/${segment('keyId', keyId)}`, options)
  }
}

function pathOf(projectId: string): string {
  return `/api/v1/projects/${segment('projectId', projectId)}`
}
