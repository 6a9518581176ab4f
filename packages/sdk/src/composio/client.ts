import { Integrations as CoreIntegrations } from '../resources/integrations.ts'
import { Transport } from '../transport.ts'
import { Apps } from './apps.ts'
import { type ComposioOptions, resolveComposioConfig } from './config.ts'
import { ConnectedAccounts } from './connected-accounts.ts'
import { Entity } from './entity.ts'
import { type ExpectedParamsForUser, expectedParamsForUser, type UserParamsQuery } from './expected-params.ts'
import { Integrations } from './integrations.ts'

/** The client behind a tool set. Both ways of constructing are taken: one object, or key, base URL and runtime in order. */
export class Composio {
  readonly apps: Apps
  readonly integrations: Integrations
  readonly connectedAccounts: ConnectedAccounts
  readonly #transport: Transport
  readonly #integrations: CoreIntegrations
  readonly #defaultEntityId: string

  constructor(options?: ComposioOptions)
  constructor(apiKey?: string | null, baseUrl?: string | null, runtime?: string | null)
  constructor(first: ComposioOptions | string | null = {}, baseUrl?: string | null) {
    const options: ComposioOptions = typeof first === 'string' || first === null ? { apiKey: first, baseUrl } : first
    const transport = new Transport(resolveComposioConfig(options))
    this.#transport = transport
    this.#integrations = new CoreIntegrations(transport)
    this.#defaultEntityId = options.entityId || 'default'
    this.apps = new Apps(transport)
    this.integrations = new Integrations(transport)
    this.connectedAccounts = new ConnectedAccounts(transport, this.#integrations, this.#defaultEntityId)
  }

  /** Where requests go. */
  get baseUrl(): string {
    return this.#transport.baseUrl
  }

  getEntity(id: string = this.#defaultEntityId): Entity {
    return new Entity(this.connectedAccounts, id)
  }

  getExpectedParamsForUser(query: UserParamsQuery): Promise<ExpectedParamsForUser> {
    return expectedParamsForUser(this.#transport, this.#integrations, query)
  }
}
