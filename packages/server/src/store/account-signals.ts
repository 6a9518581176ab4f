import { EventEmitter } from 'node:events'
import pg from 'pg'

const channel = 'holdfast_account'

/**
 * Tells those who wait for an account that it changed. Within a process at once; with PostgreSQL in every process, by
 * LISTEN/NOTIFY on a connection of its own. A signal is a hint to look again, never the news itself, so a lost one
 * costs time and nothing else.
 */
export class AccountSignals {
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  readonly #publish: (accountId: string) => Promise<void>
  readonly #close: () => Promise<void>

  private constructor(
    publish: (accountId: string) => Promise<void> = async () => {},
    close: () => Promise<void> = async () => {},
  ) {
    this.#publish = publish
    this.#close = close
  }

  static local(): AccountSignals {
    return new AccountSignals()
  }

  static async overPostgres(url: string, onError: (error: Error) => void): Promise<AccountSignals> {
    let closed = false
    let listener: pg.Client | undefined
    const signals = new AccountSignals(
      async (accountId) => {
        try {
          await listener?.query('select pg_notify($1, $2)', [channel, accountId])
        } catch (error) {
          onError(error as Error)
        }
      },
      async () => {
        closed = true
        await listener?.end()
      },
    )
    const listen = async () => {
      const client = new pg.Client({ connectionString: url, keepAlive: true })
      client.on('notification', (message) => message.payload && signals.#emitter.emit(message.payload))
      client.on('error', onError)
      client.on('end', () => {
        listener = undefined
        if (!closed) setTimeout(() => listen().catch(onError), 1000).unref()
      })
      await client.connect()
      await client.query(`listen ${channel}`)
      listener = client
    }
    await listen()
    return signals
  }

  /** After the commit that changed it. */
  async changed(accountId: string): Promise<void> {
    this.#emitter.emit(accountId)
    await this.#publish(accountId)
  }

  /** Calls `listener` at each change until the returned function is called. */
  watch(accountId: string, listener: () => void): () => void {
    this.#emitter.on(accountId, listener)
    return () => this.#emitter.off(accountId, listener)
  }

  close(): Promise<void> {
    return this.#close()
  }
}
