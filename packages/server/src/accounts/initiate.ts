import { isGrantedInBrowser } from '@holdfast/catalog'
import { AppError, invalid } from '../errors.ts'
import { newId, newToken, sha256 } from '../ids.ts'
import type { Integration } from '../integrations/index.ts'
import { tryCredential } from '../oauth/index.ts'
import type { AccountRow, ConnectionRequestRow, NewAccountRow, ProjectRow, Queries } from '../store/index.ts'
import { changeStatus, mayBecome, recordEvent } from './changes.ts'
import type { Context } from './context.ts'
import { previousCredentials, sealCredentials } from './credentials.ts'
import type { Redemption } from './flow.ts'
import { compareOwner, identifyOwner, ownerColumns } from './identity.ts'
import { madeUsable } from './machine-grants.ts'
import { parked } from './parking.ts'
import { toAccount } from './present.ts'
import { clientOf, readParams, scopesFor, withOptional } from './providers.ts'
import { reasonColumns, statusReason } from './reasons.ts'
import { checkHandleTarget, checkRedirectUri } from './redirects.ts'
import { failRequest, openParams, sealParams } from './requests.ts'
import type { InitiatedConnection, InitiateInput, ReinitiateInput } from './types.ts'

/** How long a person has from the link to the callback. */
const requestLifetimeMs = 10 * 60_000

/**
 * With the token of the request's pages, for the room itself, and where the browser goes when the developer is to confirm
 * first who typed the credentials.
 */
export type Initiated = InitiatedConnection & { requestToken: string | null; confirmUrl: string | null }

/** @param linkId The connect link this was started from, if any. */
export async function initiate(
  context: Context,
  projectId: string,
  input: InitiateInput,
  linkId: string | null = null,
): Promise<Initiated> {
  const integration = await usableIntegration(context, projectId, input.integrationId)
  const isTyped = linkId !== null && !isGrantedInBrowser(integration.scheme)
  const way = await wayBack(context, integration, input.redirectUri, isTyped || isGrantedInBrowser(integration.scheme))
  const optionalScopes = input.optionalScopes ?? []
  const requestedScopes = withOptional(integration, scopesFor(integration, input.scopes), optionalScopes)
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

  if (!isGrantedInBrowser(integration.scheme)) {
    const connected = { ...row, ...(await keyColumns(context, integration, { id: row.id, version: 0 }, params)) }
    const request = await newRequest(context, { row, params, scopes: null, way, linkId })
    if (isTyped && way.verifyUser) {
      const { columns, returnUrl } = await parked(context, request.row, [])
      await begin(context, row, { ...request.row, ...columns, status: 'parked' })
      return { account: toAccount(row, appName), redirectUrl: null, requestToken: request.token, confirmUrl: returnUrl }
    }
    await context.store.transaction(async (queries) => {
      if (linkId !== null) await refuseUsedLink(queries, linkId)
      await queries.accounts.ensureEntity(projectId, input.entityId, now)
      await queries.accounts.insert(connected)
      if (linkId !== null) await queries.requests.insert({ ...request.row, status: 'connected', params: null })
      await recordEvent(queries, connected, 'connected_account.active', context.clock.now(), null)
    })
    return { account: toAccount(connected, appName), redirectUrl: null, requestToken: request.token, confirmUrl: null }
  }

  await clientOf(context, integration)
  const request = await newRequest(context, { row, params, scopes: requestedScopes, optionalScopes, way, linkId })
  await begin(context, row, request.row)
  return { account: toAccount(row, appName), redirectUrl: request.url, requestToken: request.token, confirmUrl: null }
}

/** A new account with the request that is to connect it. @throws {AppError} too_many_pending. */
async function begin(context: Context, row: NewAccountRow & AccountRow, request: ConnectionRequestRow): Promise<void> {
  await context.store.transaction(async (queries) => {
    await refuseTooMany(context, queries, row)
    await queries.accounts.ensureEntity(row.project_id, row.entity_id, row.created_at)
    await queries.accounts.insert(row)
    await queries.requests.insert(request)
    await recordEvent(queries, row, 'connected_account.initiated', context.clock.now(), null)
  })
}

/** A link connects one account, however often it was submitted before the first was connected. */
async function refuseUsedLink(queries: Queries, linkId: string): Promise<void> {
  if ((await queries.requests.accountConnectedByLink(linkId)) !== undefined)
    throw new AppError('conflict', 'This link was used or has expired.')
}

/** Each open request holds rows and may be finished at any time, so nobody gets to hold any number of them. */
async function refuseTooMany(
  { pendingLimits: { perEntity, perProject } }: Context,
  queries: Queries,
  { project_id: projectId, entity_id: entityId }: Pick<AccountRow, 'project_id' | 'entity_id'>,
): Promise<void> {
  for (const [whose, limit, count] of [
    ['entity', perEntity, await queries.requests.countOpen(projectId, entityId, perEntity)],
    ['project', perProject, await queries.requests.countOpen(projectId, undefined, perProject)],
  ] as const)
    if (count >= limit)
      throw new AppError(
        'too_many_pending',
        `The ${whose} has ${limit} connections that were begun and have not ended.`,
        {
          retryAfterSeconds: 60,
        },
      )
}

/**
 * Stores what a person typed at a connect link, once the developer has confirmed who that was.
 * @returns `gone` when the account was deleted, or the request ended, meanwhile.
 */
export async function connectTyped(
  context: Context,
  request: ConnectionRequestRow,
  integration: Integration,
): Promise<Redemption> {
  const row = await context.store.accounts.find(request.project_id, request.account_id)
  if (!row) return { kind: 'gone' }
  const params = await openParams(context, request)
  try {
    const version = row.credentials_version + 1
    const columns = await keyColumns(context, integration, { id: row.id, version }, params)
    const connected = await context.store.transaction(async (queries) => {
      if (request.link_id !== null) await refuseUsedLink(queries, request.link_id)
      if (!(await queries.requests.end(request.id, { status: 'connected', failure_code: null }))) return undefined
      return changeStatus(queries, row, columns, { type: 'connected_account.active', at: context.clock.now() })
    })
    if (!connected) return { kind: 'gone' }
    await context.store.signals.changed(row.id)
    return { kind: 'connected' }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'conflict') return { kind: 'refused', code: 'superseded', problem: 'link_used' }
    if (error.code === 'credential_refused') return { kind: 'refused', code: 'credential_refused', problem: 'failed' }
    throw error
  }
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
  const way = await wayBack(context, integration, input.redirectUri, isGrantedInBrowser(integration.scheme))
  const previous = await previousCredentials(context, row)
  const typed = new Set(integration.scheme.params.map((param) => param.name))
  const kept = Object.fromEntries(Object.entries(previous?.params ?? {}).filter(([name]) => typed.has(name)))
  const params = readParams(integration, { ...kept, ...input.data })
  const appName = integration.app.definition.name

  if (!isGrantedInBrowser(integration.scheme)) {
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
    return { account: toAccount(renewed, appName), redirectUrl: null, requestToken: null, confirmUrl: null }
  }

  await clientOf(context, integration)
  const scopes = row.requested_scopes === null ? null : (JSON.parse(row.requested_scopes) as string[])
  const request = await newRequest(context, {
    row,
    params,
    scopes,
    way,
    linkId: null,
    allowIdentityChange: input.allowIdentityChange,
  })
  const updated = await context.store.transaction(async (queries) => {
    const current = await queries.accounts.find(projectId, row.id)
    if (!current) return undefined
    for (const open of await queries.requests.openForAccount(row.id)) await failRequest(queries, open, 'superseded')
    await refuseTooMany(context, queries, current)
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
  return {
    account: toAccount(updated, appName),
    redirectUrl: request.url,
    requestToken: request.token,
    confirmUrl: null,
  }
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
 * cannot be reached the key is kept and marked unverified, unless a token must be fetched with it.
 * @throws {AppError} credential_refused when the app answers 401 or 403; provider_unavailable.
 */
async function keyColumns(
  context: Context,
  integration: Integration,
  row: { id: string; version: number },
  params: Record<string, string>,
) {
  const { provider, credentials, expiry } = await madeUsable(context, integration, params)
  const called = await tryCredential(provider)
  // A token that was given is the proof, whether or not the test call could be made as well.
  const verdict = credentials.tokens && called !== 'refused' ? 'accepted' : called
  if (verdict === 'refused') {
    const secrets = integration.scheme.params.filter((param) => param.role === 'credential')
    throw new AppError('credential_refused', `${integration.app.definition.name} does not accept this credential.`, {
      fields: secrets.map((param) => ({ property: `data.${param.name}`, message: 'refused by the app' })),
    })
  }
  const owner = verdict === 'unreachable' ? undefined : await identifyOwner(provider)
  return {
    ...expiry,
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
    optionalScopes?: string[] | undefined
    way: WayBack
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
      optional_scopes: from.optionalScopes?.length ? JSON.stringify(from.optionalScopes) : null,
      status: 'pending',
      failure_code: null,
      redirect_uri: from.way.redirectUri,
      entity_id: from.row.entity_id,
      verify_user: from.way.verifyUser ? 1 : 0,
      handle_hash: null,
      answer: null,
      poll_after: null,
      poll_interval_seconds: null,
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

interface WayBack {
  redirectUri: string | null
  /** The developer's backend confirms who came back before anything is stored. */
  verifyUser: boolean
}

/** @param byPerson Whether somebody else than the developer's backend brings the credentials. */
async function wayBack(
  context: Context,
  integration: Integration,
  wanted: string | undefined,
  byPerson: boolean,
): Promise<WayBack> {
  const project = await context.store.projects.find(integration.projectId)
  if (!project) throw new AppError('not_found', 'There is no such project.')
  const redirectUri = checkRedirectUri(project, wanted)
  const verifyUser = byPerson && needsConfirmation(project, integration)
  if (verifyUser && redirectUri === null) throw noWayBack()
  if (verifyUser && redirectUri !== null) checkHandleTarget(project, redirectUri)
  return { redirectUri, verifyUser }
}

/** Whether the developer's backend is to confirm who came back: as the integration says, else the project. */
export const needsConfirmation = (
  project: Pick<ProjectRow, 'user_verification'>,
  integration: Pick<Integration, 'userVerification'>,
): boolean => (integration.userVerification ?? project.user_verification) === 'required'

export const noWayBack = () =>
  invalid({
    property: 'redirectUri',
    message:
      'is required: userVerification says that your backend confirms who came back, and the browser takes it the handle there',
  })
