/** `holdfast audit`: whether the audit log is as it was written, and a copy of it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createAudit } from './audit/index.ts'
import { systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { openStore, StoreError } from './store/index.ts'

const usage = `Usage: npm run holdfast -- audit <command>

  verify               recomputes every hash of every chain, and prints the end of each: keep it somewhere else
  export [PROJECT_ID]  prints the entries of a project, or of the installation, as JSON lines, oldest first`

/** @returns The exit code: 1 when something is not as it was written. @throws {StoreError} */
export async function auditCommand(
  args: readonly string[],
  { config, print }: { config: Config; print: (line: string) => void },
): Promise<number> {
  const [command, projectId, ...more] = args
  if ((command !== 'verify' && command !== 'export') || more.length > 0 || (command === 'verify' && projectId)) {
    print(usage)
    return command === undefined || command === 'help' ? 0 : 2
  }
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'holdfast.db')))
    throw new StoreError(
      `There is no database in ${config.dataDir} yet. Check HOLDFAST_DATA_DIR if there should be one.`,
    )
  const store = await openStore({
    databaseUrl: config.databaseUrl,
    dataDir: config.dataDir,
    upgrade: false,
    onError: () => {},
  })
  const { audit } = createAudit({
    store,
    clock: systemClock,
    strictReads: true,
    keptDays: config.audit.keptDays,
    onError: () => {},
  })
  try {
    if (command === 'export') {
      for await (const record of audit.export(projectId ?? null)) print(JSON.stringify(record))
      return 0
    }
    let isSound = true
    for await (const { chain, entries, problem } of audit.verify()) {
      const name = chain.projectId ?? 'installation'
      isSound &&= problem === null
      print(
        problem === null
          ? `ok     ${name}: ${entries} entries from ${chain.keptFrom} on; the end is ${chain.length}:${chain.hash}`
          : `WRONG  ${name}: ${problem}`,
      )
    }
    return isSound ? 0 : 1
  } finally {
    await store.close()
  }
}
