/**
 * Cold start and memory of one process: from the command to the first answer on a new data folder and on a used one, beside
 * a bare `node:http` server started the same way, and the resident set when idle and after reads.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../packages/server/src/testing.ts'

const rounds = 7
const main = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))
const bare = `require('node:http').createServer((q, s) => s.end('ok')).listen(process.env.PORT, '127.0.0.1')`

interface Sample {
  readyMs: number
  idleMiB: number
}

/** Starts a process, waits for its first answer, lets it rest for a second, and stops it. */
async function sample(args: string[], environment: Record<string, string>): Promise<Sample> {
  const port = await freePort()
  const begun = performance.now()
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH ?? '', PORT: String(port), LOG_LEVEL: 'silent', ...environment },
    stdio: 'ignore',
  })
  try {
    while (!(await answers(port))) await new Promise((resolve) => setTimeout(resolve, 5))
    const readyMs = performance.now() - begun
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return { readyMs, idleMiB: residentMiB(child.pid ?? 0) }
  } finally {
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('exit', resolve))
  }
}

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    (answer) => answer.ok,
    () => false,
  )

/** Linux tells in `/proc`; elsewhere there is no figure. */
function residentMiB(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return line ? Number(line[1]) / 1024 : Number.NaN
  } catch {
    return Number.NaN
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
const range = (values: number[]) => `${Math.round(Math.min(...values))}–${Math.round(Math.max(...values))}`

const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
const samples: Record<'bare node:http' | 'new data folder' | 'used data folder', Sample[]> = {
  'bare node:http': [],
  'new data folder': [],
  'used data folder': [],
}
try {
  await sample([main, 'serve'], { HOLDFAST_DATA_DIR: join(folder, 'used') })
  for (let round = 0; round < rounds; round++) {
    samples['bare node:http'].push(await sample(['-e', bare], {}))
    samples['new data folder'].push(await sample([main, 'serve'], { HOLDFAST_DATA_DIR: join(folder, `new-${round}`) }))
    samples['used data folder'].push(await sample([main, 'serve'], { HOLDFAST_DATA_DIR: join(folder, 'used') }))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

const floor = median(samples['bare node:http'].map(({ readyMs }) => readyMs))
console.table(
  Object.fromEntries(
    Object.entries(samples).map(([name, all]) => {
      const ready = all.map(({ readyMs }) => readyMs)
      return [
        name,
        {
          'ready ms (median)': Math.round(median(ready)),
          'min–max': range(ready),
          'times bare': Math.round((median(ready) / floor) * 10) / 10,
          'idle MiB': Math.round(median(all.map(({ idleMiB }) => idleMiB))),
        },
      ]
    }),
  ),
)
