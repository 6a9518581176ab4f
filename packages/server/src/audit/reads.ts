import type { CredentialRead, CredentialReads } from '../credential-reads.ts'
import type { AuditNote } from './types.ts'

const flushEveryMs = 1000
/** One entry tells of so many accounts at most. */
const accountsInEntry = 100
/** More than this waits for no timer. */
const mostWaiting = 20_000

export interface ReadsOptions {
  write: (note: AuditNote, at?: number) => Promise<void>
  /** Whether an answer with credentials waits until it is written that it is given. */
  strict: boolean
  onError: (error: unknown) => void
}

/** Reads of one key from one address. */
interface Gathered {
  first: CredentialRead
  /** By account: how often. */
  accounts: Map<string, number>
}

/**
 * Gathers who read which credentials and writes it once a second, an entry for each key and address. A crash loses what was
 * gathered in the last second; in strict mode each answer waits for its entry instead, and none is lost.
 */
export function createReads({ write, strict, onError }: ReadsOptions): CredentialReads & { flush(): Promise<void> } {
  let gathered = new Map<string, Gathered>()
  let waiting = 0
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> = Promise.resolve()

  const gather = (read: CredentialRead, times = 1) => {
    const key = `${read.projectId} ${read.keyId} ${read.ip ?? ''}`
    let one = gathered.get(key)
    if (!one) {
      one = { first: read, accounts: new Map() }
      gathered.set(key, one)
    }
    const before = one.accounts.get(read.accountId)
    if (before === undefined) waiting++
    one.accounts.set(read.accountId, (before ?? 0) + times)
  }

  const writeGathered = async () => {
    const taken = gathered
    gathered = new Map()
    waiting = 0
    for (const { first, accounts } of taken.values()) {
      const counted = [...accounts]
      for (let from = 0; from < counted.length; from += accountsInEntry) {
        const part = counted.slice(from, from + accountsInEntry)
        try {
          await write(noteOf(first, part), first.at)
        } catch (error) {
          for (const [accountId, times] of part) gather({ ...first, accountId }, times)
          onError(error)
        }
      }
    }
  }

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    flushing = flushing.then(writeGathered)
    return flushing
  }

  return {
    record(read) {
      if (strict) return write(noteOf(read, [[read.accountId, 1]]), read.at)
      gather(read)
      if (waiting > mostWaiting) void flush()
      else timer ??= setTimeout(() => void flush(), flushEveryMs).unref()
      return undefined
    },
    flush,
  }
}

const noteOf = (
  { projectId, keyId, ip }: CredentialRead,
  accounts: readonly (readonly [string, number])[],
): AuditNote => ({
  projectId,
  actor: { kind: 'key', id: keyId, name: `API key ${keyId}` },
  action: 'credentials.read',
  target: accounts.length === 1 ? `/api/v1/connectedAccounts/${accounts[0]?.[0]}` : `${accounts.length} accounts`,
  address: ip ?? null,
  status: 200,
  detail: accounts.length === 1 && accounts[0]?.[1] === 1 ? null : JSON.stringify(Object.fromEntries(accounts)),
  requestId: null,
})
