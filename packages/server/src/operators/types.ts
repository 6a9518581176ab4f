import type { Secret } from '../secret.ts'

/** From the most to the least: a viewer looks, an admin runs the projects, an owner decides who the operators are. */
export const operatorRoles = ['owner', 'admin', 'viewer'] as const
export type OperatorRole = (typeof operatorRoles)[number]

export interface Operator {
  id: string
  name: string
  email: string
  role: OperatorRole
  totpEnabled: boolean
  createdAt: Date
}

/** Somebody signed in: the operator and the session that says so. */
export interface SignedIn {
  operator: Operator
  sessionId: string
}

/** A new session. The token goes into the cookie and is stored nowhere. */
export interface NewSession extends SignedIn {
  token: Secret
  expiresAt: Date
}

export interface Session {
  id: string
  userAgent: string
  createdAt: Date
  lastSeenAt: Date
  expiresAt: Date
}

export interface Passkey {
  id: string
  name: string
  createdAt: Date
  lastUsedAt: Date | null
}

export interface Invitation {
  id: string
  email: string
  role: OperatorRole
  invitedBy: string | null
  createdAt: Date
  expiresAt: Date
}

/** Where a request comes from, as far as sign-ins care. */
export interface Visit {
  /** The address of the network peer; undefined where there is none. */
  address: string | undefined
  userAgent: string
  /** The session the browser still has. It ends: a session from before a sign-in must not go on after it. */
  earlier?: string | undefined
}

/** Who acts on operators: a signed-in one, or whoever has the operator's key, who may do what an owner may. */
export type Actor = { kind: 'session'; operator: Operator } | { kind: 'key' }

/** WebAuthn objects pass through as the browser's API gives and takes them. */
export type WebAuthnOptions = Readonly<Record<string, unknown>>
export type WebAuthnResponse = Readonly<Record<string, unknown>>

/** The verbs of the room. All refusals are {@link AppError}s. */
export interface Operators {
  /** Whether there is no owner yet. */
  needsSetup(): Promise<boolean>
  /** @throws {AppError} unauthorized for a link that is not good (any more), validation_failed for a bad password. */
  setUp(input: { token: string; name: string; email: string; password: string }, visit: Visit): Promise<NewSession>

  /** @throws {AppError} unauthorized, totp_required once the password was right, rate_limited. */
  signIn(credentials: { email: string; password: string; totp?: string | undefined }, visit: Visit): Promise<NewSession>
  passkeySignInOptions(visit: Visit): Promise<WebAuthnOptions>
  /** @throws {AppError} unauthorized, rate_limited. */
  passkeySignIn(response: WebAuthnResponse, visit: Visit): Promise<NewSession>
  /** @returns Undefined for a session that is unknown, has ended or was idle for too long. */
  authenticate(token: string): Promise<SignedIn | undefined>
  signOut(token: string): Promise<void>

  sessions(operatorId: string): Promise<Session[]>
  /** @throws {AppError} not_found. */
  endSession(operatorId: string, sessionId: string): Promise<void>
  /** @throws {AppError} unauthorized when `current` is wrong, rate_limited. Ends every other session. */
  changePassword(signedIn: SignedIn, input: { current: string; next: string }, visit: Visit): Promise<void>

  /** Proposes a secret; codes are asked for once one was confirmed. @throws {AppError} conflict when they are already. */
  proposeTotp(operatorId: string): Promise<{ secret: Secret; uri: Secret }>
  /** @returns Codes for the day the device is lost, shown this once. @throws {AppError} validation_failed, conflict, rate_limited. */
  confirmTotp(operatorId: string, code: string): Promise<Secret[]>
  /** @param code A one-time code or a recovery code. @throws {AppError} validation_failed, rate_limited. */
  removeTotp(operatorId: string, code: string): Promise<void>

  passkeys(operatorId: string): Promise<Passkey[]>
  passkeyOptions(operatorId: string): Promise<WebAuthnOptions>
  /** @throws {AppError} validation_failed, conflict. */
  addPasskey(operatorId: string, response: WebAuthnResponse, name: string): Promise<Passkey>
  /** @throws {AppError} not_found. */
  deletePasskey(operatorId: string, id: string): Promise<void>

  list(): Promise<Operator[]>
  /** @throws {AppError} forbidden, not_found, conflict for the last owner. */
  setRole(actor: Actor, id: string, role: OperatorRole): Promise<Operator>
  /** @throws {AppError} forbidden, not_found, conflict for the last owner. */
  delete(actor: Actor, id: string): Promise<void>

  /** @throws {AppError} forbidden, conflict when the address is an operator's. */
  invite(actor: Actor, input: { email: string; role: OperatorRole }): Promise<{ invitation: Invitation; url: Secret }>
  invitations(): Promise<Invitation[]>
  /** @throws {AppError} not_found. */
  withdrawInvitation(id: string): Promise<void>
  /** What the invited person sees. @throws {AppError} not_found. */
  invitation(token: string): Promise<{ email: string; role: OperatorRole; isReset: boolean }>
  /** @throws {AppError} not_found, validation_failed, conflict. */
  acceptInvitation(token: string, input: { name: string; password: string }, visit: Visit): Promise<NewSession>

  /** @returns What the operator of this address is called, for the audit log; undefined when there is none. */
  nameOf(email: string): Promise<{ id: string; name: string } | undefined>

  overview(projectId: string): Promise<Overview>
}

/** What an operator sees first of a project. Lists are cut; the totals say how many there are. */
export interface Overview {
  accounts: { total: number; byStatus: Record<AccountStatus, number>; disabled: number }
  /** Of the last 24 hours, by the hour, the oldest first. */
  refreshes: { succeeded: number; failed: number; successRate: number | null; hours: RefreshHour[] }
  /** How many tokens are refreshed within the hour. */
  refreshesDue: number
  /** Accounts whose grant ends within a week, and that no refresh renews. */
  ending: { total: number; items: OverviewAccount[] }
  /** Accounts that have expired, and those whose refresh fails for a passing reason. */
  attention: { total: number; items: OverviewAccount[] }
  /** Integrations whose OAuth client the app refuses. */
  integrations: { id: string; appKey: string; name: string; code: string | null; message: string; since: Date }[]
  /** Webhook endpoints that we disabled, or that fail. */
  webhookEndpoints: { id: string; url: string; disabledReason: 'gone' | 'failing' | null; since: Date }[]
}

export type AccountStatus = 'INITIATED' | 'ACTIVE' | 'FAILED' | 'EXPIRED'

export interface RefreshHour {
  start: Date
  succeeded: number
  failed: number
}

export interface OverviewAccount {
  id: string
  appKey: string
  entityId: string
  status: AccountStatus
  reason: { code: string; message: string } | null
  /** Failures in a row. */
  refreshFailures: number
  grantEndsAt: Date | null
  updatedAt: Date
}
