/** `holdfast doctor` as an operator runs it: a process of its own, beside a server that runs, or does not. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, cp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Finding, Report } from '../packages/server/src/doctor/index.ts'
import { freePort } from '../packages/server/src/testing.ts'
import { apiOf, ok } from './support/api.ts'
import { type ServerProcess, startProcess, temporaryFolder } from './support/server-process.ts'

const main = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))

interface Examination {
  code: number | null
  printed: string
}

async function run(environment: Record<string, string>, ...args: string[]): Promise<Examination> {
  const child = spawn(process.execPath, [main, 'doctor', ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      printed += part
    })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, printed }
}

/** Everything but what needs the world outside. */
async function examine(environment: Record<string, string>, ...args: string[]): Promise<Report> {
  const { code, printed } = await run(environment, '--json', ...args)
  const report = JSON.parse(printed) as Report
  assert.equal(code, report.ok ? 0 : 1)
  return report
}

const offline = (environment: Record<string, string>) => examine(environment, '--offline')

function finding({ findings }: Report, check: Finding['check']): Finding {
  const [found] = findings.filter((candidate) => candidate.check === check)
  assert.ok(found, `${check} among ${findings.map((candidate) => candidate.check)}`)
  return found
}

function assertFinding(report: Report, check: Finding['check'], status: Finding['status'], ...words: RegExp[]) {
  const found = finding(report, check)
  const text = [found.found, found.mend ?? '', ...found.details].join('\n')
  assert.equal(found.status, status, text)
  for (const word of words) assert.match(text, word)
  assert.equal(found.mend === null, status === 'ok' || status === 'note', 'what is wrong can be mended')
}

async function serveAt(listener: RequestListener): Promise<{ url: string; port: number; close: () => void }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, close: () => server.close().closeAllConnections() }
}

let server: ServerProcess
let environment: Record<string, string>
let removeFolder: () => Promise<void>

before(async () => {
  const { folder, remove } = await temporaryFolder()
  removeFolder = remove
  environment = {
    PORT: String(await freePort()),
    HOLDFAST_DATA_DIR: join(folder, 'data'),
    HOLDFAST_ADMIN_KEY: 'operator-key-of-this-test',
    HOLDFAST_ALLOW_PRIVATE_HOSTS: '',
  }
  server = await startProcess(environment)
})

after(async () => {
  server.kill('SIGTERM')
  await server.ended
  await removeFolder()
})

/** A folder with the same database and keys, which nobody uses. */
async function copyOfData(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const { folder, remove } = await temporaryFolder()
  await cp(environment.HOLDFAST_DATA_DIR as string, folder, { recursive: true })
  return { folder, remove }
}

test('a sound installation has nothing to mend, and what is printed is no secret', async () => {
  const { code, printed } = await run(environment, '--offline')
  assert.equal(code, 0, printed)
  assert.match(printed, /Nothing to mend\.\n$/)
  const report = await offline(environment)
  for (const check of ['configuration', 'runtime', 'data_folder', 'database', 'migrations', 'master_keys', 'base_url'])
    assertFinding(report, check as Finding['check'], 'ok')

  const keys = await readFile(join(environment.HOLDFAST_DATA_DIR as string, 'master-keys'), 'utf8')
  const [, material = ''] = /^[^#:\n]+:(\S+)$/m.exec(keys) ?? []
  assert.ok(material.length > 20)
  for (const secret of [material, server.apiKey, environment.HOLDFAST_ADMIN_KEY as string])
    assert.ok(!printed.includes(secret) && !JSON.stringify(report).includes(secret))
})

test('the doctor changes nothing, also where nothing is yet', async () => {
  const { folder, remove } = await temporaryFolder()
  try {
    const report = await offline({ HOLDFAST_DATA_DIR: join(folder, 'data'), PORT: String(await freePort()) })
    assertFinding(report, 'data_folder', 'ok', /first start makes it/)
    assertFinding(report, 'database', 'note', /first start makes it/)
    assertFinding(report, 'master_keys', 'note', /first start makes one/)
    assertFinding(report, 'base_url', 'warning', /Start the server/)
    await assert.rejects(readFile(join(folder, 'data', 'holdfast.db')))
  } finally {
    await remove()
  }
})

test('arguments that are wrong are named, and --help says which there are', async () => {
  const wrong = await run(environment, '--ap', 'x')
  assert.equal(wrong.code, 2)
  assert.match(wrong.printed, /--ap[\s\S]+Usage: holdfast doctor/)
  const help = await run(environment, '--help')
  assert.equal(help.code, 0)
  assert.match(help.printed, /--json/)
})

test('an environment that cannot be read is reported variable by variable, without values', async () => {
  const report = await offline({ ...environment, PORT: 'many', HOLDFAST_ADMIN_KEY: 'too-short-key' })
  assertFinding(report, 'configuration', 'problem', /PORT/, /HOLDFAST_ADMIN_KEY/)
  assert.ok(!JSON.stringify(report).includes('too-short-key'))
})

test('a base URL that leads nowhere is told from a server that does not run', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`
  assertFinding(
    await offline({ ...environment, HOLDFAST_BASE_URL: nobody }),
    'base_url',
    'problem',
    /nothing listens there/,
    new RegExp(`The server itself runs at ${server.url}`),
  )
  assertFinding(
    await offline({ ...environment, HOLDFAST_BASE_URL: 'https://holdfast.invalid' }),
    'base_url',
    'problem',
    /name|DNS/,
    /Correct HOLDFAST_BASE_URL/,
  )
  assertFinding(
    await offline({ ...environment, PORT: String(await freePort()), HOLDFAST_BASE_URL: nobody }),
    'base_url',
    'warning',
    /Start the server/,
  )
})

test('a base URL that leads to something else says to what', async () => {
  const other = await serveAt((_, response) => response.writeHead(404).end('no'))
  const sending = await serveAt((_, response) =>
    response.writeHead(301, { location: 'https://connect.example/healthz?key=marker' }).end(),
  )
  const { folder, remove } = await temporaryFolder()
  const foreign = await startProcess({ HOLDFAST_DATA_DIR: folder })
  try {
    const at = (url: string) => offline({ ...environment, HOLDFAST_BASE_URL: url })
    assertFinding(await at(other.url), 'base_url', 'problem', /Something else/, /404/, /proxy/)
    const report = await at(sending.url)
    assertFinding(report, 'base_url', 'problem', /leads on to https:\/\/connect\.example/, /Set HOLDFAST_BASE_URL/)
    assert.ok(!JSON.stringify(report).includes('marker'))
    assertFinding(await at(foreign.url), 'base_url', 'problem', /Another installation/, /Set HOLDFAST_BASE_URL/)
    assertFinding(
      await offline({ ...environment, PORT: new URL(foreign.url).port }),
      'base_url',
      'problem',
      /Another installation/,
      /Set PORT/,
    )
  } finally {
    foreign.kill('SIGTERM')
    await foreign.ended
    await remove()
    other.close()
    sending.close()
  }
})

test('a master key that is missing or another one is found before a start fails on it', async () => {
  const { folder, remove } = await copyOfData()
  const own = { ...environment, HOLDFAST_DATA_DIR: folder }
  try {
    const keys = await readFile(join(folder, 'master-keys'), 'utf8')
    const [, id = ''] = /^([^#:\n]+):\S+$/m.exec(keys) ?? []
    await writeFile(join(folder, 'master-keys'), `${id}:${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 })
    assertFinding(await offline(own), 'master_keys', 'problem', new RegExp(`"${id}" is not the one`))
    await rm(join(folder, 'master-keys'))
    assertFinding(await offline(own), 'master_keys', 'problem', /There is no master key file/, /Put the file back/)
    await assert.rejects(readFile(join(folder, 'master-keys')), 'none is made')
    assertFinding(await offline({ ...own, HOLDFAST_MASTER_KEYS: 'nonsense' }), 'master_keys', 'problem')
  } finally {
    await remove()
  }
})

test('files that others can read are named with the command that closes them', async () => {
  const { folder, remove } = await copyOfData()
  try {
    await chmod(folder, 0o755)
    await chmod(join(folder, 'master-keys'), 0o644)
    assertFinding(
      await offline({ ...environment, HOLDFAST_DATA_DIR: folder }),
      'data_folder',
      'warning',
      new RegExp(`chmod go= ${folder}/master-keys`),
    )
  } finally {
    await remove()
  }
})

test('a data folder that cannot be used is a problem', async () => {
  const { folder, remove } = await temporaryFolder()
  try {
    await writeFile(join(folder, 'file'), '')
    assertFinding(
      await offline({ ...environment, HOLDFAST_DATA_DIR: join(folder, 'file') }),
      'data_folder',
      'problem',
      /not a folder/,
    )
    assertFinding(
      await offline({ ...environment, HOLDFAST_DATA_DIR: join(folder, 'file', 'below') }),
      'data_folder',
      'problem',
      /may not/,
    )
  } finally {
    await remove()
  }
})

test('a database file that is damaged, or of another version, is told', async () => {
  const { folder, remove } = await copyOfData()
  const own = { ...environment, HOLDFAST_DATA_DIR: folder }
  try {
    const database = new DatabaseSync(join(folder, 'holdfast.db'))
    database.exec(`insert into kysely_migration (name, timestamp) values ('9999-later', '2030')`)
    assertFinding(await offline(own), 'migrations', 'problem', /newer version/, /9999-later/)
    database.exec(`delete from kysely_migration where name like '9999%'`)
    const { name } = database.prepare('select max(name) as name from kysely_migration').get() as { name: string }
    database.prepare('delete from kysely_migration where name = ?').run(name)
    assertFinding(await offline(own), 'migrations', 'note', /next start/, new RegExp(name))
    database.close()

    for (const file of ['holdfast.db-wal', 'holdfast.db-shm']) await rm(join(folder, file), { force: true })
    await writeFile(
      join(folder, 'holdfast.db'),
      'this is not a database, and it is long enough to be looked at'.repeat(99),
    )
    assertFinding(await offline(own), 'database', 'problem', /damaged/, /restore/)
  } finally {
    await remove()
  }
})

test('a PostgreSQL that cannot be reached is a problem, and its password stays out of the report', async () => {
  const report = await offline({
    ...environment,
    DATABASE_URL: `postgres://holdfast:password-marker@127.0.0.1:${await freePort()}/main`,
  })
  assertFinding(report, 'database', 'problem', /main at 127\.0\.0\.1/, /ECONNREFUSED|refused/, /Check DATABASE_URL/)
  assert.ok(!JSON.stringify(report).includes('password-marker'))
})

test('an app of a live integration is called, its clock compared, its redirect URI listed', async () => {
  const late = await serveAt((_, response) => {
    response.sendDate = false
    response.writeHead(404, { date: new Date(Date.now() + 120_000).toUTCString() }).end()
  })
  const { folder, remove } = await temporaryFolder()
  const own = {
    PORT: String(await freePort()),
    HOLDFAST_DATA_DIR: folder,
    HOLDFAST_ADMIN_KEY: 'operator-key-of-this-test',
    HOLDFAST_ALLOW_PRIVATE_HOSTS: `127.0.0.1:${late.port}`,
  }
  const live = await startProcess(own)
  try {
    const redirectUri = await addLiveIntegration(live, late.url)
    const report = await examine(own)
    assertFinding(report, 'outgoing', 'ok', new RegExp(`127\\.0\\.0\\.1:${late.port}`))
    assertFinding(report, 'clock', 'problem', /127\.0\.0\.1: (?:119|12[01]) s ahead/, /NTP/)
    assertFinding(report, 'redirect_uris', 'ok', new RegExp(`Shop · own-app: ${redirectUri}`))
    assertFinding(report, 'base_url', 'warning', /only from this machine/, /https/)

    const blocked = await examine({ ...own, HOLDFAST_ALLOW_PRIVATE_HOSTS: '' })
    assertFinding(blocked, 'outgoing', 'problem')
    assertFinding(blocked, 'provider', 'problem', /own-app/, /HOLDFAST_ALLOW_PRIVATE_HOSTS=127/)

    late.close()
    const down = await examine(own)
    assertFinding(down, 'provider', 'problem', /nothing listens there/, /the app itself may be down/)
    const asked = await examine(own, '--app', 'OWN-APP')
    assertFinding(asked, 'provider', 'problem', /own-app/)
    const unknown = await examine(own, '--app', 'no-such-app')
    assert.ok(unknown.findings.some(({ found }) => found.includes('There is no app "no-such-app"')))
  } finally {
    late.close()
    live.kill('SIGTERM')
    await live.ended
    await remove()
  }
})

test('a proxy that does not let through is named', async () => {
  const port = await freePort()
  const report = await examine({ ...environment, HTTPS_PROXY: `http://user:password-marker@127.0.0.1:${port}` })
  const found = finding(report, 'outgoing')
  assert.match(found.found, new RegExp(`through the proxy 127\\.0\\.0\\.1:${port}`))
  assert.ok(!JSON.stringify(report).includes('password-marker'))
})

/** @returns The redirect URI to be registered. */
async function addLiveIntegration(live: ServerProcess, providerUrl: string): Promise<string> {
  const operator = apiOf(live, 'operator-key-of-this-test')
  const { apiKey } = ok(
    await operator.post<{ apiKey: string }>('/api/v1/projects', {
      name: 'Shop',
      mode: 'live',
      allowedRedirectUrls: [],
    }),
  )
  const api = apiOf(live, apiKey)
  ok(
    await api.post('/api/v1/apps', {
      key: 'own-app',
      name: 'Own app',
      baseUrl: providerUrl,
      authSchemes: [
        {
          scheme: 'OAUTH2',
          label: 'Sign in',
          authorizationEndpoint: `${providerUrl}/authorize`,
          tokenEndpoint: `${providerUrl}/token`,
        },
      ],
    }),
  )
  const { redirectUri } = ok(
    await api.post<{ redirectUri: string }>('/api/v1/integrations', {
      app: 'own-app',
      name: 'own-app',
      clientId: 'client',
      clientSecret: 'secret-marker',
    }),
  )
  return redirectUri
}
