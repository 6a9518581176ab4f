import type { DatabaseSync } from 'node:sqlite'
import type { DatabaseKind } from './database.ts'

/**
 * An account that is in use, with its sealed credentials: what handing them out takes, in one statement that is prepared
 * once. Every credential read that is not kept in memory comes through here, so it goes past the query builder.
 */
export interface CredentialRow {
  id: string
  project_id: string
  integration_id: string
  entity_id: string
  app_key: string
  auth_scheme: string
  status: 'ACTIVE'
  reason_code: string | null
  reason_message: string | null
  enabled: 1
  verification: 'verified' | 'unverified' | 'not_checked'
  identity: string | null
  identity_id: string | null
  labels: string
  requested_scopes: string | null
  granted_scopes: string | null
  simulated: 0 | 1
  credentials: Uint8Array
  credentials_version: number
  expires_at: number | null
  refresh_after: number | null
  created_at: number
  updated_at: number
  /** Ids of other accounts of the same identity, as JSON; null where the identity is not known. */
  duplicates: string | null
}

const columns = [
  'id',
  'project_id',
  'integration_id',
  'entity_id',
  'app_key',
  'auth_scheme',
  'status',
  'reason_code',
  'reason_message',
  'enabled',
  'verification',
  'identity',
  'identity_id',
  'labels',
  'requested_scopes',
  'granted_scopes',
  'simulated',
  'credentials',
  'credentials_version',
  'expires_at',
  'refresh_after',
  'created_at',
  'updated_at',
] as const

const duplicates = (aggregate: string) => `case when account.identity_id is null then null else (
    select ${aggregate} from (
      select id from connected_accounts other
       where other.project_id = account.project_id and other.app_key = account.app_key
         and other.identity_id = account.identity_id and other.id <> account.id
       order by id limit 100) as others) end`

const text = (kind: DatabaseKind) => `
  select ${columns.map((column) => `account.${column}`).join(', ')},
         ${duplicates(kind === 'postgres' ? `coalesce(json_agg(id), '[]')::text` : 'json_group_array(id)')}
    from connected_accounts account
   where account.project_id = ${kind === 'postgres' ? '$1 and account.id = any($2)' : '? and account.id = ?'}
     and account.status = 'ACTIVE' and account.enabled = 1 and account.credentials is not null`

export type FindCredentialRow = (projectId: string, id: string) => Promise<CredentialRow | undefined>

/** @param database A connection of its own: it must not see what a transaction has not committed. */
export function sqliteCredentialRows(database: DatabaseSync): FindCredentialRow {
  const statement = database.prepare(text('sqlite'))
  statement.setReturnArrays(true)
  return async (projectId, id) => {
    const values = statement.get(projectId, id) as unknown as unknown[] | undefined
    return values && toRow(values)
  }
}

/** So many statements at once; what is asked for meanwhile goes with the next. */
const statementsAtOnce = 2
const maxIds = 200

interface Asked {
  id: string
  resolve: (row: CredentialRow | undefined) => void
  reject: (error: unknown) => void
}

/** Reads that come together share a statement: one for each project, however many ask. */
export function postgresCredentialRows(
  run: (projectId: string, statement: { name: string; text: string; values: unknown[] }) => Promise<unknown[][]>,
): FindCredentialRow {
  const waiting = new Map<string, Asked[]>()
  let running = 0

  const start = () => {
    while (running < statementsAtOnce) {
      const [next] = waiting
      if (!next) return
      const [projectId, asked] = next
      const taken = asked.splice(0, maxIds)
      if (asked.length === 0) waiting.delete(projectId)
      running += 1
      void answer(projectId, taken).finally(() => {
        running -= 1
        start()
      })
    }
  }

  async function answer(projectId: string, asked: readonly Asked[]) {
    try {
      const ids = [...new Set(asked.map(({ id }) => id))]
      const found = await run(projectId, {
        name: 'credential_rows',
        text: text('postgres'),
        values: [projectId, ids],
      })
      const rows = new Map(found.map((values) => [values[0], toRow(values)]))
      for (const { id, resolve } of asked) resolve(rows.get(id))
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }

  return (projectId, id) =>
    new Promise((resolve, reject) => {
      const asked = waiting.get(projectId)
      if (asked) asked.push({ id, resolve, reject })
      else waiting.set(projectId, [{ id, resolve, reject }])
      // All requests that arrived in this turn go together.
      if (!asked) setImmediate(start)
    })
}

const toRow = (values: readonly unknown[]): CredentialRow =>
  ({
    id: values[0],
    project_id: values[1],
    integration_id: values[2],
    entity_id: values[3],
    app_key: values[4],
    auth_scheme: values[5],
    status: values[6],
    reason_code: values[7],
    reason_message: values[8],
    enabled: values[9],
    verification: values[10],
    identity: values[11],
    identity_id: values[12],
    labels: values[13],
    requested_scopes: values[14],
    granted_scopes: values[15],
    simulated: values[16],
    credentials: values[17],
    credentials_version: values[18],
    expires_at: values[19],
    refresh_after: values[20],
    created_at: values[21],
    updated_at: values[22],
    duplicates: values[23],
  }) as CredentialRow
