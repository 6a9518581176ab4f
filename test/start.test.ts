import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { freePort, startTestServer } from '../packages/server/src/testing.ts'
import { apiOf, ok, tokenIn } from './support/api.ts'
import { startInVain, startProcess, temporaryFolder } from './support/server-process.ts'

const run = promisify(execFile)

async function newFolder(t: TestContext): Promise<string> {
  const { folder, remove } = await temporaryFolder()
  t.after(remove)
  return join(folder, 'data')
}

async function start(t: TestContext, environment: Record<string, string>) {
  const server = await startProcess(environment)
  t.after(() => server.kill('SIGKILL'))
  return server
}

const newMasterKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`

/** What every file below the folder holds, by path. */
async function contentsOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(await Promise.all(paths.sort().map(async (path) => [path, await readFile(path)] as const)))
}

describe('the first start', () => {
  test('prints where it is, its key, and a curl that works as printed', async (t) => {
    const folder = await newFolder(t)
    const server = await start(t, { HOLDFAST_DATA_DIR: folder })
    const printed = server.printed()
    assert.ok(printed.includes(server.url))
    assert.match(server.apiKey, /^hf_test_/)
    assert.ok(printed.includes(folder))

    const hasCurl = await run('sh', ['-c', 'command -v curl']).catch(() => undefined)
    if (!hasCurl) return t.skip('this machine has no curl')
    const command = printed.slice(printed.indexOf('curl'))
    const { stdout } = await run('sh', ['-c', command], { env: { PATH: process.env.PATH, no_proxy: '127.0.0.1' } })
    const answer = JSON.parse(stdout) as { connectionStatus: string; connectedAccountId: string }
    assert.equal(answer.connectionStatus, 'ACTIVE')
    assert.equal((await apiOf(server).account(answer.connectedAccountId)).entityId, 'jessica')
  })

  test('lets nobody else on the machine read what it keeps', { skip: process.platform === 'win32' }, async (t) => {
    const folder = await newFolder(t)
    const server = await start(t, { HOLDFAST_DATA_DIR: folder })
    await apiOf(server).connect({ app: 'linear', data: { api_key: 'a-key-to-keep' } })
    const names = await readdir(folder)
    assert.ok(names.includes('master-keys') && names.includes('keys.json'), names.join())
    for (const path of [folder, ...names.map((name) => join(folder, name))])
      assert.equal((await stat(path)).mode & 0o077, 0, path)
    for (const [path, content] of await contentsOf(folder)) {
      assert.ok(!content.includes('a-key-to-keep'), path)
      assert.ok(path.endsWith('keys.json') || !content.includes(server.apiKey), path)
    }
    assert.ok(!server.printed().includes('hf_admin_'))
  })

  test('takes the key it is given', async (t) => {
    const HOLDFAST_API_KEY = 'a key of mine'.replaceAll(' ', '-').padEnd(16, '-')
    const server = await start(t, { HOLDFAST_DATA_DIR: await newFolder(t), HOLDFAST_API_KEY })
    assert.equal(server.apiKey, HOLDFAST_API_KEY)
    ok(await apiOf(server).get('/api/v1/project'))
  })
})

test('a second start has the same key and the same accounts', async (t) => {
  const environment = { HOLDFAST_DATA_DIR: await newFolder(t) }
  const first = await start(t, environment)
  const { id } = await apiOf(first).connect({ app: 'gmail' })
  const token = tokenIn(ok(await apiOf(first).info(id)))
  first.kill('SIGTERM')
  assert.equal(await first.ended, 0)

  const second = await start(t, environment)
  assert.equal(second.apiKey, first.apiKey)
  assert.equal(tokenIn(ok(await apiOf(second).info(id))), token)
})

describe('a start that cannot be', () => {
  test('names every problem of the environment at once, and no value', async (t) => {
    const { code, printed } = await startInVain({
      HOLDFAST_DATA_DIR: await newFolder(t),
      PORT: '0',
      HOLDFAST_BASE_URL: 'connect.example.com',
      HOLDFAST_API_KEY: 'too-short',
      HOLDFAST_ALLOW_PRIVATE_HOSTS: 'localhost',
      HOLDFAST_TEST_MODE: 'maybe',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://user:hunter2@db',
      HOLDFAST_MASTER_KEYS: `${newMasterKey('k1')},k2:abc`,
      HOLDFAST_MASTER_KEYS_FILE: '/nowhere',
    })
    assert.equal(code, 1)
    for (const name of [
      'PORT',
      'HOLDFAST_BASE_URL',
      'HOLDFAST_API_KEY',
      'HOLDFAST_ALLOW_PRIVATE_HOSTS',
      'HOLDFAST_TEST_MODE',
      'LOG_LEVEL',
      'DATABASE_URL',
      'HOLDFAST_MASTER_KEYS and HOLDFAST_MASTER_KEYS_FILE',
      'HOLDFAST_MASTER_KEYS is malformed. The master keys cannot be used: the key k2',
    ])
      assert.ok(printed.includes(`  ${name} `), `${name} is not named in\n${printed}`)
    assert.doesNotMatch(printed, /too-short|hunter2|k1:|k2:|\bat .*\.ts/)
  })

  test('says that its port is taken', async (t) => {
    const other = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    t.after(() => other.close())
    const { code, printed } = await startInVain({ HOLDFAST_DATA_DIR: await newFolder(t), PORT: String(port) })
    assert.equal(code, 1)
    assert.match(printed, new RegExp(`Port ${port} on 127.0.0.1 is taken. Set PORT`))
    assert.doesNotMatch(printed, /\n +at /)
  })

  test('says what is wrong with a data folder it cannot use', async (t) => {
    const folder = await newFolder(t)
    await mkdir(join(folder, '..'), { recursive: true })
    await writeFile(folder, 'a file, not a folder')
    const { code, printed } = await startInVain({ HOLDFAST_DATA_DIR: folder })
    assert.equal(code, 1)
    assert.ok(printed.includes(`Holdfast did not start.`) && printed.includes(folder), printed)
    assert.doesNotMatch(printed, /\n +at /)
  })
})

describe('a database whose master key', () => {
  let made: Awaited<ReturnType<typeof temporaryFolder>>
  const wrongKeys: Record<string, { environment: (folder: string) => Record<string, string>; says: RegExp }> = {
    'is missing': {
      environment: () => ({ HOLDFAST_MASTER_KEYS: newMasterKey('k2') }),
      says: /master key "k1" is missing/,
    },
    'is another one of the same name': {
      environment: () => ({ HOLDFAST_MASTER_KEYS: newMasterKey('k1') }),
      says: /master key "k1" is not the one this database was made with/,
    },
    'is no key': {
      environment: () => ({ HOLDFAST_MASTER_KEYS: 'k1:short' }),
      says: /32 bytes/,
    },
    'is in a file that is not there': {
      environment: (folder) => ({ HOLDFAST_MASTER_KEYS_FILE: join(folder, '..', 'no-such-file') }),
      says: /no-such-file/,
    },
    'is in a file that cannot be read': {
      environment: (folder) => ({ HOLDFAST_MASTER_KEYS_FILE: folder }),
      says: /master key file .* cannot be read/,
    },
    'is not named at all': { environment: () => ({}), says: /no master key file/ },
  }
  before(async () => {
    made = await temporaryFolder()
    const server = await startTestServer({
      dataDir: made.folder,
      environment: { HOLDFAST_MASTER_KEYS: newMasterKey('k1') },
    })
    await apiOf(server).connect({ app: 'linear', data: { api_key: 'a-key' } })
    await server.close()
  })
  after(() => made.remove())

  for (const [name, { environment, says }] of Object.entries(wrongKeys))
    test(`does not start when it ${name}, and writes nothing`, async () => {
      const before = await contentsOf(made.folder)
      const { code, printed } = await startInVain({ HOLDFAST_DATA_DIR: made.folder, ...environment(made.folder) })
      assert.equal(code, 1)
      assert.match(printed, says)
      assert.doesNotMatch(printed, /\n +at /)
      assert.deepEqual(await contentsOf(made.folder), before)
    })
})
