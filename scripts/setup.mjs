// Brings node_modules in line with package-lock.json. Runs on the machine's own Node, so: plain JavaScript, no packages.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The oldest Node that can run TypeScript from source the way the server needs it. */
const oldestServerNode = [24, 12]

/**
 * Installs if, and only if, what is installed differs from the lock file. Silent when there is nothing to do.
 *
 * @returns The path of the Node that runs everything else.
 * @throws {Error} With a message for the person at the terminal.
 */
export async function setUp(root) {
  await installPackages(root)
  const node = bundledNode(root)
  if (existsSync(node)) return node
  if (isAtLeast(process.versions.node, oldestServerNode)) return process.execPath
  throw new Error(
    `The npm package "node" did not bring its binary (${node}), and this machine's own ${process.version} is too old to stand in. ` +
      'Its install script was probably blocked: run "npm rebuild node --ignore-scripts=false" and try again.',
  )
}

/** Installs what the folder's lock file says, if that is not what is there. @throws {Error} As `setUp`. */
export async function installPackages(folder) {
  if (!isInstalled(folder)) await alone(folder, () => isInstalled(folder) || install(folder))
}

/**
 * Compares npm's record of what it installed with the lock file, package by package. Dates are of no use here: git gives
 * every file of a fresh clone the time of the checkout.
 */
function isInstalled(root) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages
  if (!wanted || !installed) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = installed[path]
    if (!found) return entry.optional === true || entry.extraneous === true
    return found.version === entry.version && found.integrity === entry.integrity && existsSync(join(root, path))
  })
}

export function isAtLeast(version, [major, minor]) {
  const [ownMajor, ownMinor] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

function install(root) {
  process.stderr.write('Installing packages. This is done once and takes about a minute …\n')
  if (npmCi(root)) return
  // `npm ci` cannot always clear away a damaged node_modules. Moving it aside can.
  const modules = join(root, 'node_modules')
  if (!existsSync(modules)) throw installFailed()
  process.stderr.write('The installation failed. Trying once more from an empty node_modules …\n')
  const aside = join(root, '.cache', `node_modules-${process.pid}`)
  renameSync(modules, aside)
  try {
    if (!npmCi(root)) throw installFailed()
  } finally {
    rmSync(aside, { recursive: true, force: true, maxRetries: 3 })
  }
}

const installFailed = () =>
  new Error(
    'Packages could not be installed; npm says why above. Check the connection to the package registry and try again.',
  )

function npmCi(root) {
  // `--include=dev`: with NODE_ENV=production npm would leave out the package that brings Node itself. `hoisted`: the layout
  // of the lock file, whatever the person's own npm settings say.
  const args = ['ci', '--include=dev', '--install-strategy=hoisted', '--no-audit', '--no-fund', '--loglevel=error']
  // Named by npm for the scripts it runs; other package managers name themselves there.
  const npm = process.env.npm_execpath
  const [command, ...first] = /[\\/]npm(?:-cli)?\.js$/.test(npm) ? [process.execPath, npm] : ['npm']
  // npm's own words go to stderr: what the command prints afterwards stays clean.
  const { status } = spawnSync(command, [...first, ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32' && command === 'npm',
  })
  return status === 0
}

/** Runs `work` while no other process does. A lock left behind by a process that died is taken over. */
async function alone(root, work) {
  const lock = join(root, '.cache', 'install.lock')
  mkdirSync(dirname(lock), { recursive: true })
  while (!take(lock)) {
    const owner = Number(read(lock))
    // An empty file is a lock being written this very moment.
    if (owner > 0 && !isRunning(owner)) rmSync(lock, { force: true })
    else await sleep(200)
  }
  try {
    return work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const bundledNode = (root) =>
  join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
