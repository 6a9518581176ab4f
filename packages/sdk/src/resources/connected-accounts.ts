import { ConnectionRequest, type InitiatedConnection } from '../connection-request.ts'
import { invalidInput } from '../errors.ts'
import { Listing } from '../listing.ts'
import { segment, type Transport } from '../transport.ts'
import type {
  AccountEvent,
  AccountItem,
  AccountStatus,
  AuthParam,
  AuthParams,
  AuthScheme,
  CallOptions,
  ConnectedAccount,
  ConnectionParams,
  ExportedAccounts,
  ImportedAccount,
  Revocation,
  SignedCall,
  SimulatorScript,
  SimulatorState,
  UnsignedCall,
} from '../types.ts'
import { waitUntilActive } from '../wait.ts'
import type { Integrations } from './integrations.ts'

/** Which integration to connect through: itself, or the one an app stands for. */
export type IntegrationChoice =
  | { integrationId: string; app?: undefined; authScheme?: undefined }
  | { app: string; authScheme?: AuthScheme | undefined; integrationId?: undefined }

export type InitiateConnection = IntegrationChoice & {
  /** Your own id of the user or tenant. */
  entityId: string
  /** The expected params, all as strings. */
  data?: Record<string, string> | undefined
  /** Where the browser returns to; without it the user ends on a page of the server. */
  redirectUri?: string | undefined
  labels?: string[] | undefined
  /** Instead of the integration's scopes. */
  scopes?: string[] | undefined
  /** Asked for besides, or some of those: the person may leave them out on the connect page. */
  optionalScopes?: string[] | undefined
}

export interface ReinitiateConnection {
  data?: Record<string, string> | undefined
  redirectUri?: string | undefined
  /** Take the new credential although it is of another person or tenant than the old one. */
  allowIdentityChange?: boolean | undefined
}

/** Each given filter narrows; a list means any of it. */
export interface AccountFilter {
  entityId?: string | readonly string[] | undefined
  app?: string | readonly string[] | undefined
  status?: AccountStatus | readonly AccountStatus[] | undefined
  labels?: readonly string[] | undefined
  integrationId?: string | undefined
  /** Part of the entity, of the account id, or of the name or address at the app; in any case. */
  search?: string | undefined
  showDisabled?: boolean | undefined
  pageSize?: number | undefined
}

export interface ExportFilter {
  entityIds?: string[] | undefined
  integrationIds?: string[] | undefined
  accountIds?: string[] | undefined
  apps?: string[] | undefined
}

/** `{}` matches every account of the project. */
export interface BulkFilter extends ExportFilter {
  statuses?: AccountStatus[] | undefined
  labels?: string[] | undefined
  search?: string | undefined
  /** `false`: only enabled ones. */
  showDisabled?: boolean | undefined
}

export type BulkAction = 'enable' | 'disable' | 'refresh' | 'delete'

/** What one step of a bulk change did. */
export interface BulkStep {
  matched: number
  changed: number
  failed: { accountId: string; code: string; message: string }[]
  nextCursor: string | null
}

export interface CredentialCheck {
  /** `not_available`: the app has no cheap call that would tell. */
  result: 'accepted' | 'refused' | 'unreachable' | 'not_available'
  checkedAt: string
}

/** What entities have granted: start a connection, wait for it, read what calling the app needs. */
export class ConnectedAccounts {
  readonly #transport: Transport
  readonly #integrations: Integrations

  constructor(transport: Transport, integrations: Integrations) {
    this.#transport = transport
    this.#integrations = integrations
  }

  /**
   * Starts a connection. Key schemes are `ACTIVE` in the answer; for OAuth send the user to `redirectUrl` and wait.
   *
   * @throws {ValidationError} with `fields` such as `data.shop_name`.
   * @throws {BadRequestError} `credential_refused`, `redirect_not_allowed`, `integration_disabled`.
   */
  async initiate(input: InitiateConnection, options?: CallOptions): Promise<ConnectionRequest> {
    const { integrationId, app, authScheme, entityId, data = {}, redirectUri, labels, scopes, optionalScopes } = input
    if (!entityId) throw invalidInput('entityId', 'is missing', 'Give your own id of the user who connects.')
    const id = integrationId ?? (await this.#integrations.getForApp(app, authScheme, options)).id
    const body = { integrationId: id, entityId, data, redirectUri, labels, scopes, optionalScopes }
    return new ConnectionRequest(
      this.#transport,
      await this.#transport.post<InitiatedConnection>('/api/v1/connectedAccounts', body, options),
    )
  }

  /**
   * Renews an account in place: its id stays. One that still works goes on working meanwhile, so it stays `ACTIVE` and
   * waiting for it ends at once; one that had failed or expired can be waited for.
   */
  async reinitiate(
    connectedAccountId: string,
    input: ReinitiateConnection = {},
    options?: CallOptions,
  ): Promise<ConnectionRequest> {
    const path = `${pathOf(connectedAccountId)}/reinitiate`
    return new ConnectionRequest(this.#transport, await this.#transport.post<InitiatedConnection>(path, input, options))
  }

  /**
   * With `userVerification` the browser comes to your redirectUri with `status=confirmation_required` and a `handle`: say
   * which of your users is signed in there. Only then the account is connected, and only if it is the right one.
   *
   * @throws {BadRequestError} `user_mismatch`, `connection_failed`, `conflict` when the handle was used or is too old.
   */
  confirm(input: { handle: string; entityId: string }, options?: CallOptions): Promise<ConnectedAccount> {
    if (!input.entityId) throw invalidInput('entityId', 'is missing', 'Give your own id of the user who is signed in.')
    return this.#transport.post('/api/v1/connectedAccounts/confirm', input, options)
  }

  /** With credentials when `ACTIVE` and enabled; they are refreshed first when near their end. */
  get(connectedAccountId: string, options?: CallOptions): Promise<ConnectedAccount> {
    return this.#transport.get(pathOf(connectedAccountId), options)
  }

  /** @see ConnectionRequest.waitUntilActive */
  waitUntilActive(connectedAccountId: string, seconds = 60, options?: CallOptions): Promise<ConnectedAccount> {
    return waitUntilActive(this.#transport, connectedAccountId, seconds, options)
  }

  /** Newest first. Iterate it, or ask for one `.page()`. */
  list(filter: AccountFilter = {}, options?: CallOptions): Listing<ConnectedAccount> {
    const { entityId, app, status, labels, integrationId, search, showDisabled, pageSize = 100 } = filter
    const query = {
      entityId: commaList('entityId', entityId),
      appNames: commaList('app', app),
      status: commaList('status', status),
      labels: commaList('labels', labels),
      integrationId,
      search,
      showDisabled,
      pageSize,
    }
    const load = <Answer>(place: { page: number } | { cursor: string }): Promise<Answer> =>
      this.#transport.get('/api/v1/connectedAccounts', { ...options, query: { ...query, ...place } })
    return new Listing(
      (page) => load({ page }),
      (cursor) => load({ cursor }),
    )
  }

  /**
   * What one HTTP call to the app needs, never expired. Ask before each call rather than keeping it.
   *
   * @throws {BadRequestError} `account_not_active`, `account_disabled`, `reconnect_required`.
   */
  async getAuthParams(connectedAccountId: string, options?: CallOptions): Promise<AuthParams> {
    const info = await this.#transport.get<{
      base_url: string
      parameters: AuthParam[]
      body?: Record<string, string>
    }>(`${pathOf(connectedAccountId)}/info`, options)
    return {
      baseUrl: info.base_url,
      params: info.parameters,
      headers: named(info.parameters, 'header'),
      query: named(info.parameters, 'query'),
      body: info.body ?? {},
    }
  }

  /**
   * Signs one call, for apps whose credentials sign and are never sent: OAuth 1 and AWS. Send it to the `url` of the answer
   * with these headers besides your own, once and within a few minutes.
   *
   * @throws {BadRequestError} `not_supported` for other apps; and as `getAuthParams`.
   */
  sign(connectedAccountId: string, call: UnsignedCall, options?: CallOptions): Promise<SignedCall> {
    return this.#transport.post(`${pathOf(connectedAccountId)}/signature`, call, options)
  }

  /** Shows an operator the credentials. It is written down who looked, and why, before they are. */
  revealCredentials(
    connectedAccountId: string,
    { reason }: { reason?: string | undefined } = {},
    options?: CallOptions,
  ): Promise<{ params: ConnectionParams }> {
    return this.#transport.post(`${pathOf(connectedAccountId)}/credentials/reveals`, { reason }, options)
  }

  /** Lets the account be used again after `disable`. */
  async enable(connectedAccountId: string, options?: CallOptions): Promise<void> {
    await this.#transport.post(`${pathOf(connectedAccountId)}/enable`, {}, options)
  }

  /** Keeps the account but hands out no credentials. */
  async disable(connectedAccountId: string, options?: CallOptions): Promise<void> {
    await this.#transport.post(`${pathOf(connectedAccountId)}/disable`, {}, options)
  }

  /**
   * Gets a new access token now. Tokens are refreshed before they end without it; this is for an app that refuses one that
   * should be good. @returns The account without credentials.
   *
   * @throws {BadRequestError} `account_not_active`, `account_disabled`, `reconnect_required`.
   */
  refresh(connectedAccountId: string, options?: CallOptions): Promise<ConnectedAccount> {
    return this.#transport.post(`${pathOf(connectedAccountId)}/refresh`, {}, options)
  }

  /** Asks the app by a cheap call whether the credentials are good. The account stays as it is. */
  check(connectedAccountId: string, options?: CallOptions): Promise<CredentialCheck> {
    return this.#transport.post(`${pathOf(connectedAccountId)}/check`, {}, options)
  }

  /**
   * Changes every account that matches, up to 200 a step. Iterate it to the end; each step says what it did, and one that
   * was lost can be made again from its cursor.
   */
  async *changeMany(
    action: BulkAction,
    filter: BulkFilter,
    { cursor }: { cursor?: string | null | undefined } = {},
    options?: CallOptions,
  ): AsyncGenerator<BulkStep, void, undefined> {
    for (let from = cursor; ; ) {
      const step: BulkStep = await this.#transport.post(
        '/api/v1/connectedAccounts/bulk',
        { action, filter, cursor: from },
        options,
      )
      yield step
      if (step.nextCursor === null) return
      from = step.nextCursor
    }
  }

  /** Replaces the labels. @returns The account without credentials. */
  setLabels(connectedAccountId: string, labels: string[], options?: CallOptions): Promise<ConnectedAccount> {
    return this.#transport.patch(`${pathOf(connectedAccountId)}/data`, { labels }, options)
  }

  /** What happened to the account, newest first: a page of at most `limit`, from `cursor` on. */
  history(
    connectedAccountId: string,
    { cursor, limit }: { cursor?: string | undefined; limit?: number | undefined } = {},
    options?: CallOptions,
  ): Promise<{ items: AccountEvent[]; nextCursor: string | null }> {
    return this.#transport.get(`${pathOf(connectedAccountId)}/history`, { ...options, query: { cursor, limit } })
  }

  /** Gives the grant back to the app, in the background. The credentials are gone at once; the account is `EXPIRED`. */
  async revoke(connectedAccountId: string, options?: CallOptions): Promise<Revocation> {
    const path = `${pathOf(connectedAccountId)}/revoke`
    return (await this.#transport.post<{ revocation: Revocation }>(path, {}, options)).revocation
  }

  /** Deletes the account and its credentials at once, and gives the grant back like `revoke`. */
  async delete(connectedAccountId: string, options?: CallOptions): Promise<Revocation> {
    return (await this.#transport.delete<{ revocation: Revocation }>(pathOf(connectedAccountId), options)).revocation
  }

  /** What became of a revocation. */
  getRevocation(revocationId: string, options?: CallOptions): Promise<Revocation> {
    return this.#transport.get(`/api/v1/revocations/${segment('revocationId', revocationId)}`, options)
  }

  /**
   * Makes accounts of credentials that you have already, up to 100 at once: all of them or, when one is wrong, none.
   *
   * @throws {ValidationError} with `fields` such as `items.3.refreshToken`.
   */
  async import(items: AccountItem[], options?: CallOptions): Promise<ImportedAccount[]> {
    const path = '/api/v1/connectedAccounts/import'
    return (await this.#transport.post<{ items: ImportedAccount[] }>(path, { items }, options)).items
  }

  /**
   * `ACTIVE` accounts with their credentials, 100 at a time, encrypted.
   *
   * @param recipientPublicKey PEM or JWK. Never a private key.
   */
  export(
    recipientPublicKey: string | Record<string, unknown>,
    { filter, cursor }: { filter?: ExportFilter | undefined; cursor?: string | null | undefined } = {},
    options?: CallOptions,
  ): Promise<ExportedAccounts> {
    const body = { recipientPublicKey, filter, cursor }
    return this.#transport.post('/api/v1/connectedAccounts/export', body, options)
  }

  /** Test mode: tells the simulator how to treat this account's tokens next. */
  async scriptSimulator(
    connectedAccountId: string,
    script: SimulatorScript,
    options?: CallOptions,
  ): Promise<SimulatorState> {
    const path = `${pathOf(connectedAccountId)}/simulator`
    const { state } = await this.#transport.post<{ state: SimulatorState }>(path, script, options)
    return state
  }
}

function pathOf(connectedAccountId: string): string {
  return `/api/v1/connectedAccounts/${segment('connectedAccountId', connectedAccountId)}`
}

/** These filters go comma-joined, so a comma inside a value would ask for other entities' accounts. */
function commaList(property: string, value: string | readonly string[] | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const values = typeof value === 'string' ? [value] : value
  if (values.some((one) => one === '' || one.includes(','))) {
    throw invalidInput(
      property,
      'cannot be empty or hold a comma in a list filter',
      'List without this filter and compare in your code.',
    )
  }
  return values
}

function named(params: readonly AuthParam[], place: AuthParam['in']): Record<string, string> {
  return Object.fromEntries(params.filter((param) => param.in === place).map(({ name, value }) => [name, value]))
}
