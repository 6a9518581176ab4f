import type { AccountRow, ConnectionRequestRow, Queries } from '../store/index.ts'
import type { SealContext } from '../vault/types.ts'
import { changeStatus, mayBecome } from './changes.ts'
import type { Context } from './context.ts'
import { reasonColumns, statusReason } from './reasons.ts'
import type { StatusReasonCode } from './types.ts'

const context = (projectId: string, rowId: string, field: 'params' | 'code_verifier' | 'answer'): SealContext => ({
  projectId,
  table: 'connection_requests',
  rowId,
  field,
  version: 0,
})

export const sealParams = (
  { vault }: Pick<Context, 'vault'>,
  of: { projectId: string; requestId: string },
  params: Record<string, string>,
) => vault.seal(JSON.stringify(params), context(of.projectId, of.requestId, 'params'))

export async function openParams(
  { vault }: Pick<Context, 'vault'>,
  row: ConnectionRequestRow,
): Promise<Record<string, string>> {
  if (row.params === null) return {}
  return JSON.parse(await vault.open(row.params, context(row.project_id, row.id, 'params'))) as Record<string, string>
}

export const sealVerifier = ({ vault }: Pick<Context, 'vault'>, row: ConnectionRequestRow, verifier: string) =>
  vault.seal(verifier, context(row.project_id, row.id, 'code_verifier'))

export const openVerifier = (
  { vault }: Pick<Context, 'vault'>,
  row: ConnectionRequestRow & { code_verifier: Uint8Array },
) => vault.open(row.code_verifier, context(row.project_id, row.id, 'code_verifier'))

/** What waits for the confirmation: the parameters with which the app sent the browser back, none for typed credentials. */
export interface ParkedAnswer {
  handle: string
  params: [string, string][]
}

export const sealAnswer = ({ vault }: Pick<Context, 'vault'>, row: ConnectionRequestRow, answer: ParkedAnswer) =>
  vault.seal(JSON.stringify(answer), context(row.project_id, row.id, 'answer'))

export const openAnswer = async (
  { vault }: Pick<Context, 'vault'>,
  row: ConnectionRequestRow & { answer: Uint8Array },
): Promise<ParkedAnswer> =>
  JSON.parse(await vault.open(row.answer, context(row.project_id, row.id, 'answer'))) as ParkedAnswer

/** Ends a request without touching its account. @returns False when it had ended before. */
export const failRequest = (
  queries: Queries,
  request: ConnectionRequestRow,
  code: StatusReasonCode,
): Promise<boolean> => queries.requests.end(request.id, { status: 'failed', failure_code: code })

/**
 * Ends a request, and with it the first attempt to connect its account. An account that has credentials from before
 * keeps them: only the attempt failed.
 * @returns The account's row; undefined when the request had ended before or the account is gone.
 */
export async function failConnection(
  { store, clock, log }: Pick<Context, 'store' | 'clock' | 'log'>,
  request: ConnectionRequestRow,
  code: StatusReasonCode,
  detail?: string,
): Promise<AccountRow | undefined> {
  const row = await store.transaction(async (queries) => {
    if (!(await failRequest(queries, request, code))) return undefined
    const account = await queries.accounts.find(request.project_id, request.account_id)
    if (!account || !mayBecome(account.status, 'FAILED')) return account
    const at = clock.now()
    const changes = {
      status: 'FAILED' as const,
      ...reasonColumns(statusReason(code, detail)),
      updated_at: at.getTime(),
    }
    return changeStatus(queries, account, changes, { type: 'connected_account.failed', at })
  })
  if (!row) return undefined
  log.info(
    { reference: reference(request.id), accountId: row.id, app: row.app_key, reason: code, detail },
    'a connection failed',
  )
  await store.signals.changed(row.id)
  return row
}

/** What the pages show and a person may quote: short, hard to misread, and found in the log. */
export const reference = (id: string) => id.slice(-8).toUpperCase()

/** Fails requests whose time is up. @returns How many. */
export async function expireRequests(context: Pick<Context, 'store' | 'clock' | 'log'>): Promise<number> {
  const overdue = await context.store.requests.overdue(context.clock.now().getTime(), 100)
  for (const request of overdue)
    await failConnection(context, request, request.status === 'parked' ? 'not_confirmed' : 'link_expired')
  return overdue.length
}
