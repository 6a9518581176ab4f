import type { Operator, OperatorSession } from '../operator-types.ts'
import type { Transport } from '../transport.ts'
import type { CallOptions } from '../types.ts'

/** Signing in to the server as a person, in a browser: the server keeps who it is in a cookie. */
export class Session {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Whether the server has no owner yet. */
  setupNeeded(options?: CallOptions): Promise<{ needed: boolean }> {
    return this.#transport.get('/api/v1/setup', options)
  }

  /** Makes the owner, once, and signs in. @param setup `token`: from the link that the first start prints. */
  setUp(
    setup: { token: string; name: string; email: string; password: string },
    options?: CallOptions,
  ): Promise<{ operator: Operator }> {
    return this.#transport.post('/api/v1/setup', setup, options)
  }

  /** @throws {AuthenticationError} `totp_required`: right password, and a code is needed as well. */
  signIn(
    credentials: { email: string; password: string; totp?: string | undefined },
    options?: CallOptions,
  ): Promise<{ operator: Operator }> {
    return this.#transport.post('/api/v1/session', credentials, options)
  }

  async signOut(options?: CallOptions): Promise<void> {
    await this.#transport.delete('/api/v1/session', options)
  }

  /** @throws {AuthenticationError} nobody is signed in. */
  get(options?: CallOptions): Promise<OperatorSession> {
    return this.#transport.get('/api/v1/session', options)
  }

  async changePassword(passwords: { current: string; next: string }, options?: CallOptions): Promise<void> {
    await this.#transport.post('/api/v1/operator/password', passwords, options)
  }
}
