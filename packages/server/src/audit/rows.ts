import { type AuditChainRow, type AuditEntryRow, installationChain } from '../store/index.ts'
import type { AuditChain, AuditRecord } from './types.ts'

export const chainOf = (projectId: string | null): string => projectId ?? installationChain
export const projectOf = (chain: string): string | null => (chain === installationChain ? null : chain)
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export const toRecord = (row: AuditEntryRow): AuditRecord => ({
  id: row.id,
  at: new Date(Number(row.at)),
  sequence: Number(row.sequence),
  hash: hex(row.hash),
  projectId: projectOf(row.chain),
  actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor },
  action: row.action,
  target: row.target,
  address: row.address,
  status: row.status === null ? null : Number(row.status),
  detail: row.detail,
  requestId: row.request_id,
})

export const toChain = (row: AuditChainRow): AuditChain => ({
  projectId: projectOf(row.chain),
  length: Number(row.sequence),
  hash: hex(row.hash),
  keptFrom: Number(row.kept_from),
  keptHash: hex(row.kept_hash),
})
