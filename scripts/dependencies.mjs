// `npm run sbom` and `npm run audit`: what is in here that others made, and what is known against it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const longestAnswerBytes = 64 * 1024 * 1024

/** Writes a CycloneDX bill of all packages of the lock file to `.cache/sbom.cdx.json`. Needs no network. */
export function writeSbom(root) {
  const { status, stdout, stderr } = npm(root, ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'])
  if (status !== 0) {
    process.stderr.write(stderr)
    return 1
  }
  const { components } = JSON.parse(stdout)
  const file = join(root, '.cache', 'sbom.cdx.json')
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(file, stdout)
  console.log(`${components.length} packages. Written to ${file}`)
  return 0
}

/**
 * Asks the registry what is known against the packages that run in production. High and critical findings fail. A registry
 * that cannot be asked (no network, or none of it answers such questions) is told of and does not fail: it says nothing about
 * the packages either way.
 */
export function auditDependencies(root) {
  const { stdout } = npm(root, ['audit', '--omit=dev', '--json'])
  const answer = parsed(stdout)
  const found = answer?.metadata?.vulnerabilities
  if (!found) {
    console.log('NOT AUDITED: the registry could not be asked about known weaknesses.')
    return 0
  }
  const { low = 0, moderate = 0, high = 0, critical = 0 } = found
  console.log(`Known weaknesses: ${critical} critical, ${high} high, ${moderate} moderate, ${low} low.`)
  for (const [name, { severity, range }] of Object.entries(answer.vulnerabilities ?? {}))
    console.log(`  ${severity}: ${name} ${range}`)
  return high + critical > 0 ? 1 : 0
}

const npm = (root, args) => spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: longestAnswerBytes })

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
