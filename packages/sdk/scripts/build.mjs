// Builds dist/ for npm. With --if-possible it is a convenience after an install, so that the package can be imported by
// its name: then a missing compiler (an install without development packages) or a failing build is no failure.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))
const ifPossible = process.argv.includes('--if-possible')

process.exitCode = build() || ifPossible ? 0 : 1

function build() {
  const compiler = findCompiler()
  if (!compiler) return false
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: folder,
    stdio: 'inherit',
  })
  return status === 0
}

function findCompiler() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  } catch {
    if (!ifPossible) console.error('TypeScript is not installed: run npm install at the root of the repository.')
    return undefined
  }
}
