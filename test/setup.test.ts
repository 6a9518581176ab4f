import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const setup = fileURLToPath(new URL('../scripts/setup.mjs', import.meta.url))

/** In place of npm: notes each call, and installs the one package of the lock file unless a file `broken` is there. */
const fakeNpm = `
const fs = require('node:fs')
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')
if (fs.existsSync('broken') && fs.existsSync('node_modules')) process.exit(1)
if (fs.existsSync('offline')) process.exit(1)
fs.rmSync('node_modules', { recursive: true, force: true })
fs.mkdirSync('node_modules/left-pad', { recursive: true })
const lock = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
delete lock.packages['node_modules/only-elsewhere']
fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify(lock))
`

interface Folder {
  path: string
  write(name: string, text: string): Promise<void>
  setUp(): Promise<{ stdout: string; stderr: string }>
  npmCalls(): Promise<number>
}

async function makeFolder(t: { after(cleanUp: () => unknown): void }): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-setup-'))
  t.after(() => rm(path, { recursive: true }))
  const write = (name: string, text: string) => writeFile(join(path, name), text)
  await write('npm.js', fakeNpm)
  await write('package-lock.json', lockOf('1.0.0'))
  return {
    path,
    write,
    setUp: () =>
      promisify(execFile)(process.execPath, ['-e', `import(${JSON.stringify(setup)}).then((m) => m.setUp('.'))`], {
        cwd: path,
        env: { ...process.env, npm_execpath: join(path, 'npm.js') },
      }),
    npmCalls: async () => (await readFile(join(path, 'npm-calls'), 'utf8').catch(() => '')).split('\n').length - 1,
  }
}

const lockOf = (version: string) =>
  JSON.stringify({
    packages: {
      '': { name: 'root' },
      'node_modules/left-pad': { version },
      'node_modules/only-elsewhere': { version, optional: true },
    },
  })

test('packages are installed once, and nothing is said when there is nothing to do', async (t) => {
  const folder = await makeFolder(t)
  const first = await folder.setUp()
  assert.match(first.stderr, /Installing packages/)
  assert.equal(first.stdout, '')
  const second = await folder.setUp()
  assert.equal(second.stdout + second.stderr, '')
  assert.equal(await folder.npmCalls(), 1)
})

test('a changed lock file is noticed, whatever the dates of the files', async (t) => {
  const folder = await makeFolder(t)
  await folder.setUp()
  await folder.write('package-lock.json', lockOf('1.0.1'))
  await folder.setUp()
  assert.equal(await folder.npmCalls(), 2)
})

test('a package that was deleted by hand is noticed', async (t) => {
  const folder = await makeFolder(t)
  await folder.setUp()
  await rm(join(folder.path, 'node_modules/left-pad'), { recursive: true })
  await folder.setUp()
  assert.equal(await folder.npmCalls(), 2)
})

test('of several commands that start together one installs and the others wait', async (t) => {
  const folder = await makeFolder(t)
  await Promise.all([folder.setUp(), folder.setUp(), folder.setUp()])
  assert.equal(await folder.npmCalls(), 1)
})

test('a lock left behind by a process that died is taken over', async (t) => {
  const folder = await makeFolder(t)
  await mkdir(join(folder.path, '.cache'))
  // No process has this number: it is above what any system hands out.
  await folder.write('.cache/install.lock', '4194999')
  await folder.setUp()
  assert.equal(await folder.npmCalls(), 1)
})

test('a node_modules that npm cannot mend is replaced', async (t) => {
  const folder = await makeFolder(t)
  await mkdir(join(folder.path, 'node_modules'))
  await folder.write('broken', '')
  await folder.setUp()
  assert.equal(await folder.npmCalls(), 2)
})

test('without a registry the refusal says what to check', async (t) => {
  const folder = await makeFolder(t)
  await folder.write('offline', '')
  await assert.rejects(folder.setUp(), /Packages could not be installed/)
})
