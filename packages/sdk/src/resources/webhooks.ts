import { segment, type Transport } from '../transport.ts'
import type { CallOptions } from '../types.ts'
import type {
  CursorPage,
  DeliveryStatus,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookEndpoint,
} from '../webhook-types.ts'

export interface CreateWebhookEndpoint {
  /** https; plain http only to the server's own machine, where nobody else reaches the server. */
  url: string
  description?: string | undefined
  format?: WebhookEndpoint['format'] | undefined
  /** Null: all that are sent by default. */
  eventTypes?: string[] | null | undefined
  enabled?: boolean | undefined
}

export type UpdateWebhookEndpoint = Partial<Omit<CreateWebhookEndpoint, 'format'>>

export interface DeliveryFilter {
  status?: DeliveryStatus | undefined
  /** Event types. */
  types?: readonly string[] | undefined
  cursor?: string | undefined
  limit?: number | undefined
}

/** Where events are sent, and what became of each message. */
export class Webhooks {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Oldest first. */
  async list(options?: CallOptions): Promise<WebhookEndpoint[]> {
    return (await this.#transport.get<{ items: WebhookEndpoint[] }>(endpoints, options)).items
  }

  get(endpointId: string, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#transport.get(pathOf(endpointId), options)
  }

  /** @returns The endpoint with the secret that signs its messages. */
  create(endpoint: CreateWebhookEndpoint, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#transport.post(endpoints, endpoint, options)
  }

  /** Enabling one sends what waited for it. */
  update(endpointId: string, changes: UpdateWebhookEndpoint, options?: CallOptions): Promise<WebhookEndpoint> {
    return this.#transport.patch(pathOf(endpointId), changes, options)
  }

  /** Its deliveries go with it. */
  async delete(endpointId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(pathOf(endpointId), options)
  }

  async revealSecret(endpointId: string, options?: CallOptions): Promise<string> {
    return (await this.#transport.get<{ secret: string }>(`${pathOf(endpointId)}/secret`, options)).secret
  }

  /** For 24 hours messages are signed by the old secret too. */
  rotateSecret(endpointId: string, options?: CallOptions): Promise<WebhookEndpoint & { secret: string }> {
    return this.#transport.post(`${pathOf(endpointId)}/secret/rotations`, {}, options)
  }

  /** About an account that does not exist. */
  sendTestEvent(endpointId: string, type?: string, options?: CallOptions): Promise<WebhookDelivery> {
    return this.#transport.post(`${pathOf(endpointId)}/testEvents`, { type }, options)
  }

  /** Newest first; kept for 30 days. */
  deliveries(
    endpointId: string,
    { status, types, cursor, limit }: DeliveryFilter = {},
    options?: CallOptions,
  ): Promise<CursorPage<WebhookDelivery>> {
    const query = { status, type: types, cursor, limit }
    return this.#transport.get(`${pathOf(endpointId)}/deliveries`, { ...options, query })
  }

  /** With its attempts and its message. */
  getDelivery(deliveryId: string, options?: CallOptions): Promise<WebhookDeliveryDetail> {
    return this.#transport.get(`/api/v1/deliveries/${segment('deliveryId', deliveryId)}`, options)
  }

  /** Sends a delivery again now, whatever its status. */
  resend(deliveryId: string, options?: CallOptions): Promise<WebhookDelivery> {
    return this.#transport.post(`/api/v1/deliveries/${segment('deliveryId', deliveryId)}/attempts`, {}, options)
  }

  /** Sends the events of a time again. @returns How many. */
  async replay(
    endpointId: string,
    { since, until, onlyFailed }: { since: Date | string; until?: Date | string | undefined; onlyFailed?: boolean },
    options?: CallOptions,
  ): Promise<number> {
    const body = { since, until, onlyFailed }
    return (await this.#transport.post<{ queued: number }>(`${pathOf(endpointId)}/replays`, body, options)).queued
  }
}

const endpoints = '/api/v1/webhookEndpoints'

const pathOf = (endpointId: string) => `${endpoints}/${segment('endpointId', endpointId)}`
