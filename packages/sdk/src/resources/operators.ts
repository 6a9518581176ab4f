import type { Operator, OperatorAction, OperatorInvite, OperatorRole, SignedIn } from '../operator-types.ts'
import { segment, type Transport } from '../transport.ts'
import type { CallOptions } from '../types.ts'

/** The people who may sign in. */
export class Operators {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  async list(options?: CallOptions): Promise<Operator[]> {
    return (await this.#transport.get<{ items: Operator[] }>('/api/v1/operators', options)).items
  }

  setRole(operatorId: string, role: OperatorRole, options?: CallOptions): Promise<Operator> {
    return this.#transport.patch(`/api/v1/operators/${segment('operatorId', operatorId)}`, { role }, options)
  }

  /** Signs the person out everywhere. */
  async delete(operatorId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(`/api/v1/operators/${segment('operatorId', operatorId)}`, options)
  }

  async invites(options?: CallOptions): Promise<OperatorInvite[]> {
    return (await this.#transport.get<{ items: OperatorInvite[] }>('/api/v1/operatorInvites', options)).items
  }

  /** @returns The link to send to the person. */
  invite(
    invite: { email: string; role: OperatorRole },
    options?: CallOptions,
  ): Promise<OperatorInvite & { url: string }> {
    return this.#transport.post('/api/v1/operatorInvites', invite, options)
  }

  async withdrawInvite(inviteId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(`/api/v1/operatorInvites/${segment('inviteId', inviteId)}`, options)
  }

  /** What an invitation says, for the person who holds its link. */
  getInvite(token: string, options?: CallOptions): Promise<{ email: string; role: OperatorRole; isReset: boolean }> {
    return this.#transport.get(`/api/v1/operatorInvites/${segment('token', token)}/acceptance`, options)
  }

  acceptInvite(token: string, person: { name: string; password: string }, options?: CallOptions): Promise<SignedIn> {
    return this.#transport.post(`/api/v1/operatorInvites/${segment('token', token)}/acceptance`, person, options)
  }

  /** Who changed what and who read which credentials, people and keys alike, newest first. */
  actions(
    {
      cursor,
      limit,
      projectId,
    }: { cursor?: string | undefined; limit?: number | undefined; projectId?: string | undefined } = {},
    options?: CallOptions,
  ): Promise<{ items: OperatorAction[]; nextCursor: string | null }> {
    return this.#transport.get('/api/v1/auditLog', { ...options, query: { cursor, limit, projectId } })
  }
}
