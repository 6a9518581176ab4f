import { segment, type Transport } from '../transport.ts'
import type { App, AppDefinition, AuthScheme, CallOptions } from '../types.ts'

export interface AppFilter {
  search?: string | undefined
  category?: string | undefined
  authScheme?: AuthScheme | undefined
}

/** The catalog: which apps can be connected and how each authenticates. */
export class Apps {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  async list({ search, category, authScheme }: AppFilter = {}, options?: CallOptions): Promise<App[]> {
    const query = { search, category, authScheme }
    const { items } = await this.#transport.get<{ items: App[] }>('/api/v1/apps', { ...options, query })
    return items
  }

  /** @param key In any case: `gmail`, `GMAIL`. */
  get(key: string, options?: CallOptions): Promise<App> {
    return this.#transport.get(`/api/v1/apps/${segment('key', key)}`, options)
  }

  /**
   * Adds an app of your own, in the format of the catalog's files; with the key of another app it takes that one's place.
   * `{ key, name, issuer }` is enough for an authorization server that describes itself.
   */
  create(definition: AppDefinition, options?: CallOptions): Promise<App> {
    return this.#transport.post('/api/v1/apps', definition, options)
  }

  /** Replaces the top-level fields given. Another app becomes one of your own by that. */
  update(key: string, changes: AppDefinition, options?: CallOptions): Promise<App> {
    return this.#transport.patch(`/api/v1/apps/${segment('key', key)}`, changes, options)
  }

  /** Own apps only. One that took the place of another gives it back. */
  async delete(key: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(`/api/v1/apps/${segment('key', key)}`, options)
  }
}
