export type VaultErrorCode =
  /** The value was sealed with a master key that the key ring does not hold. */
  | 'unknown_key'
  /** The value was changed, belongs to another place, or the key under this id is a different one. */
  | 'not_authentic'
  /** The input has not the shape it must have. */
  | 'malformed'
  /** The service that keeps the master key did not do what was asked. Says nothing about the value: try again. */
  | 'key_service_unavailable'

/** The vault's refusal. The message says what to do and holds no key, no text and no ciphertext. */
export class VaultError extends Error {
  readonly code: VaultErrorCode

  constructor(code: VaultErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'VaultError'
    this.code = code
  }
}
