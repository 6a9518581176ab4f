import type { AppDefinition, AuthScheme, AuthSchemeName } from '@holdfast/catalog'
import type { ExpectedField } from '../accounts/types.ts'
import type { UserVerification } from '../projects/types.ts'

/** An app with where it came from. */
export interface App {
  definition: AppDefinition
  /** False for the project's own. */
  builtIn: boolean
  createdAt: Date
  updatedAt: Date
}

/** An app + one auth scheme + the operator's settings. The client secret is not here; `oauthClient` opens it. */
export interface Integration {
  id: string
  projectId: string
  name: string
  app: App
  scheme: AuthScheme
  enabled: boolean
  /** Null means the definition's defaults. */
  scopes: string[] | null
  clientId: string | null
  hasClientSecret: boolean
  /** The definition's `integrationParams` by name; some may be secret. */
  params: Readonly<Record<string, string>>
  simulated: boolean
  /** Made by us so that the app is ready; one for each app and scheme that can work without the operator. */
  isDefault: boolean
  redirectUri: string
  /** The app refuses the OAuth client; null while all is well. Accounts keep their grants meanwhile. */
  problem: { code: string; message: string; since: Date } | null
  /** Null: as the project says. */
  userVerification: UserVerification | null
  createdAt: Date
  updatedAt: Date
}

export interface CreateIntegrationInput {
  name?: string | undefined
  appKey: string
  authScheme?: AuthSchemeName | undefined
  clientId?: string | undefined
  clientSecret?: string | undefined
  scopes?: string[] | undefined
  /** Values of the definition's `integrationParams`. */
  params?: Readonly<Record<string, unknown>> | undefined
  /**
   * False: not to be used yet. It may lack its OAuth client until it is enabled: apps want to know the redirect URI before
   * they give one.
   */
  enabled?: boolean | undefined
  /** Only in test projects. Default: built-in apps and OAuth apps without a client are simulated. */
  simulated?: boolean | undefined
  userVerification?: UserVerification | null | undefined
}

export interface IntegrationFilter {
  /** Any case. */
  appKey?: string | undefined
  authScheme?: AuthSchemeName | undefined
  showDisabled?: boolean | undefined
}

export interface AppFilter {
  search?: string | undefined
  category?: string | undefined
  authScheme?: AuthSchemeName | undefined
}

/** What an authorization server says of itself, as the parts of a definition; or why it cannot be used. */
export type DiscoverServer = (
  issuer: string,
  label: string,
) => Promise<{ scheme: object; identity: object | undefined } | { problem: string }>

export interface Integrations {
  listApps(projectId: string, filter?: AppFilter): Promise<App[]>
  /** Key in any case. @throws {AppError} not_found. */
  getApp(projectId: string, key: string): Promise<App>
  /**
   * An app of the project's own; with the key of another app it takes that one's place in this project. Instead of
   * `authSchemes` it may name an `issuer`. @throws {AppError} validation_failed naming the field; conflict.
   */
  createApp(projectId: string, definition: unknown): Promise<App>
  /** Top-level fields given replace those stored; the whole is validated again. */
  updateApp(projectId: string, key: string, changes: Record<string, unknown>): Promise<App>
  /** @throws {AppError} conflict while integrations of it exist that have accounts. */
  deleteApp(projectId: string, key: string): Promise<void>

  /** Newest first, but an app's preferred scheme before its others. */
  list(projectId: string, filter?: IntegrationFilter): Promise<Integration[]>
  /** How many accounts each has. */
  accountCounts(projectId: string, integrationIds: readonly string[]): Promise<Map<string, number>>
  get(projectId: string, id: string): Promise<Integration>
  create(projectId: string, input: CreateIntegrationInput): Promise<Integration>
  /** The integration with these settings if there is one, else a new one. */
  getOrCreate(projectId: string, input: CreateIntegrationInput): Promise<{ integration: Integration; isNew: boolean }>
  update(
    projectId: string,
    id: string,
    changes: {
      name?: string | undefined
      enabled?: boolean | undefined
      scopes?: string[] | null | undefined
      clientId?: string | undefined
      clientSecret?: string | undefined
      /** Those given replace those stored. */
      params?: Readonly<Record<string, unknown>> | undefined
      userVerification?: UserVerification | null | undefined
    },
  ): Promise<Integration>
  /** @returns How many rows went: 1. Its accounts are deleted with it. */
  delete(projectId: string, id: string): Promise<number>
  /** What the person must fill in. */
  expectedFields(integration: Integration): ExpectedField[]
}
