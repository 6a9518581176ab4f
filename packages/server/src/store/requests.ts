import type { ConnectionRequestRow, ConnectLinkRow, DatabaseKind, Db, NewConnectionRequestRow } from './database.ts'
import { locks } from './locks.ts'

const openStates = ['pending', 'authorizing', 'parked', 'redeeming'] as const

/** Connection requests are found by random tokens that only their owner knows, so these queries need no project id. */
export const requestQueries = (db: Db, kind: DatabaseKind) => ({
  async insert(row: NewConnectionRequestRow): Promise<void> {
    await db.insertInto('connection_requests').values(row).execute()
  },

  findByToken(tokenHash: Uint8Array): Promise<ConnectionRequestRow | undefined> {
    return db.selectFrom('connection_requests').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst()
  },

  findByState(stateHash: Uint8Array): Promise<ConnectionRequestRow | undefined> {
    return db.selectFrom('connection_requests').selectAll().where('state_hash', '=', stateHash).executeTakeFirst()
  },

  /** The click: binds state, cookie and verifier to a request that has not ended. @returns Undefined when it has. */
  authorize(
    id: string,
    now: number,
    binding: { state_hash: Uint8Array; cookie_hash: Uint8Array; code_verifier: Uint8Array; scopes?: string | null },
  ): Promise<ConnectionRequestRow | undefined> {
    return db
      .updateTable('connection_requests')
      .set({ ...binding, status: 'authorizing', poll_after: null, poll_interval_seconds: null })
      .where('id', '=', id)
      .where('status', 'in', ['pending', 'authorizing'])
      .where('expires_at', '>', now)
      .returningAll()
      .executeTakeFirst()
  },

  /**
   * The browser is back: of any number of callbacks with this state, one gets the request, and it can't be clicked again.
   * @returns Undefined when there is no such state or it was used.
   */
  consumeState(stateHash: Uint8Array): Promise<ConnectionRequestRow | undefined> {
    return db
      .updateTable('connection_requests')
      .set({ status: 'redeeming' })
      .where('state_hash', '=', stateHash)
      .where('status', '=', 'authorizing')
      .returningAll()
      .executeTakeFirst()
  },

  /** The click for a code: binds cookie and codes to a request that has not ended. @returns Undefined when it has. */
  authorizeDevice(
    id: string,
    now: number,
    binding: {
      cookie_hash: Uint8Array
      code_verifier: Uint8Array
      expires_at: number
      poll_after: number
      poll_interval_seconds: number
    },
  ): Promise<ConnectionRequestRow | undefined> {
    return db
      .updateTable('connection_requests')
      .set({ ...binding, status: 'authorizing', state_hash: null })
      .where('id', '=', id)
      .where('status', 'in', ['pending', 'authorizing'])
      .where('expires_at', '>', now)
      .returningAll()
      .executeTakeFirst()
  },

  /** Requests whose answer is to be asked for now; of any number of processes one gets each, until `until`. */
  async claimPolls(now: number, until: number, limit: number): Promise<ConnectionRequestRow[]> {
    const due = await db
      .selectFrom('connection_requests')
      .select(['id', 'poll_after'])
      .where('poll_after', '<=', now)
      .where('status', '=', 'authorizing')
      .where('expires_at', '>', now)
      .orderBy('poll_after')
      .limit(limit)
      .execute()
    const claimed = await Promise.all(
      due.map(({ id, poll_after }) =>
        db
          .updateTable('connection_requests')
          .set({ poll_after: until })
          .where('id', '=', id)
          .where('poll_after', '=', poll_after)
          .where('status', '=', 'authorizing')
          .returningAll()
          .executeTakeFirst(),
      ),
    )
    return claimed.filter((row) => row !== undefined)
  },

  /** @param claimed What `poll_after` was set to by the claim. @returns False when the claim was lost meanwhile. */
  async pollAgain(
    id: string,
    claimed: number,
    next: { poll_after: number; poll_interval_seconds: number },
  ): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('connection_requests')
      .set(next)
      .where('id', '=', id)
      .where('poll_after', '=', claimed)
      .where('status', '=', 'authorizing')
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  /** The person has agreed: only who holds the claim uses the answer. @returns Undefined when the claim was lost. */
  takePolled(id: string, claimed: number): Promise<ConnectionRequestRow | undefined> {
    return db
      .updateTable('connection_requests')
      .set({ status: 'redeeming', poll_after: null })
      .where('id', '=', id)
      .where('poll_after', '=', claimed)
      .where('status', '=', 'authorizing')
      .returningAll()
      .executeTakeFirst()
  },

  /** Keeps the app's answer until `expires_at` for whoever confirms. @returns False when the request ended meanwhile. */
  async park(
    id: string,
    parked: { handle_hash: Uint8Array; answer: Uint8Array; expires_at: number },
  ): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('connection_requests')
      .set({ ...parked, status: 'parked' })
      .where('id', '=', id)
      .where('status', '=', 'redeeming')
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  findByHandle(projectId: string, handleHash: Uint8Array): Promise<ConnectionRequestRow | undefined> {
    return db
      .selectFrom('connection_requests')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('handle_hash', '=', handleHash)
      .executeTakeFirst()
  },

  /** Of any number of confirmations one gets the request. @returns Undefined when the handle was used or is too old. */
  unpark(
    projectId: string,
    handleHash: Uint8Array,
    now: number,
    until: number,
  ): Promise<ConnectionRequestRow | undefined> {
    return db
      .updateTable('connection_requests')
      .set({ status: 'redeeming', expires_at: until })
      .where('project_id', '=', projectId)
      .where('handle_hash', '=', handleHash)
      .where('status', '=', 'parked')
      .where('expires_at', '>', now)
      .returningAll()
      .executeTakeFirst()
  },

  /** Ends a request once. @returns False when it had ended before. */
  async end(id: string, outcome: { status: 'connected' | 'failed'; failure_code: string | null }): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('connection_requests')
      .set({ ...outcome, code_verifier: null, params: null, answer: null, poll_after: null })
      .where('id', '=', id)
      .where('status', 'in', [...openStates])
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  /** In a transaction nobody else begins or ends requests of this account the same way until its end. */
  async openForAccount(accountId: string): Promise<ConnectionRequestRow[]> {
    if (locks(db, kind))
      await db.selectFrom('connected_accounts').select('id').where('id', '=', accountId).forUpdate().execute()
    return db
      .selectFrom('connection_requests')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('status', 'in', [...openStates])
      .execute()
  },

  /** How many requests of a project, or of one entity of it, have not ended; counted up to `limit`. */
  async countOpen(projectId: string, entityId: string | undefined, limit: number): Promise<number> {
    let open = db
      .selectFrom('connection_requests')
      .select('id')
      .where('project_id', '=', projectId)
      .where('status', 'in', [...openStates])
    if (entityId !== undefined) open = open.where('entity_id', '=', entityId)
    const counted = await db
      .selectFrom(open.limit(limit).as('open'))
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return Number(counted.count)
  },

  newestOfAccount(accountId: string): Promise<ConnectionRequestRow | undefined> {
    return db
      .selectFrom('connection_requests')
      .selectAll()
      .where('account_id', '=', accountId)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
  },

  /** The last requests of an integration that ended, newest first, made since `since`. */
  lastEnded(integrationId: string, since: number, limit: number): Promise<ConnectionRequestRow[]> {
    return db
      .selectFrom('connection_requests')
      .selectAll()
      .where('integration_id', '=', integrationId)
      .where('created_at', '>=', since)
      .where('status', 'in', ['connected', 'failed'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  },

  /** Requests whose time is up, oldest first. */
  overdue(now: number, limit: number): Promise<ConnectionRequestRow[]> {
    return db
      .selectFrom('connection_requests')
      .selectAll()
      .where('status', 'in', [...openStates])
      .where('expires_at', '<=', now)
      .orderBy('expires_at')
      .limit(limit)
      .execute()
  },

  /** Ended requests are kept for the pages that say "this link was used"; after `before` they go. */
  async deleteEnded(before: number): Promise<void> {
    await db
      .deleteFrom('connection_requests')
      .where('status', 'in', ['connected', 'failed'])
      .where('expires_at', '<', before)
      .execute()
    await db.deleteFrom('connect_links').where('expires_at', '<', before).execute()
  },

  async insertLink(row: ConnectLinkRow): Promise<void> {
    await db.insertInto('connect_links').values(row).execute()
  },

  findLinkByToken(tokenHash: Uint8Array): Promise<ConnectLinkRow | undefined> {
    return db.selectFrom('connect_links').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst()
  },

  /** The account a link connected, if it did. In a transaction nobody else connects one by this link until its end. */
  async accountConnectedByLink(linkId: string): Promise<string | undefined> {
    if (locks(db, kind))
      await db.selectFrom('connect_links').select('id').where('id', '=', linkId).forUpdate().execute()
    const row = await db
      .selectFrom('connection_requests')
      .select('account_id')
      .where('link_id', '=', linkId)
      .where('status', '=', 'connected')
      .executeTakeFirst()
    return row?.account_id
  },
})
