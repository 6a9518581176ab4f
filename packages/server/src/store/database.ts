import type { Generated, Insertable, Kysely, Selectable, Transaction, Updateable } from 'kysely'
import type { AuditEntry } from './audit-chain.ts'

/**
 * The tables. Times are milliseconds since 1970, flags 0 or 1, lists and objects JSON text: the same on both databases.
 * Every column that holds a secret is `Uint8Array` sealed by the vault, or a SHA-256.
 */
export interface Database {
  settings: SettingsTable
  projects: ProjectsTable
  project_branding: ProjectBrandingTable
  api_keys: ApiKeysTable
  apps: AppsTable
  integrations: IntegrationsTable
  entities: EntitiesTable
  connected_accounts: ConnectedAccountsTable
  refresh_attempts: RefreshAttemptsTable
  revocations: RevocationsTable
  connection_requests: ConnectionRequestsTable
  connect_links: ConnectLinksTable
  idempotency_keys: IdempotencyKeysTable
  events: EventsTable
  event_feeds: EventFeedsTable
  webhook_endpoints: WebhookEndpointsTable
  webhook_deliveries: WebhookDeliveriesTable
  webhook_attempts: WebhookAttemptsTable
  simulator_records: SimulatorRecordsTable
  master_keys: MasterKeysTable
  master_key_holders: MasterKeyHoldersTable
  rewrap_passes: RewrapPassesTable
  operators: OperatorsTable
  operator_recovery_codes: OperatorRecoveryCodesTable
  operator_passkeys: OperatorPasskeysTable
  operator_challenges: OperatorChallengesTable
  operator_sessions: OperatorSessionsTable
  operator_links: OperatorLinksTable
  sign_in_attempts: SignInAttemptsTable
  audit_chains: AuditChainsTable
  kill_switches: KillSwitchesTable
  audit_entries: AuditEntriesTable
  logged_requests: LoggedRequestsTable
}

type Flag = 0 | 1
type Json = string
type Millis = number

interface SettingsTable {
  name: string
  value: string
}

interface ProjectsTable {
  id: string
  name: string
  mode: 'test' | 'live'
  allowed_redirect_urls: Json
  /** Whether the developer's backend confirms who came back from the app, before the answer is used. */
  user_verification: 'none' | 'required'
  created_at: Millis
  updated_at: Millis
}

interface ProjectBrandingTable {
  project_id: string
  /** Null: the project's own. */
  name: string | null
  /** `#rrggbb`. */
  color: string | null
  /** Base64: columns of bytes are for what is sealed. */
  logo: string | null
  logo_type: 'image/png' | 'image/jpeg' | 'image/webp' | null
  privacy_url: string | null
  embed_origins: Json
  /** By `app.field`. */
  help_urls: Json
  show_account: Flag
  updated_at: Millis
}

interface ApiKeysTable {
  id: string
  /** Null: the operator's key. */
  project_id: string | null
  name: string
  /** SHA-256 of the whole key. */
  hash: Uint8Array
  hint: string
  created_at: Millis
  expires_at: Millis | null
  /** What it may do; null: all. */
  scopes: Json | null
  /** What it reaches; null: all of the project. */
  entity_ids: Json | null
  integration_ids: Json | null
  account_ids: Json | null
  /** Set for a session token: whose browser holds it. */
  session_entity_id: string | null
  /** Of a session token: the pages that may use it; null: any. */
  allowed_origins: Json | null
  /** The key that made a session token; they end together. */
  parent_id: string | null
}

interface AppsTable {
  project_id: string
  key: string
  definition: Json
  created_at: Millis
  updated_at: Millis
}

interface IntegrationsTable {
  id: string
  project_id: string
  app_key: string
  auth_scheme: string
  name: string
  enabled: Flag
  scopes: Json | null
  client_id: string | null
  client_secret: Uint8Array | null
  /** Counts changes of the client secret; bound into its seal. */
  version: number
  /** The definition's `integrationParams` by name, as JSON, sealed for `params_version`. */
  params: Uint8Array | null
  params_version: number
  simulated: Flag
  is_default: Flag
  /** The app refuses the OAuth client: since when, why, and when one account may ask again. */
  problem_code: string | null
  problem_message: string | null
  problem_since: Millis | null
  probe_after: Millis | null
  /** Null: as the project says. */
  user_verification: 'none' | 'required' | null
  created_at: Millis
  updated_at: Millis
}

interface EntitiesTable {
  project_id: string
  id: string
  created_at: Millis
}

interface ConnectedAccountsTable {
  id: string
  project_id: string
  integration_id: string
  entity_id: string
  app_key: string
  auth_scheme: string
  status: 'INITIATED' | 'ACTIVE' | 'FAILED' | 'EXPIRED'
  reason_code: string | null
  reason_message: string | null
  enabled: Flag
  verification: 'verified' | 'unverified' | 'not_checked'
  identity: Json | null
  /** Names the account at the app: the identity's id, and the app's tenant where it has tenants. */
  identity_id: Generated<string | null>
  /** What an imported account was called where it came from; unique within the project. */
  external_id: Generated<string | null>
  labels: Json
  requested_scopes: Json | null
  granted_scopes: Json | null
  simulated: Flag
  credentials: Uint8Array | null
  /** Counts changes of the credentials; bound into their seal and compared before they are replaced. */
  credentials_version: number
  expires_at: Millis | null
  /** From here on a read refreshes first, and no read before it does. */
  refresh_after: Millis | null
  /** From here on the background loop refreshes, ahead of any read and spread by jitter. */
  background_after: Millis | null
  /** When the refresh token itself ends, as far as the app tells. */
  refresh_expires_at: Millis | null
  /** The end of the refresh token that the developer was warned of. */
  warned_until: Millis | null
  /** No new attempt before this: the backoff after a refresh that failed for a passing reason. */
  retry_after: Millis | null
  refresh_failures: number
  lease_owner: string | null
  lease_until: Millis | null
  /** Grows with each lease; a holder with an older number has lost it. */
  fence: number
  /** Counts this account's events. */
  sequence: number
  created_at: Millis
  updated_at: Millis
}

interface RefreshAttemptsTable {
  account_id: string
  project_id: string
  credentials_version: number
  fence: number
  started_at: Millis
  /** How often the provider was called for this version of the credentials. */
  calls: number
}

interface RevocationsTable {
  id: string
  project_id: string
  /** The account may be gone. */
  account_id: string
  integration_id: string
  app_key: string
  status: 'pending' | 'revoked' | 'unsupported' | 'failed'
  /** Each token's kind and what became of it; never the token. */
  tokens: Json
  /** The tokens that are not revoked yet, sealed; null as soon as none is left. */
  secrets: Uint8Array | null
  attempts: number
  /** When to try next; null once it has ended. */
  due_at: Millis | null
  give_up_at: Millis
  lease_owner: string | null
  lease_until: Millis | null
  created_at: Millis
  updated_at: Millis
}

interface ConnectionRequestsTable {
  id: string
  project_id: string
  account_id: string
  integration_id: string
  /** The connect link it was started from, if any. */
  link_id: string | null
  /** SHA-256 of the random part of the connect page's URL. */
  token_hash: Uint8Array
  state_hash: Uint8Array | null
  cookie_hash: Uint8Array | null
  code_verifier: Uint8Array | null
  /** The typed params, sealed, until the account takes them over. */
  params: Uint8Array | null
  scopes: Json | null
  /** Those of them, and of those that were left out, that the person may leave out. */
  optional_scopes: Generated<Json | null>
  /** `parked`: the person is back, and the developer's backend has not said yet whether it was the right one. */
  status: 'pending' | 'authorizing' | 'parked' | 'redeeming' | 'connected' | 'failed'
  failure_code: string | null
  redirect_uri: string | null
  /** The person may sign in as another account of the app than before. */
  allow_identity_change: Generated<Flag>
  /** Null in rows from before it was kept. */
  entity_id: Generated<string | null>
  verify_user: Generated<Flag>
  /** SHA-256 of what the browser takes to the developer while the request is parked. */
  handle_hash: Generated<Uint8Array | null>
  /** The app's answer, and the handle, while the request is parked. */
  answer: Generated<Uint8Array | null>
  /** When the app is asked next whether the person has typed the code; until then a process may be asking. */
  poll_after: Generated<Millis | null>
  poll_interval_seconds: Generated<number | null>
  expires_at: Millis
  created_at: Millis
}

interface ConnectLinksTable {
  id: string
  project_id: string
  entity_id: string
  token_hash: Uint8Array
  integration_ids: Json | null
  redirect_uri: string | null
  expires_at: Millis
  created_at: Millis
}

interface IdempotencyKeysTable {
  id: string
  project_id: string
  /** SHA-256 of the caller's key. */
  key_hash: Uint8Array
  /** SHA-256 of what was asked for. */
  request_hash: Uint8Array
  /** Null while it is being answered. */
  status: number | null
  /** The body of the answer, sealed. */
  answer: Uint8Array | null
  expires_at: Millis
}

interface EventsTable {
  id: string
  project_id: string
  account_id: string
  /** Null where the entity is not known. */
  entity_id: Generated<string | null>
  sequence: number
  type: string
  data: Json
  /** Its place in the project's feed; null until somebody reads that far. */
  position: Generated<number | null>
  created_at: Millis
}

interface EventFeedsTable {
  project_id: string
  /** The highest place given so far. */
  position: number
}

interface WebhookEndpointsTable {
  id: string
  project_id: string
  url: string
  description: string
  format: 'standard' | 'v1'
  /** Null: every type but the quiet ones. */
  event_types: Json | null
  enabled: Flag
  /** Why we disabled it; null when a person did, or it is enabled. */
  disabled_reason: 'gone' | 'failing' | null
  /** The first failure since the last success. */
  failing_since: Millis | null
  secret: Uint8Array
  /** Counts rotations; bound into the seals of both secrets. */
  secret_version: number
  previous_secret: Uint8Array | null
  /** Until then the previous secret signs as well. */
  previous_secret_until: Millis | null
  created_at: Millis
  updated_at: Millis
}

interface WebhookDeliveriesTable {
  /** The `webhook-id` of all its attempts. */
  id: string
  project_id: string
  endpoint_id: string
  /** Null for a test event, whose body is `test_body`. */
  event_id: string | null
  event_type: string
  test_body: string | null
  status: 'pending' | 'delivered' | 'failed'
  /** When to try next, or until when the claim on it holds; null once it has ended. */
  due_at: Millis | null
  /** Counts claims; a holder with an older number has lost it. */
  claim: number
  claimed: Flag
  /** All attempts ever made. */
  attempts: number
  /** Failures since it was queued, or queued again: the place in the schedule. */
  retries: number
  created_at: Millis
  updated_at: Millis
}

interface WebhookAttemptsTable {
  delivery_id: string
  /** Counts from 1. */
  number: number
  started_at: Millis
  duration_ms: number
  status_code: number | null
  error: string | null
  /** The beginning of what the receiver answered, made printable. */
  response: string | null
}

interface SimulatorRecordsTable {
  kind: string
  key: string
  value: string
  expires_at: Millis | null
}

export type DatabaseKind = 'sqlite' | 'postgres'

interface MasterKeysTable {
  id: string
  /** The first bytes of every value under this key, and of no other. */
  mark: Uint8Array
  /** Opens with this key only. Not a value: it goes with the key. */
  check_value: Uint8Array
  /** From `dropping` on the database refuses values under this key. */
  state: 'used' | 'dropping' | 'dropped'
  /** When a process last turned from this key to another; what it had begun to seal may be written a little later. */
  sealed_until: Millis | null
  created_at: Millis
}

interface MasterKeyHoldersTable {
  /** A process. */
  id: string
  /** Host and process number, for people. */
  name: string
  key_ids: Json
  sealing_key_id: string
  seen_at: Millis
}

interface RewrapPassesTable {
  place: string
  key_id: string
  position: string
  found: Flag
  finished_at: Millis | null
}

interface OperatorsTable {
  id: string
  /** As typed. */
  email: string
  /** In the form in which two addresses are compared; unique. */
  email_key: string
  name: string
  role: 'owner' | 'admin' | 'viewer'
  /** argon2id, in the PHC string format. */
  password: string
  /** Sealed; null: no one-time codes are asked for. */
  totp_secret: Uint8Array | null
  /** Counts changes of the secret; bound into its seal. */
  totp_version: number
  /** Until a first code was right, the secret is only proposed. */
  totp_confirmed_at: Millis | null
  /** The time step of the last code that was used: neither it nor an older one is taken again (RFC 6238 §5.2). */
  totp_step: number
  created_at: Millis
  updated_at: Millis
}

interface OperatorRecoveryCodesTable {
  operator_id: string
  hash: Uint8Array
}

interface OperatorPasskeysTable {
  /** The credential id, base64url. */
  id: string
  operator_id: string
  name: string
  /** COSE, base64url. */
  public_key: string
  counter: number
  transports: Json
  created_at: Millis
  used_at: Millis | null
}

interface OperatorChallengesTable {
  hash: Uint8Array
  /** Who registers a passkey; null: somebody signs in. */
  operator_id: string | null
  expires_at: Millis
}

interface OperatorSessionsTable {
  id: string
  operator_id: string
  /** SHA-256 of the cookie. */
  token_hash: Uint8Array
  user_agent: string
  created_at: Millis
  seen_at: Millis
  /** The end, however busy it is. */
  expires_at: Millis
}

interface OperatorLinksTable {
  id: string
  /** `setup` makes the first owner; `invitation` makes the operator of `email`; `reset` gives that operator a new password. */
  kind: 'setup' | 'invitation' | 'reset'
  token_hash: Uint8Array
  email: string | null
  role: 'owner' | 'admin' | 'viewer'
  invited_by: string | null
  created_at: Millis
  /** Null: works until it is used. */
  expires_at: Millis | null
}

interface SignInAttemptsTable {
  /** What is counted: an account, an address, or one at the other. Hashed. */
  key: string
  attempts: number
  /** When counting begins anew. */
  until: Millis
}

interface LoggedRequestsTable {
  id: string
  project_id: string
  request_id: string
  method: string
  /** The route's pattern: no id is in it. */
  route: string
  status: number
  code: string | null
  duration_us: number
  account_id: string | null
  caller_kind: 'key' | 'operator' | 'operatorKey'
  /** The key or operator may be gone. */
  caller_id: string | null
  caller_name: string | null
  created_at: Millis
}

interface KillSwitchesTable {
  id: string
  project_id: string
  action: 'disable' | 'revoke'
  /** Null, as `app_key`: of any. */
  integration_id: string | null
  app_key: string | null
  status: 'running' | 'finished'
  /** The last account that was looked at. */
  position: string | null
  matched: number
  changed: number
  failed: number
  /** The first of them. */
  failures: Json
  /** Counts claims; a holder with an older number has lost it. */
  claim: number
  /** When to go on with it, or until when the claim on it holds; null once it is through. */
  due_at: Millis | null
  created_at: Millis
  updated_at: Millis
  finished_at: Millis | null
}

interface AuditChainsTable {
  /** A project's id, or `installation`. */
  chain: string
  /** Of the last entry; 0: none yet. */
  sequence: number
  /** Of the last entry. */
  hash: Uint8Array
  /** The first entry that is still there. */
  kept_from: number
  /** Of the entry before that. */
  kept_hash: Uint8Array
}

interface AuditEntriesTable extends AuditEntry {
  /** SHA-256 over this entry and the hash before. */
  hash: Uint8Array
}

/** A database handle or an open transaction: queries take either. */
export type Db = Kysely<Database> | Transaction<Database>

export type ProjectRow = Selectable<ProjectsTable>
export type BrandingRow = Selectable<ProjectBrandingTable>
export type ApiKeyRow = Selectable<ApiKeysTable>
export type AppRow = Selectable<AppsTable>
export type IntegrationRow = Selectable<IntegrationsTable>
export type AccountRow = Selectable<ConnectedAccountsTable>
export type NewAccountRow = Insertable<ConnectedAccountsTable>
export type AccountChanges = Updateable<ConnectedAccountsTable>
export type EntityRow = Selectable<EntitiesTable>
export type RevocationRow = Selectable<RevocationsTable>
export type RefreshAttemptRow = Selectable<RefreshAttemptsTable>
export type ConnectionRequestRow = Selectable<ConnectionRequestsTable>
export type NewConnectionRequestRow = Insertable<ConnectionRequestsTable>
export type ConnectLinkRow = Selectable<ConnectLinksTable>
export type IdempotencyKeyRow = Selectable<IdempotencyKeysTable>
export type EventRow = Selectable<EventsTable>
export type NewEventRow = Insertable<EventsTable>
export type MasterKeyRow = Selectable<MasterKeysTable>
export type MasterKeyHolderRow = Selectable<MasterKeyHoldersTable>
export type WebhookEndpointRow = Selectable<WebhookEndpointsTable>
export type WebhookEndpointChanges = Updateable<WebhookEndpointsTable>
export type WebhookDeliveryRow = Selectable<WebhookDeliveriesTable>
export type WebhookAttemptRow = Selectable<WebhookAttemptsTable>
export type OperatorRow = Selectable<OperatorsTable>
export type OperatorChanges = Updateable<OperatorsTable>
export type OperatorPasskeyRow = Selectable<OperatorPasskeysTable>
export type OperatorChallengeRow = Selectable<OperatorChallengesTable>
export type OperatorSessionRow = Selectable<OperatorSessionsTable>
export type OperatorLinkRow = Selectable<OperatorLinksTable>
export type KillSwitchRow = Selectable<KillSwitchesTable>
export type AuditChainRow = Selectable<AuditChainsTable>
export type AuditEntryRow = Selectable<AuditEntriesTable>
export type LoggedRequestRow = Selectable<LoggedRequestsTable>
