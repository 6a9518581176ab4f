/** `holdfast operators`: links for people who can't get into the dashboard. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { createInstallationClock } from './installation-clock.ts'
import { makeLink } from './operators/index.ts'
import { openStore, StoreError } from './store/index.ts'

export interface OperatorsCommandOptions {
  config: Config
  /** Default: that of the installation. */
  clock?: Clock | undefined
  print: (line: string) => void
}

const usage = `Usage: npm run holdfast -- operators <command>

  link          a new setup link, while there is no owner; earlier ones stop working
  link EMAIL    a link that gives this operator a new password, and takes their codes and passkeys away; for a day`

/** @returns The exit code. @throws {AppError} @throws {StoreError} */
export async function operatorsCommand(
  args: readonly string[],
  { config, clock: given, print }: OperatorsCommandOptions,
): Promise<number> {
  const [command, email, ...more] = args
  if (command !== 'link' || more.length > 0) {
    print(usage)
    return command === undefined || command === 'help' ? 0 : 2
  }
  if (config.databaseUrl === undefined && !existsSync(join(config.dataDir, 'holdfast.db')))
    throw new StoreError(
      `There is no database in ${config.dataDir} yet: the first start makes it, and prints a setup link. Check HOLDFAST_DATA_DIR if there should be one.`,
    )
  const store = await openStore({ databaseUrl: config.databaseUrl, dataDir: config.dataDir, onError: () => {} })
  try {
    const installationClock = createInstallationClock()
    if (!given) await installationClock.keepWith(store)
    const clock = given ?? installationClock
    const { kind, url } = await makeLink({ store, clock, baseUrl: config.baseUrl }, email)
    print(url.reveal())
    print(
      kind === 'setup'
        ? 'Open it in a browser to become the owner. It works once.'
        : `Give it to ${email}: it works once, within a day.`,
    )
    return 0
  } finally {
    await store.close()
  }
}
