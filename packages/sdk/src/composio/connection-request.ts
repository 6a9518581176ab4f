import { ConnectionRequest as CoreConnectionRequest, type InitiatedConnection } from '../connection-request.ts'
import { segment, type Transport } from '../transport.ts'
import type { AccountStatus, AuthParam, ConnectedAccount } from '../types.ts'

/** What one call to the app needs; `params` and `parameters` are the same list under both names in use. */
export interface CompatibleAuthParams {
  base_url: string
  params: AuthParam[]
  parameters: AuthParam[]
  body: Record<string, string>
}

/** `waitUntilActive` ends at once on a final failure, with the reason, where it used to poll on. */
export class ConnectionRequest extends CoreConnectionRequest {
  readonly connectionStatus: AccountStatus
  readonly #transport: Transport

  constructor(transport: Transport, initiated: InitiatedConnection) {
    super(transport, initiated)
    this.#transport = transport
    this.connectionStatus = this.status
  }

  /** Starts another connection of the same user with what they have typed in. */
  async saveUserAccessData(data: {
    fieldInputs: Record<string, string>
    redirectUrl?: string | undefined
    entityId?: string | undefined
  }): Promise<ConnectionRequest> {
    const account = await this.#transport.get<ConnectedAccount>(this.#path())
    const entityId = data.entityId || account.entityId
    const initiated = await this.#transport.post<InitiatedConnection>('/api/v1/connectedAccounts', {
      integrationId: account.integrationId,
      data: data.fieldInputs,
      redirectUri: data.redirectUrl,
      entityId,
      userUuid: entityId,
    })
    return new ConnectionRequest(this.#transport, initiated)
  }

  getAuthInfo(): Promise<CompatibleAuthParams> {
    return authParams(this.#transport, this.#path())
  }

  #path(): string {
    return `/api/v1/connectedAccounts/${segment('connectedAccountId', this.connectedAccountId)}`
  }
}

/** @param accountPath `/api/v1/connectedAccounts/{id}` */
export async function authParams(transport: Transport, accountPath: string): Promise<CompatibleAuthParams> {
  const info = await transport.get<Partial<CompatibleAuthParams>>(`${accountPath}/info`)
  const params = info.params ?? info.parameters ?? []
  return { base_url: info.base_url ?? '', params, parameters: params, body: info.body ?? {} }
}
