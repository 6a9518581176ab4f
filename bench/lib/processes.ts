/** Child processes of a benchmark: servers on one core, the load generator on another, and what they cost. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../packages/server/src/testing.ts'

const main = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))
const ticksPerSecond = Number(run('getconf', ['CLK_TCK']) ?? 100)

/** Where a process runs. Servers that are compared take turns, so they may share a core. */
export const cores = { server: 0, load: 1 }
const canPin = availableParallelism() > 1 && run('taskset', ['--version']) !== undefined

export interface Server {
  port: number
  pid: number
  stop(): Promise<void>
}

/** The real server as an operator starts it, ready. @param environment Added to what it needs. */
export async function startServer(environment: Record<string, string>): Promise<Server & { readyMs: number }> {
  const port = await freePort()
  const begun = performance.now()
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { PATH: process.env.PATH ?? '', PORT: String(port), LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // Its log is written and read like any log, and thrown away.
  let said = ''
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-2000)
  })
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const readyMs = performance.now() - begun
  pin(child, cores.server)
  return { port, pid: child.pid ?? 0, readyMs, stop: () => stop(child) }
}

/** A child of ours that answers orders, one at a time. */
export class Helper {
  readonly #child: ChildProcess

  constructor(file: string, core: number) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)))
    pin(this.#child, core)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  ask<Result>(order: object): Promise<Result> {
    const answer = new Promise<Result>((resolve, reject) => {
      const ended = (code: unknown) => reject(new Error(`a helper process ended: ${code}`))
      this.#child.once('exit', ended)
      this.#child.once('message', (message: Result) => {
        this.#child.off('exit', ended)
        resolve(message)
      })
    })
    this.#child.send(order)
    return answer
  }

  stop(): Promise<void> {
    return stop(this.#child)
  }
}

/** CPU time of a process with all its threads, in microseconds. Known on Linux only; elsewhere NaN. */
export function cpuMicros(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond
  } catch {
    return Number.NaN
  }
}

/** Memory that a process has in RAM. Known on Linux only; elsewhere NaN. */
export function residentMib(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return Number.NaN
  }
}

/** Whether a request now, or only soon, is answered. */
const isReady = (port: number) =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  )

function pin(child: ChildProcess, core: number) {
  if (canPin) run('taskset', ['-a', '-p', '-c', String(core), String(child.pid)])
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

function run(command: string, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}
