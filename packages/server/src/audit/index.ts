/**
 * The audit log: who did what to what, from where. Entries are only ever added, each carries the hash of the one before it in
 * the chain of its project, and what tells of an answer is written before the answer leaves.
 */
import type { Clock } from '../clock.ts'
import { invalid } from '../errors.ts'
import { type AuditChainRow, type AuditEntryRow, auditHash, type Store } from '../store/index.ts'
import { createReads } from './reads.ts'
import { chainOf, hex, projectOf, toChain, toRecord } from './rows.ts'
import type { Audit, AuditVerdict } from './types.ts'
import { createWriter } from './writer.ts'

export type * from './types.ts'

const pageSize = 1000

export interface AuditOptions {
  store: Store
  clock: Clock
  /** Whether reads of credentials are written before they are answered, too. */
  strictReads: boolean
  keptDays: number
  onError: (error: unknown) => void
}

export interface AuditJobs {
  /** Forgets what is older than it is kept. */
  trim(): Promise<void>
  /** Writes what was gathered; for the end. */
  flush(): Promise<void>
}

export function createAudit({ store, clock, strictReads, keptDays, onError }: AuditOptions): {
  audit: Audit
  jobs: AuditJobs
} {
  const writer = createWriter({ store, clock })
  const reads = createReads({ write: writer.write, strict: strictReads, onError })

  const audit: Audit = {
    write: (note) => writer.write(note),
    reads,

    async read({ projectId, cursor, limit }) {
      if (cursor !== undefined && !/^[0-9a-f-]{36}$/.test(cursor))
        throw invalid({ property: 'cursor', message: 'is not a nextCursor of this list' })
      const rows = await store.audit.newest(projectId, cursor, limit + 1)
      const items = rows.slice(0, limit).map(toRecord)
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    chains: async () => (await store.audit.chains()).map(toChain),

    async *export(projectId) {
      for await (const row of rowsOf(store, chainOf(projectId), 0)) yield toRecord(row)
    },

    async *verify() {
      for (const chain of await store.audit.chains()) yield await verifyChain(store, chain)
    },
  }

  return {
    audit,
    jobs: {
      async trim() {
        const olderThan = clock.now().getTime() - keptDays * 24 * 60 * 60_000
        for (const { chain } of await store.audit.chains()) {
          const gone = await store.transaction(async (queries) => queries.audit.trim(chain, olderThan))
          if (gone > 0)
            await writer.write({
              projectId: projectOf(chain),
              actor: { kind: 'job', id: null, name: 'retention' },
              action: 'audit.trimmed',
              target: `${gone} entries older than ${keptDays} days`,
              address: null,
              status: null,
              detail: null,
              requestId: null,
            })
        }
      },
      async flush() {
        await reads.flush()
        await writer.idle()
      },
    },
  }
}

async function* rowsOf(store: Store, chain: string, after: number): AsyncGenerator<AuditEntryRow, void, undefined> {
  for (let position = after; ; ) {
    const rows = await store.audit.entries(chain, position, pageSize)
    yield* rows
    const last = rows.at(-1)
    if (!last) return
    position = Number(last.sequence)
  }
}

/** The head is read first: what is added meanwhile is not looked at, and is no fault. */
async function verifyChain(store: Store, head: AuditChainRow): Promise<AuditVerdict> {
  const chain = toChain(head)
  let hash = head.kept_hash
  let sequence = chain.keptFrom - 1
  let entries = 0
  const found = (problem: string | null): AuditVerdict => ({ chain, entries, problem })
  for await (const row of rowsOf(store, head.chain, sequence)) {
    if (sequence === chain.length) break
    const { hash: stored, ...entry } = row
    if (Number(row.sequence) !== sequence + 1) return found(`entry ${sequence + 1} is missing`)
    const plain = {
      ...entry,
      sequence: Number(row.sequence),
      at: Number(row.at),
      status: row.status === null ? null : Number(row.status),
    }
    hash = auditHash(plain, hash)
    if (hex(hash) !== hex(stored)) return found(`entry ${row.sequence} is not as it was written, or one before it`)
    sequence++
    entries++
  }
  if (sequence < chain.length) return found(`the entries after ${sequence} are missing, up to ${chain.length}`)
  return found(hex(hash) === chain.hash ? null : 'the end of the chain is not as it was written')
}
