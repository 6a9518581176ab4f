import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { StoreError, wordsOf } from './error.ts'
import { takePresence } from './presence.ts'

const minVersion = 14
const connectTimeoutMs = 5_000
/** A dead peer is noticed within half a minute, though nothing is ever sent to it. */
const keepAliveMs = 10_000
const retry = { firstMs: 100, maxMs: 5_000 }
/** How long a signal to ourselves may take at start. Where signals work at all it takes milliseconds. */
const echoTimeoutMs = 2_000
/** How often the connection is asked whether it still tells. */
const beatMs = 500

export interface ListenOptions {
  url: string
  /** Names this process to the others, who see that it is there as long as this connection is. */
  presence?: string | undefined
  /** What to do with a message, by channel. */
  channels: Readonly<Record<string, (message: string) => void>>
  /** The connection was lost and is back; what was sent meanwhile is gone. */
  onGap: () => void
  /** Everything that was committed before `sentAt` (by `performance.now()`) was told. Called again and again while all is well. */
  onBeat: (sentAt: number) => void
  /** The connection is lost: from now on something may have been missed. */
  onLost: () => void
  onError: (error: Error) => void
}

export interface Listener {
  /** Whether notifications sent by `notify` arrive here. @throws {StoreError} */
  check(notify: (channel: string, message: string) => Promise<void>): Promise<void>
  close(): Promise<void>
}

/**
 * A connection of its own that receives what any process sends to a channel, made anew whenever it is lost.
 * @throws {StoreError} when the database can't be reached or is not one that we can use.
 */
export async function listen({
  url,
  presence,
  channels,
  onGap,
  onBeat,
  onLost,
  onError,
}: ListenOptions): Promise<Listener> {
  const closing = new AbortController()

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'holdfast signals',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
    })
    client.on('error', (error) => {
      if (!closing.signal.aborted) onError(error)
    })
    client.on('notification', (notification) => {
      channels[notification.channel]?.(notification.payload ?? '')
    })
    try {
      await client.connect()
      for (const channel of Object.keys(channels)) await client.query(`listen ${channel}`)
      if (presence !== undefined) await client.query(takePresence, [presence])
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
    return client
  }

  let client: pg.Client
  try {
    client = await connect()
    await checkServer(client)
  } catch (error) {
    throw error instanceof StoreError ? error : unreachable(url, error)
  }

  // A session gets the notifications that wait for it before the answer to its next statement.
  let asking = false
  const beat = async () => {
    if (asking) return
    asking = true
    const asked = client
    const sentAt = performance.now()
    try {
      await asked.query('select 1')
      if (asked === client) onBeat(sentAt)
    } catch {
      // Its end is noticed below.
    } finally {
      asking = false
    }
  }
  const beating = setInterval(() => void beat(), beatMs)
  beating.unref()
  await beat()

  const stayConnected = async () => {
    for (;;) {
      await new Promise<void>((resolve) => client.once('end', resolve))
      onLost()
      for (let waitMs = retry.firstMs; ; waitMs = Math.min(retry.maxMs, waitMs * 2)) {
        if (closing.signal.aborted) return
        try {
          client = await connect()
          break
        } catch (error) {
          onError(error as Error)
          await delay(waitMs, undefined, { signal: closing.signal }).catch(() => undefined)
        }
      }
      if (closing.signal.aborted) return client.end()
      onGap()
      asking = false
      await beat()
    }
  }
  const running = stayConnected()

  return {
    check: (notify) => checkEcho(client, notify),
    async close() {
      closing.abort()
      clearInterval(beating)
      await client.end()
      await running
    },
  }
}

/** @throws {StoreError} for a server that is too old, or that only reads. The connection is closed then. */
async function checkServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string; version_number: string; standby: boolean }>(
    `select current_setting('server_version') as version, current_setting('server_version_num') as version_number,
            pg_is_in_recovery() as standby`,
  )
  const [server] = rows
  if (!server) return
  const problem =
    Number(server.version_number) < minVersion * 10_000
      ? `This is PostgreSQL ${server.version}; Holdfast needs ${minVersion} or newer. Point DATABASE_URL to a newer server, or upgrade this one.`
      : server.standby
        ? 'This PostgreSQL server is a standby, which can only be read. Point DATABASE_URL to the primary.'
        : undefined
  if (problem === undefined) return
  await client.end()
  throw new StoreError(problem)
}

/**
 * A pooler in transaction mode takes LISTEN and never delivers anything. Waiting requests would then wait for nothing, so
 * it is better not to start.
 */
async function checkEcho(
  client: pg.Client,
  notify: (channel: string, message: string) => Promise<void>,
): Promise<void> {
  const channel = `holdfast_check_${randomUUID().replaceAll('-', '')}`
  const heard = new Promise<void>((resolve) => {
    const hear = (notification: pg.Notification) => {
      if (notification.channel !== channel) return
      client.off('notification', hear)
      resolve()
    }
    client.on('notification', hear)
  })
  const timeout = new AbortController()
  try {
    await client.query(`listen ${channel}`)
    await notify(channel, '')
    await Promise.race([
      heard,
      delay(echoTimeoutMs, undefined, { signal: timeout.signal }).then(() => {
        throw new StoreError(
          'The database does not deliver notifications (LISTEN/NOTIFY), by which Holdfast wakes waiting requests. DATABASE_URL probably leads through a pooler in transaction mode: give the direct address of the database, or let the pooler run in session mode. Holdfast keeps a small pool of its own.',
        )
      }),
    ])
    await client.query(`unlisten ${channel}`)
  } finally {
    timeout.abort()
  }
}

function unreachable(url: string, error: unknown): StoreError {
  const { host, pathname } = new URL(url)
  return new StoreError(
    `The database ${decodeURIComponent(pathname.slice(1))} at ${host} can't be used: ${wordsOf(error)}. Check DATABASE_URL, and that the server runs and lets this user in.`,
    { cause: error },
  )
}
