import { segment, type Transport } from '../transport.ts'
import type { CallOptions } from '../types.ts'

/** Which accounts are stopped: those of an integration, of an app, or with neither all of the project. */
export interface StartKillSwitch {
  /** `disable` is undone by enabling; `revoke` gives the grants back to the apps for good. */
  action: 'disable' | 'revoke'
  integrationId?: string | undefined
  app?: string | undefined
}

export interface KillSwitch {
  id: string
  action: 'disable' | 'revoke'
  integrationId: string | null
  app: string | null
  status: 'running' | 'finished'
  /** Accounts looked at so far. */
  matched: number
  changed: number
  failed: number
  /** The first hundred. */
  failures: { accountId: string; code: string; message: string }[]
  createdAt: string
  updatedAt: string
  finishedAt: string | null
}

/** Stops many accounts at once. It goes on in the background, also when the server is restarted. */
export class KillSwitches {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  start(scope: StartKillSwitch, options?: CallOptions): Promise<KillSwitch> {
    return this.#transport.post('/api/v1/killSwitches', scope, options)
  }

  /** The last hundred, newest first. */
  async list(options?: CallOptions): Promise<KillSwitch[]> {
    return (await this.#transport.get<{ items: KillSwitch[] }>('/api/v1/killSwitches', options)).items
  }

  /** How far it has come. */
  get(killSwitchId: string, options?: CallOptions): Promise<KillSwitch> {
    return this.#transport.get(`/api/v1/killSwitches/${segment('killSwitchId', killSwitchId)}`, options)
  }
}
