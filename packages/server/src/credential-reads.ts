/**
 * Who was handed which credentials, as a port: the API tells of each read by key before its answer leaves, and does not
 * know where that is kept.
 */
export interface CredentialReads {
  /** Returns at once and does not throw: it is called for every credential that a key reads. */
  record(read: CredentialRead): void
}

export interface CredentialRead {
  projectId: string
  keyId: string
  accountId: string
  /** Milliseconds since 1970, by the server's clock. */
  at: number
  /** The caller's network address, as far as it is known. */
  ip: string | undefined
}

export const noCredentialReads: CredentialReads = { record() {} }
