/** Starts processes with stores of their own, and ends them with the test. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('store-process.ts', import.meta.url))

export interface StoreProcess {
  /** Resolves when it was done. */
  tell(order: string): Promise<void>
  /** Resolves when it has said this line, or at once if it has. */
  said(line: string): Promise<void>
}

/** @throws with what it printed when it could not open its store. */
export async function storeProcess(t: TestContext, dataDir: string, databaseUrl?: string): Promise<StoreProcess> {
  const args = [script, dataDir, ...(databaseUrl === undefined ? [] : [databaseUrl])]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const exit = once(child, 'exit')
  t.after(async () => {
    child.stdin.end()
    await exit
  })
  let problem = ''
  child.stderr.on('data', (chunk) => {
    problem += chunk
  })
  const lines: string[] = []
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line))
  const said = async (line: string) => {
    while (!lines.includes(line)) {
      const next = await Promise.race([once(output, 'line'), exit.then(() => 'exited' as const)])
      assert.notEqual(next, 'exited', problem)
    }
  }
  await said('open')
  return {
    said,
    async tell(order) {
      child.stdin.write(`${order}\n`)
      await said(`done ${order}`)
    },
  }
}
