/** `holdfast keys` beside servers, and many sealed accounts without many requests. */
import { randomBytes } from 'node:crypto'
import { systemClock } from '../../packages/server/src/clock.ts'
import { readConfig } from '../../packages/server/src/config.ts'
import { newId } from '../../packages/server/src/ids.ts'
import { keysCommand } from '../../packages/server/src/keys-command.ts'
import { openStore } from '../../packages/server/src/store/index.ts'
import { anAccount } from '../../packages/server/src/store/testing/rows.ts'
import { createVault, readMasterKeyFile } from '../../packages/server/src/vault/index.ts'

/** Waits that are there for the sake of the servers' clocks are over at once. */
const impatient = {
  now: systemClock.now,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms > 10_000 ? 0 : ms, signal),
}

export interface KeysStatus {
  keys: { id: string; state: string; values: number; places: Record<string, number> }[]
  unreadable: number
  waiting: number
  servers: { name: string; keys: string[]; sealsWith: string }[]
}

/** @param environment Of the servers. */
export function keysOf(environment: Record<string, string>) {
  const config = readConfig(environment)
  const run = async (...args: string[]) => {
    const lines: string[] = []
    const code = await keysCommand(args, { config, clock: impatient, print: (line) => lines.push(line) })
    return { code, printed: lines.join('\n') }
  }
  const status = async () => JSON.parse((await run('status', '--json')).printed) as KeysStatus
  return {
    run,
    status,
    async until(isDone: (status: KeysStatus) => boolean): Promise<KeysStatus> {
      for (;;) {
        const found = await status()
        if (isDone(found)) return found
        await systemClock.sleep(200)
      }
    },
  }
}

/**
 * Accounts of one integration, sealed with the key that is newest in the file.
 * @returns Their ids, and each one's API key.
 */
export async function sealAccounts(
  { dataDir, databaseUrl }: { dataDir: string; databaseUrl?: string },
  like: { projectId: string; integrationId: string },
  count: number,
): Promise<Map<string, string>> {
  const vault = createVault({ keyRing: await readMasterKeyFile(`${dataDir}/master-keys`) })
  const store = await openStore({ dataDir, databaseUrl, onError: () => {} })
  try {
    const integration = await store.integrations.find(like.projectId, like.integrationId)
    if (!integration) throw new Error('no such integration')
    const keys = new Map(Array.from({ length: count }, () => [newId(), randomBytes(12).toString('hex')]))
    const rows = await Promise.all(
      [...keys].map(async ([id, api_key]) => {
        const context = { projectId: like.projectId, table: 'connected_accounts', rowId: id, field: 'credentials' }
        const credentials = JSON.stringify({ params: { api_key }, tokens: null })
        return anAccount(integration, { id, credentials: await vault.seal(credentials, { ...context, version: 0 }) })
      }),
    )
    for (let start = 0; start < rows.length; start += 500)
      await store.transaction(async ({ accounts }) => {
        for (const row of rows.slice(start, start + 500)) await accounts.insert({ ...row, simulated: 1 })
      })
    return keys
  } finally {
    await store.close()
  }
}
