import type { Transport } from './transport.ts'
import type { AccountStatus, CallOptions, ConnectedAccount } from './types.ts'
import { waitUntilActive } from './wait.ts'

/** The API's answer to an attempt to connect. */
export interface InitiatedConnection {
  connectionStatus: AccountStatus
  connectedAccountId: string
  redirectUrl: string | null
}

/** An attempt to connect that has begun. It can be printed or sent as JSON; only its own three fields are in it. */
export class ConnectionRequest {
  readonly connectedAccountId: string
  /** At the time of the answer: `ACTIVE` at once for keys, else `INITIATED`. */
  readonly status: AccountStatus
  /** Where to send the user; null when there is nothing for them to do. */
  readonly redirectUrl: string | null
  readonly #transport: Transport

  constructor(transport: Transport, initiated: InitiatedConnection) {
    this.#transport = transport
    this.connectedAccountId = initiated.connectedAccountId
    this.status = initiated.connectionStatus
    this.redirectUrl = initiated.redirectUrl ?? null
  }

  /**
   * Waits for the user to finish. In another process, `connectedAccounts.waitUntilActive(id)` does the same.
   *
   * @param seconds How long to wait in all.
   * @throws {ConnectionFailedError} as soon as it has failed, with the reason.
   * @throws {WaitTimeoutError} when the time is over. The signal's reason when aborted.
   */
  waitUntilActive(seconds = 60, options?: CallOptions): Promise<ConnectedAccount> {
    return waitUntilActive(this.#transport, this.connectedAccountId, seconds, options)
  }
}
