/**
 * Fills an installation with accounts, past the API: even numbers are API keys, odd ones OAuth with an access token of 1 kB
 * that is good for a month.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { loadCatalog } from '@holdfast/catalog'
import pg from 'pg'
import { Secret } from '../../packages/server/src/secret.ts'
import { createVault, parseMasterKeys, type Vault } from '../../packages/server/src/vault/index.ts'
import { idAt, isExpired } from './ids.ts'
import { startServer } from './processes.ts'

export const masterKeys = `bench:${Buffer.alloc(32, 7).toString('base64')}`
export const apiKey = 'hf_test_bench_key_of_the_benchmarks'
export const accountsPerEntity = 10
const integrationsOfAKind = 10
const batchSize = 500
const monthMs = 30 * 24 * 60 * 60_000

export type StoreName = 'sqlite' | 'postgres'

export interface Place {
  store: StoreName
  dataDir: string
  /** Of an empty database. */
  databaseUrl?: string | undefined
}

type Row = Record<string, unknown>

export const environmentOf = ({ dataDir, databaseUrl }: Place): Record<string, string> => ({
  HOLDFAST_DATA_DIR: dataDir,
  HOLDFAST_MASTER_KEYS: masterKeys,
  HOLDFAST_API_KEY: apiKey,
  // All pages come from one address.
  HOLDFAST_RATE_LIMIT_ADDRESS: '0',
  ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
})

/** Adds accounts of the numbers `from` up to `to`. The first call makes the installation. */
export async function seed(place: Place, from: number, to: number): Promise<void> {
  if (from === 0) await makeTemplate(place)
  const database = place.store === 'sqlite' ? sqlite(place.dataDir) : await postgres(place.databaseUrl ?? '')
  try {
    const vault = createVault({ keyRing: parseMasterKeys(new Secret(masterKeys)) })
    const [template] = await database.all(
      `select * from connected_accounts where external_id is null order by created_at limit 1`,
    )
    if (!template) throw new Error('there is no account to copy')
    const integrations = await database.all('select * from integrations order by app_key, id')
    const kinds = [simpleOnes(integrations, 'API_KEY', 1), simpleOnes(integrations, 'OAUTH2', 0)] as const
    for (let start = from; start < to; start += batchSize) {
      const numbers = Array.from({ length: Math.min(batchSize, to - start) }, (_, offset) => start + offset)
      await database.insert(await Promise.all(numbers.map((number) => account(vault, template, kinds, number))))
    }
    await database.analyze()
  } finally {
    await database.close()
  }
}

interface Seeded {
  integration: Row
  /** The name of the key; undefined for OAuth. */
  param: string | undefined
}

/** Integrations of one scheme whose accounts need so many params, and nothing else of their own. */
function simpleOnes(integrations: readonly Row[], scheme: string, params: number): Seeded[] {
  const catalog = loadCatalog()
  const found = integrations.flatMap((integration) => {
    if (integration.auth_scheme !== scheme) return []
    const definition = catalog.get(String(integration.app_key))
    const its = definition?.authSchemes.find((candidate) => candidate.scheme === scheme)
    const isWhole =
      definition !== undefined && its?.params.length === params && /^https:[^{]+$/.test(definition.baseUrl ?? '')
    if (!isWhole || JSON.stringify(definition).includes('{client_id}')) return []
    return [{ integration, param: its.params[0]?.name }]
  })
  return found.slice(0, integrationsOfAKind)
}

/** The project, its integrations, and one account as the server itself makes it. */
async function makeTemplate(place: Place) {
  const server = await startServer(environmentOf(place))
  try {
    const call = async (path: string, body?: object) => {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      })
      if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
      return answer.json()
    }
    await call('/api/v1/connectedAccounts', await keyAccount(server.port))
  } finally {
    await server.stop()
  }
}

/** What initiates an account of the first app that one API key connects. */
export async function keyAccount(port: number): Promise<{ integrationId: string; entityId: string; data: object }> {
  const get = async (path: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { 'x-api-key': apiKey } })).json()
  interface Listed {
    items: { id: string; authScheme: string }[]
  }
  const { items } = (await get('/api/v1/integrations?pageSize=100')) as Listed
  for (const { id, authScheme } of items) {
    if (authScheme !== 'API_KEY') continue
    const { expectedInputFields: fields } = (await get(`/api/v1/integrations/${id}`)) as {
      expectedInputFields: { name: string; required: boolean }[]
    }
    if (fields.length === 1 && fields[0])
      return { integrationId: id, entityId: 'bench', data: { [fields[0].name]: '1234567890' } }
  }
  throw new Error('no app takes one API key')
}

async function account(
  vault: Vault,
  template: Row,
  kinds: readonly (readonly Seeded[])[],
  number: number,
): Promise<Row> {
  const isOAuth = number % 2 === 1
  const ofKind = kinds[number % 2] ?? []
  const seeded = ofKind[(number >> 1) % ofKind.length]
  if (!seeded) throw new Error('there is no integration of this kind')
  const { integration, param = '' } = seeded
  const id = idAt(number)
  const now = Date.now()
  const token = () => randomBytes(750).toString('base64url')
  const credentials = isOAuth
    ? {
        params: {},
        tokens: {
          accessToken: token(),
          refreshToken: randomBytes(150).toString('base64url'),
          idToken: null,
          tokenType: 'Bearer',
          receivedAt: new Date(now).toISOString(),
          expiresInSeconds: monthMs / 1000,
          refreshExpiresAt: null,
          scopes: ['read', 'write'],
          extra: {},
        },
      }
    : { params: { [param]: randomBytes(24).toString('hex') }, tokens: null }
  const place = { projectId: String(template.project_id), table: 'connected_accounts', rowId: id, field: 'credentials' }
  return {
    ...template,
    id,
    integration_id: integration.id,
    app_key: integration.app_key,
    auth_scheme: integration.auth_scheme,
    entity_id: `entity-${Math.floor(number / accountsPerEntity)}`,
    status: isExpired(number) ? 'EXPIRED' : 'ACTIVE',
    credentials: await vault.seal(JSON.stringify(credentials), { ...place, version: 0 }),
    credentials_version: 0,
    ...(isOAuth && {
      expires_at: now + monthMs,
      refresh_after: now + monthMs - 300_000,
      background_after: now + monthMs - 600_000,
      identity: JSON.stringify({ id: `person-${number}`, name: `Person ${number}`, email: `p${number}@example.com` }),
      identity_id: `person-${number}`,
    }),
    created_at: now - 1_000_000_000 + number,
    updated_at: now - 1_000_000_000 + number,
  }
}

interface SeedDatabase {
  all(sql: string): Promise<Row[]>
  insert(rows: readonly Row[]): Promise<void>
  analyze(): Promise<void>
  close(): Promise<void>
}

function sqlite(dataDir: string): SeedDatabase {
  const database = new DatabaseSync(join(dataDir, 'holdfast.db'))
  database.exec('PRAGMA synchronous = OFF')
  return {
    all: async (sql) => database.prepare(sql).all() as Row[],
    async insert(rows) {
      const columns = Object.keys(rows[0] ?? {})
      const insert = database.prepare(
        `insert into connected_accounts (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
      )
      database.exec('begin')
      for (const row of rows) insert.run(...(columns.map((column) => row[column]) as SQLInputValue[]))
      database.exec('commit')
    },
    analyze: async () => database.exec('analyze; PRAGMA wal_checkpoint(TRUNCATE)'),
    close: async () => database.close(),
  }
}

async function postgres(url: string): Promise<SeedDatabase> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return {
    all: async (sql) => (await client.query(sql)).rows,
    async insert(rows) {
      const columns = Object.keys(rows[0] ?? {})
      const places = rows.map((_, row) => `(${columns.map((_, column) => `$${row * columns.length + column + 1}`)})`)
      await client.query(
        `insert into connected_accounts (${columns.join(', ')}) values ${places.join(', ')}`,
        rows.flatMap((row) => columns.map((column) => row[column])),
      )
    },
    async analyze() {
      await client.query('vacuum analyze connected_accounts')
    },
    close: () => client.end(),
  }
}
