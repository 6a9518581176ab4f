import type { SimulatorScript, SimulatorState } from '@holdfast/simulator'
import type { EventType } from '../events.ts'

export const accountStatuses = ['INITIATED', 'ACTIVE', 'FAILED', 'EXPIRED'] as const
export type AccountStatus = (typeof accountStatuses)[number]

/** Why an account is in its state. The code is stable, the message a plain sentence without secrets. */
export interface StatusReason {
  code: StatusReasonCode
  message: string
  /** Who can change it. `nobody` when nothing need be done or nothing can. */
  mustAct: 'endUser' | 'operator' | 'developer' | 'nobody'
}

export const statusReasonCodes = {
  awaiting_user: 'endUser',
  link_expired: 'endUser',
  superseded: 'nobody',
  access_denied: 'endUser',
  browser_mismatch: 'endUser',
  issuer_mismatch: 'operator',
  callback_mismatch: 'endUser',
  authorization_failed: 'operator',
  code_exchange_failed: 'operator',
  client_rejected: 'operator',
  provider_unavailable: 'nobody',
  user_mismatch: 'endUser',
  not_confirmed: 'developer',
  no_credential: 'operator',
  unverified: 'nobody',
  grant_revoked: 'endUser',
  credential_refused: 'endUser',
  refresh_token_missing: 'endUser',
  refresh_outcome_unknown: 'endUser',
  identity_mismatch: 'endUser',
  identity_unknown: 'endUser',
  revoked: 'endUser',
  expiring: 'endUser',
} as const satisfies Record<string, StatusReason['mustAct']>
export type StatusReasonCode = keyof typeof statusReasonCodes

/** Whose account it is at the app, as far as the app tells. */
export interface Identity {
  id: string
  name: string | null
  email: string | null
  avatar: string | null
}

/** A connected account without any secret. */
export interface Account {
  id: string
  projectId: string
  integrationId: string
  appKey: string
  appName: string
  authScheme: string
  entityId: string
  status: AccountStatus
  statusReason: StatusReason | null
  enabled: boolean
  /** Whether the app's test call accepted the credential; `not_checked` where the app has none. */
  verification: 'verified' | 'unverified' | 'not_checked'
  identity: Identity | null
  labels: string[]
  /** Scopes asked for and scopes the app says it gave; null where scopes do not exist. */
  requestedScopes: string[] | null
  grantedScopes: string[] | null
  /** Those asked for that the app did not give, where it says. */
  missingScopes: string[]
  /** When the access token ends; null when it does not, or is unknown. */
  expiresAt: Date | null
  /** The simulator plays the app's side. */
  simulated: boolean
  createdAt: Date
  updatedAt: Date
}

/** What one HTTP call to the app needs. Values are secret: this goes only to the caller that asked for it. */
export interface AuthParams {
  baseUrl: string
  params: { name: string; in: 'header' | 'query'; value: string }[]
  body: Record<string, string>
}

/** A call that is to be signed. */
export interface UnsignedCall {
  method: string
  /** A path below the base URL, or a whole URL. */
  url: string
  /** Those that the caller will send; a form body is told by its content type. */
  headers?: Record<string, string> | undefined
  body?: string | undefined
  /** Instead of a body that is large or no text: its SHA-256, lower-case hex. */
  bodySha256?: string | undefined
}

/** Where the call goes, and the headers to be sent besides the caller's own. */
export interface SignedCall {
  url: string
  headers: Record<string, string>
}

/** The raw credentials as kept, ready to be sent to a caller that may read credentials. Flat: strings, plus headers and queryParams. */
export type ConnectionParams = Record<string, string | Record<string, string>>

export interface AccountWithCredentials {
  account: Account
  /** Empty unless the account is ACTIVE and enabled. */
  connectionParams: ConnectionParams
  authParams: AuthParams | null
}

/** What a read may hand out again and again, without a look, while nothing about it changes. */
export interface CurrentCredentials extends AccountWithCredentials {
  authParams: AuthParams
  duplicateOf: string[]
  /** Milliseconds since 1970: from here on a read must look, since it may have to refresh. Infinity: never. */
  goodUntil: number
  /** Names the account at the app; null where that is not known. */
  identityId: string | null
}

export interface InitiateInput {
  integrationId: string
  entityId: string
  /** Expected params by name. Anything but strings is refused. */
  data: Record<string, unknown>
  redirectUri?: string | undefined
  labels?: string[] | undefined
  /** Replaces the integration's scopes for this connection. */
  scopes?: string[] | undefined
  /** Asked for besides, or of those: the person may leave them out on the connect page. */
  optionalScopes?: string[] | undefined
}

export interface ReinitiateInput {
  data?: Record<string, unknown> | undefined
  redirectUri?: string | undefined
  /** The new credential may be another person's or tenant's than the old one. */
  allowIdentityChange?: boolean | undefined
}

export interface InitiatedConnection {
  account: Account
  /** Where to send the person; null when the account is already ACTIVE. */
  redirectUrl: string | null
}

export interface AccountFilter {
  entityIds?: string[] | undefined
  integrationIds?: string[] | undefined
  accountIds?: string[] | undefined
  /** Lower-case app keys. */
  appKeys?: string[] | undefined
  statuses?: AccountStatus[] | undefined
  labels?: string[] | undefined
  /** Part of the entity's or the account's id, or of the name or address at the app; in any case. */
  search?: string | undefined
  /** `false`: only enabled ones. Absent: all. */
  showDisabled?: boolean | undefined
}

/** What the app says of an account's credentials. `not_available`: it has no cheap call that would tell. */
export interface CredentialCheck {
  result: 'accepted' | 'refused' | 'unreachable' | 'not_available'
  checkedAt: Date
}

export const bulkActions = ['enable', 'disable', 'refresh', 'delete'] as const
export type BulkAction = (typeof bulkActions)[number]

export interface BulkChange {
  action: BulkAction
  filter: AccountFilter
  /** `nextCursor` of the call before; absent to begin. */
  cursor?: string | undefined
}

export interface BulkResult {
  /** Accounts that this call looked at. */
  matched: number
  /** Of these, how many are different now. */
  changed: number
  failed: { accountId: string; code: string; message: string }[]
  /** Null when all that match have been looked at. */
  nextCursor: string | null
}

/** `page` counts from 1. */
export interface Page<Item> {
  items: Item[]
  page: number
  totalPages: number
  totalItems: number
}

/** The verbs of the service. `projectId` comes from the caller's key; another project's id is `not_found`. */
export interface Accounts {
  /** @throws {AppError} not_found, integration_disabled, validation_failed (fields `data.x`), redirect_not_allowed, credential_refused. */
  initiate(projectId: string, input: InitiateInput): Promise<InitiatedConnection>
  /** Renews an account in place: the id stays. Until the new grant arrives the old credentials stay in use. */
  reinitiate(projectId: string, accountId: string, input: ReinitiateInput): Promise<InitiatedConnection>
  /**
   * The developer's word on who came back from the app: only now the app's answer is used. A handle works once.
   * @throws {AppError} not_found, conflict when it was used or its time is up, user_mismatch, connection_failed,
   * provider_unavailable, identity_mismatch, credential_refused.
   */
  confirm(projectId: string, input: { handle: string; entityId: string }): Promise<Account>
  get(projectId: string, accountId: string): Promise<Account>
  /** Refreshes first when the access token is near its end. An expired token is never served. */
  getWithCredentials(projectId: string, accountId: string): Promise<AccountWithCredentials>
  /**
   * The same in one statement, for an account that is ACTIVE, enabled and fresh. Undefined for every other, whatever the
   * reason. To be called only while the store's changes are current: integrations are remembered. @throws {AppError} integrity_failed, key_unavailable.
   */
  current(projectId: string, accountId: string): Promise<CurrentCredentials | undefined>
  /** @throws {AppError} account_disabled, account_not_active, reconnect_required, provider_unavailable. */
  authParams(projectId: string, accountId: string): Promise<AuthParams>
  /**
   * Signs one call, where credentials sign and are not sent: OAuth 1, AWS.
   * @throws {AppError} not_supported, validation_failed, and as `authParams`.
   */
  sign(projectId: string, accountId: string, call: UnsignedCall): Promise<SignedCall>
  list(
    projectId: string,
    filter: AccountFilter,
    paging: { page: number; pageSize: number },
  ): Promise<Page<Account> & { nextCursor: string | null }>
  /** The page after the one that told this cursor, as fast for the last page as for the first. @throws {AppError} validation_failed. */
  listFrom(
    projectId: string,
    filter: AccountFilter,
    paging: { cursor: string; pageSize: number },
  ): Promise<{ items: Account[]; nextCursor: string | null }>
  /** Resolves the moment the account has `status`, reaches a status that is final for the wait (FAILED, EXPIRED), or time is up. */
  waitFor(
    projectId: string,
    accountId: string,
    status: AccountStatus,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Account>
  /**
   * The credentials for a person's eyes, once an event says whose. @throws {AppError} As `authParams`; then nothing is shown
   * and nothing is written.
   */
  reveal(
    projectId: string,
    accountId: string,
    to: { by: string; reason?: string | undefined },
  ): Promise<ConnectionParams>
  setEnabled(projectId: string, accountId: string, enabled: boolean): Promise<Account>
  setLabels(projectId: string, accountId: string, labels: string[]): Promise<Account>
  /**
   * A new access token although the old one is still good. An account whose tokens do not end is left as it is.
   * @throws {AppError} not_found, account_disabled, account_not_active, reconnect_required, provider_unavailable.
   */
  refresh(projectId: string, accountId: string): Promise<Account>
  /** Makes the app's cheap test call. @throws {AppError} As `refresh`. */
  check(projectId: string, accountId: string): Promise<CredentialCheck>
  /** Changes the next 200 accounts that match. @throws {AppError} validation_failed. */
  changeMany(projectId: string, change: BulkChange): Promise<BulkResult>
  /** Other accounts of the project that are the same account at the same app; at most 100. */
  duplicatesOf(projectId: string, accountId: string): Promise<string[]>
  /** What happened to it, newest first; also after it was deleted. @throws {AppError} not_found, validation_failed. */
  history(
    projectId: string,
    accountId: string,
    paging: { cursor: string | undefined; limit: number },
  ): Promise<AccountEventPage>
  /** Gives the grant back to the app, in the background; the credentials are gone at once and the account is EXPIRED. */
  revoke(projectId: string, accountId: string): Promise<Revocation>
  /** Deletes the row and its ciphertext at once, and gives the grant back like `revoke`. */
  delete(projectId: string, accountId: string): Promise<Revocation>
  /** Each like `delete`, before their integration goes. @returns How many. */
  deleteOfIntegration(projectId: string, integrationId: string): Promise<number>
  /** Each like `delete`, before their project goes. */
  deleteOfProject(projectId: string): Promise<void>
  /** @throws {AppError} not_found. */
  getRevocation(projectId: string, revocationId: string): Promise<Revocation>
  /** @throws {AppError} not_supported when the account is not simulated. */
  scriptSimulator(projectId: string, accountId: string, script: SimulatorScript): Promise<SimulatorState>
}

/** Something that happened to an account. */
export interface AccountEvent {
  id: string
  type: EventType
  timestamp: Date
  /** Counts the events of the account. */
  sequence: number
  /** Of the account, after it and before it; null where there was none. */
  status: AccountStatus
  previousStatus: AccountStatus | null
  statusReason: StatusReason | null
  /** Of a reveal: who saw the credentials, and why. */
  revealed?: Revealed
}

export interface Revealed {
  by: string
  reason: string | null
}

export interface AccountEventPage {
  items: AccountEvent[]
  /** For the next page; null at the end. */
  nextCursor: string | null
}

export const revocationStatuses = ['pending', 'revoked', 'unsupported', 'failed'] as const
export type RevocationStatus = (typeof revocationStatuses)[number]

/** What became of one token, or of the key that the person typed in. */
export interface RevokedToken {
  type: 'refresh_token' | 'access_token' | 'credential'
  status: RevocationStatus
  /** Why, or what the app said; null where there is nothing to say. */
  message: string | null
}

/** A grant on its way back to the app. `unsupported`: the app has no way to take it back. */
export interface Revocation {
  id: string
  /** The account may be gone. */
  accountId: string
  appKey: string
  status: RevocationStatus
  tokens: RevokedToken[]
  attempts: number
  nextAttemptAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** A user or tenant of the developer, with what it connected. */
export interface Entity {
  id: string
  accounts: { total: number; byStatus: Record<AccountStatus, number> }
  createdAt: Date
}

/** The verbs for entities as a whole. */
export interface Entities {
  /** Newest first. `search` is a part of the id, in any case. */
  list(
    projectId: string,
    filter: { search?: string | undefined },
    paging: { page: number; pageSize: number },
  ): Promise<Page<Entity>>
  /** @throws {AppError} not_found. */
  get(projectId: string, entityId: string): Promise<Entity>
  /** Revokes and deletes all it owns and every trace of it. @throws {AppError} not_found. */
  delete(projectId: string, entityId: string): Promise<{ accountId: string; appKey: string; revocation: Revocation }[]>
}

/** A stop of many accounts at once, and how far it has come. */
export interface KillSwitch {
  id: string
  action: 'disable' | 'revoke'
  /** Null, as `appKey`: of any. */
  integrationId: string | null
  appKey: string | null
  status: 'running' | 'finished'
  /** Accounts looked at, and of these: changed, and not. */
  matched: number
  changed: number
  failed: number
  /** The first of them. */
  failures: { accountId: string; code: string; message: string }[]
  createdAt: Date
  updatedAt: Date
  finishedAt: Date | null
}

export interface KillSwitches {
  /** @throws {AppError} not_found for an integration or app that is not there. */
  start(
    projectId: string,
    input: { action: KillSwitch['action']; integrationId?: string | undefined; appKey?: string | undefined },
  ): Promise<KillSwitch>
  /** @throws {AppError} not_found. */
  get(projectId: string, id: string): Promise<KillSwitch>
  /** Newest first. */
  list(projectId: string): Promise<KillSwitch[]>
}

export type * from './transfer/types.ts'

/** Where an unfinished or finished connection stands, for the pages a person sees. */
export interface ConnectionView {
  /** Of the request, short, for support: shown on every page, searchable in the logs. */
  reference: string
  state: 'ready' | 'in_progress' | 'connected' | 'failed' | 'used' | 'expired'
  projectId: string
  projectName: string
  entityId: string
  app: { key: string; name: string }
  /** Without those that may be left out. */
  scopes: { name: string; description: string | null }[]
  optionalScopes: { name: string; description: string | null; wanted: boolean }[]
  simulated: boolean
  /** The app can also show a code that the person types on another device. */
  offersDeviceCode: boolean
  /** Why the request failed; the account itself may be as it was before. */
  failure: StatusReasonCode | null
  /** The redirectUri given at initiate, with the result parameters, once the request has ended; without them before. */
  returnUrl: string | null
  account: Account | null
  expiresAt: Date
  /** The account was connected before: a hint at whose it is, and why it ended where it did. */
  renews: { account: string | null; reason: StatusReasonCode | null } | null
  /** The app did not answer lately. */
  troubledApp: boolean
}

/** A choice on a connect link, and what must be typed for it. */
export interface LinkOption {
  integrationId: string
  app: { key: string; name: string; description: string; categories: string[] }
  authScheme: string
  fields: ExpectedField[]
  scopes: { name: string; description: string | null }[]
  simulated: boolean
}

export interface ExpectedField {
  name: string
  label: string
  help: string
  helpUrl: string | null
  example: string | null
  default: string | null
  /** For the form. A credential's pattern is a hint, any other is a wall. */
  pattern: string | null
  role: 'credential' | 'hostLabel' | 'host' | 'path' | 'value'
  options: string[] | null
  secret: boolean
  required: boolean
  /** What stands around the typed part in the app's address: `.myshopify.com` after it. */
  around?: { before: string; after: string } | undefined
}

export interface LinkView {
  reference: string
  state: 'ready' | 'used' | 'expired'
  projectId: string
  projectName: string
  entityId: string
  options: LinkOption[]
  returnUrl: string | null
  expiresAt: Date
}

/** `waiting` for the person, or `in_progress` at the app. */
export type PageStatus = 'waiting' | 'in_progress' | 'connected' | 'failed' | 'expired'

export interface LinkStatus {
  status: PageStatus
  /** Once connected. An id is no secret: it says nothing without a key of the project. */
  connectedAccountId: string | null
}

/** What the person types, and where. */
export interface DeviceCode {
  userCode: string
  verificationUri: string
  /** With the code in it already. */
  verificationUriComplete: string | null
  /** How often the app is asked at most, so looking more often is of no use. */
  intervalSeconds: number
}

/** The way a browser came back from the app. */
export interface CallbackInput {
  integrationId: string
  /** All query (or form_post) parameters, as they arrived. */
  params: URLSearchParams
  /** By cookie name; the service knows which one it set. */
  cookies: Readonly<Record<string, string>>
}

export type CallbackOutcome =
  | { kind: 'connected'; view: ConnectionView }
  /** Nothing is stored before the developer's backend confirms: the browser takes it the handle, in this URL. */
  | { kind: 'parked'; returnUrl: string }
  | {
      kind: 'failed'
      problem:
        | 'denied'
        | 'wrong_account'
        | 'wrong_browser'
        | 'link_used'
        | 'link_expired'
        | 'unknown_link'
        | 'provider_down'
        | 'failed'
      view: ConnectionView | null
    }

/** The verbs behind the pages. Tokens are the random part of a link; nothing here needs an API key. */
export interface ConnectFlow {
  /** Reading changes nothing: previews and prefetches may do it. Null for an unknown token. */
  viewRequest(token: string): Promise<ConnectionView | null>
  /** The click. Returns where to send the browser and the cookie that binds it. @throws {AppError} conflict when the request has ended. */
  authorize(
    token: string,
    choice?: { optionalScopes: readonly string[] },
  ): Promise<{ url: string; cookie: { name: string; value: string; maxAgeSeconds: number } }>
  /**
   * The click for a code to type on any device. Returns the cookie that binds it to this browser.
   * @throws {AppError} conflict when the request has ended, or offers no code.
   */
  authorizeDevice(token: string): Promise<{ cookie: { name: string; value: string; maxAgeSeconds: number } }>
  /** The code, for the browser that asked for it; `over` once nothing is to be typed any more. Null for any other browser. */
  deviceCode(token: string, cookies: CallbackInput['cookies']): Promise<DeviceCode | 'over' | null>
  /** The person says no before going to the app: the request ends FAILED with access_denied. */
  decline(token: string): Promise<ConnectionView>
  callback(input: CallbackInput): Promise<CallbackOutcome>
  /**
   * A new request in place of one that failed, for the browser that began it and came back with `state`. Null when there is
   * nothing to begin again here.
   */
  retry(input: { state: string; cookies: CallbackInput['cookies'] }): Promise<{ redirectUrl: string } | null>
  viewLink(token: string): Promise<LinkView | null>
  /** Cheap: for asking again and again. Null for an unknown token. */
  pageStatus(of: 'request' | 'link', token: string): Promise<LinkStatus | null>
  /** Starts a request for the chosen option. Key schemes are connected at once. @throws {AppError} validation_failed with fields `data.x`, credential_refused, conflict. */
  submitLink(
    token: string,
    input: { integrationId: string; data: Record<string, string> },
  ): Promise<{ connected: ConnectionView } | { redirectUrl: string } | { parked: { returnUrl: string } }>
  createLink(
    projectId: string,
    input: {
      entityId: string
      integrationIds?: string[] | undefined
      apps?: string[] | undefined
      redirectUri?: string | undefined
    },
  ): Promise<ConnectLink>
}

export interface ConnectLink {
  id: string
  url: string
  entityId: string
  redirectUri: string | null
  expiresAt: Date
  createdAt: Date
}
