/**
 * The JavaScript client of Holdfast: connect users' accounts and get what is needed to call the apps. Built on web
 * standards only, so that it runs wherever `fetch` does. `./browser` opens the connect page from yours, `./composio` has
 * the class names of existing clients, `./testing` approves connections without a browser.
 */
export { Holdfast } from './client.ts'
export type { HoldfastOptions } from './config.ts'
export { ConnectionRequest } from './connection-request.ts'
export {
  type AnyHoldfastError,
  AuthenticationError,
  BadRequestError,
  type ClientErrorCode,
  ConfigurationError,
  ConnectionFailedError,
  type FieldError,
  HoldfastError,
  isHoldfastError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  ServerError,
  UnexpectedAnswerError,
  ValidationError,
  WaitTimeoutError,
  WebhookVerificationError,
} from './errors.ts'
export { Listing } from './listing.ts'
export type * from './operator-types.ts'
export type { AppFilter, Apps } from './resources/apps.ts'
export type { ConnectLinks, CreateConnectLink } from './resources/connect-links.ts'
export type {
  AccountFilter,
  BulkAction,
  BulkFilter,
  BulkStep,
  ConnectedAccounts,
  CredentialCheck,
  ExportFilter,
  InitiateConnection,
  IntegrationChoice,
  ReinitiateConnection,
} from './resources/connected-accounts.ts'
export type { Entities } from './resources/entities.ts'
export type { EventFilter, Events, LiveEvent } from './resources/events.ts'
export type { CreateIntegration, IntegrationFilter, Integrations, UpdateIntegration } from './resources/integrations.ts'
export type { KillSwitch, KillSwitches, StartKillSwitch } from './resources/kill-switches.ts'
export type { Operators } from './resources/operators.ts'
export type { ApiKeys, CreateProject, Projects } from './resources/projects.ts'
export type { FailedRequestGroup, LoggedRequest, RequestFilter, Requests } from './resources/requests.ts'
export type { Session, WebAuthnJson } from './resources/session.ts'
export type {
  CreateWebhookEndpoint,
  DeliveryFilter,
  UpdateWebhookEndpoint,
  Webhooks,
} from './resources/webhooks.ts'
export type * from './types.ts'
export type * from './webhook-types.ts'
export { type ReceivedWebhook, verifyWebhook, type WebhookEvent } from './webhooks.ts'
