// Builds the dashboard when its sources are not those of the last build. Runs on the machine's own Node.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What goes into the build. Package versions are in package.json, exactly. */
const sources = ['packages/dashboard', 'packages/sdk/src']
const leftOut = new Set(['node_modules', 'dist'])

/**
 * Silent when there is nothing to do. A build that fails is said and is no failure: the server works without a
 * dashboard, or with the one that is there.
 */
export function buildDashboard(root, node) {
  const folder = join(root, 'packages', 'dashboard')
  const dist = join(folder, 'dist')
  const stamp = stampOf(root)
  if (read(join(dist, 'stamp')) === stamp) return
  process.stderr.write('Building the dashboard. This is done once and takes some seconds …\n')
  // Beside the old one until it is complete: a server that runs goes on serving, and two builds do not meet.
  const fresh = join(root, '.cache', `dashboard-${process.pid}`)
  const aside = `${fresh}-old`
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const args = [vite, 'build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'error']
  try {
    const { status } = spawnSync(node, args, { cwd: folder, stdio: ['ignore', 2, 2] })
    if (status !== 0) {
      process.stderr.write('The dashboard could not be built; see above. Everything else works without it.\n')
      return
    }
    writeFileSync(join(fresh, 'stamp'), stamp)
    mkdirSync(folder, { recursive: true })
    if (existsSync(dist)) renameSync(dist, aside)
    renameSync(fresh, dist)
  } finally {
    for (const left of [fresh, aside]) rmSync(left, { recursive: true, force: true })
  }
}

/** A hash of names and contents. Dates are of no use: git gives every file of a fresh clone the time of the checkout. */
function stampOf(root) {
  const hash = createHash('sha256')
  for (const source of sources)
    for (const path of filesBelow(join(root, source)).filter((path) => !path.endsWith('.test.ts')))
      hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !leftOut.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesBelow(path) : [path]
    })
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
