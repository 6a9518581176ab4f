/** A refusal of the token or revocation endpoint (RFC 6749 §5.2). `message` is the `error_description`. */
export class OAuthError extends Error {
  readonly error: string
  readonly status: number

  constructor(error: string, message: string, status = 400) {
    super(message)
    this.name = 'OAuthError'
    this.error = error
    this.status = status
  }
}
