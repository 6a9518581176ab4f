import { createHash } from 'node:crypto'

/** Of what belongs to no project: signing in, operators, projects and their keys. */
export const installationChain = 'installation'

/** What stands before the first entry of a chain. */
export const noHash: Uint8Array = new Uint8Array(32)

/** An entry as it is stored, without its hash. `chain` is a project's id, or {@link installationChain}. */
export interface AuditEntry {
  chain: string
  /** Counts from 1 without a gap. */
  sequence: number
  id: string
  /** Milliseconds since 1970. */
  at: number
  actor_kind: 'key' | 'session' | 'operator' | 'operator_key' | 'job' | 'nobody'
  /** Of the key or the operator. */
  actor_id: string | null
  /** For people: what the actor was called at the time. */
  actor: string
  action: string
  target: string
  address: string | null
  status: number | null
  detail: string | null
  request_id: string | null
}

export type NewAuditEntry = Omit<AuditEntry, 'sequence'>

/** SHA-256 over the hash before and every field in this order, as JSON. Never changes: stored chains depend on it. */
export function auditHash(entry: AuditEntry, previous: Uint8Array): Uint8Array {
  const fields = [
    entry.chain,
    entry.sequence,
    entry.id,
    entry.at,
    entry.actor_kind,
    entry.actor_id,
    entry.actor,
    entry.action,
    entry.target,
    entry.address,
    entry.status,
    entry.detail,
    entry.request_id,
  ]
  return createHash('sha256').update(previous).update(JSON.stringify(fields)).digest()
}
