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
  /** @throws {VaultError} `malformed` for text or a context that UTF-8 cannot carry; `key_service_unavailable`. */
  seal(plaintext: string, context: SealContext): Promise<Uint8Array>
  /**
   * Does beforehand all of `seal` that takes time, for a text that must not wait once it is there.
   *
   * @returns Seals one text, at once. @throws {VaultError} As `seal`; so does the function.
   */
  prepareSeal(context: SealContext): Promise<(plaintext: string) => Uint8Array>
  /** @throws {VaultError} `unknown_key`, `not_authentic`, `malformed` or `key_service_unavailable`. */
  open(sealed: Uint8Array, context: SealContext): Promise<string>
  /**
   * The same value under the key that seals now. Only the wrapped data key changes; the text is not brought to light.
   *
   * @returns `sealed` itself when that key wrapped it already.
   * @throws {VaultError} As `open`; a damaged text is found only by `open`.
   */
  rewrap(sealed: Uint8Array, context: SealContext): Promise<Uint8Array>
  /** The id of the key that wrapped this value. @throws {VaultError} `malformed`. */
  keyIdOf(sealed: Uint8Array): string
  /** The id of the key that seals now: values whose `keyIdOf` differs are due for `rewrap`. */
  readonly currentKeyId: string
  /** Of all keys that open, newest first. */
  readonly keyIds: readonly string[]
}

/** The vault in the hands of whoever looks after its keys. */
export interface KeyedVault extends Vault {
  /** Puts another key ring in place while values are sealed and opened. @param sealingKeyId One of its keys. */
  useKeys(keyRing: KeyRing, sealingKeyId: string): void
  /**
   * A few bytes to keep beside the values: they tell later whether the key of this id is still the same one, and nothing
   * about the key. @throws {VaultError} `unknown_key`, `key_service_unavailable`.
   */
  makeCheckValue(keyId: string): Promise<Uint8Array>
  /** @throws {VaultError} `not_authentic` when the key of that id is another one; `unknown_key`, `key_service_unavailable`. */
  verifyCheckValue(keyId: string, checkValue: Uint8Array): Promise<void>
}

/** A master key, wherever it is kept: in this process, or with a key service. It never sees a value, only data keys. */
export interface KeyWrapper {
  readonly id: string
  /** @param context Must be given again to unwrap. */
  wrap(dataKey: Uint8Array, context: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * @returns A buffer of the caller's own, which it overwrites after use.
   * @throws {VaultError} `not_authentic` when the bytes or the context are not those of `wrap`.
   */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** Newest first: the first seals, all of them open. */
export type KeyRing = readonly [KeyWrapper, ...KeyWrapper[]]
