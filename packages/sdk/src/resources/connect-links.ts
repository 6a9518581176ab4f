import type { Transport } from '../transport.ts'
import type { CallOptions, ConnectLink } from '../types.ts'

export interface CreateConnectLink {
  /** Your own id of the user who will connect. */
  entityId: string
  /** What the person may choose from; neither these nor `apps` means all enabled ones. */
  integrationIds?: string[] | undefined
  /** App keys. */
  apps?: string[] | undefined
  redirectUri?: string | undefined
  /** Language of the pages, such as `de`, instead of what the browser asks for. */
  locale?: string | undefined
}

/** Hosted pages where a person picks an app, fills in what it needs and connects. */
export class ConnectLinks {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  create(link: CreateConnectLink, options?: CallOptions): Promise<ConnectLink> {
    return this.#transport.post('/api/v1/connectLinks', link, options)
  }
}
