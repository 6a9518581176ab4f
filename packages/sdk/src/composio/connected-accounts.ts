import type { InitiatedConnection } from '../connection-request.ts'
import type { Integrations } from '../resources/integrations.ts'
import { segment, type Transport } from '../transport.ts'
import type { AccountStatus, AuthScheme, ConnectedAccount, Page } from '../types.ts'
import { authParams, type CompatibleAuthParams, ConnectionRequest } from './connection-request.ts'
import { expectedParamsForUser } from './expected-params.ts'

export type { CompatibleAuthParams } from './connection-request.ts'

export interface ConnectedAccountId {
  connectedAccountId: string
}

export interface Initiate {
  integrationId?: string | undefined
  /** Instead of `integrationId`: the app's first integration, made when there is none. */
  appName?: string | undefined
  /** With `appName`: a new integration with this scheme and these settings. */
  authMode?: AuthScheme | undefined
  authConfig?: Record<string, unknown> | undefined
  entityId?: string | undefined
  /** The older name of `entityId`; counts, where published clients drop it. */
  userUuid?: string | undefined
  /** What the user gave, under either name. */
  data?: Record<string, unknown> | undefined
  connectionParams?: Record<string, unknown> | undefined
  redirectUri?: string | undefined
  labels?: string[] | undefined
}

export interface ListAccounts {
  /** Here and below: a list, or one text with commas. */
  appNames?: string | readonly string[] | undefined
  appUniqueKeys?: readonly string[] | undefined
  entityId?: string | readonly string[] | undefined
  user_uuid?: string | readonly string[] | undefined
  status?: AccountStatus | readonly AccountStatus[] | undefined
  labels?: string | readonly string[] | undefined
  showActiveOnly?: boolean | undefined
  showDisabled?: boolean | undefined
  integrationId?: string | undefined
  connectionId?: string | undefined
  page?: number | undefined
  pageSize?: number | undefined
}

export class ConnectedAccounts {
  readonly #transport: Transport
  readonly #integrations: Integrations
  readonly #defaultEntityId: string

  constructor(transport: Transport, integrations: Integrations, defaultEntityId: string) {
    this.#transport = transport
    this.#integrations = integrations
    this.#defaultEntityId = defaultEntityId
  }

  async initiate(input: Initiate): Promise<ConnectionRequest> {
    return this.create({
      integrationId: await this.#integrationId(input),
      entityId: input.entityId || input.userUuid || this.#defaultEntityId,
      data: { ...input.connectionParams, ...input.data },
      redirectUri: input.redirectUri,
      labels: input.labels,
    })
  }

  /** Sends the body as given. */
  async create(
    body: Omit<Initiate, 'appName' | 'authMode' | 'authConfig' | 'connectionParams'>,
  ): Promise<ConnectionRequest> {
    const path = '/api/v1/connectedAccounts'
    return new ConnectionRequest(this.#transport, await this.#transport.post<InitiatedConnection>(path, body))
  }

  list({ appUniqueKeys, ...filters }: ListAccounts = {}): Promise<Page<ConnectedAccount>> {
    const query = { ...filters, appNames: filters.appNames ?? appUniqueKeys }
    return this.#transport.get('/api/v1/connectedAccounts', { query })
  }

  /** An `ACTIVE` account comes with its raw `connectionParams`. */
  async get(account: ConnectedAccountId): Promise<ConnectedAccount> {
    const found = await this.#transport.get<ConnectedAccount>(pathOf(account))
    return { ...found, connectedAccountId: found.id }
  }

  getAuthParams(account: ConnectedAccountId): Promise<CompatibleAuthParams> {
    return authParams(this.#transport, pathOf(account))
  }

  delete(account: ConnectedAccountId): Promise<{ status: string; count: number }> {
    return this.#transport.delete(pathOf(account))
  }

  async enable(account: ConnectedAccountId): Promise<{ status: 'success'; connectedAccountId: string }> {
    await this.#transport.post(`${pathOf(account)}/enable`, {})
    return { status: 'success', connectedAccountId: account.connectedAccountId }
  }

  async disable(account: ConnectedAccountId): Promise<{ status: 'success'; connectedAccountId: string }> {
    await this.#transport.post(`${pathOf(account)}/disable`, {})
    return { status: 'success', connectedAccountId: account.connectedAccountId }
  }

  async reinitiateConnection({
    data,
    redirectUri,
    ...account
  }: ConnectedAccountId & { data?: Record<string, unknown>; redirectUri?: string }): Promise<ConnectionRequest> {
    const path = `${pathOf(account)}/reinitiate`
    return new ConnectionRequest(
      this.#transport,
      await this.#transport.post<InitiatedConnection>(path, { data, redirectUri }),
    )
  }

  async #integrationId({ integrationId, appName, authMode, authConfig }: Initiate): Promise<string> {
    if (integrationId) return integrationId
    if (appName && authConfig && Object.keys(authConfig).length > 0) {
      const settings = {
        appId: appName,
        authScheme: authMode,
        authConfig,
        useComposioAuth: false,
        forceNewIntegration: true,
      }
      return (await this.#transport.post<{ id: string }>('/api/v1/integrations', settings)).id
    }
    const query = { app: appName, authScheme: authMode }
    return (await expectedParamsForUser(this.#transport, this.#integrations, query)).integrationId
  }
}

function pathOf({ connectedAccountId }: ConnectedAccountId): string {
  return `/api/v1/connectedAccounts/${segment('connectedAccountId', connectedAccountId)}`
}
