/**
 * Nothing secret lies in the database in a form that can be read: after flows of every kind all that was written is searched
 * for the secrets that went through, as they are, in base64 and in hex.
 */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { ApiKey, ConnectLink, Integration, Project } from '../packages/sdk/src/types.ts'
import { apiOf, ok } from './support/api.ts'
import { Person } from './support/person.ts'
import { createDatabase, startPostgres, type TestDatabase } from './support/postgres.ts'
import { type ScriptedApp, startScriptedApp, tokens } from './support/scripted-app.ts'
import { temporaryFolder } from './support/server-process.ts'

describe('after flows of every kind', () => {
  test('no secret can be read from the files of SQLite', async (t) => {
    const dataDir = await aFolder(t)
    const secrets = new Secrets()
    const app = await startScriptedApp({}, { dataDir, environment: secrets.environment(), loops: false })
    try {
      await useEverything(app, secrets)
      const files = await filesIn(dataDir)
      assert.ok(files.some(({ name }) => name.endsWith('-wal')))
      secrets.assertAbsent(files)
    } finally {
      await app.close()
    }
    secrets.assertAbsent(await filesIn(dataDir))
  })

  test('no secret can be read from any column of PostgreSQL, nor from its files', async (t) => {
    const postgres = await startPostgres()
    t.after(() => postgres.stop())
    const database = await createDatabase(postgres.url)
    const dataDir = await aFolder(t)
    const secrets = new Secrets()
    const environment = { ...secrets.environment(), DATABASE_URL: database.url }
    const app = await startScriptedApp({}, { dataDir, environment, loops: false })
    try {
      await useEverything(app, secrets)
      secrets.assertAbsent([...(await columnsOf(database)), ...(await filesIn(dataDir))])
    } finally {
      await app.close()
    }
    await database.query('checkpoint')
    secrets.assertAbsent(await filesIn(postgres.folder))
  })

  test('the credentials of a deleted account are overwritten in the file of SQLite', async (t) => {
    const dataDir = await aFolder(t)
    const app = await startScriptedApp({}, { dataDir, loops: false })
    let sealed: Uint8Array | null | undefined
    try {
      const { id } = await app.api.connect({ integrationId: app.integration.id })
      sealed = (await app.server.composition.store.accounts.find(app.project.id, id))?.credentials
      ok(await app.api.delete(`/api/v1/connectedAccounts/${id}`))
    } finally {
      await app.close()
    }
    assert.ok(sealed)
    for (const { name, bytes } of await filesIn(dataDir)) assert.equal(bytes.indexOf(sealed), -1, name)
  })
})

interface Written {
  name: string
  bytes: Buffer
}

/** Secrets by what they are, and what must be found: if it is not, nothing would be. */
class Secrets {
  readonly #values = new Map<string, string>()
  /** Names an entity, so it is written as it is. */
  readonly control = `control-${randomBytes(12).toString('hex')}`
  readonly #present = [this.control]

  make(name: string): string {
    return this.know(name, `${name.replaceAll(' ', '-')}-${randomBytes(12).toString('hex')}`)
  }

  know(name: string, value: string | null | undefined): string {
    assert.ok(value && value.length >= 16, `${name} was not seen`)
    this.#values.set(`${name} ${this.#values.size}`, value)
    return value
  }

  /** Only the SHA-256 of this secret is kept. */
  knowHashed(name: string, value: string): void {
    this.#present.push(createHash('sha256').update(this.know(name, value)).digest('hex'))
  }

  environment(): Record<string, string> {
    const masterKey = randomBytes(32)
    this.know('master key', masterKey.toString('base64'))
    this.know('bytes of the master key', masterKey.toString('latin1'))
    return {
      HOLDFAST_MASTER_KEYS: `first:${masterKey.toString('base64')}`,
      HOLDFAST_API_KEY: this.make('api key'),
      HOLDFAST_ADMIN_KEY: this.make('operator key'),
    }
  }

  assertAbsent(written: readonly Written[]): void {
    for (const text of this.#present) assert.ok(written.some(({ bytes }) => bytes.includes(text)))
    for (const { name, bytes } of written)
      for (const [secret, value] of this.#values)
        for (const [form, needle] of formsOf(Buffer.from(value, 'latin1')))
          assert.equal(bytes.indexOf(needle, 0, 'latin1'), -1, `${secret} is in ${name}, ${form}`)
  }
}

/** As the text would stand in a longer one of each encoding, wherever it began there. */
function formsOf(secret: Buffer): [string, string][] {
  const forms: [string, string][] = [
    ['as it is', secret.toString('latin1')],
    ['in hex', secret.toString('hex')],
    ['in capital hex', secret.toString('hex').toUpperCase()],
  ]
  for (const before of [0, 1, 2]) {
    // Six bits a character: those that hold bits of a neighbour are left out at both ends.
    const first = Math.ceil((before * 8) / 6)
    const end = Math.floor(((before + secret.length) * 8) / 6)
    const encoded = Buffer.concat([Buffer.alloc(before), secret])
    forms.push(['in base64', encoded.toString('base64').slice(first, end)])
    forms.push(['in base64url', encoded.toString('base64url').slice(first, end)])
  }
  return forms
}

async function useEverything(app: ScriptedApp, secrets: Secrets): Promise<void> {
  const { api, answers } = app
  const integrationId = app.integration.id
  answers.token = () => ({
    status: 200,
    body: tokens(1, {
      access_token: secrets.make('access token'),
      refresh_token: secrets.make('refresh token'),
      id_token: secrets.make('id token'),
      session_key: secrets.make('other field of the answer'),
    }),
  })

  const connected = await api.connect({ integrationId, entityId: secrets.control })
  app.clock.advance(2 * 60 * 60_000)
  ok(await api.info(connected.id))
  const again = ok(await api.post<{ redirectUrl: string }>(`/api/v1/connectedAccounts/${connected.id}/reinitiate`))
  await connectWatched(again.redirectUrl, secrets)

  const revoked = await api.connect({ integrationId })
  answers.revoke = () => ({ status: 503 })
  ok(await api.post(`/api/v1/connectedAccounts/${revoked.id}/revoke`))
  const unfinished = await api.initiate({ integrationId })
  secrets.know('link', lastSegment(unfinished.redirectUrl))
  await new Person().agree(unfinished.redirectUrl ?? '')
  const declined = await api.initiate({ integrationId })
  await new Person().connect(declined.redirectUrl ?? '', { answer: 'deny' })

  const { items } = ok(
    await api.get<{ items: Integration[] }>('/api/v1/integrations?appName=scripted&authScheme=API_KEY'),
  )
  await api.connect({ integrationId: items[0]?.id, data: { key: secrets.make('typed key') } })
  await api.connect({ app: 'linear', data: { api_key: secrets.make('unreachable typed key') } })
  const link = ok(await api.post<ConnectLink>('/api/v1/connectLinks', { entityId: 'ada', apps: ['linear'] }))
  secrets.know('connect link', lastSegment(link.url))
  const { id: linear } = await api.defaultIntegration('linear')
  await new Person().submit(`${link.url}?integration=${linear}`, { 'data.api_key': secrets.make('key in a form') })

  const client = { app: 'scripted', authScheme: 'OAUTH2', clientId: 'us' }
  const { id } = ok(
    await api.post<Integration>('/api/v1/integrations', { ...client, clientSecret: secrets.make('client secret') }),
  )
  ok(await api.patch(`/api/v1/integrations/${id}`, { clientSecret: secrets.make('new client secret') }))
  const item = { integrationId, entityId: 'ada', accessToken: secrets.make('imported access token') }
  ok(
    await api.post('/api/v1/connectedAccounts/import', {
      items: [{ ...item, refreshToken: secrets.make('imported refresh token'), expiresIn: 3600 }],
    }),
  )

  const hook = ok(
    await api.post<{ id: string; secret: string }>('/api/v1/webhookEndpoints', { url: 'https://a.example/' }),
  )
  const rotated = ok(await api.post<{ secret: string }>(`/api/v1/webhookEndpoints/${hook.id}/secret/rotations`))
  for (const { secret } of [hook, rotated]) secrets.know('webhook secret', secret.replace('whsec_', ''))
  const operator = apiOf(app.server, app.server.adminKey)
  const made = ok(await operator.post<Project & { apiKey: string }>('/api/v1/projects', { name: 'More', mode: 'live' }))
  const key = ok(await operator.post<ApiKey & { key: string }>(`/api/v1/projects/${made.id}/apiKeys`, { name: 'more' }))
  for (const text of [made.apiKey, key.key]) secrets.know('api key', text)

  await useSimulator(app, secrets)
  for (const form of app.seen.token)
    for (const name of ['code', 'code_verifier']) {
      const value = form.get(name)
      if (value !== null && value.length >= 16) secrets.know(name, value)
    }
}

/** The provider's side of test mode is in the same database. It keeps hashes, as we do of what we only compare. */
async function useSimulator({ server }: ScriptedApp, secrets: Secrets): Promise<void> {
  const api = apiOf(server)
  const begun = await api.initiate({ app: 'jira' })
  await connectWatched(begun.redirectUrl ?? '', secrets)
  for (const script of [{}, { expireNow: true } as const]) {
    await api.script(begun.connectedAccountId, script)
    ok(await api.info(begun.connectedAccountId))
    const { connectionParams } = await api.account(begun.connectedAccountId)
    secrets.knowHashed('simulated access token', String(connectionParams?.access_token))
    secrets.knowHashed('simulated refresh token', String(connectionParams?.refresh_token))
  }
}

async function connectWatched(redirectUrl: string, secrets: Secrets): Promise<void> {
  const person = new Person()
  secrets.know('link', lastSegment(redirectUrl))
  const authorizationUrl = await person.agree(redirectUrl)
  secrets.know('state', authorizationUrl.searchParams.get('state'))
  for (const cookie of person.cookies.values()) secrets.know('cookie', cookie)
  const callback = await person.consent(authorizationUrl)
  const code = callback.searchParams.get('code')
  if (code !== null && code.length >= 16) secrets.know('code', code)
  await person.open(callback)
}

const lastSegment = (url: string | null): string => new URL(url ?? '').pathname.split('/').at(-1) ?? ''

async function aFolder(t: TestContext): Promise<string> {
  const { folder, remove } = await temporaryFolder()
  t.after(remove)
  return folder
}

async function filesIn(folder: string): Promise<Written[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: Written[] = []
  for (const entry of entries.filter((each) => each.isFile())) {
    const name = join(entry.parentPath, entry.name)
    files.push({ name, bytes: await readFile(name) })
  }
  return files
}

/** All there is, as a dump would hold it. */
async function columnsOf({ query }: TestDatabase): Promise<Written[]> {
  const tables = await query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'public'`)
  const written: Written[] = []
  for (const { name } of tables) {
    const rows = await query(`select * from "${name}"`)
    const values = rows.flatMap((row) => Object.values(row))
    const bytes = values.map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(`${String(value)}\n`)))
    written.push({ name, bytes: Buffer.concat(bytes) })
  }
  return written
}
