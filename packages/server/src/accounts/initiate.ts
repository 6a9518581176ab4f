import { AppError } from '../errors.ts'
import { newId, newToken, sha256 } from '../ids.ts'
import type { Integration } from '../integrations/index.ts'
import { tryCredential } from '../oauth/index.ts'
import type { AccountRow, ConnectionRequestRow, NewAccountRow } from '../store/index.ts'
import { changeStatus, mayBecome, recordEvent } from './changes.ts'
import type { Context } from './context.ts'
import { type Credentials, previousCredentials, sealCredentials } from './credentials.ts'
import { compareOwner, identifyOwner, ownerColumns } from './identity.ts'
import { toAccount } from './present.ts'
import { isOAuth, oauthProviderFor, providerFor, readParams, scopesFor } from './providers.ts'
import { reasonColumns, statusReason } from './reasons.ts'
import { checkRedirectUri } from './redirects.ts'
import { failRequest, sealParams } from './requests.ts'
import type { InitiatedConnection, InitiateInput, ReinitiateInput } from './types.ts'

/** How long a person has from the link to the callback. */
const requestLifetimeMs = 10 * 60_000

/** With the token of the request's pages, for the room itself. */
export type Initiated = InitiatedConnection & { requestToken: string | null }

/** @param linkId The connect link this was started from, if any. */
export async function initiate(
  context: Context,
  projectId: string,
  input: InitiateInput,
  linkId: string | null = null,
): Promise<Initiated> {
  const integration = await usableIntegration(context, projectId, input.integrationId)
  const redirectUri = await allowedRedirect(context, projectId, input.redirectUri)
  const requestedScopes = scopesFor(integration, input.scopes)
  const params = readParams(integration, input.data)
  const now = context.clock.now().getTime()
  const row: NewAccountRow & AccountRow = {
    id: newId(),
    project_id: projectId,
    integration_id: integration.id,
    entity_id: input.entityId,
    app_key: integration.app.definition.key,
    auth_scheme: integration.scheme.scheme,
    status: 'INITIATED',
    ...reasonColumns(statusReason('awaiting_user')),
    enabled: 1,
    verification: 'not_checked',
    identity: null,
    identity_id: null,
    external_id: null,
    labels: JSON.stringify(input.labels ?? []),
    requested_scopes: requestedScopes && JSON.stringify(requestedScopes),
    granted_scopes: null,
    simulated: integration.simulated ? 1 : 0,
    credentials: null,
    credentials_version: 0,
    expires_at: null,
    refresh_after: null,
    background_after: null,
    refresh_expires_at: null,
    warned_until: null,
    retry_after: null,
    refresh_failures: 0,
    lease_owner: null,
    lease_until: null,
    fence: 0,
    sequence: 0,
    created_at: now,
    updated_at: now,
  }
  const appName = integration.app.definition.name

  if (!isOAuth(integration.scheme)) {
    const connected = { ...row, ...(await keyColumns(context, integration, { id: row.id, version: 0 }, params)) }
    const request = await newRequest(context, { row, params, scopes: null, redirectUri, linkId })
    await context.store.transaction(async (queries) => {
      await queries.accounts.ensureEntity(projectId, input.entityId, now)
      await queries.accounts.insert(connected)
      if (linkId !== null) await queries.requests.insert({ ...request.row, status: 'connected', params: null })
      await recordEvent(queries, connected, 'connected_account.active', context.clock.now(), null)
    })
    return { account: toAccount(connected, appName), redirectUrl: null, requestToken: request.token }
  }

  await oauthProviderFor(context, integration, params)
  const request = await newRequest(context, { row, params, scopes: requestedScopes, redirectUri, linkId })
  await context.store.transaction(async (queries) => {
    await queries.accounts.ensureEntity(projectId, input.entityId, now)
    await queries.accounts.insert(row)
    await queries.requests.insert(request.row)
    await recordEvent(queries, row, 'connected_account.initiated', context.clock.now(), null)
  })
  return { account: toAccount(row, appName), redirectUrl: request.url, requestToken: request.token }
}

/** Until the new grant arrives the old credentials stay in use, so an ACTIVE account stays ACTIVE. */
export async function reinitiate(
  context: Context,
  projectId: string,
  accountId: string,
  input: ReinitiateInput,
): Promise<Initiated> {
  const row = await context.store.accounts.find(projectId, accountId)
  if (!row) throw new AppError('not_found', 'There is no such connected account.')
  const integration = await usableIntegration(context, projectId, row.integration_id)
  const redirectUri = await allowedRedirect(context, projectId, input.redirectUri)
  const previous = await previousCredentials(context, row)
  const typed = new Set(integration.scheme.params.map((param) => param.name))
  const kept = Object.fromEntries(Object.entries(previous?.params ?? {}).filter(([name]) => typed.has(name)))
  const params = readParams(integration, { ...kept, ...input.data })
  const appName = integration.app.definition.name

  if (!isOAuth(integration.scheme)) {
    const columns = await keyColumns(context, integration, { id: row.id, version: row.credentials_version + 1 }, params)
    const isOther = checkOwner(integration, row, columns, input.allowIdentityChange ?? false)
    const renewed = await context.store.transaction(async (queries) => {
      const at = context.clock.now()
      const type = row.status === 'ACTIVE' ? 'connected_account.active' : 'connected_account.reactivated'
      const stored = await changeStatus(queries, row, columns, { type, at })
      if (stored && isOther) await recordEvent(queries, stored, 'connected_account.identity_changed', at)
      return stored
    })
    if (!renewed) throw new AppError('conflict', 'The account changed meanwhile.')
    await context.store.signals.changed(row.id)
    return { account: toAccount(renewed, appName), redirectUrl: null, requestToken: null }
  }

  await oauthProviderFor(context, integration, params)
  const scopes = row.requested_scopes === null ? null : (JSON.parse(row.requested_scopes) as string[])
  const request = await newRequest(context, {
    row,
    params,
    scopes,
    redirectUri,
    linkId: null,
    allowIdentityChange: input.allowIdentityChange,
  })
  const updated = await context.store.transaction(async (queries) => {
    const current = await queries.accounts.find(projectId, row.id)
    if (!current) return undefined
    for (const open of await queries.requests.openForAccount(row.id)) await failRequest(queries, open, 'superseded')
    await queries.requests.insert(request.row)
    if (!mayBecome(current.status, 'INITIATED')) return current
    const at = context.clock.now()
    const changes = {
      status: 'INITIATED' as const,
      ...reasonColumns(statusReason('awaiting_user')),
      updated_at: at.getTime(),
    }
    return changeStatus(queries, current, changes, { type: 'connected_account.initiated', at })
  })
  if (!updated) throw new AppError('conflict', 'The account changed meanwhile.')
  await context.store.signals.changed(row.id)
  return { account: toAccount(updated, appName), redirectUrl: request.url, requestToken: request.token }
}

/**
 * @returns Whether the account changes hands, as the request allowed.
 * @throws {AppError} identity_mismatch, provider_unavailable when the app does not say whose key it is.
 */
function checkOwner(
  { app, scheme }: Integration,
  row: AccountRow,
  columns: Pick<AccountRow, 'identity_id'>,
  mayChange: boolean,
): boolean {
  const compared = compareOwner(row, { app: app.definition, scheme }, columns.identity_id)
  if (compared === 'same' || mayChange) return compared === 'other'
  if (compared === 'unknown') throw new AppError('provider_unavailable', statusReason('identity_unknown').message)
  throw new AppError('identity_mismatch', 'This credential belongs to another account at the app than the one before.')
}

/**
 * The columns of an account that a key connects: checked by the app's cheap call, sealed, ACTIVE at once. When the app
 * cannot be reached the key is kept and marked unverified.
 * @throws {AppError} credential_refused when the app answers 401 or 403.
 */
async function keyColumns(
  context: Context,
  integration: Integration,
  row: { id: string; version: number },
  params: Record<string, string>,
) {
  const provider = providerFor(context, integration, params)
  const verdict = await tryCredential(provider)
  if (verdict === 'refused') {
    const secrets = integration.scheme.params.filter((param) => param.role === 'credential')
    throw new AppError('credential_refused', `${integration.app.definition.name} does not accept this credential.`, {
      fields: secrets.map((param) => ({ property: `data.${param.name}`, message: 'refused by the app' })),
    })
  }
  const owner = verdict === 'unreachable' ? undefined : await identifyOwner(provider)
  const credentials: Credentials = { params, tokens: null }
  return {
    status: 'ACTIVE' as const,
    ...reasonColumns(verdict === 'unreachable' ? statusReason('unverified') : null),
    verification:
      verdict === 'accepted'
        ? ('verified' as const)
        : verdict === 'unreachable'
          ? ('unverified' as const)
          : ('not_checked' as const),
    ...ownerColumns(owner),
    credentials: await sealCredentials(
      context,
      { projectId: integration.projectId, accountId: row.id, version: row.version },
      credentials,
    ),
    updated_at: context.clock.now().getTime(),
  }
}

async function newRequest(
  context: Context,
  from: {
    row: AccountRow
    params: Record<string, string>
    scopes: string[] | null
    redirectUri: string | null
    linkId: string | null
    allowIdentityChange?: boolean | undefined
  },
): Promise<{ row: ConnectionRequestRow; token: string; url: string }> {
  const id = newId()
  const token = newToken()
  const now = context.clock.now().getTime()
  return {
    token,
    url: `${context.baseUrl}/connect/${token}`,
    row: {
      id,
      project_id: from.row.project_id,
      account_id: from.row.id,
      integration_id: from.row.integration_id,
      link_id: from.linkId,
      token_hash: sha256(token),
      state_hash: null,
      cookie_hash: null,
      code_verifier: null,
      params: await sealParams(context, { projectId: from.row.project_id, requestId: id }, from.params),
      scopes: from.scopes && JSON.stringify(from.scopes),
      status: 'pending',
      failure_code: null,
      redirect_uri: from.redirectUri,
      allow_identity_change: from.allowIdentityChange ? 1 : 0,
      expires_at: now + requestLifetimeMs,
      created_at: now,
    },
  }
}

async function usableIntegration(context: Context, projectId: string, id: string): Promise<Integration> {
  const integration = await context.integrations.get(projectId, id)
  if (!integration.enabled)
    throw new AppError('integration_disabled', `The integration ${integration.name} is disabled.`)
  return integration
}

async function allowedRedirect(
  context: Context,
  projectId: string,
  redirectUri: string | undefined,
): Promise<string | null> {
  const project = await context.store.projects.find(projectId)
  if (!project) throw new AppError('not_found', 'There is no such project.')
  return checkRedirectUri(project, redirectUri)
}
