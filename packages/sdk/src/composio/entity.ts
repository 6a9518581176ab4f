import { invalidInput } from '../errors.ts'
import type { AuthScheme, ConnectedAccount } from '../types.ts'
import type { ConnectedAccounts } from './connected-accounts.ts'
import type { ConnectionRequest } from './connection-request.ts'

export interface EntityConnection {
  appName?: string | undefined
  authMode?: AuthScheme | undefined
  authConfig?: Record<string, unknown> | undefined
  integrationId?: string | undefined
  connectionParams?: Record<string, unknown> | undefined
  data?: Record<string, unknown> | undefined
  labels?: string[] | undefined
  redirectUri?: string | undefined
  config?: { redirectUrl?: string | undefined; labels?: string[] | undefined } | undefined
}

/** One user or tenant, and what they have connected. */
export class Entity {
  readonly id: string
  readonly #accounts: ConnectedAccounts

  constructor(accounts: ConnectedAccounts, id: string) {
    this.id = id
    this.#accounts = accounts
  }

  /** Only this entity's own; the server takes a comma as a separator, so an id with one cannot be listed by. */
  async getConnections(): Promise<ConnectedAccount[]> {
    if (this.id.includes(',')) {
      throw invalidInput('entityId', 'cannot hold a comma in a list filter', 'Give this user an id without a comma.')
    }
    return (await this.#accounts.list({ user_uuid: this.id })).items
  }

  /**
   * The entity's usable account of an app: the one labelled `primary`, else the newest. Takes an object, or app and
   * account id in order.
   *
   * @returns With credentials; null when there is none.
   */
  async getConnection(
    query: string | { app?: string | undefined; connectedAccountId?: string | undefined },
    connectedAccountId?: string,
  ): Promise<ConnectedAccount | null> {
    const { app, connectedAccountId: id } = typeof query === 'string' ? { app: query, connectedAccountId } : query
    const usable = (await this.getConnections())
      .filter((account) => account.status === 'ACTIVE' && account.enabled !== false)
      .filter((account) => (id ? account.id === id : account.appName.toLowerCase() === app?.toLowerCase()))
      .sort((a, b) => Number(isPrimary(b)) - Number(isPrimary(a)) || b.createdAt.localeCompare(a.createdAt))
    return usable[0] ? this.#accounts.get({ connectedAccountId: usable[0].id }) : null
  }

  /** Takes one object, or app, scheme, settings, redirect URL and integration id in order. */
  initiateConnection(
    connection: string | EntityConnection,
    authMode?: AuthScheme,
    authConfig?: Record<string, unknown>,
    redirectUrl?: string,
    integrationId?: string,
  ): Promise<ConnectionRequest> {
    if (typeof connection === 'string') {
      const settings = { appName: connection, authMode, authConfig, integrationId, redirectUri: redirectUrl }
      return this.#accounts.initiate({ ...settings, entityId: this.id })
    }
    const { config, ...input } = connection
    return this.#accounts.initiate({
      ...input,
      redirectUri: input.redirectUri || config?.redirectUrl,
      labels: input.labels ?? config?.labels,
      entityId: this.id,
    })
  }
}

function isPrimary({ labels }: ConnectedAccount): boolean {
  return labels?.includes('primary') ?? false
}
