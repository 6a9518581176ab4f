import { isGrantedInBrowser, renderAuth } from '@holdfast/catalog'
import { AppError } from '../errors.ts'
import type { Integration } from '../integrations/index.ts'
import type { AccountRow } from '../store/index.ts'
import { recordEvent } from './changes.ts'
import type { Context } from './context.ts'
import { type Credentials, openCredentials } from './credentials.ts'
import { toAccount } from './present.ts'
import { clientNameOf, ownNames } from './providers.ts'
import type { AccountWithCredentials, AuthParams, ConnectionParams, CurrentCredentials, Revealed } from './types.ts'
import { unusable } from './usable.ts'

type EnsureFresh = (row: AccountRow) => Promise<AccountRow | undefined>

export async function getWithCredentials(
  context: Context,
  ensureFresh: EnsureFresh,
  projectId: string,
  id: string,
): Promise<AccountWithCredentials> {
  const seen = await context.store.accounts.find(projectId, id)
  const row = seen && seen.enabled === 1 ? await ensureFresh(seen) : seen
  if (!row) throw new AppError('not_found', 'There is no such connected account.')
  const integration = await context.integrations.get(projectId, row.integration_id)
  const account = toAccount(row, integration.app.definition.name)
  const credentials = row.status === 'ACTIVE' && row.enabled === 1 ? await openCredentials(context, row) : null
  if (!credentials) return { account, connectionParams: {}, authParams: null }
  return { account, ...handOut(context, integration, row, credentials) }
}

/**
 * The short way to the same answer: one statement, for an account that needs nothing else done.
 * @returns Undefined when it may: whoever asks then takes the long way, which refreshes, waits or says what is wrong.
 */
export async function readCurrent(
  context: Context,
  integrationOf: (projectId: string, id: string) => Promise<Integration>,
  projectId: string,
  id: string,
): Promise<CurrentCredentials | undefined> {
  const row = await context.store.findCredentialRow(projectId, id)
  if (!row) return undefined
  const goodUntil = Math.min(row.refresh_after ?? Number.POSITIVE_INFINITY, row.expires_at ?? Number.POSITIVE_INFINITY)
  if (goodUntil <= context.clock.now().getTime()) return undefined
  const integration = await integrationOf(projectId, row.integration_id)
  const credentials = await openCredentials(context, row)
  if (!credentials) return undefined
  return {
    account: toAccount(row, integration.app.definition.name),
    ...handOut(context, integration, row, credentials),
    duplicateOf: row.duplicates === null ? [] : (JSON.parse(row.duplicates) as string[]),
    identityId: row.identity_id,
    goodUntil,
  }
}

function handOut(
  context: Context,
  integration: Integration,
  row: Pick<AccountRow, 'expires_at'>,
  credentials: Credentials,
) {
  const rendered = render(context, integration, credentials)
  return {
    connectionParams: connectionParams(context, integration, row, credentials, rendered),
    authParams: toAuthParams(rendered),
  }
}

/** @throws {AppError} account_disabled, account_not_active, reconnect_required, provider_unavailable. */
export async function readAuthParams(
  context: Context,
  ensureFresh: EnsureFresh,
  projectId: string,
  id: string,
): Promise<AuthParams> {
  const { account, authParams } = await getWithCredentials(context, ensureFresh, projectId, id)
  if (authParams) return authParams
  throw unusable(account)
}

/**
 * Shows credentials to a person. The event is committed first: what was seen was written down.
 * @throws {AppError} As `readAuthParams`.
 */
export async function revealCredentials(
  context: Context,
  ensureFresh: EnsureFresh,
  projectId: string,
  id: string,
  { by, reason }: { by: string; reason?: string | undefined },
): Promise<ConnectionParams> {
  const { account, connectionParams, authParams } = await getWithCredentials(context, ensureFresh, projectId, id)
  if (!authParams) throw unusable(account)
  const revealed = { by, reason: reason ?? null } satisfies Revealed
  const isWritten = await context.store.transaction(async (queries) => {
    const row = await queries.accounts.find(projectId, id)
    const at = context.clock.now()
    if (row) await recordEvent(queries, row, 'connected_account.credentials_revealed', at, row.status, { revealed })
    return row !== undefined
  })
  if (!isWritten) throw new AppError('not_found', 'There is no such connected account.')
  return connectionParams
}

interface Rendered {
  baseUrl: string
  headers: Record<string, string>
  query: Record<string, string>
  body: Record<string, string>
}

function render(context: Context, integration: Integration, credentials: Credentials): Rendered {
  const values = {
    ...ownNames(context),
    ...clientNameOf(integration),
    ...integration.params,
    ...credentials.params,
    ...(credentials.tokens && { access_token: credentials.tokens.accessToken }),
  }
  const rendered = renderAuth(integration.app.definition, integration.scheme, values)
  if (rendered.baseUrl === '') return rendered
  return { ...rendered, baseUrl: context.side(integration).resolve(new URL(rendered.baseUrl)).href.replace(/\/$/, '') }
}

function toAuthParams({ baseUrl, headers, query, body }: Rendered): AuthParams {
  const placed = (values: Record<string, string>, place: 'header' | 'query') =>
    Object.entries(values).map(([name, value]) => ({ name, in: place, value }))
  return { baseUrl, params: [...placed(headers, 'header'), ...placed(query, 'query')], body }
}

/** The raw credentials under the names published clients know. The OAuth client's secret stays here: no call to an app needs it. */
function connectionParams(
  context: Context,
  integration: Integration,
  row: Pick<AccountRow, 'expires_at'>,
  { params, tokens }: Credentials,
  rendered: Rendered,
): ConnectionParams {
  const raw: ConnectionParams = { ...params }
  if (tokens) {
    const scope = tokens.scopes?.join(' ')
    Object.assign(raw, tokens.extra, {
      access_token: tokens.accessToken,
      ...(tokens.refreshToken !== null && { refresh_token: tokens.refreshToken }),
      ...(tokens.idToken !== null && { id_token: tokens.idToken }),
      token_type: tokens.tokenType,
      ...(row.expires_at !== null && {
        expires_in: String(Math.max(0, Math.floor((row.expires_at - context.clock.now().getTime()) / 1000))),
      }),
      ...(scope !== undefined && { scope, scopes: scope }),
      ...(integration.clientId !== null && { client_id: integration.clientId }),
      callback_url: integration.redirectUri,
    })
  }
  if (isGrantedInBrowser(integration.scheme) && !tokens) {
    if (integration.clientId !== null) raw.consumer_key = integration.clientId
    raw.callback_url = integration.redirectUri
  }
  return { ...raw, headers: rendered.headers, queryParams: rendered.query, base_url: rendered.baseUrl }
}
