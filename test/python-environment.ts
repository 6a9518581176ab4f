import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
export const pythonFolder = join(root, 'python')

/**
 * A Python with our SDK (its source, not a copy) and what its tests need, made once for each state of pyproject.toml.
 *
 * @returns The path of its interpreter; undefined when this machine has no Python ≥ 3.10 that can make environments.
 */
export async function pythonEnvironment(): Promise<string | undefined> {
  const digest = createHash('sha256').update(await readFile(join(pythonFolder, 'pyproject.toml')))
  const environment = join(root, '.cache', `python-${digest.digest('hex').slice(0, 16)}`)
  if (!existsSync(environment)) {
    const python = await findPython()
    if (!python) return undefined
    await make(environment, python)
  }
  return interpreterOf(environment)
}

export const noPython = 'this machine has no Python 3.10 or newer with the modules venv and ensurepip'

/** Built aside and renamed when it is complete: test files that need it at once may both build, and one of them wins. */
async function make(environment: string, python: string): Promise<void> {
  await mkdir(join(root, '.cache'), { recursive: true })
  const unfinished = await mkdtemp(`${environment}-`)
  try {
    await run(python, ['-m', 'venv', unfinished])
    await run(interpreterOf(unfinished), [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
      ...['--editable', `${pythonFolder}[test]`],
    ])
    await rename(unfinished, environment)
  } catch (error) {
    if (!existsSync(environment)) throw error
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

async function findPython(): Promise<string | undefined> {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
  for (const name of ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']) {
    const works = await run(name, ['-c', check]).then(
      () => true,
      () => false,
    )
    if (works) return name
  }
  return undefined
}

const interpreterOf = (environment: string): string =>
  process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python')
