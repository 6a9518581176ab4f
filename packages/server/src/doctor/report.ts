/** One thing that was looked at. */
export interface Finding {
  /** Stable, for scripts. */
  check: CheckName
  /** `problem`: something does not work. `warning`: it will not, or not safely. `note`: worth knowing. */
  status: 'ok' | 'note' | 'warning' | 'problem'
  /** What was found: a plain sentence without secrets. */
  found: string
  /** What to do about it; null where nothing is to be done. */
  mend: string | null
  /** More lines, where there is a list to tell. */
  details: string[]
}

const titles = {
  configuration: 'Configuration',
  runtime: 'Node.js',
  data_folder: 'Data folder',
  disk_space: 'Disk space',
  database: 'Database',
  migrations: 'Tables',
  notifications: 'Notifications',
  master_keys: 'Master keys',
  base_url: 'Base URL',
  clock: 'Clock',
  outgoing: 'Way out',
  provider: 'App',
  redirect_uris: 'Redirect URIs',
  app_files: 'App files',
} as const
export type CheckName = keyof typeof titles

export interface Report {
  version: string
  checkedAt: string
  /** False when there is a problem. */
  ok: boolean
  findings: Finding[]
}

export const ok = (check: CheckName, found: string, details: string[] = []): Finding => ({
  check,
  status: 'ok',
  found,
  mend: null,
  details,
})

export const note = (check: CheckName, found: string, details: string[] = []): Finding => ({
  ...ok(check, found, details),
  status: 'note',
})

export const warning = (check: CheckName, found: string, mend: string, details: string[] = []): Finding => ({
  check,
  status: 'warning',
  found,
  mend,
  details,
})

export const problem = (check: CheckName, found: string, mend: string, details: string[] = []): Finding => ({
  ...warning(check, found, mend, details),
  status: 'problem',
})

export const reportOf = (version: string, at: Date, findings: Finding[]): Report => ({
  version,
  checkedAt: at.toISOString(),
  ok: findings.every(({ status }) => status !== 'problem'),
  findings,
})

const statusWidth = 9
const titleWidth = 15

/** The report for people. */
export function tableOf({ version, findings }: Report): string {
  const indent = ' '.repeat(2 + statusWidth + titleWidth)
  const lines = findings.flatMap(({ check, status, found, mend, details }) => [
    `  ${status.padEnd(statusWidth)}${titles[check].padEnd(titleWidth)}${found}`,
    ...details.map((detail) => `${indent}  ${detail}`),
    ...(mend === null ? [] : [`${indent}→ ${mend}`]),
  ])
  return `Holdfast ${version}: what the doctor found\n\n${lines.join('\n')}\n\n${verdict(findings)}`
}

function verdict(findings: readonly Finding[]): string {
  const count = (wanted: Finding['status']) => findings.filter(({ status }) => status === wanted).length
  const counted = [
    [count('problem'), 'problem'],
    [count('warning'), 'warning'],
  ] as const
  const some = counted.filter(([number]) => number > 0)
  if (some.length === 0) return 'Nothing to mend.'
  return `${some.map(([number, word]) => `${number} ${word}${number === 1 ? '' : 's'}`).join(', ')}. The arrows say how to mend each.`
}
