import { Listing } from '../listing.ts'
import { segment, type Transport } from '../transport.ts'
import type { CallOptions, DeletedEntity, Entity, EntitySession } from '../types.ts'

/** Your users and tenants, as the server knows them: by your own ids. */
export class Entities {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Newest first. `search` is a part of the id, in any case. */
  list(
    { search, pageSize = 100 }: { search?: string | undefined; pageSize?: number | undefined } = {},
    options?: CallOptions,
  ): Listing<Entity> {
    return new Listing((page) =>
      this.#transport.get('/api/v1/entities', { ...options, query: { search, pageSize, page } }),
    )
  }

  /** With how many accounts it has, by status. */
  get(entityId: string, options?: CallOptions): Promise<Entity> {
    return this.#transport.get(pathOf(entityId), options)
  }

  /** Revokes and deletes every account of the entity, and every trace of it. */
  delete(entityId: string, options?: CallOptions): Promise<DeletedEntity> {
    return this.#transport.delete(pathOf(entityId), options)
  }

  /**
   * A token for the entity's own browser. Use it there as the API key: it starts connections of this entity and lists its
   * accounts, and reads no credential. By default it works for 15 minutes.
   */
  createSession(
    entityId: string,
    session: {
      expiresInSeconds?: number | undefined
      integrationIds?: string[] | undefined
      allowedOrigins?: string[] | undefined
    } = {},
    options?: CallOptions,
  ): Promise<EntitySession> {
    return this.#transport.post(`${pathOf(entityId)}/sessions`, session, options)
  }

  /** Ends all its sessions. */
  async endSessions(entityId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(`${pathOf(entityId)}/sessions`, options)
  }
}

const pathOf = (entityId: string) => `/api/v1/entities/${segment('entityId', entityId)}`
