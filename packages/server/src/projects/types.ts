import type { Secret } from '../secret.ts'

export type ProjectMode = 'test' | 'live'

/** `required`: after consent nothing is stored until the developer's backend has confirmed which of its users came back. */
export type UserVerification = 'none' | 'required'

export interface Project {
  id: string
  name: string
  mode: ProjectMode
  /** Exact URLs the browser may return to. In test mode any loopback URL and any https URL is allowed besides. */
  allowedRedirectUrls: string[]
  /** Integrations may say otherwise. */
  userVerification: UserVerification
  createdAt: Date
  updatedAt: Date
}

export interface ApiKey {
  id: string
  projectId: string
  name: string
  /** The last four characters, to tell keys apart. */
  hint: string
  createdAt: Date
  expiresAt: Date | null
}

/** Who makes a request. */
export type Caller = { kind: 'project'; project: Project; keyId: string } | { kind: 'operator' }

export interface Projects {
  /** @returns Undefined for an unknown, expired or revoked key. */
  authenticate(key: string): Promise<Caller | undefined>
  list(): Promise<Project[]>
  get(id: string): Promise<Project>
  create(input: {
    name: string
    mode: ProjectMode
    allowedRedirectUrls?: string[] | undefined
    userVerification?: UserVerification | undefined
  }): Promise<Project>
  update(
    id: string,
    changes: {
      name?: string | undefined
      allowedRedirectUrls?: string[] | undefined
      userVerification?: UserVerification | undefined
    },
  ): Promise<Project>
  /** Deletes the project and all it owns. */
  delete(id: string): Promise<void>
  listKeys(projectId: string): Promise<ApiKey[]>
  /** The key text is shown this once. */
  createKey(
    projectId: string,
    input: { name: string; expiresAt?: Date | undefined },
  ): Promise<{ apiKey: ApiKey; key: Secret }>
  deleteKey(projectId: string, keyId: string): Promise<void>
}
