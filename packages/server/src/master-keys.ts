import { existsSync } from 'node:fs'
import type { Config } from './config.ts'
import type { Store } from './store/index.ts'
import {
  createMasterKeyFile,
  createVault,
  type KeyRing,
  parseMasterKeys,
  readMasterKeyFile,
  type Vault,
  VaultError,
} from './vault/index.ts'

/** A reason not to start, in words that help. */
export class StartError extends Error {}

const settingName = 'master_key_checks'

/**
 * Opens the vault: no key, no start. The first start makes a key file; afterwards every key that ever sealed something
 * must be there and be the same, so that a wrong file is noticed before anything is written with it.
 * @throws {StartError} @throws {VaultError}
 */
export async function openVault(config: Config, store: Store): Promise<Vault> {
  const recorded = JSON.parse((await store.settings.get(settingName)) ?? '{}') as Record<string, string>
  const vault = createVault({ keyRing: await readKeys(config, Object.keys(recorded)) })
  const present = new Map(vault.keyCheckValues().map(({ id, check }) => [id, check]))
  for (const [id, check] of Object.entries(recorded)) {
    if (!present.has(id))
      throw new StartError(
        `The master key "${id}" is missing. Values in the database are sealed with it: add it to the key ring again, after the newer keys.`,
      )
    if (present.get(id) !== check)
      throw new StartError(
        `The master key "${id}" is not the one this database was made with. Nothing was changed; start with the right key.`,
      )
  }
  if ([...present.keys()].some((id) => !(id in recorded)))
    await store.settings.put(settingName, JSON.stringify(Object.fromEntries(present)))
  return vault
}

async function readKeys(config: Config, recordedIds: readonly string[]): Promise<KeyRing> {
  if (config.masterKeys) return parseMasterKeys(config.masterKeys)
  if (existsSync(config.masterKeysFile)) return readKeyFile(config.masterKeysFile)
  if (recordedIds.length > 0)
    throw new StartError(
      `There is no master key file at ${config.masterKeysFile}, but this database was made with the key(s) ${recordedIds.join(', ')}. Put the file back, or set HOLDFAST_MASTER_KEYS or HOLDFAST_MASTER_KEYS_FILE.`,
    )
  if (config.masterKeysFileGiven)
    throw new StartError(
      `HOLDFAST_MASTER_KEYS_FILE names ${config.masterKeysFile}, and there is no such file. Make one line \`id:key\`, the key from: openssl rand -base64 32`,
    )
  await createMasterKeyFile(config.masterKeysFile)
  return readMasterKeyFile(config.masterKeysFile)
}

async function readKeyFile(path: string): Promise<KeyRing> {
  try {
    return await readMasterKeyFile(path)
  } catch (error) {
    if (error instanceof VaultError) throw error
    throw new StartError(`The master key file ${path} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}
