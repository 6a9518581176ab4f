import { invalidInput, NotFoundError } from '../errors.ts'
import { Listing } from '../listing.ts'
import { segment, type Transport } from '../transport.ts'
import type { AuthScheme, CallOptions, Integration, UserVerification } from '../types.ts'

export interface IntegrationFilter {
  /** The app's key, in any case. */
  app?: string | undefined
  /** Default false: only those that can be used. */
  showDisabled?: boolean | undefined
  pageSize?: number | undefined
}

export interface CreateIntegration {
  /** The app's key. */
  app: string
  name?: string | undefined
  /** Default: the app's preferred one. */
  authScheme?: AuthScheme | undefined
  /** Of the OAuth client registered at the app. */
  clientId?: string | undefined
  clientSecret?: string | undefined
  /** Default: those of the app's definition. */
  scopes?: string[] | undefined
  /** What the app wants of you beside an OAuth client: its definition's `integrationParams`, by name. */
  params?: Record<string, string> | undefined
  /** False: not to be used yet. The OAuth client may follow, once the app knows the redirect URI. */
  enabled?: boolean | undefined
  /** Test projects only: whether the simulator plays the app's side. */
  simulated?: boolean | undefined
  /** Whether your backend confirms which user came back. Default: as the project says. */
  userVerification?: UserVerification | null | undefined
}

export interface UpdateIntegration {
  name?: string | undefined
  enabled?: boolean | undefined
  /** Null: those of the app's definition. */
  scopes?: string[] | null | undefined
  clientId?: string | undefined
  clientSecret?: string | undefined
  /** Those given replace those stored. */
  params?: Record<string, string> | undefined
  /** Null: as the project says. */
  userVerification?: UserVerification | null | undefined
}

/** Apps made ready for connecting: one auth scheme and the operator's settings each. */
export class Integrations {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Newest first, but an app's preferred scheme before its others. */
  list({ app, showDisabled, pageSize = 100 }: IntegrationFilter = {}, options?: CallOptions): Listing<Integration> {
    return new Listing((page) =>
      this.#transport.get('/api/v1/integrations', {
        ...options,
        query: { appName: app, showDisabled, page, pageSize },
      }),
    )
  }

  get(integrationId: string, options?: CallOptions): Promise<Integration> {
    return this.#transport.get(pathOf(integrationId), options)
  }

  /**
   * The integration that is meant when only an app is named: its first usable one, of that scheme if given.
   *
   * @throws {NotFoundError} unknown app, or no such integration of it.
   */
  async getForApp(app: string, authScheme?: AuthScheme, options?: CallOptions): Promise<Integration> {
    const found = await this.findForApp(app, authScheme, options)
    if (found) return found
    const { key } = await this.#transport.get<{ key: string }>(`/api/v1/apps/${segment('app', app)}`, options)
    throw new NotFoundError({
      code: 'not_found',
      detail: `The project has no enabled integration of ${key}${authScheme ? ` with ${authScheme}` : ''}.`,
      fix: `Create one: integrations.create({ app: '${key}', … }).`,
    })
  }

  /** As `getForApp`, but undefined instead of an error. One that is ready goes before one that still lacks its client. */
  async findForApp(app: string, authScheme?: AuthScheme, options?: CallOptions): Promise<Integration | undefined> {
    if (!app) throw invalidInput('app', 'is missing', 'Give the key of an app, such as gmail.')
    const enabled = await this.list({ app, showDisabled: false }, options).all()
    const usable = enabled.filter((one) => authScheme === undefined || one.authScheme === authScheme)
    return usable.find(isReady) ?? usable[0]
  }

  create({ app, ...settings }: CreateIntegration, options?: CallOptions): Promise<Integration> {
    return this.#transport.post('/api/v1/integrations', { appId: app, ...settings }, options)
  }

  update(integrationId: string, changes: UpdateIntegration, options?: CallOptions): Promise<Integration> {
    return this.#transport.patch(pathOf(integrationId), changes, options)
  }

  /** Deletes its connected accounts as well. */
  async delete(integrationId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(pathOf(integrationId), options)
  }
}

function isReady({ authScheme, simulated, clientId }: Integration): boolean {
  return authScheme !== 'OAUTH2' || simulated === true || typeof clientId === 'string'
}

function pathOf(integrationId: string): string {
  return `/api/v1/integrations/${segment('integrationId', integrationId)}`
}
