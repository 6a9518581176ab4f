import type { OperatorSession, Passkey, SignedIn, SignedInBrowser } from '../operator-types.ts'
import { segment, type Transport } from '../transport.ts'
import type { CallOptions } from '../types.ts'

/** What `navigator.credentials` takes and answers, in the JSON form of WebAuthn Level 3. */
export type WebAuthnJson = Record<string, unknown>

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
  ): Promise<SignedIn> {
    return this.#transport.post('/api/v1/setup', setup, options)
  }

  /** @throws {AuthenticationError} `totp_required`: right password, and a code is needed as well. */
  signIn(
    credentials: { email: string; password: string; totp?: string | undefined },
    options?: CallOptions,
  ): Promise<SignedIn> {
    return this.#transport.post('/api/v1/session', credentials, options)
  }

  passkeySignInOptions(options?: CallOptions): Promise<WebAuthnJson> {
    return this.#transport.post('/api/v1/session/passkeys/options', {}, options)
  }

  signInWithPasskey(answer: WebAuthnJson, options?: CallOptions): Promise<SignedIn> {
    return this.#transport.post('/api/v1/session/passkeys/verification', answer, options)
  }

  async signOut(options?: CallOptions): Promise<void> {
    await this.#transport.delete('/api/v1/session', options)
  }

  /** @throws {AuthenticationError} nobody is signed in. */
  get(options?: CallOptions): Promise<OperatorSession> {
    return this.#transport.get('/api/v1/session', options)
  }

  /** Ends the other sessions. */
  async changePassword(passwords: { current: string; next: string }, options?: CallOptions): Promise<void> {
    await this.#transport.post('/api/v1/operator/password', passwords, options)
  }

  /** Where the operator is signed in, newest first. */
  async browsers(options?: CallOptions): Promise<SignedInBrowser[]> {
    return (await this.#transport.get<{ items: SignedInBrowser[] }>('/api/v1/operator/sessions', options)).items
  }

  async endBrowser(sessionId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(`/api/v1/operator/sessions/${segment('sessionId', sessionId)}`, options)
  }

  /** @returns For an authenticator app: the secret to type, or the address that a QR code shows. */
  proposeTotp(options?: CallOptions): Promise<{ secret: string; uri: string }> {
    return this.#transport.post('/api/v1/operator/totp', {}, options)
  }

  /** From now on codes are asked for. @returns Each works once in place of a code. */
  async confirmTotp(code: string, options?: CallOptions): Promise<string[]> {
    const path = '/api/v1/operator/totp/confirmation'
    return (await this.#transport.post<{ recoveryCodes: string[] }>(path, { code }, options)).recoveryCodes
  }

  async removeTotp(code: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete('/api/v1/operator/totp', { ...options, body: { code } })
  }

  async passkeys(options?: CallOptions): Promise<Passkey[]> {
    return (await this.#transport.get<{ items: Passkey[] }>('/api/v1/operator/passkeys', options)).items
  }

  newPasskeyOptions(options?: CallOptions): Promise<WebAuthnJson> {
    return this.#transport.post('/api/v1/operator/passkeys/options', {}, options)
  }

  addPasskey(answer: WebAuthnJson, name: string, options?: CallOptions): Promise<Passkey> {
    return this.#transport.post('/api/v1/operator/passkeys/verification', { ...answer, name }, options)
  }

  async deletePasskey(passkeyId: string, options?: CallOptions): Promise<void> {
    await this.#transport.delete(`/api/v1/operator/passkeys/${segment('passkeyId', passkeyId)}`, options)
  }
}
