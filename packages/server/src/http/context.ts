import type { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import type { Accounts, ConnectFlow, Entities, KillSwitches, Transfer } from '../accounts/types.ts'
import type { Audit } from '../audit/types.ts'
import type { Clock } from '../clock.ts'
import type { CredentialReads } from '../credential-reads.ts'
import type { Integrations } from '../integrations/types.ts'
import type { Actor, Operator, Operators, SignedIn } from '../operators/types.ts'
import type { BrandingService, KeyAccess, Project, Projects } from '../projects/types.ts'
import type { RequestLog } from '../request-log/types.ts'
import type { Secret } from '../secret.ts'
import type { Webhooks } from '../webhooks/types.ts'
import type { IdempotencyKeys } from './idempotency.ts'
import type { RateLimits } from './rate-limits.ts'

/** The part of a pino logger that is used here. */
export interface Log {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export interface ApiDependencies {
  projects: Projects
  branding: BrandingService
  integrations: Integrations
  accounts: Accounts
  entities: Entities
  transfer: Transfer
  killSwitches: KillSwitches
  flow: Pick<ConnectFlow, 'createLink'>
  idempotencyKeys: IdempotencyKeys
  webhooks: Webhooks
  operators: Operators
  audit: Audit
  /** Told of every credential that a key reads, before the answer leaves. */
  credentialReads: CredentialReads
  limits: RateLimits
  requestLog: RequestLog
  log: Log
  /** Where browsers and clients reach this server, without a trailing slash. */
  baseUrl: string
  clock: Clock
  /** How many proxies in front add to `X-Forwarded-For`. */
  trustedProxies: number
  /** Aborted when the server stops: answers that go on end. */
  stopping: AbortSignal
  version: string
  /** Rejects while the server can't do its work (database gone, no key). */
  ready(): Promise<void>
  /** Absent where only the routes are of interest. */
  operation?: OperationDependencies
}

/** What those need who run the server. */
export interface OperationDependencies {
  /** Names this installation, so that one that answers can be told from another. No secret. */
  installation: string
  /** Counts, times and traces each request. */
  observe: MiddlewareHandler
  /** The figures, for Prometheus. */
  expose(): Promise<{ contentType: string; text: string }>
  metricsOpen: boolean
  /** Opens `/metrics` and nothing else, without a look into the database. */
  metricsKey: Secret | undefined
}

/**
 * What a handler finds in its context. `project` is set on every route inside a project; `signedIn` when the caller is an
 * operator by session; `actor` when they act as an operator at all.
 */
export interface ApiEnv {
  Bindings: { incoming?: { socket?: { remoteAddress?: string } } } | undefined
  Variables: {
    requestId: string
    project: Project
    signedIn: SignedIn | undefined
    actor: Actor | undefined
    /** What the key is limited to; undefined: nothing. */
    access: KeyAccess | undefined
    /** The project's key that was sent; undefined for who is signed in. */
    keyId: string | undefined
    /** Who has just signed in. */
    newcomer: Operator | undefined
    /** The address that somebody tried to sign in with. */
    triedEmail: string | undefined
    /** What the audit log says besides. */
    detail: string | undefined
  }
}

export type Routes = OpenAPIHono<ApiEnv>
