/** Several real processes on one PostgreSQL, as they run in production, and ways to hurt them. */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { type Api, apiOf } from './api.ts'
import { postgresDatabase, type TestDatabase } from './postgres.ts'
import type { ScriptedProvider } from './scripted-provider.ts'
import { type ServerProcess, startProcess, temporaryFolder } from './server-process.ts'

export interface ClusterProcess {
  url: string
  api: Api
  /** As kill -9 does it. Resolves when the process is gone. */
  kill(): Promise<void>
  /** Where it keeps answers between their arrival and their commit. */
  spool(): string[]
  /** What it was started with, so that it can be started again. */
  folder: string
}

export interface Cluster {
  database: TestDatabase
  environment: Record<string, string>
  /**
   * @param folder Of a process that is gone, to start it again.
   * @param more Added to the environment of this process.
   */
  start(folder?: string, more?: Record<string, string>): Promise<ClusterProcess>
  /** From now on the account's access token is over, and only a read will see to it. */
  expire(accountId: string): Promise<void>
  /** Opens a connection of the test's own and a transaction in it. */
  transaction(): Promise<{ query: (sql: string, parameters?: unknown[]) => Promise<void>; end: () => Promise<void> }>
  /** The database throws everybody out and lets nobody in, until the returned function is called. */
  goAway(): Promise<() => Promise<void>>
  close(): Promise<void>
}

export const clusterKey = 'hf_test_key_of_this_cluster'

export async function startCluster(provider: Pick<ScriptedProvider, 'host'>): Promise<Cluster> {
  const database = await postgresDatabase()
  const environment = {
    DATABASE_URL: database.url,
    HOLDFAST_MASTER_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    HOLDFAST_API_KEY: clusterKey,
    HOLDFAST_ADMIN_KEY: 'operator-key-of-this-cluster',
    HOLDFAST_ALLOW_PRIVATE_HOSTS: provider.host,
    LOG_LEVEL: 'silent',
  }
  const running = new Set<ServerProcess>()
  const folders: { folder: string; remove: () => Promise<void> }[] = []

  return {
    database,
    environment,

    async start(given, more) {
      const place = given === undefined ? await temporaryFolder() : undefined
      if (place) folders.push(place)
      const folder = given ?? place?.folder ?? ''
      const started = await startOnFreePort({ ...environment, ...more, HOLDFAST_DATA_DIR: folder })
      running.add(started)
      const spoolDir = join(folder, 'spool')
      return {
        url: started.url,
        api: apiOf({ url: started.url, apiKey: clusterKey }),
        folder,
        spool: () => (existsSync(spoolDir) ? readdirSync(spoolDir).filter((name) => name.endsWith('.json')) : []),
        async kill() {
          started.kill('SIGKILL')
          await started.ended
          running.delete(started)
        },
      }
    },

    async expire(accountId) {
      await database.query(
        'update connected_accounts set expires_at = $2, refresh_after = $2, background_after = null where id = $1',
        [accountId, Date.now() - 1000],
      )
    },

    async transaction() {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      await client.query('begin')
      return {
        async query(sql, parameters) {
          await client.query(sql, parameters)
        },
        end: () => client.end(),
      }
    },

    async goAway() {
      const admin = new URL(database.url)
      const name = admin.pathname.slice(1)
      admin.pathname = '/postgres'
      const client = new pg.Client({ connectionString: admin.href })
      await client.connect()
      await client.query(`alter database ${name} allow_connections false`)
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
      return async () => {
        await client.query(`alter database ${name} allow_connections true`)
        await client.end()
      }
    },

    async close() {
      for (const one of running) one.kill('SIGKILL')
      await Promise.all([...running].map((one) => one.ended))
      await Promise.all(folders.map(({ remove }) => remove()))
      await database.drop()
    },
  }
}

/** A port that was free may be somebody's connection a moment later, where so much goes on at once. */
async function startOnFreePort(environment: Record<string, string>): Promise<ServerProcess> {
  for (let left = 3; ; left--) {
    try {
      return await startProcess(environment)
    } catch (error) {
      if (left === 0 || !/^Holdfast did not start\. Port .* is taken/m.test((error as Error).message)) throw error
    }
  }
}

/** Looks again and again, for at most 30 s. */
export async function until(what: string, look: () => unknown): Promise<void> {
  const giveUpAt = Date.now() + 30_000
  while (!(await look())) {
    if (Date.now() > giveUpAt) throw new Error(`${what}: not within 30 s`)
    await delay(20)
  }
}
