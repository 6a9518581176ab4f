/** Documents as tests read them: blocks by section, commands with what they print, links. */
import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

export interface Block {
  language: string
  text: string
}

export interface Step {
  command: string
  /** What the document says it prints; undefined where it says nothing. */
  output: string | undefined
}

/** Fenced blocks by the title of the section they stand in. */
export function readSections(markdown: string): Map<string, Block[]> {
  const parts = markdown.split(/^#{1,4} (?=\S)/m).slice(1)
  return new Map(
    parts.map((part) => {
      const blocks = [...part.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
      return [part.split('\n', 1)[0] ?? '', blocks.map(([, language = '', text = '']) => ({ language, text }))]
    }),
  )
}

/** A command is a `sh` block; a `json` or `text` block right after it is what it prints. */
export function stepsOf(blocks: readonly Block[]): Step[] {
  return blocks.flatMap(({ language, text }, index) => {
    if (language !== 'sh') return []
    const next = blocks[index + 1]
    const isOutput = next?.language === 'json' || next?.language === 'text'
    return [{ command: text, output: isOutput ? next.text.trim() : undefined }]
  })
}

/** `…` stands for what differs from run to run, the beginning of the word before it included. */
export function shapeOf(output: string): RegExp {
  const parts = output.split(/[A-Za-z0-9_-]*…/).map((text) => RegExp.escape(text))
  return new RegExp(`^${parts.join('[^\\s"&]+')}$`)
}

/**
 * Runs commands one after another in one shell; the first that fails ends it.
 * @returns What each printed, without blanks around.
 * @throws {Error} with all they printed, when one fails.
 */
export async function runInShell(
  commands: readonly string[],
  { folder, path = [] }: { folder: string; path?: readonly string[] },
): Promise<string[]> {
  const mark = `<end ${crypto.randomUUID()}>`
  const script = `set -eo pipefail\n${commands.map((command) => `${command}echo '${mark}'\n`).join('')}`
  const shell = spawn('bash', ['-c', script], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), ...path, process.env.PATH].join(delimiter),
      // The SDK's sources instead of its build, which may be older.
      NODE_OPTIONS: '--conditions=holdfast-source',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let complaints = ''
  shell.stdout.on('data', (chunk) => (output += chunk))
  shell.stderr.on('data', (chunk) => (complaints += chunk))
  const code = await new Promise((resolve) => shell.on('close', resolve))
  if (code !== 0) throw new Error(`A command failed (${code}).\n${output}\n${complaints}`)
  return output.split(mark).map((part) => part.trim())
}
