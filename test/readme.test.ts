/** The README cannot rot: its commands are run as printed, and what they print is compared with what it says. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startTestServer, type TestServer } from '../packages/server/src/testing.ts'
import { noPython, pythonEnvironment } from './python-environment.ts'
import { type Block, readSections, runInShell, shapeOf, stepsOf } from './support/document.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

describe('the commands of the documentation', () => {
  let folder: string
  let server: TestServer
  let readme: Map<string, Block[]>

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-readme-'))
    // As a clone looks to the commands, but with a data folder of its own.
    for (const name of ['node_modules', 'packages', 'python']) await symlink(join(root, name), join(folder, name))
    server = await startTestServer({ dataDir: join(folder, 'data'), environment: { HOLDFAST_API_KEY: '' } })
    readme = await read('README.md')
  })

  after(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  async function read(document: string): Promise<Map<string, Block[]>> {
    const text = await readFile(join(root, document), 'utf8')
    return readSections(text.replaceAll('http://127.0.0.1:4280', server.url))
  }

  /** Runs the README's settings and then these blocks in one shell, and compares each output with what stands below its command. */
  async function walk(blocks: readonly Block[], path: readonly string[] = []): Promise<void> {
    const steps = stepsOf([...commandsOf(readme, 'Settings for the examples'), ...blocks])
    const commands = steps.map(({ command }) => command)
    const printed = await runInShell(commands, { folder, path })
    for (const [index, { command, output = '' }] of steps.entries())
      assert.match(printed[index] ?? '', shapeOf(output), `${command}\nprinted\n${printed[index]}`)
  }

  test('the README’s quickstart runs with curl as printed', () => walk(commandsOf(readme, 'With curl')))

  test('the README’s quickstart runs with the JavaScript SDK as printed', () =>
    walk(commandsOf(readme, 'With JavaScript')))

  test('the README’s quickstart runs with the Python SDK as printed', async (t) => {
    const python = await pythonEnvironment()
    if (!python) return t.skip(noPython)
    await walk(commandsOf(readme, 'With Python'), [dirname(python)])
  })

  test('the page on test mode runs as printed', async () =>
    walk([...(await read('docs/test-mode.md')).values()].flat()))

  test('the command that the first start prints is the one the README shows', () => {
    const { app, data } = server.composition.example
    const body = `-d '${JSON.stringify({ app, entityId: 'jessica', data })}'`
    assert.ok(readme.get('Quickstart')?.[0]?.text.includes(body))
    assert.ok(commandsOf(readme, 'With curl')[0]?.text.includes(body))
  })
})

function commandsOf(document: ReadonlyMap<string, Block[]>, title: string): Block[] {
  const blocks = document.get(title) ?? []
  assert.ok(
    blocks.some(({ language }) => language === 'sh'),
    `no commands under ${title}`,
  )
  return blocks
}
