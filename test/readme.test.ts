/** The README cannot rot: its commands are run as printed, and what they print is compared with what it says. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { noPython, pythonEnvironment } from './python-environment.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Block {
  language: string
  text: string
}

describe('the quickstart of the README', () => {
  let folder: string
  let server: TestServer
  let sections: Map<string, Block[]>

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-readme-'))
    // As a clone looks to the commands, but with a data folder of its own.
    for (const name of ['node_modules', 'packages', 'python']) await symlink(join(root, name), join(folder, name))
    server = await startTestServer({ dataDir: join(folder, 'data'), environment: { HOLDFAST_API_KEY: '' } })
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    sections = readSections(readme.replaceAll('http://127.0.0.1:4280', server.url))
  })

  after(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  /** Runs the settings and then the section in one shell, and compares each output with the block that follows its command. */
  async function walk(title: string, path: string): Promise<void> {
    const steps = stepsOf([...blocksOf('Settings for the examples'), ...blocksOf(title)])
    const printed = await runInShell(
      steps.map(({ command }) => command),
      path,
    )
    for (const [index, { command, output }] of steps.entries())
      assert.match(printed[index] ?? '', shapeOf(output), `${command}\nprinted\n${printed[index]}`)
  }

  function blocksOf(title: string): Block[] {
    const blocks = sections.get(title)
    assert.ok(
      blocks?.some(({ language }) => language === 'sh'),
      `the README has no commands under ${title}`,
    )
    return blocks
  }

  async function runInShell(commands: readonly string[], path: string): Promise<string[]> {
    const mark = `<end ${crypto.randomUUID()}>`
    const script = `set -eo pipefail\n${commands.map((command) => `${command}echo '${mark}'\n`).join('')}`
    const shell = spawn('bash', ['-c', script], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: [dirname(process.execPath), path, process.env.PATH].join(delimiter),
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
    assert.equal(code, 0, `${output}\n${complaints}`)
    return output.split(mark).map((part) => part.trim())
  }

  test('runs with curl as printed', () => walk('With curl', ''))

  test('runs with the JavaScript SDK as printed', () => walk('With JavaScript', ''))

  test('runs with the Python SDK as printed', async (t) => {
    const python = await pythonEnvironment()
    if (!python) return t.skip(noPython)
    await walk('With Python', dirname(python))
  })

  test('the command that the first start prints is the one the README shows', () => {
    const { app, data } = server.composition.example
    const body = JSON.stringify({ app, entityId: 'jessica', data })
    const [greeting] = sections.get('Quickstart') ?? []
    assert.ok(greeting?.text.includes(`-d '${body}'`))
    assert.ok(blocksOf('With curl')[0]?.text.includes(`-d '${body}'`))
  })
})

function readSections(markdown: string): Map<string, Block[]> {
  const parts = markdown.split(/^#{2,3} (?=\S)/m).slice(1)
  return new Map(
    parts.map((part) => {
      const blocks = [...part.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
      return [part.split('\n', 1)[0] ?? '', blocks.map(([, language = '', text = '']) => ({ language, text }))]
    }),
  )
}

/** A command is a `sh` block; a `json` or `text` block right after it is what it prints. */
function stepsOf(blocks: readonly Block[]): { command: string; output: string }[] {
  return blocks.flatMap(({ language, text }, index) => {
    if (language !== 'sh') return []
    const next = blocks[index + 1]
    const output = next && (next.language === 'json' || next.language === 'text') ? next.text.trim() : ''
    return [{ command: text, output }]
  })
}

/** `…` stands for anything within a line; what comes before it is a sample as well, where it is part of an id or token. */
function shapeOf(output: string): RegExp {
  const pattern = output
    .split(/[A-Za-z0-9_-]*…/)
    .map((text) => RegExp.escape(text))
    .join('[A-Za-z0-9_-]+')
  return new RegExp(`^${pattern}$`)
}
