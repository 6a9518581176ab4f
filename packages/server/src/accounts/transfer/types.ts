import type { Account } from '../types.ts'

/**
 * One account on its way between installations: what an export holds and an import takes. Times are ISO 8601. Its texts
 * are secrets.
 */
export interface AccountItem {
  /** Which integration it goes through; without it the first enabled one of `app` (and `authScheme`). */
  integrationId?: string | undefined
  app?: string | undefined
  authScheme?: string | undefined
  entityId: string
  accessToken?: string | null | undefined
  refreshToken?: string | null | undefined
  idToken?: string | null | undefined
  tokenType?: string | undefined
  /** Seconds from now. */
  expiresIn?: number | undefined
  /** Null: the access token does not end. Absent, as `expiresIn`: nobody knows. */
  expiresAt?: string | null | undefined
  refreshExpiresAt?: string | null | undefined
  /** Granted scopes, separated as the app separates them. */
  scope?: string | null | undefined
  /** Asked for at the next connect; those granted, unless given. */
  requestedScopes?: string[] | null | undefined
  /** Expected params by name, keys of key schemes among them, and what the app tells when connecting. */
  params?: Record<string, unknown> | undefined
  /** What else the token answer had that is worth keeping. */
  extra?: Record<string, string> | undefined
  labels?: string[] | undefined
  enabled?: boolean | undefined
  /** What the account is called where it comes from; imported once under it, however often it is sent. */
  externalId?: string | undefined
}

export interface ImportedAccount {
  account: Account
  externalId: string | null
  /** False: an earlier import made it, and it was left as it is. */
  isNew: boolean
}

export interface ExportSelection {
  entityIds?: string[] | undefined
  integrationIds?: string[] | undefined
  accountIds?: string[] | undefined
  /** Lower-case app keys. */
  appKeys?: string[] | undefined
}

export interface ExportedAccounts {
  /** JSON `{ items: AccountItem[] }`, encrypted to the recipient (RFC 7516, compact). */
  jwe: string
  count: number
  /** Accounts whose credentials could not be opened. */
  skipped: string[]
  /** For the next page; null at the end. */
  nextCursor: string | null
}

/** Credentials into this installation and out of it. */
export interface Transfer {
  /**
   * Reads all items before it stores any, then asks the apps whether the credentials are good.
   * @throws {AppError} validation_failed with fields such as `items.3.refreshToken`.
   */
  import(projectId: string, items: readonly AccountItem[]): Promise<ImportedAccount[]>
  /**
   * ACTIVE accounts with their credentials, at most 100 a call.
   * @param recipientPublicKey PEM or JWK: RSA of at least 2048 bits, or an elliptic curve for key agreement.
   * @throws {AppError} validation_failed for a key that is no public key.
   */
  export(
    projectId: string,
    request: { recipientPublicKey: unknown; selection: ExportSelection; cursor: string | undefined },
  ): Promise<ExportedAccounts>
}
