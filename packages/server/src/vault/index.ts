/**
 * The vault owns encryption at rest: the key ring, and sealing and opening text bound to the place where it is stored.
 * It knows no database, no account and no request.
 *
 * Envelope encryption: every sealed value has a data key of its own, and a master key wraps that data key. AES-256-GCM
 * does both. The id of the master key stands in the sealed value, so keys can change while values live on. A master key
 * is held in this process, or kept by a key service that wraps data keys for us and never sees a value.
 */

export type { KmsModule } from './aws-kms.ts'
export { keyIdIn, keyMark, maxMarkLength } from './envelope.ts'
export { VaultError, type VaultErrorCode } from './error.ts'
export {
  addMasterKey,
  createMasterKeyFile,
  isReadByOthers,
  newMasterKey,
  readMasterKeyFile,
  removeMasterKey,
} from './key-file.ts'
export { type KeyServices, parseMasterKeys } from './key-ring.ts'
export type { KeyServiceFetch } from './transit.ts'
export type { KeyedVault, KeyRing, KeyWrapper, SealContext, Vault } from './types.ts'
export { createVault, type VaultOptions } from './vault.ts'
