/** Where a sealed value lives. All of it is associated data: moved anywhere else, the value does not open. */
export interface SealContext {
  projectId: string
  table: string
  rowId: string
  field: string
  /** The row's version at the time of sealing. */
  version: number
}

/** Seals and opens text; knows no database. */
export interface Vault {
  /** @throws {VaultError} `malformed` for text or a context that UTF-8 cannot carry. */
  seal(plaintext: string, context: SealContext): Promise<Uint8Array>
  /** @throws {VaultError} `unknown_key`, `not_authentic` or `malformed`. */
  open(sealed: Uint8Array, context: SealContext): Promise<string>
  /**
   * The same value under the newest master key. Only the wrapped data key changes; the text is not brought to light.
   *
   * @returns `sealed` itself when the newest key wrapped it already.
   * @throws {VaultError} As `open`; a damaged text is found only by `open`.
   */
  rewrap(sealed: Uint8Array, context: SealContext): Promise<Uint8Array>
  /** The id of the key that wrapped this value. @throws {VaultError} `malformed`. */
  keyIdOf(sealed: Uint8Array): string
  /** The id of the key that seals now: values whose `keyIdOf` differs are due for `rewrap`. */
  readonly currentKeyId: string
  /** One short fingerprint a key, newest first, so that a start with a wrong key under a known id can be refused. */
  keyCheckValues(): KeyCheck[]
}

export interface KeyCheck {
  id: string
  /** 16 hexadecimal digits; says nothing about the key. */
  check: string
}

/** A master key, wherever it is kept: in this process, or with a key service. It never sees a value, only data keys. */
export interface KeyWrapper {
  readonly id: string
  /** See `KeyCheck`. */
  readonly check: string
  /** @param context Must be given again to unwrap. */
  wrap(dataKey: Uint8Array, context: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** @throws {VaultError} `not_authentic` when the bytes or the context are not those of `wrap`. */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** Newest first: the first seals, all of them open. */
export type KeyRing = readonly [KeyWrapper, ...KeyWrapper[]]
