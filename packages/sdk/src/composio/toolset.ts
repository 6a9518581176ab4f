import { Composio } from './client.ts'
import type { ComposioOptions } from './config.ts'
import type { CompatibleAuthParams, ConnectedAccountId } from './connected-accounts.ts'
import type { Entity } from './entity.ts'
import type { ExpectedParamsForUser, UserParamsQuery } from './expected-params.ts'

/** The connected-accounts side of a tool set. Options go in one object, or key, base URL, runtime and entity in order. */
export class ComposioToolSet {
  readonly client: Composio
  readonly entityId: string

  constructor(options?: ComposioOptions)
  constructor(apiKey?: string | null, baseUrl?: string | null, runtime?: string | null, entityId?: string | null)
  constructor(
    first: ComposioOptions | string | null = {},
    baseUrl?: string | null,
    _runtime?: string | null,
    entityId?: string | null,
  ) {
    const options: ComposioOptions =
      typeof first === 'string' || first === null ? { apiKey: first, baseUrl, entityId } : first
    this.entityId = options.entityId || 'default'
    this.client = new Composio(options)
  }

  get apps(): Composio['apps'] {
    return this.client.apps
  }

  get integrations(): Composio['integrations'] {
    return this.client.integrations
  }

  get connectedAccounts(): Composio['connectedAccounts'] {
    return this.client.connectedAccounts
  }

  getEntity(id: string = this.entityId): Entity {
    return this.client.getEntity(id)
  }

  getExpectedParamsForUser(query: UserParamsQuery): Promise<ExpectedParamsForUser> {
    return this.client.getExpectedParamsForUser(query)
  }

  getAuthParams(account: ConnectedAccountId): Promise<CompatibleAuthParams> {
    return this.client.connectedAccounts.getAuthParams(account)
  }
}

/** The same: what differs between tool sets elsewhere is how tools are described to a model. */
export class OpenAIToolSet extends ComposioToolSet {}
