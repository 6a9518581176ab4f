/** The people who run the server, as they come over the wire. */
import type { ConnectedAccount, Project } from './types.ts'

/** `viewer` reads all but credentials; `admin` does all but change operators; `owner` does all. */
export type OperatorRole = 'owner' | 'admin' | 'viewer'

export interface Operator {
  id: string
  name: string
  email: string
  role: OperatorRole
  totpEnabled?: boolean
  /** How many are registered. */
  passkeys?: number
  createdAt?: string
  lastSeenAt?: string | null
}

export interface OperatorSession {
  operator: Operator
  projects: Project[]
}

export interface OperatorInvite {
  id: string
  email: string
  role: OperatorRole
  expiresAt: string
  createdAt?: string
}

export interface Overview {
  accounts: { total: number; byStatus: Record<string, number>; disabled?: number }
  /** Of the last 24 hours. */
  refreshes: { succeeded: number; failed: number }
  /** Grants that end soon and cannot be refreshed. */
  dueSoon: number
  attention: Pick<ConnectedAccount, 'id' | 'appName' | 'entityId' | 'status' | 'statusReason' | 'updatedAt'>[]
}
