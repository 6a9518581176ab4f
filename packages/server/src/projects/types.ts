import type { Secret } from '../secret.ts'
import type { ImageType } from './images.ts'

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

/** How the connect pages of a project look. Null: as without. */
export interface Branding {
  /** Instead of the project's name. */
  name: string | null
  /** `#rrggbb`, as chosen; what is drawn is fit to be read, see `colours.ts`. */
  color: string | null
  /** `version` changes with the picture. */
  logo: { type: ImageType; bytes: number; version: string } | null
  privacyUrl: string | null
  /** Origins whose pages may show the connect pages in a frame. */
  embedOrigins: string[]
  /** Instead of the app's own page on where a value is found; by the app's key, a dot and the field's name. */
  helpUrls: Record<string, string>
  /** Show which account was connected before the browser returns, for a moment. */
  showAccount: boolean
}

export interface BrandingChanges extends Partial<Omit<Branding, 'logo'>> {
  /** A `data:` URL. */
  logo?: string | null
}

export interface BrandingService {
  get(projectId: string): Promise<Branding>
  /** Undefined when there is none. */
  logo(projectId: string): Promise<{ bytes: Uint8Array; type: ImageType } | undefined>
  /** @throws {AppError} not_found, validation_failed. */
  update(projectId: string, changes: BrandingChanges): Promise<Branding>
}

export interface ApiKey {
  id: string
  projectId: string
  name: string
  /** The last four characters, to tell keys apart. */
  hint: string
  createdAt: Date
  expiresAt: Date | null
  access: KeyAccess
}

/**
 * What a key may do. Reading accounts never shows credentials, and no scope includes another: a key that stops everything
 * need not be able to read a token.
 */
export const keyScopes = ['accounts:read', 'credentials:read', 'accounts:write', 'admin'] as const
export type KeyScope = (typeof keyScopes)[number]

/** What a key may do, and to what. Null: all. */
export interface KeyAccess {
  scopes: readonly KeyScope[] | null
  entityIds: readonly string[] | null
  integrationIds: readonly string[] | null
  accountIds: readonly string[] | null
  /** Set for the token that a browser holds; null for a key. */
  session: KeySession | null
}

export interface KeySession {
  entityId: string
  /** The pages that may use it; null: any. */
  allowedOrigins: readonly string[] | null
  /** The key that made it; null: a person who was signed in. */
  parentId: string | null
}

/** Who makes a request. `access` is undefined where nothing is limited. */
export type Caller =
  | { kind: 'project'; project: Project; keyId: string; access?: KeyAccess | undefined }
  | { kind: 'operator' }

/** A token for the browser of one entity. */
export interface EntitySession {
  id: string
  entityId: string
  token: Secret
  integrationIds: readonly string[] | null
  allowedOrigins: readonly string[] | null
  expiresAt: Date
}

export type KeyLimits = Partial<Omit<KeyAccess, 'session'>>

export interface Projects {
  /** The caller of a project's key that was good a moment ago, without a look. Undefined says nothing: ask `authenticate`. */
  knownCaller(key: string): Extract<Caller, { kind: 'project' }> | undefined
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
    input: { name: string; expiresAt?: Date | undefined; access?: KeyLimits | undefined },
  ): Promise<{ apiKey: ApiKey; key: Secret }>
  /**
   * A new key that may do what the old one may, which works on for `overlapSeconds`. One that was to end lives as long again.
   * @throws {AppError} not_found.
   */
  rotateKey(
    projectId: string,
    keyId: string,
    overlapSeconds: number,
  ): Promise<{ apiKey: ApiKey; key: Secret; previousExpiresAt: Date }>
  /** @param made By whom: the session reaches no more than its maker. @throws {AppError} not_found for an entity out of its reach. */
  createSession(
    projectId: string,
    input: {
      entityId: string
      integrationIds?: readonly string[] | undefined
      allowedOrigins?: readonly string[] | undefined
      expiresInSeconds: number
    },
    made: { keyId?: string | undefined; access?: KeyAccess | undefined },
  ): Promise<EntitySession>
  /** @returns How many sessions of the entity were ended. */
  endSessions(projectId: string, entityId: string): Promise<number>
  deleteKey(projectId: string, keyId: string): Promise<void>
}
