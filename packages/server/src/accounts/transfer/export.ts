import type { Integration } from '../../integrations/index.ts'
import type { AccountRow } from '../../store/index.ts'
import { recordEvent } from '../changes.ts'
import type { Context } from '../context.ts'
import { type Credentials, openCredentials, type StoredTokens } from '../credentials.ts'
import { checkedIdCursor } from '../list-cursor.ts'
import { isOAuth } from '../providers.ts'
import { encryptionTo } from './recipient.ts'
import type { AccountItem, ExportedAccounts, ExportSelection } from './types.ts'

/** As many as one import takes. */
const pageSize = 100

/** Each account's history says that its credentials were handed out; that is written before they are. */
export async function exportAccounts(
  context: Context,
  projectId: string,
  request: { recipientPublicKey: unknown; selection: ExportSelection; cursor: string | undefined },
): Promise<ExportedAccounts> {
  const encrypt = encryptionTo(request.recipientPublicKey)
  const { store, clock, log } = context
  const selection = { ...request.selection, statuses: ['ACTIVE' as const] }
  const rows = await store.accounts.pageById(projectId, selection, checkedIdCursor(request.cursor), pageSize + 1)
  const page = rows.slice(0, pageSize)
  const integrations = new Map<string, Integration>()
  const items: AccountItem[] = []
  const exported: AccountRow[] = []
  const skipped: string[] = []
  for (const row of page) {
    const integration =
      integrations.get(row.integration_id) ?? (await context.integrations.get(projectId, row.integration_id))
    integrations.set(row.integration_id, integration)
    const credentials = await openCredentials(context, row).catch((error: unknown) => {
      log.warn({ accountId: row.id, err: error }, 'credentials could not be opened to be exported')
      return null
    })
    if (credentials === null) skipped.push(row.id)
    else {
      items.push(toItem(row, integration, credentials))
      exported.push(row)
    }
  }
  const jwe = await encrypt(JSON.stringify({ items }))
  await store.transaction(async (queries) => {
    for (const row of exported) await recordEvent(queries, row, 'connected_account.exported', clock.now())
  })
  log.warn({ projectId, count: exported.length }, 'credentials were exported')
  const last = page.at(-1)
  return { jwe, count: items.length, skipped, nextCursor: rows.length > pageSize && last ? last.id : null }
}

function toItem(row: AccountRow, { scheme }: Integration, { params, tokens }: Credentials): AccountItem {
  const common = {
    integrationId: row.integration_id,
    app: row.app_key,
    authScheme: row.auth_scheme,
    entityId: row.entity_id,
    externalId: row.external_id ?? row.id,
    params,
    labels: JSON.parse(row.labels) as string[],
    enabled: row.enabled === 1,
  }
  if (!tokens || !isOAuth(scheme)) return common
  const separator = scheme.tokenResponse.scopeSeparator ?? scheme.scopeSeparator
  return {
    ...common,
    accessToken: tokens.accessToken === '' ? null : tokens.accessToken,
    refreshToken: tokens.refreshToken,
    idToken: tokens.idToken,
    tokenType: tokens.tokenType,
    ...endOf(row, tokens),
    refreshExpiresAt: tokens.refreshExpiresAt,
    scope: grantedOf(row)?.join(separator) ?? null,
    requestedScopes: row.requested_scopes === null ? null : (JSON.parse(row.requested_scopes) as string[]),
    extra: tokens.extra,
  }
}

/** Null says that it does not end. Nothing is said of a token that is to be refreshed before anybody uses it. */
function endOf(row: AccountRow, tokens: StoredTokens): Pick<AccountItem, 'expiresAt'> {
  if (tokens.accessToken === '') return {}
  if (row.expires_at !== null) return { expiresAt: new Date(row.expires_at).toISOString() }
  return row.refresh_after === null ? { expiresAt: null } : {}
}

const grantedOf = (row: AccountRow) =>
  row.granted_scopes === null ? null : (JSON.parse(row.granted_scopes) as string[])
