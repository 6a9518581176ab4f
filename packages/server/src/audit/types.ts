import type { CredentialReads } from '../credential-reads.ts'

/** Who did it: a project's key, the token of a browser, a person, the operator's key, a loop of ours, or nobody known. */
export type AuditActorKind = 'key' | 'session' | 'operator' | 'operator_key' | 'job' | 'nobody'

/** Who did what to what, from where. No secret is ever among it. */
export interface AuditNote {
  /** Null: of the installation. */
  projectId: string | null
  actor: { kind: AuditActorKind; id: string | null; name: string }
  /** Method and pattern of the route, or a name such as `credentials.read`. */
  action: string
  target: string
  address: string | null
  /** Of the answer; null where there is none. */
  status: number | null
  detail: string | null
  requestId: string | null
}

export interface AuditRecord extends AuditNote {
  id: string
  at: Date
  /** Its place in the chain of its project, from 1 without a gap. */
  sequence: number
  /** SHA-256 over this entry and the hash before, in hex. */
  hash: string
}

/** What a chain keeps: entries from `keptFrom` on. `keptHash` is the hash of the one before, which is gone or never was. */
export interface AuditChain {
  projectId: string | null
  length: number
  hash: string
  keptFrom: number
  keptHash: string
}

export interface AuditVerdict {
  chain: AuditChain
  /** How many entries were looked at. */
  entries: number
  /** What is wrong, and where; null when all is as it was written. */
  problem: string | null
}

export interface Audit {
  /** Resolves once it is in the database. Many at once share a transaction. @throws when it can't be written. */
  write(note: AuditNote): Promise<void>
  /** Newest first. @param cursor The `nextCursor` of the page before. @throws {AppError} validation_failed. */
  read(paging: {
    projectId?: string | undefined
    cursor?: string | undefined
    limit: number
  }): Promise<{ items: AuditRecord[]; nextCursor: string | null }>
  chains(): Promise<AuditChain[]>
  /** The chain of a project from its oldest entry on; null: of the installation. */
  export(projectId: string | null): AsyncGenerator<AuditRecord, void, undefined>
  /** Recomputes every hash of every chain. */
  verify(): AsyncGenerator<AuditVerdict, void, undefined>
  reads: CredentialReads
}
