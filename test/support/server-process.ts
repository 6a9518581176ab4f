/** The server as it is really started: a process of its own, on a port and in a folder of its own. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../packages/server/src/testing.ts'

const main = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))

/** Nothing of the machine's own settings reaches the server. */
const bareEnvironment = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TMPDIR: process.env.TMPDIR,
  // Set by `npm run leaks`, which watches these processes too.
  ...(process.env.HOLDFAST_LEAK_FOLDER !== undefined && {
    HOLDFAST_LEAK_FOLDER: process.env.HOLDFAST_LEAK_FOLDER,
    NODE_OPTIONS: process.env.NODE_OPTIONS,
  }),
}

export interface ServerProcess {
  url: string
  /** As printed at start. */
  apiKey: string
  printed(): string
  kill(signal: NodeJS.Signals): void
  /** Code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>
}

/** @throws {Error} with what was printed, when it ends instead of getting ready. */
export async function startProcess(environment: Record<string, string>): Promise<ServerProcess> {
  const port = environment.PORT ?? String(await freePort())
  const { child, printed, ended } = launch({ PORT: port, ...environment })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', () => {
      if (printed().includes('curl')) resolve()
    })
    ended.then((code) => reject(new Error(`ended with ${code}\n${printed()}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey: /API key +(\S+)/.exec(printed())?.[1] ?? '',
    printed,
    kill: (signal) => child.kill(signal),
    ended,
  }
}

/** For a start that is to fail. */
export async function startInVain(environment: Record<string, string>): Promise<{ code: unknown; printed: string }> {
  const { printed, ended } = launch({ PORT: String(await freePort()), ...environment })
  const code = await ended
  return { code, printed: printed() }
}

function launch(environment: Record<string, string>) {
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { ...bareEnvironment, LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal ?? 0))
  })
  return { child, printed: () => text, ended }
}

export async function temporaryFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-start-'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
