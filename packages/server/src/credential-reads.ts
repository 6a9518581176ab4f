/**
 * Who was handed which credentials, as a port: the API tells of each read by key before its answer leaves, and does not
 * know where that is kept.
 */
export interface CredentialReads {
  /**
   * Called for every credential that a key reads. Where it returns a promise, the answer waits for it and is an error when
   * it rejects; else it returned at once and cost nothing.
   */
  record(read: CredentialRead): Promise<void> | undefined
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

export const noCredentialReads: CredentialReads = { record: () => undefined }
