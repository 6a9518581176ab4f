import { EventEmitter } from 'node:events'

const gatherMs = 50

/**
 * Tells those who wait for an account that it changed: within this process at once, in the others by way of the database.
 * A signal is a hint to look again, never the news itself, so a lost one costs time and nothing else.
 */
export class AccountSignals {
  readonly #emitter = new EventEmitter().setMaxListeners(0)
  readonly #publish: (accountId: string) => Promise<void>
  readonly #gathering = new Map<string, ReturnType<typeof setTimeout>>()

  /** @param publish Carries a signal to the other processes; it does not throw. */
  constructor(publish: (accountId: string) => Promise<void> = async () => {}) {
    this.#publish = publish
  }

  /** After the commit that changed it. */
  async changed(accountId: string): Promise<void> {
    this.received(accountId)
    await this.#publish(accountId)
  }

  /** For what changes often: within this process at once, in the others once for all that happened in a moment. */
  changedOften(name: string): void {
    this.received(name)
    if (this.#gathering.has(name)) return
    const publish = () => {
      this.#gathering.delete(name)
      void this.#publish(name)
    }
    this.#gathering.set(name, setTimeout(publish, gatherMs).unref())
  }

  /** What was gathered and not told yet is lost, as any signal may be. */
  close(): void {
    for (const timer of this.#gathering.values()) clearTimeout(timer)
    this.#gathering.clear()
  }

  /** Calls `listener` at each change until the returned function is called. */
  watch(accountId: string, listener: () => void): () => void {
    this.#emitter.on(accountId, listener)
    return () => this.#emitter.off(accountId, listener)
  }

  /** A signal that is aborted at the next change. `stop` is called when nobody waits for it any more. */
  next(accountId: string): { signal: AbortSignal; stop: () => void } {
    const changed = new AbortController()
    return { signal: changed.signal, stop: this.watch(accountId, () => changed.abort()) }
  }

  /** Another process says so. */
  received(accountId: string): void {
    this.#emitter.emit(accountId)
  }

  /** Signals may have been missed: whoever waits looks again. */
  wakeAll(): void {
    for (const accountId of this.#emitter.eventNames()) this.#emitter.emit(accountId)
  }
}
