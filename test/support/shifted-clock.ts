/**
 * A process whose clock is wrong: its wall clock, as JavaScript sees it, is off by the milliseconds in a file. They are read
 * anew when SIGUSR2 arrives. Its steady clock stays as it is, like that of a real machine.
 */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const file = process.env.TEST_CLOCK_FILE
if (file !== undefined) {
  const Wall = Date
  let shiftMs = 0
  const read = () => {
    shiftMs = Number(readFileSync(file, 'utf8'))
  }
  read()
  process.on('SIGUSR2', read)
  globalThis.Date = class extends Wall {
    constructor(...parts: [] | [number]) {
      if (parts.length === 0) super(Wall.now() + shiftMs)
      else super(...parts)
    }
    static override now() {
      return Wall.now() + shiftMs
    }
  } as DateConstructor
}

/** What to add to the environment of a process whose clock is to be this far ahead; a negative number is behind. */
export async function shiftedClock(folder: string, aheadMs: number): Promise<Record<string, string>> {
  const path = `${folder}/clock`
  await writeFile(path, String(aheadMs))
  return { TEST_CLOCK_FILE: path, NODE_OPTIONS: `--import ${fileURLToPath(import.meta.url)}` }
}
