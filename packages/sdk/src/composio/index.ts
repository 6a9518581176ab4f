/**
 * The connected-accounts part of existing clients, under their class names: code written for them runs against
 * Holdfast after its import line is changed. Differences from theirs are improvements: `userUuid` counts, a failed
 * connection ends the wait with its reason, errors say what to do, nothing is sent anywhere but to the server.
 */
export * from '../errors.ts'
export type * from '../types.ts'
export { Apps, type RequiredParams, type RequiredParamsOfApp } from './apps.ts'
export { Composio } from './client.ts'
export type { ComposioOptions } from './config.ts'
export { type ConnectedAccountId, ConnectedAccounts, type Initiate, type ListAccounts } from './connected-accounts.ts'
export { type CompatibleAuthParams, ConnectionRequest } from './connection-request.ts'
export { Entity, type EntityConnection } from './entity.ts'
export type { ExpectedParamsForUser, UserParamsQuery } from './expected-params.ts'
export { type IntegrationId, Integrations, type ListIntegrations, type NewIntegration } from './integrations.ts'
export { ComposioToolSet, OpenAIToolSet } from './toolset.ts'
