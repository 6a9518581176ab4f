/** Objects of the API, as they come over the wire: what `curl` shows is what these types say. Dates are ISO 8601 in UTC. */

/** How an app authenticates. The list may grow; compare, do not enumerate. */
export type AuthScheme =
  | 'OAUTH2'
  | 'OAUTH1'
  | 'API_KEY'
  | 'BASIC'
  | 'BEARER_TOKEN'
  | 'BASIC_WITH_JWT'
  | 'GOOGLE_SERVICE_ACCOUNT'
  | 'SERVICE_ACCOUNT'
  | 'S2S_OAUTH2'
  | 'NO_AUTH'
  | (string & Record<never, never>)

export type AccountStatus = 'INITIATED' | 'ACTIVE' | 'FAILED' | 'EXPIRED'

/** Why an account is in its status. */
export interface StatusReason {
  /** Stable: `access_denied`, `grant_revoked`, … */
  code: string
  message: string
  mustAct: 'endUser' | 'operator' | 'developer' | 'nobody'
}

/** Whose account it is at the app, as far as the app tells. */
export interface Identity {
  id: string
  name: string | null
  email: string | null
  avatar: string | null
}

/** One header or query parameter that a call to the app needs. */
export interface AuthParam {
  name: string
  in: 'header' | 'query'
  value: string
}

/** The raw credentials as kept: tokens or keys by name, and ready-made `headers`, `queryParams` and `base_url`. */
export interface ConnectionParams {
  headers?: Record<string, string>
  queryParams?: Record<string, string>
  base_url?: string
  [name: string]: string | Record<string, string> | undefined
}

export interface ConnectedAccount {
  id: string
  connectedAccountId: string
  integrationId: string
  /** The app's key: `gmail`. */
  appName: string
  appUniqueId: string
  authScheme: AuthScheme
  entityId: string
  status: AccountStatus
  statusReason: StatusReason | null
  enabled: boolean
  isDisabled: boolean
  /** Whether the app's test call accepted the credential. */
  verification: 'verified' | 'unverified' | 'not_checked'
  identity: Identity | null
  labels: string[]
  requestedScopes: string[] | null
  grantedScopes: string[] | null
  /** Those asked for that the app did not give, where it says. */
  missingScopes: string[]
  /** When the access token ends; it is refreshed before that. */
  expiresAt: string | null
  /** The simulator plays the app's side (test mode). */
  simulated: boolean
  createdAt: string
  updatedAt: string
  /** With `get`: other accounts of the project that are the same account at the same app. */
  duplicateOf?: string[]
  /** The five below come with `get`, for an account that is `ACTIVE` and enabled. */
  connectionParams?: ConnectionParams
  base_url?: string
  params?: AuthParam[]
  parameters?: AuthParam[]
  body?: Record<string, string>
}

/** What one HTTP call to the app needs. */
export interface AuthParams {
  /** Without a trailing slash; put the path of the app's API behind it. */
  baseUrl: string
  params: AuthParam[]
  /** The `params` that are headers, ready for `fetch`. */
  headers: Record<string, string>
  /** The `params` that belong into the query. */
  query: Record<string, string>
  /** Fields that belong into the request body; mostly empty. */
  body: Record<string, string>
}

/** Something that happened to an account. */
export interface AccountEvent {
  id: string
  /** Stable: `connected_account.expired`, … */
  type: string
  timestamp: string
  /** Counts the events of the account. */
  sequence: number
  status: AccountStatus
  previousStatus: AccountStatus | null
  statusReason: StatusReason | null
}

export type RevocationStatus = 'pending' | 'revoked' | 'unsupported' | 'failed'

/** A grant on its way back to the app. `unsupported`: the app has no way to take it back. */
export interface Revocation {
  id: string
  connectedAccountId: string
  appName: string
  status: RevocationStatus
  tokens: {
    type: 'refresh_token' | 'access_token' | 'credential'
    status: RevocationStatus
    message: string | null
  }[]
  attempts: number
  nextAttemptAt: string | null
  createdAt: string
  updatedAt: string
}

export interface Entity {
  /** Your own id of the user or tenant. */
  id: string
  accounts: { total: number; byStatus: Record<AccountStatus, number> }
  createdAt: string
}

export interface DeletedEntity {
  /** How many accounts went with it. */
  count: number
  accounts: { id: string; appName: string; revocation: Revocation }[]
}

/** An account with its credentials, as `import` takes it and the text of an export holds it. Times are ISO 8601. */
export interface AccountItem {
  integrationId?: string | undefined
  /** Instead of `integrationId`: the app's first enabled integration. */
  app?: string | undefined
  authScheme?: AuthScheme | undefined
  entityId: string
  accessToken?: string | null | undefined
  /** Without an access token it is used at the first read. */
  refreshToken?: string | null | undefined
  idToken?: string | null | undefined
  tokenType?: string | undefined
  /** Seconds from now. */
  expiresIn?: number | undefined
  /** Null: never. */
  expiresAt?: string | null | undefined
  refreshExpiresAt?: string | null | undefined
  scope?: string | null | undefined
  requestedScopes?: string[] | null | undefined
  params?: Record<string, string> | undefined
  extra?: Record<string, string> | undefined
  labels?: string[] | undefined
  enabled?: boolean | undefined
  /** What it is called where it comes from. Sent again, the account is not made twice. */
  externalId?: string | undefined
}

export interface ImportedAccount {
  connectedAccountId: string
  externalId: string | null
  isNew: boolean
  status: AccountStatus
  statusReason: StatusReason | null
  verification: ConnectedAccount['verification']
}

export interface ExportedAccounts {
  /** A compact JWE. Its text is JSON: `{ "items": AccountItem[] }`. */
  jwe: string
  count: number
  /** Accounts whose credentials could not be opened. */
  skipped: string[]
  nextCursor: string | null
}

/** An input to collect from the user before connecting. All values are given as strings. */
export interface ExpectedInputField {
  name: string
  type: string
  displayName: string
  description: string
  required: boolean
  default: string | null
  is_secret: boolean
  example?: string | null
  pattern?: string | null
  help_url?: string | null
  options?: string[] | null
  role?: 'credential' | 'hostLabel' | 'host' | 'path' | 'value'
  /** The same as `displayName`, and whether the user (not the operator) fills it in: for older clients. */
  display_name: string
  expected_from_customer: boolean
}

/** The expected params of an integration. */
export interface ExpectedParams {
  integrationId: string
  authScheme: AuthScheme
  /** Empty when nothing must be asked, as with most OAuth apps. */
  expectedParams: ExpectedInputField[]
}

/** An app + one auth scheme + the operator's settings. */
export interface Integration {
  id: string
  name: string
  appId: string
  appName: string
  logo: string
  authScheme: AuthScheme
  enabled: boolean
  expectedInputFields: ExpectedInputField[]
  /** To be registered at the app, exactly so. */
  redirectUri: string
  scopes: string[] | null
  clientId: string | null
  hasClientSecret: boolean
  /** The definition's `integrationParams`; secret ones are blank. */
  params: Record<string, string>
  simulated: boolean
  isDefault: boolean
  /** Null: as the project says. */
  userVerification: UserVerification | null
  /** With `list`: how many accounts it has. */
  _count?: { connections: number }
  createdAt: string
  updatedAt: string
}

export interface AppAuthScheme {
  mode: AuthScheme
  scheme_name: string
  /** What people call it. */
  label?: string
  fields: ExpectedInputField[]
  default_scopes?: string[]
  available_scopes?: string[]
}

export interface App {
  appId: string
  key: string
  name: string
  description: string
  logo: string
  categories: string[]
  docs: string
  no_auth: boolean
  auth_schemes: AppAuthScheme[]
  /** How to register an OAuth client at the app, a numbered line for each step. */
  configuration_docs_text: string
  /** What is particular about the app. */
  documentation_doc_text: string
  /** False: added to this project. */
  builtIn: boolean
  /** Known from one source only. */
  unverified: boolean
  /** How many independent sources its facts have; null: they were read from the vendor’s own page. */
  sources: number | null
  /** With `get`: the whole definition, in the format of the catalog. */
  definition?: AppDefinition
}

/** A call that is to be signed. */
export interface UnsignedCall {
  method: string
  /** A path below the account's base URL, or the whole URL, with its query. */
  url: string
  /** Those you will send. */
  headers?: Record<string, string> | undefined
  body?: string | undefined
  /** Instead of a body that is large or no text: its SHA-256 in lower-case hex. */
  bodySha256?: string | undefined
}

/** Where a signed call goes, and what to send besides your own headers. */
export interface SignedCall {
  url: string
  headers: Record<string, string>
}

/** The definition of an app of your own, in the format of the catalog. */
export type AppDefinition = Record<string, unknown>

export interface ConnectLink {
  id: string
  /** Where to send the person. */
  url: string
  entityId: string
  redirectUri: string | null
  expiresAt: string
  createdAt: string
}

export type ProjectMode = 'test' | 'live'

/** Whether your backend confirms which user came back before a connection is stored. */
export type UserVerification = 'none' | 'required'

export interface Project {
  id: string
  name: string
  mode: ProjectMode
  allowedRedirectUrls: string[]
  /** `required`: a connection is stored only after `connectedAccounts.confirm`. Integrations may say otherwise. */
  userVerification: UserVerification
  createdAt: string
  updatedAt: string
}

/** How a project's connect pages look. */
export interface Branding {
  /** Instead of the project's name. */
  name: string | null
  /** `#rrggbb`. */
  color: string | null
  privacyUrl: string | null
  /** Origins whose pages may show the connect pages in a frame. */
  embedOrigins: string[]
  /** Pages of yours on where a value is found, instead of the app's; by `app.field`. */
  helpUrls: Record<string, string>
  /** Show for a moment which account was connected before the browser returns. */
  showAccount: boolean
  logo: { type: string; bytes: number; url: string } | null
  /** What is drawn of `color`, made readable. */
  colors: { light: BrandColorSet; dark: BrandColorSet } | null
}

export interface BrandColorSet {
  button: string
  buttonEdge: string
  buttonHover: string
  onButton: string
  accent: string
}

export interface BrandingChanges
  extends Partial<Pick<Branding, 'name' | 'color' | 'privacyUrl' | 'embedOrigins' | 'helpUrls' | 'showAccount'>> {
  /** A `data:` URL of a PNG, JPEG or WebP of at most 64 kB. */
  logo?: string | null | undefined
}

export interface ApiKey {
  id: string
  name: string
  /** The last four characters, to tell keys apart. */
  hint: string
  createdAt: string
  expiresAt: string | null
  /** What it may do; null: all. */
  scopes: KeyScope[] | null
  /** What it reaches; null: all of the project. */
  entityIds: string[] | null
  integrationIds: string[] | null
  connectedAccountIds: string[] | null
}

/** What a key may do. No scope includes another. */
export type KeyScope = 'accounts:read' | 'credentials:read' | 'accounts:write' | 'admin'

/** What a key is limited to. Absent or null: nothing. */
export interface KeyLimits {
  scopes?: KeyScope[] | null | undefined
  entityIds?: string[] | null | undefined
  integrationIds?: string[] | null | undefined
  connectedAccountIds?: string[] | null | undefined
}

/** A token for the browser of one entity: it starts connections and lists accounts, and reads no credential. */
export interface EntitySession {
  id: string
  entityId: string
  /** Shown this once. */
  token: string
  integrationIds: string[] | null
  allowedOrigins: string[] | null
  expiresAt: string
}

/** What the simulator shall do next for one account (test mode). */
export interface SimulatorScript {
  /** The access token is refused from now on; the refresh token still works. */
  expireNow?: true
  /** The user takes the grant back at the app. */
  revoke?: true
  /** The next calls to the token endpoint fail. */
  failNextTokenCalls?: { times: number; status?: number; body?: string; delayMs?: number; dropAnswer?: boolean }
  rotateRefreshTokens?: boolean
}

export interface SimulatorState {
  accessTokenExpiresAt: string | null
  revoked: boolean
  rotateRefreshTokens: boolean
  pendingFailures: number
  tokenCalls: number
}

/** One page of a list. `page` counts from 1. */
export interface Page<Item> {
  items: Item[]
  page: number
  totalPages: number
  totalItems: number
  /** Where the next page begins, for lists that can go on from there. */
  nextCursor?: string | null
}

/** Every call takes these last. */
export interface CallOptions {
  /** Aborts the call, its retries and its waiting; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}
