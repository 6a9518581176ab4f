/** The people who run the server, as they come over the wire. Dates are ISO 8601 in UTC. */
import type { AccountStatus, Project, StatusReason } from './types.ts'

/** `viewer` reads all but credentials; `admin` runs the projects; `owner` decides who the operators are, too. */
export type OperatorRole = 'owner' | 'admin' | 'viewer'

export interface Operator {
  id: string
  name: string
  email: string
  role: OperatorRole
  /** Whether a one-time code is asked for besides the password. */
  totpEnabled: boolean
  createdAt: string
}

/** The operator who is signed in. */
export interface OwnOperator extends Operator {
  /** How many are registered. */
  passkeys: number
}

export interface SignedIn {
  operator: OwnOperator
}

export interface OperatorSession extends SignedIn {
  projects: Project[]
}

export interface OperatorInvite {
  id: string
  email: string
  role: OperatorRole
  invitedBy: string | null
  expiresAt: string
  createdAt: string
}

export interface Passkey {
  id: string
  name: string
  createdAt: string
  lastUsedAt: string | null
}

/** A browser in which the operator is signed in. */
export interface SignedInBrowser {
  id: string
  /** Whether it is this one. */
  current: boolean
  userAgent: string
  createdAt: string
  lastSeenAt: string
  expiresAt: string
}

/** What somebody changed, or which credential they read. */
export interface OperatorAction {
  id: string
  /** Set when a person did it. */
  operatorId: string | null
  /** For people: what the actor was called at the time. */
  operator: string
  actor: {
    kind: 'key' | 'session' | 'operator' | 'operator_key' | 'job' | 'nobody'
    id: string | null
    name: string
  }
  /** Method and route: `DELETE /api/v1/connectedAccounts/:id`. */
  action: string
  path: string
  projectId: string | null
  /** Of the answer. */
  status: number | null
  detail: string | null
  requestId: string
  /** The network address it came from. */
  address: string | null
  /** Its place in the chain of its project, from 1 without a gap. */
  sequence: number
  /** SHA-256 over this entry and the hash before, in hex. */
  hash: string
  at: string
}

export interface OverviewAccount {
  id: string
  appName: string
  entityId: string
  status: AccountStatus
  statusReason: StatusReason | null
  /** Failed refreshes in a row. */
  refreshFailures: number
  grantEndsAt: string | null
  updatedAt: string
}

/** How a project is doing. Lists hold the first; the figures say how many there are. */
export interface Overview {
  accounts: { total: number; byStatus: Record<AccountStatus, number>; disabled: number }
  /** Of the last 24 hours, the oldest hour first. */
  refreshes: {
    succeeded: number
    /** Accounts that were lost. */
    failed: number
    /** Between 0 and 1; null when there were none. */
    successRate: number | null
    hours: { start: string; succeeded: number; failed: number }[]
  }
  /** Tokens that are refreshed within the hour. */
  refreshesDue: number
  /** Accounts whose grant ends within a week, and that no refresh renews. */
  dueSoon: number
  ending: OverviewAccount[]
  /** Accounts that have expired or fail to refresh. */
  attention: OverviewAccount[]
  attentionTotal: number
  /** Those whose OAuth client the app refuses. */
  integrations: { id: string; appName: string; name: string; code: string | null; message: string; since: string }[]
  /** Those that were disabled, or fail now. */
  webhookEndpoints: { id: string; url: string; disabledReason: 'gone' | 'failing' | null; since: string }[]
}
