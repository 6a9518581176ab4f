import { AppError, type FieldError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { tryCredential } from '../../oauth/index.ts'
import type { AccountRow } from '../../store/index.ts'
import { changeStatus, recordEvent } from '../changes.ts'
import type { Context } from '../context.ts'
import { expiryColumns, sealCredentials } from '../credentials.ts'
import { identifyOwner, ownerColumns } from '../identity.ts'
import { toAccount } from '../present.ts'
import { isOAuth } from '../providers.ts'
import { reasonColumns, statusReason } from '../reasons.ts'
import { signingProviderFor } from '../signing.ts'
import { type ReadItem, readItem } from './items.ts'
import type { AccountItem, ImportedAccount } from './types.ts'

/** How many apps are asked at once. */
const atOnce = 4

interface Prepared {
  read: ReadItem
  row: AccountRow
}

/** All or nothing up to the commit; what an app then says of a credential is recorded on its account. */
export async function importAccounts(
  context: Context,
  projectId: string,
  items: readonly AccountItem[],
): Promise<ImportedAccount[]> {
  const read = await readAll(context, projectId, items)
  const externalIds = items.map((item) => item.externalId).filter((id) => id !== undefined)
  const known = new Map(
    (await context.store.accounts.findByExternalIds(projectId, externalIds)).map((row) => [row.external_id, row]),
  )
  const fresh = read.filter(({ item }) => item.externalId === undefined || !known.has(item.externalId))
  const prepared = await Promise.all(fresh.map((one) => prepare(context, projectId, one)))
  try {
    await store(context, projectId, prepared)
  } catch (error) {
    // Another import of the same accounts was first; then they are known now.
    const ids = externalIds.filter((id) => !known.has(id))
    if ((await context.store.accounts.findByExternalIds(projectId, ids)).length === 0) throw error
    return importAccounts(context, projectId, items)
  }
  const verified = new Map<ReadItem, AccountRow>()
  await eachOf(prepared, async (one) => {
    verified.set(one.read, await verify(context, one))
  })
  return read.map((one) => {
    const row = verified.get(one) ?? (known.get(one.item.externalId ?? null) as AccountRow)
    return {
      account: toAccount(row, one.integration.app.definition.name),
      externalId: row.external_id,
      isNew: verified.has(one),
    }
  })
}

async function readAll(context: Context, projectId: string, items: readonly AccountItem[]): Promise<ReadItem[]> {
  const problems: FieldError[] = []
  const found = new Map<number, ReadItem>()
  const seen = new Set<string>()
  await eachOf([...items.entries()], async ([index, item]) => {
    if (item.externalId !== undefined) {
      if (seen.has(item.externalId)) problems.push({ property: `items.${index}.externalId`, message: 'is given twice' })
      seen.add(item.externalId)
    }
    const read = await readItem(context, projectId, item, index, problems)
    if (read) found.set(index, read)
  })
  const [first] = problems.sort((one, other) => indexOf(one) - indexOf(other))
  if (first)
    throw new AppError('validation_failed', `${first.property}: ${first.message}`, { fields: problems.slice(0, 100) })
  return items.map((_, index) => found.get(index) as ReadItem)
}

const indexOf = ({ property }: FieldError) => Number(property.split('.')[1])

async function prepare(context: Context, projectId: string, read: ReadItem): Promise<Prepared> {
  const { item, integration, credentials } = read
  const id = newId()
  const now = context.clock.now().getTime()
  const { scheme } = integration
  const columns = expiryColumns(credentials.tokens, isOAuth(scheme) ? scheme.refresh.rotates : false, context.random)
  const row: AccountRow = {
    id,
    project_id: projectId,
    integration_id: integration.id,
    entity_id: item.entityId,
    app_key: integration.app.definition.key,
    auth_scheme: scheme.scheme,
    status: 'ACTIVE',
    ...reasonColumns(statusReason('unverified')),
    enabled: item.enabled === false ? 0 : 1,
    verification: 'unverified',
    identity: null,
    identity_id: null,
    external_id: item.externalId ?? null,
    labels: JSON.stringify([...new Set(item.labels ?? [])]),
    requested_scopes: read.requestedScopes && JSON.stringify(read.requestedScopes),
    granted_scopes: credentials.tokens?.scopes ? JSON.stringify(credentials.tokens.scopes) : null,
    simulated: integration.simulated ? 1 : 0,
    credentials: await sealCredentials(context, { projectId, accountId: id, version: 0 }, credentials),
    credentials_version: 0,
    ...columns,
    expires_at: read.expiresAt,
    ...(read.isDue && { refresh_after: now, background_after: now }),
    retry_after: null,
    refresh_failures: 0,
    lease_owner: null,
    lease_until: null,
    fence: 0,
    sequence: 0,
    created_at: now,
    updated_at: now,
  }
  return { read, row }
}

async function store({ store, clock }: Context, projectId: string, prepared: readonly Prepared[]): Promise<void> {
  if (prepared.length === 0) return
  const at = clock.now()
  await store.transaction(async (queries) => {
    for (const { row } of prepared) {
      await queries.accounts.ensureEntity(projectId, row.entity_id, at.getTime())
      await queries.accounts.insert(row)
      await recordEvent(queries, row, 'connected_account.imported', at, null)
    }
  })
}

/** Asks the app. @returns The row as it is afterwards. */
async function verify(context: Context, { row, read }: Prepared): Promise<AccountRow> {
  const { integration, credentials } = read
  const now = context.clock.now().getTime()
  // Without an access token that still works there is nothing to ask with; the first refresh will tell.
  const isOver = row.expires_at !== null && row.expires_at <= now
  if (isOver) return (await settle(context, row, { verification: 'not_checked', ...reasonColumns(null) })) ?? row
  const values = { ...credentials.params, ...(credentials.tokens && { access_token: credentials.tokens.accessToken }) }
  const provider = await signingProviderFor(context, integration, values)
  const verdict = await tryCredential(provider)
  if (verdict === 'unreachable') return row
  if (verdict === 'refused') return refused(context, row, typeof credentials.tokens?.refreshToken === 'string')
  const owner = await identifyOwner(provider)
  const verification = verdict === 'accepted' || owner ? 'verified' : 'not_checked'
  return (await settle(context, row, { verification, ...reasonColumns(null), ...ownerColumns(owner) })) ?? row
}

const settle = async (
  { store, clock }: Context,
  row: AccountRow,
  changes: Parameters<Context['store']['accounts']['updateAtVersion']>[3],
) =>
  (await store.accounts.updateAtVersion(row.project_id, row.id, row.credentials_version, {
    ...changes,
    updated_at: clock.now().getTime(),
  })) ?? (await store.accounts.find(row.project_id, row.id))

/** An access token that the app does not take can still be refreshed; a key cannot. */
async function refused(context: Context, row: AccountRow, canRefresh: boolean): Promise<AccountRow> {
  const at = context.clock.now()
  if (canRefresh) {
    const due = { expires_at: at.getTime(), refresh_after: at.getTime(), background_after: at.getTime() }
    return (await settle(context, row, { verification: 'not_checked', ...reasonColumns(null), ...due })) ?? row
  }
  const changes = {
    status: 'EXPIRED' as const,
    ...reasonColumns(statusReason('credential_refused')),
    refresh_after: null,
    background_after: null,
    updated_at: at.getTime(),
  }
  const expired = await context.store.transaction((queries) =>
    changeStatus(queries, row, changes, { type: 'connected_account.expired', at }),
  )
  return expired ?? (await context.store.accounts.find(row.project_id, row.id)) ?? row
}

async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
