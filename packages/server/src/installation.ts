import { randomUUID } from 'node:crypto'
import type { Store } from './store/index.ts'

const settingName = 'installation'

/** A random name that all processes on one database share, made by the first of them. */
export async function installationId(store: Store): Promise<string> {
  await store.settings.claim(settingName, randomUUID())
  return (await readInstallationId(store)) ?? ''
}

/** @returns Undefined before the first start. */
export const readInstallationId = (store: Store): Promise<string | undefined> => store.settings.get(settingName)
