import { ConnectionFailedError, invalidInput, WaitTimeoutError } from './errors.ts'
import { sleep } from './sleep.ts'
import { segment, type Transport } from './transport.ts'
import type { CallOptions, ConnectedAccount } from './types.ts'

/** Many proxies cut a connection that is silent for a minute. */
const longestRequestSeconds = 30
/** Between questions, should a server or proxy answer at once instead of holding the request. */
const pauseMs = 1000

/**
 * Waits until the account is `ACTIVE`. The server holds each request until something happens, so the answer comes with
 * the change and not with the next poll.
 *
 * @param seconds How long to wait in all; more than 0.
 * @throws {ConnectionFailedError} as soon as the account is `FAILED` or `EXPIRED`.
 * @throws {WaitTimeoutError} when the time is over. The signal's reason when aborted.
 */
export async function waitUntilActive(
  transport: Transport,
  connectedAccountId: string,
  seconds: number,
  { signal }: CallOptions = {},
): Promise<ConnectedAccount> {
  const path = `/api/v1/connectedAccounts/${segment('connectedAccountId', connectedAccountId)}`
  if (!(seconds > 0 && seconds <= 86_400))
    throw invalidInput('seconds', 'must be more than 0 and at most 86400', 'Give the time to wait in seconds.')
  signal?.throwIfAborted()

  const timeIsOver = new WaitDeadline(seconds, signal)
  let account: ConnectedAccount | undefined
  try {
    for (;;) {
      const timeoutSeconds = Math.min(longestRequestSeconds, Math.max(1, Math.ceil(timeIsOver.remainingMs() / 1000)))
      const askedAt = Date.now()
      account = await transport.get<ConnectedAccount>(path, {
        query: { waitFor: 'ACTIVE', timeoutSeconds },
        signal: timeIsOver.signal,
        heldMs: timeoutSeconds * 1000,
      })
      if (account.status === 'ACTIVE') return account
      if (account.status === 'FAILED' || account.status === 'EXPIRED') throw new ConnectionFailedError(account)
      if (Date.now() - askedAt < pauseMs) await sleep(pauseMs, timeIsOver.signal)
    }
  } catch (error) {
    if (error === timeIsOver.mark) throw new WaitTimeoutError(connectedAccountId, seconds, account)
    throw error
  } finally {
    timeIsOver.clear()
  }
}

/** Aborts when the caller does, with the caller's reason, or when the time is over, with `mark`. */
class WaitDeadline {
  readonly mark = new Error('The time to wait is over.')
  readonly #controller = new AbortController()
  readonly #endsAt: number
  readonly #timer: ReturnType<typeof setTimeout>
  readonly #clearCaller: () => void

  constructor(seconds: number, caller: AbortSignal | undefined) {
    const passOn = () => this.#controller.abort(caller?.reason)
    caller?.addEventListener('abort', passOn, { once: true })
    this.#clearCaller = () => caller?.removeEventListener('abort', passOn)
    this.#endsAt = Date.now() + seconds * 1000
    this.#timer = setTimeout(() => this.#controller.abort(this.mark), seconds * 1000)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  remainingMs(): number {
    return Math.max(0, this.#endsAt - Date.now())
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#clearCaller()
  }
}
