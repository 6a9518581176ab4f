import {
  type AppDefinition,
  type AuthScheme,
  type BrowserScheme,
  integrationParamsOf,
  isGrantedInBrowser,
  type Param,
} from '@holdfast/catalog'
import type { z } from '@hono/zod-openapi'
import type {
  Account,
  AccountEvent,
  AuthParams,
  ConnectionParams,
  ConnectLink,
  Entity,
  ExpectedField,
  ImportedAccount,
  InitiatedConnection,
  Revocation,
} from '../accounts/types.ts'
import type { App, Integration } from '../integrations/types.ts'
import type { ApiKey, Project } from '../projects/types.ts'
import type { AccountBody, AccountItem, AuthParamsBody, InitiateAnswer } from './schemas/accounts.ts'
import type { AppAuthSchemeBody, AppBody, AppItem } from './schemas/apps.ts'
import type { ConnectLinkBody } from './schemas/connect-links.ts'
import type { ExpectedFieldBody, IntegrationBody, IntegrationItem, MemberBody } from './schemas/integrations.ts'
import type { EntityBody, HistoryPage, RevocationBody } from './schemas/lifecycle.ts'
import type { ApiKeyBody, ProjectBody } from './schemas/projects.ts'
import type { ImportAnswer } from './schemas/transfer.ts'

/** Objects of the service as objects of the wire. What is not named here never leaves the server. */

type Wire<Schema extends z.ZodType> = z.output<Schema>

export const logoUrl = (baseUrl: string, appKey: string): string => `${baseUrl}/connect/assets/logos/${appKey}.svg`

export interface AccountSecrets {
  connectionParams: ConnectionParams
  authParams: AuthParams | null
}

export function accountBody(
  account: Account,
  project: Project,
  baseUrl: string,
  duplicateOf: string[],
  secrets?: AccountSecrets,
): Wire<typeof AccountBody> {
  return {
    ...accountItem(account, project, baseUrl, secrets?.connectionParams),
    duplicateOf,
    ...(secrets?.authParams ? authParamsBody(secrets.authParams) : {}),
  }
}

export function accountItem(
  account: Account,
  project: Project,
  baseUrl: string,
  connectionParams: ConnectionParams = {},
): Wire<typeof AccountItem> {
  const member = memberBody(project)
  return {
    id: account.id,
    connectedAccountId: account.id,
    integrationId: account.integrationId,
    appUniqueId: account.appKey.toLowerCase(),
    appName: account.appKey.toLowerCase(),
    authScheme: account.authScheme as AuthScheme['scheme'],
    clientUniqueUserId: account.entityId,
    entityId: account.entityId,
    status: account.status,
    statusReason: account.statusReason,
    enabled: account.enabled,
    isDisabled: !account.enabled,
    deleted: false,
    verification: account.verification,
    identity: account.identity,
    labels: account.labels,
    requestedScopes: account.requestedScopes,
    grantedScopes: account.grantedScopes,
    missingScopes: account.missingScopes,
    expiresAt: account.expiresAt?.toISOString() ?? null,
    simulated: account.simulated,
    logo: logoUrl(baseUrl, account.appKey),
    // Calls go from the caller's code straight to the app, so there is nothing to count; clients expect text.
    invocationCount: '0',
    createdAt: account.createdAt.toISOString(),
    updatedAt: account.updatedAt.toISOString(),
    member,
    memberInfo: member,
    meta: { app: { get_current_user_endpoint: null } },
    connectionParams,
  }
}

export const revocationBody = (revocation: Revocation): Wire<typeof RevocationBody> => ({
  id: revocation.id,
  connectedAccountId: revocation.accountId,
  appName: revocation.appKey,
  status: revocation.status,
  tokens: revocation.tokens,
  attempts: revocation.attempts,
  nextAttemptAt: revocation.nextAttemptAt?.toISOString() ?? null,
  createdAt: revocation.createdAt.toISOString(),
  updatedAt: revocation.updatedAt.toISOString(),
})

export const eventBody = (event: AccountEvent): Wire<typeof HistoryPage>['items'][number] => ({
  ...event,
  timestamp: event.timestamp.toISOString(),
})

export const importedBody = ({
  account,
  externalId,
  isNew,
}: ImportedAccount): Wire<typeof ImportAnswer>['items'][number] => ({
  connectedAccountId: account.id,
  externalId,
  isNew,
  status: account.status,
  statusReason: account.statusReason,
  verification: account.verification,
})

export const entityBody = (entity: Entity): Wire<typeof EntityBody> => ({
  ...entity,
  createdAt: entity.createdAt.toISOString(),
})

export const authParamsBody = (auth: AuthParams): Wire<typeof AuthParamsBody> => ({
  base_url: auth.baseUrl,
  params: auth.params,
  parameters: auth.params,
  body: auth.body,
})

/** While an account is being renewed its own status stays what it was; the answer is about the attempt. */
export const initiateAnswer = ({ account, redirectUrl }: InitiatedConnection): Wire<typeof InitiateAnswer> => ({
  connectionStatus: redirectUrl === null ? account.status : 'INITIATED',
  connectedAccountId: account.id,
  redirectUrl,
})

/** Clients expect a person; here the project stands for whoever works on it. */
export const memberBody = (project: Project): Wire<typeof MemberBody> => ({
  id: project.id,
  orgId: project.id,
  email: '',
  name: project.name,
  role: 'ADMIN',
  metadata: {},
  createdAt: project.createdAt.toISOString(),
  updatedAt: project.updatedAt.toISOString(),
  deletedAt: null,
})

export function integrationBody(
  integration: Integration,
  fields: ExpectedField[],
  baseUrl: string,
): Wire<typeof IntegrationBody> {
  const key = integration.app.definition.key.toLowerCase()
  return {
    id: integration.id,
    name: integration.name,
    authScheme: integration.scheme.scheme,
    createdAt: integration.createdAt.toISOString(),
    updatedAt: integration.updatedAt.toISOString(),
    enabled: integration.enabled,
    deleted: false,
    appId: key,
    appName: key,
    logo: logoUrl(baseUrl, key),
    defaultConnectorId: null,
    authConfig: authConfig(integration),
    expectedInputFields: fields.map((field) => expectedFieldBody(field)),
    useComposioAuth: integration.clientId === null && (integration.simulated || integration.isDefault),
    limitedActions: [],
    redirectUri: integration.redirectUri,
    scopes: integration.scopes,
    clientId: integration.clientId,
    hasClientSecret: integration.hasClientSecret,
    params: shownParams(integration),
    simulated: integration.simulated,
    isDefault: integration.isDefault,
    problem: integration.problem ? { ...integration.problem, since: integration.problem.since.toISOString() } : null,
    userVerification: integration.userVerification,
  }
}

export const integrationItem = (
  integration: Integration,
  fields: ExpectedField[],
  baseUrl: string,
  project: Project,
  connections: number,
): Wire<typeof IntegrationItem> => ({
  ...integrationBody(integration, fields, baseUrl),
  _count: { connections },
  connections: [],
  member: memberBody(project),
})

function shownParams({ scheme, params }: Integration): Record<string, string> {
  const secret = new Set(integrationParamsOf(scheme).flatMap((param) => (param.secret ? [param.name] : [])))
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, secret.has(name) ? '' : value]))
}

/** The secret is blank rather than masked: a client that sends the object back must not overwrite it with stars. */
function authConfig(integration: Integration): Record<string, string> {
  if (!isGrantedInBrowser(integration.scheme) || integration.clientId === null) return {}
  return {
    client_id: integration.clientId,
    client_secret: '',
    ...(integration.scopes ? { scopes: integration.scopes.join(' ') } : {}),
  }
}

export const expectedFieldBody = (field: ExpectedField, fromCustomer = true): Wire<typeof ExpectedFieldBody> => ({
  name: field.name,
  type: 'string',
  displayName: field.label,
  display_name: field.label,
  description: field.help,
  default: field.default,
  required: field.required,
  expected_from_customer: fromCustomer,
  is_secret: field.secret,
  get_current_user_endpoint: null,
  example: field.example,
  pattern: field.pattern,
  help_url: field.helpUrl,
  options: field.options,
  role: field.role,
})

/** @param ready OAuth integrations of this app that can be used as they are. */
export function appItem(app: App, ready: readonly Integration[], baseUrl: string): Wire<typeof AppItem> {
  const { definition } = app
  const noAuth = definition.authSchemes.every((scheme) => scheme.scheme === 'NO_AUTH')
  const setup = definition.authSchemes.flatMap((scheme) =>
    isGrantedInBrowser(scheme) && scheme.setup ? scheme.setup.steps : [],
  )
  return {
    appId: definition.key,
    key: definition.key,
    name: definition.name,
    description: definition.description,
    logo: logoUrl(baseUrl, definition.key),
    categories: definition.categories,
    tags: definition.categories,
    docs: definition.source?.url ?? '',
    configuration_docs_text: setup.map((step, index) => `${index + 1}. ${step}`).join('\n'),
    documentation_doc_text: definition.authSchemes.flatMap((scheme) => scheme.notes ?? []).join('\n'),
    status: 'ACTIVE',
    enabled: true,
    no_auth: noAuth,
    testConnectors: ready.map((integration) => ({
      id: integration.id,
      name: integration.name,
      authScheme: integration.scheme.scheme,
    })),
    auth_schemes: definition.authSchemes.map((scheme) => authSchemeBody(definition, scheme, baseUrl)),
    meta: { is_custom_app: !app.builtIn },
    yaml: { no_auth: noAuth },
    get_current_user_endpoint: definition.identity?.url ?? null,
    builtIn: app.builtIn,
    unverified: app.definition.unverified ?? false,
    sources: app.definition.sources ?? null,
    createdAt: app.createdAt.toISOString(),
    updatedAt: app.updatedAt.toISOString(),
  }
}

export const appBody = (app: App, ready: readonly Integration[], baseUrl: string): Wire<typeof AppBody> => ({
  ...appItem(app, ready, baseUrl),
  definition: { ...app.definition },
})

function authSchemeBody(app: AppDefinition, scheme: AuthScheme, baseUrl: string): Wire<typeof AppAuthSchemeBody> {
  const common = {
    mode: scheme.scheme,
    auth_mode: scheme.scheme,
    scheme_name: scheme.scheme,
    name: scheme.scheme,
    label: scheme.label,
    proxy: proxyTemplates(app, scheme),
  }
  const params = scheme.params.map((param) => expectedFieldBody(fieldOfParam(param)))
  if (!isGrantedInBrowser(scheme)) return { ...common, fields: params }
  const own = [...clientFields(scheme), ...integrationParamsOf(scheme).map(fieldOfParam)]
  const fields = [...own.map((field) => expectedFieldBody(field, false)), ...params]
  if (scheme.scheme === 'OAUTH1')
    return {
      ...common,
      fields,
      request_url: doubled(scheme.requestTokenEndpoint ?? ''),
      authorization_url: doubled(scheme.authorizationEndpoint ?? ''),
      token_url: doubled(scheme.accessTokenEndpoint ?? ''),
      signature_method: scheme.signatureMethod,
      authorization_params: doubledAll(scheme.authorizationParams),
      token_response_metadata: scheme.keep,
      callback_url: `${baseUrl}/oauth/callback/{{integrationId}}`,
    }
  return {
    ...common,
    fields,
    authorization_url: doubled(scheme.authorizationEndpoint),
    token_url: doubled(scheme.tokenEndpoint),
    default_scopes: scheme.scopes.default,
    available_scopes: [
      ...new Set([
        ...scheme.scopes.default,
        ...scheme.scopes.required,
        ...scheme.scopes.described.map((scope) => scope.name),
      ]),
    ],
    scope_separator: scheme.scopeSeparator,
    authorization_params: doubledAll(scheme.authorizationParams),
    token_params: doubledAll(scheme.tokenParams),
    token_response_metadata: scheme.tokenResponse.keep,
    callback_url: `${baseUrl}/oauth/callback/{{integrationId}}`,
  }
}

function proxyTemplates(app: AppDefinition, scheme: AuthScheme): Wire<typeof AppAuthSchemeBody>['proxy'] {
  const sent = 'send' in scheme ? scheme.send : []
  const placed = (where: 'header' | 'query') =>
    Object.fromEntries(
      sent.filter((placement) => placement.in === where).map(({ name, value }) => [name, doubled(value)]),
    )
  const basic: Record<string, string> =
    scheme.scheme === 'BASIC'
      ? { Authorization: `Basic base64(${doubled(scheme.basic.username)}:${doubled(scheme.basic.password)})` }
      : {}
  return {
    base_url: doubled(scheme.baseUrl ?? app.baseUrl ?? ''),
    headers: { ...doubledAll(app.headers), ...basic, ...placed('header') },
    query_params: placed('query'),
    path_params: {},
  }
}

/** Our `{name}` as the wire's `{{name}}`. */
const doubled = (template: string) => template.replace(/\{([a-z][a-z0-9_]*)\}/g, '{{$1}}')

const doubledAll = (templates: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(templates).map(([name, value]) => [name, doubled(value)]))

const fieldOfParam = (param: Param): ExpectedField => ({
  name: param.name,
  label: param.label,
  help: param.help,
  helpUrl: param.helpUrl ?? null,
  example: param.example ?? null,
  default: param.default ?? null,
  pattern: param.pattern ?? null,
  role: param.role,
  options: param.options ?? null,
  secret: param.secret,
  required: param.required,
})

/** What the operator enters once for an OAuth integration. */
function clientFields(scheme: BrowserScheme): ExpectedField[] {
  const common = {
    helpUrl: scheme.setup?.url ?? null,
    example: null,
    default: null,
    pattern: null,
    role: 'credential',
    options: null,
  } as const
  return [
    {
      ...common,
      name: 'client_id',
      label: 'Client ID',
      help: 'Client ID of your OAuth client.',
      secret: false,
      required: true,
    },
    {
      ...common,
      name: 'client_secret',
      label: 'Client secret',
      help: 'Client secret of your OAuth client.',
      secret: true,
      required: !(scheme.scheme === 'OAUTH2' && scheme.tokenEndpointAuthMethod === 'none'),
    },
  ]
}

export const projectBody = (project: Project): Wire<typeof ProjectBody> => ({
  id: project.id,
  name: project.name,
  mode: project.mode,
  allowedRedirectUrls: project.allowedRedirectUrls,
  userVerification: project.userVerification,
  createdAt: project.createdAt.toISOString(),
  updatedAt: project.updatedAt.toISOString(),
})

export const apiKeyBody = (key: ApiKey): Wire<typeof ApiKeyBody> => ({
  id: key.id,
  name: key.name,
  hint: key.hint,
  createdAt: key.createdAt.toISOString(),
  expiresAt: key.expiresAt?.toISOString() ?? null,
  scopes: key.access.scopes && [...key.access.scopes],
  entityIds: key.access.entityIds && [...key.access.entityIds],
  integrationIds: key.access.integrationIds && [...key.access.integrationIds],
  connectedAccountIds: key.access.accountIds && [...key.access.accountIds],
})

export const connectLinkBody = (link: ConnectLink): Wire<typeof ConnectLinkBody> => ({
  id: link.id,
  url: link.url,
  entityId: link.entityId,
  redirectUri: link.redirectUri,
  expiresAt: link.expiresAt.toISOString(),
  createdAt: link.createdAt.toISOString(),
})
