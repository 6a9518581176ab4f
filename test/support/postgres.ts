/**
 * A real PostgreSQL for tests: the one `TEST_DATABASE_URL` names, else the binaries that came with `npm install`. Each test
 * file that asks for one starts its own, and each test makes a database of its own in it.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

const given = process.env.TEST_DATABASE_URL
const keeper = fileURLToPath(new URL('postgres-keeper.ts', import.meta.url))

export interface TestDatabase {
  url: string
  /** Runs one statement past the server under test. */
  query<Row extends pg.QueryResultRow>(sql: string, parameters?: unknown[]): Promise<Row[]>
  /** Whoever is still connected is thrown out. */
  drop(): Promise<void>
}

let shared: Promise<{ url: string; stop: () => Promise<void> }> | undefined

/** An empty database. Call `stopPostgres` in the file's `after`. */
export async function postgresDatabase(): Promise<TestDatabase> {
  shared ??= given === undefined ? startPostgres() : Promise.resolve({ url: given, stop: async () => {} })
  return createDatabase((await shared).url)
}

/** Ends what `postgresDatabase` started. */
export async function stopPostgres(): Promise<void> {
  const server = await shared
  shared = undefined
  await server?.stop()
}

export async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `hf_${randomUUID().replaceAll('-', '')}`
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  await query(serverUrl, `create database ${name}`)
  return {
    url: url.href,
    query: (sql, parameters) => query(url.href, sql, parameters),
    async drop() {
      await query(serverUrl, `drop database if exists ${name} with (force)`)
    },
  }
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string, parameters?: unknown[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, parameters)).rows
  } finally {
    await client.end()
  }
}

export interface PostgresServer {
  /** Of its maintenance database. */
  url: string
  /** With all its files. */
  folder: string
  /** Goes away and leaves its data where they are. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends it and deletes its data. */
  stop(): Promise<void>
}

/**
 * A server of one's own. Its keeper is a process that ends it, and deletes its folder, as soon as this one is gone, however
 * that happens: an interrupted test run leaves nothing behind.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const child = spawn(process.execPath, [keeper], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  let problem = ''
  child.stderr.on('data', (chunk) => {
    problem = (problem + chunk).slice(-4000)
  })
  const answers = createInterface(child.stdout)
  const tell = async (order: string) => {
    child.stdin.write(`${order}\n`)
    return answerOf(child, answers, () => problem)
  }
  const place = await tell('start')
  const [port, folder = ''] = place.split(' ')
  return {
    url: `postgres://holdfast@127.0.0.1:${port}/postgres`,
    folder,
    async pause() {
      await tell('stop')
    },
    async resume() {
      assert.equal(await tell('start'), place)
    },
    async stop() {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}

async function answerOf(child: ChildProcess, answers: Interface, problem: () => string): Promise<string> {
  const [line] = await Promise.race([once(answers, 'line'), once(child, 'exit')])
  assert.equal(typeof line, 'string', `PostgreSQL did not start:\n${problem()}`)
  return line as string
}
