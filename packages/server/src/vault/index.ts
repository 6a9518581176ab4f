/**
 * The vault owns encryption at rest: the key ring, and sealing and opening text bound to the place where it is stored.
 * It knows no database, no account and no request.
 *
 * Envelope encryption: every sealed value has a data key of its own, and a master key wraps that data key. AES-256-GCM
 * does both. The id of the master key stands in the sealed value, so keys can change while values live on.
 */

export { VaultError, type VaultErrorCode } from './error.ts'
export { createMasterKeyFile, parseMasterKeys, readMasterKeyFile } from './key-ring.ts'
export type { KeyCheck, KeyRing, KeyWrapper, SealContext, Vault } from './types.ts'
export { createVault } from './vault.ts'
