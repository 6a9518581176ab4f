import { randomBytes } from 'node:crypto'
import { type Dirent, existsSync } from 'node:fs'
import { readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Finding, ok, problem, warning } from './report.ts'

const others = 0o077

/**
 * Whether the server can keep its files and nobody else can read them.
 * @param keyFile The master keys, if they are in a file.
 */
export async function checkDataFolder(folder: string, keyFile: string | undefined): Promise<Finding> {
  if (!existsSync(folder)) {
    const parent = nearestExisting(folder)
    return (await isWritable(parent))
      ? ok('data_folder', `${folder} does not exist yet; the first start makes it.`)
      : problem(
          'data_folder',
          `${folder} does not exist, and this user may not make it.`,
          `Make it and give it to the user that runs the server, or set HOLDFAST_DATA_DIR to another folder.`,
        )
  }
  if (!(await stat(folder)).isDirectory())
    return problem('data_folder', `${folder} is not a folder.`, 'Set HOLDFAST_DATA_DIR to a folder.')
  if (!(await isWritable(folder)))
    return problem(
      'data_folder',
      `This user may not write to ${folder}.`,
      'Give the folder to the user that runs the server (chown), run the doctor as that user, or set HOLDFAST_DATA_DIR.',
    )
  const open = await openToOthers(folder, keyFile)
  return open.length === 0
    ? ok('data_folder', `${folder} can be written, and read by nobody else.`)
    : warning(
        'data_folder',
        'Other users of this machine can read what only the server should.',
        `chmod go= ${open.map(quoted).join(' ')}`,
        open,
      )
}

const bytes = { warning: 1024 ** 3, problem: 100 * 1024 ** 2 }

export async function checkDiskSpace(folder: string): Promise<Finding> {
  const place = nearestExisting(folder)
  const { bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  const found = `${inWords(free)} free at ${place}.`
  if (free >= bytes.warning) return ok('disk_space', found)
  return (free < bytes.problem ? problem : warning)(
    'disk_space',
    found,
    'Make room, or move HOLDFAST_DATA_DIR to a larger disk: when it is full, nothing can be connected or refreshed.',
  )
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path))
}

/** By trying: whoever is root may do what a read-only disk forbids. */
async function isWritable(folder: string): Promise<boolean> {
  const probe = join(folder, `.doctor-${randomBytes(6).toString('hex')}`)
  try {
    await writeFile(probe, '', { mode: 0o600, flag: 'wx' })
    return true
  } catch {
    return false
  } finally {
    await rm(probe, { force: true }).catch(() => undefined)
  }
}

/** A folder that is closed closes all that is in it. Windows has no such modes. */
async function openToOthers(folder: string, keyFile: string | undefined): Promise<string[]> {
  if (process.platform === 'win32') return []
  const isOpen = async (path: string) => ((await stat(path)).mode & others) !== 0
  const open: string[] = []
  if (keyFile !== undefined && existsSync(keyFile) && dirname(keyFile) !== folder && (await isOpen(keyFile)))
    open.push(keyFile)
  if (!(await isOpen(folder))) return open
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (isOurs(entry) && (await isOpen(path))) open.push(path)
  }
  return open
}

const isOurs = ({ name }: Dirent) => /^(?:holdfast\.db.*|keys\.json|master-keys|spool)$/.test(name)

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)

function inWords(count: number): string {
  const gib = count / 1024 ** 3
  return gib >= 1 ? `${gib.toFixed(gib < 10 ? 1 : 0)} GiB` : `${Math.floor(count / 1024 ** 2)} MiB`
}
