/** Takes over what the operator changes in the app files, and says in the log what became of it. */
import type { Logger } from 'pino'
import type { AppFiles, IntegrationSecrets } from './integrations/index.ts'

/** @param onTakenOver What was made from the earlier definitions is old. @returns One look; a file that is wrong is told of once, until it changes. */
export function followAppFiles(
  integrations: Pick<IntegrationSecrets, 'followAppFiles'>,
  files: Pick<AppFiles, 'problems'>,
  log: Logger,
  onTakenOver: () => void,
): () => Promise<void> {
  let told = new Set<string>()
  return async () => {
    const keys = await integrations.followAppFiles()
    if (keys.length > 0) {
      onTakenOver()
      log.info({ apps: keys }, 'app files were taken over')
    }
    const now = new Set<string>()
    for (const { file, problems } of files.problems()) {
      const text = JSON.stringify([file, problems])
      now.add(text)
      if (!told.has(text)) log.warn({ file, problems }, 'an app file cannot be used as it stands')
    }
    told = now
  }
}
