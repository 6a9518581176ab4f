/** Where a sealed value lives. All of it is associated data: moved anywhere else, the value does not open. */
export interface SealContext {
  projectId: string
  table: string
  rowId: string
  field: string
  /** The row's version at the time of sealing. */
  version: number
}

/** Seals and opens bytes; knows no database. */
export interface Vault {
  seal(plaintext: string, context: SealContext): Promise<Uint8Array>
  /** @throws {VaultError} `unknown_key` or `not_authentic`. */
  open(sealed: Uint8Array, context: SealContext): Promise<string>
  /** The id of the key that wrapped this value. */
  keyIdOf(sealed: Uint8Array): string
}
