import { AppError } from '../errors.ts'
import type { AccountRow, Queries, RevocationRow } from '../store/index.ts'
import { changeStatus, recordEvent } from './changes.ts'
import type { Context } from './context.ts'
import { reasonColumns, statusReason } from './reasons.ts'
import { failRequest } from './requests.ts'
import { type KeptIntegration, keep, openSecrets, planRevocation, sealSecrets, toRevocation } from './revocation.ts'
import type { Revocation } from './types.ts'

/** How often an ending begins again when a refresh or a reconnect of the account slips in between. */
const maxAttempts = 10

/**
 * Ends the grant: the credentials are gone at once, the app is told in the background, the account stays as EXPIRED.
 *
 * @throws {AppError} not_found.
 */
export async function revokeAccount(context: Context, projectId: string, id: string): Promise<Revocation> {
  const at = context.clock.now()
  const revocation = await ending(context, projectId, id, async (queries, row, revocation) => {
    for (const request of await queries.requests.openForAccount(row.id)) await failRequest(queries, request, 'revoked')
    const revoked = await changeStatus(
      queries,
      row,
      {
        status: 'EXPIRED',
        ...reasonColumns(statusReason('revoked')),
        credentials: null,
        expires_at: null,
        refresh_after: null,
        background_after: null,
        refresh_expires_at: null,
        retry_after: null,
        refresh_failures: 0,
        updated_at: at.getTime(),
      },
      { type: 'connected_account.revoked', at },
    )
    if (!revoked) return false
    await queries.accounts.endAttempt(row.id, row.fence)
    await queries.revocations.insert(revocation)
    return true
  })
  return toRevocation(revocation)
}

/**
 * Like a revocation, but the account goes too.
 *
 * @param kept Of an integration that goes as well.
 * @throws {AppError} not_found.
 */
export async function deleteAccount(
  context: Context,
  projectId: string,
  id: string,
  kept?: KeptIntegration,
): Promise<Revocation> {
  const plan = (row: AccountRow) => planRevocation(context, row, kept)
  const end = async (queries: Queries, row: AccountRow, revocation: RevocationRow) => {
    await recordEvent(queries, row, 'connected_account.deleted', context.clock.now())
    return deleteRow(queries, row, revocation)
  }
  return toRevocation(await ending(context, projectId, id, end, plan))
}

/** Deletes the accounts of an integration that is about to go one by one, so that each is given back and told of. @returns How many. */
export async function deleteAccountsOf(context: Context, projectId: string, integrationId: string): Promise<number> {
  const kept = await keep(context, await context.integrations.get(projectId, integrationId))
  if (kept) await keepForUnfinished(context, kept)
  for (let deleted = 0; ; ) {
    const rows = await context.store.accounts.list(
      projectId,
      { integrationIds: [integrationId] },
      { offset: 0, limit: 100 },
    )
    if (rows.length === 0) return deleted
    for (const { id } of rows) {
      await deleteAccount(context, projectId, id, kept).catch((error: unknown) => {
        // Somebody else was first.
        if (!(error instanceof AppError) || error.code !== 'not_found') throw error
      })
      deleted += 1
    }
  }
}

/** The same for all integrations of a project that is about to go. */
export async function deleteAccountsOfProject(context: Context, projectId: string): Promise<void> {
  for (const { id } of await context.integrations.list(projectId, { showDisabled: true }))
    await deleteAccountsOf(context, projectId, id)
}

/** What was ended before is still given back after the integration is gone. */
async function keepForUnfinished(context: Context, kept: KeptIntegration): Promise<void> {
  const { projectId, id } = kept.integration
  const { revocations } = context.store
  for (const row of await revocations.unfinished(projectId, id)) {
    if (row.secrets === null) continue
    const secrets = await openSecrets(context, { ...row, secrets: row.secrets }).catch(() => undefined)
    if (secrets) await revocations.replaceSecrets(row, await sealSecrets(context, row, { ...secrets, kept }))
  }
}

/** @returns False when the account changed since `row` was read; then the transaction must not commit. */
export async function deleteRow(queries: Queries, row: AccountRow, revocation: RevocationRow): Promise<boolean> {
  if (!(await queries.accounts.deleteAtVersion(row.project_id, row.id, row.credentials_version))) return false
  await queries.revocations.insert(revocation)
  return true
}

/** Thrown inside a transaction to undo it: the account changed since it was read. */
export class Overtaken extends Error {}

/**
 * Reads the account and plans what to give back, then does `end` in a transaction. What is given back must be what the
 * account has at its end, so another change in between begins it anew.
 */
async function ending(
  context: Context,
  projectId: string,
  id: string,
  end: (queries: Queries, row: AccountRow, revocation: RevocationRow) => Promise<boolean>,
  plan = (row: AccountRow) => planRevocation(context, row),
): Promise<RevocationRow> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const row = await context.store.accounts.find(projectId, id)
    if (!row) throw new AppError('not_found', 'There is no such connected account.')
    const revocation = await plan(row)
    try {
      await context.store.transaction(async (queries) => {
        if (!(await end(queries, row, revocation))) throw new Overtaken()
      })
      await context.store.signals.changed(id)
      return revocation
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error
    }
  }
  throw new AppError('conflict', 'The account kept changing while it was being ended.')
}
