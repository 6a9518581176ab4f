/** What is told of changes to accounts; fits the store's. */
export interface AnswerChanges {
  subscribe(listener: {
    account(change: { id: string; projectId: string; appKey: string; identityIds: readonly string[] }): void
    everything(): void
  }): () => void
}

/** An answer as text, cut where its only moving part goes: the seconds until the access token ends. */
export interface Answer {
  projectId: string
  head: string
  /** Null: `head` is the whole of it. */
  tail: string | null
  /** Of the text without the moving part. */
  byteLength: number
  /** Milliseconds since 1970. */
  expiresAt: number
  goodUntil: number
  /** The account's identity with its app and project; undefined when it has none. */
  identity: string | undefined
}

interface Kept extends Answer {
  id: string
  keptUntil: number
}

export interface KeptAnswersOptions {
  changes: AnswerChanges
  maxBytes: number
  /** Nothing is kept for longer, used or not. */
  maxAgeMs: number
}

export interface KeptAnswers {
  /** To be called only while changes are current. @param name The account's id and which answer it is. */
  find(name: string, now: number): Answer | undefined
  /** To be called before what an answer is made of is read. */
  begin(id: string): Reading
}

export interface Reading {
  /** Keeps the answer, unless it may be old already. */
  keep(name: string, answer: Answer, now: number): void
  /** To be called in any case. */
  end(): void
}

export const identityName = (projectId: string, appKey: string, identityId: string): string =>
  `${projectId}/${appKey}/${identityId}`

/** What an entry takes besides its text, about. */
const overheadBytes = 600

/**
 * Answers with opened credentials, in this process only, used for as long as every change to what they are made of is told.
 * The one that was not used for longest goes first.
 */
export function createKeptAnswers({ changes, maxBytes, maxAgeMs }: KeptAnswersOptions): KeptAnswers {
  const kept = new Map<string, Kept>()
  /** The names of an account's answers, and the accounts of an identity: what to drop when one of them changes. */
  const namesOf = new Map<string, Set<string>>()
  const idsOf = new Map<string, Set<string>>()
  /** Accounts that are being read; what is told of one meanwhile makes its answer old. */
  const reading = new Map<string, { readers: number; changes: number }>()
  let cleared = 0
  let bytes = 0

  const forget = (name: string) => {
    const answer = kept.get(name)
    if (!answer) return
    kept.delete(name)
    bytes -= answer.byteLength + overheadBytes
    remove(namesOf, answer.id, name)
    if (answer.identity !== undefined && !namesOf.has(answer.id)) remove(idsOf, answer.identity, answer.id)
  }

  const forgetAccount = (id: string) => {
    const read = reading.get(id)
    if (read) read.changes += 1
    for (const name of namesOf.get(id) ?? []) forget(name)
  }

  changes.subscribe({
    account({ id, projectId, appKey, identityIds }) {
      forgetAccount(id)
      for (const identityId of identityIds) {
        // Its other accounts name this one, or did. One that is being read now may not be known to be among them.
        for (const other of idsOf.get(identityName(projectId, appKey, identityId)) ?? []) forgetAccount(other)
        for (const read of reading.values()) read.changes += 1
      }
    },
    everything() {
      cleared += 1
      kept.clear()
      namesOf.clear()
      idsOf.clear()
      bytes = 0
    },
  })

  const keep = (name: string, answer: Kept) => {
    forget(name)
    kept.set(name, answer)
    bytes += answer.byteLength + overheadBytes
    add(namesOf, answer.id, name)
    if (answer.identity !== undefined) add(idsOf, answer.identity, answer.id)
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) return
      forget(oldest)
    }
  }

  return {
    find(name, now) {
      const answer = kept.get(name)
      if (!answer) return undefined
      if (answer.goodUntil <= now || answer.keptUntil <= now) {
        forget(name)
        return undefined
      }
      // A Map keeps the order of insertion: the last used goes to the end.
      kept.delete(name)
      kept.set(name, answer)
      return answer
    },

    begin(id) {
      const read = reading.get(id) ?? { readers: 0, changes: 0 }
      reading.set(id, read)
      read.readers += 1
      const before = read.changes
      const clearedBefore = cleared
      return {
        keep(name, answer, now) {
          // What is not told yet is told before the next answer is looked for, and drops this one again.
          if (read.changes !== before || cleared !== clearedBefore) return
          keep(name, { ...answer, id, keptUntil: now + maxAgeMs })
        },
        end() {
          read.readers -= 1
          if (read.readers === 0) reading.delete(id)
        },
      }
    },
  }
}

function add(sets: Map<string, Set<string>>, key: string, value: string) {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

function remove(sets: Map<string, Set<string>>, key: string, value: string) {
  const set = sets.get(key)
  set?.delete(value)
  if (set?.size === 0) sets.delete(key)
}
