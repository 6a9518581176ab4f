import { sql } from 'kysely'
import type {
  Db,
  OperatorChallengeRow,
  OperatorChanges,
  OperatorLinkRow,
  OperatorPasskeyRow,
  OperatorRow,
  OperatorSessionRow,
} from './database.ts'

/** Operators and what they sign in with. All of it is of the installation, and of no project. */
export const operatorQueries = (db: Db) => ({
  /** @returns False when the email address is taken. */
  async insert(row: OperatorRow): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('operators')
      .values(row)
      .onConflict((conflict) => conflict.column('email_key').doNothing())
      .executeTakeFirst()
    return (numInsertedOrUpdatedRows ?? 0n) > 0n
  },

  find(id: string): Promise<OperatorRow | undefined> {
    return db.selectFrom('operators').selectAll().where('id', '=', id).executeTakeFirst()
  },

  findByEmail(emailKey: string): Promise<OperatorRow | undefined> {
    return db.selectFrom('operators').selectAll().where('email_key', '=', emailKey).executeTakeFirst()
  },

  /** Oldest first. */
  list(): Promise<OperatorRow[]> {
    return db.selectFrom('operators').selectAll().orderBy('created_at').orderBy('id').execute()
  },

  /** In a transaction: has changes to the owners wait for each other, so that the last one stays. */
  async lockOwners(): Promise<OperatorRow[]> {
    await db
      .updateTable('operators')
      .set((expression) => ({ updated_at: expression.ref('updated_at') }))
      .where('role', '=', 'owner')
      .execute()
    return db.selectFrom('operators').selectAll().where('role', '=', 'owner').execute()
  },

  update(id: string, changes: OperatorChanges): Promise<OperatorRow | undefined> {
    return db.updateTable('operators').set(changes).where('id', '=', id).returningAll().executeTakeFirst()
  },

  /** Puts a secret in place, or takes it away, while it is that of `version`: of two changes at once one wins. */
  replaceTotp(id: string, version: number, changes: OperatorChanges): Promise<OperatorRow | undefined> {
    return db
      .updateTable('operators')
      .set({ ...changes, totp_version: version + 1 })
      .where('id', '=', id)
      .where('totp_version', '=', version)
      .returningAll()
      .executeTakeFirst()
  },

  /** Uses up the code of a time step, and all before it. @returns False when it was used up already. */
  async useTotpStep(id: string, version: number, step: number, changes: OperatorChanges = {}): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('operators')
      .set({ ...changes, totp_step: step })
      .where('id', '=', id)
      .where('totp_version', '=', version)
      .where('totp_step', '<', step)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  async delete(id: string): Promise<boolean> {
    const { numDeletedRows } = await db.deleteFrom('operators').where('id', '=', id).executeTakeFirst()
    return numDeletedRows > 0n
  },

  async replaceRecoveryCodes(operatorId: string, hashes: readonly Uint8Array[]): Promise<void> {
    await db.deleteFrom('operator_recovery_codes').where('operator_id', '=', operatorId).execute()
    if (hashes.length > 0)
      await db
        .insertInto('operator_recovery_codes')
        .values(hashes.map((hash) => ({ operator_id: operatorId, hash })))
        .execute()
  },

  /** @returns Whether there was such a code; now there is none. */
  async takeRecoveryCode(operatorId: string, hash: Uint8Array): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('operator_recovery_codes')
      .where('operator_id', '=', operatorId)
      .where('hash', '=', hash)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  /** @returns False when it is registered already. */
  async insertPasskey(row: OperatorPasskeyRow): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('operator_passkeys')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    return (numInsertedOrUpdatedRows ?? 0n) > 0n
  },

  findPasskey(id: string): Promise<OperatorPasskeyRow | undefined> {
    return db.selectFrom('operator_passkeys').selectAll().where('id', '=', id).executeTakeFirst()
  },

  passkeysOf(operatorId: string): Promise<OperatorPasskeyRow[]> {
    return db
      .selectFrom('operator_passkeys')
      .selectAll()
      .where('operator_id', '=', operatorId)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  },

  /** Compare-and-set on the counter: of two uses of one signature one counts. */
  async usePasskey(id: string, seenCounter: number, changes: { counter: number; used_at: number }): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('operator_passkeys')
      .set(changes)
      .where('id', '=', id)
      .where('counter', '=', seenCounter)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },

  async deletePasskey(operatorId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('operator_passkeys')
      .where('operator_id', '=', operatorId)
      .where('id', '=', id)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  async insertChallenge(row: OperatorChallengeRow): Promise<void> {
    await db.insertInto('operator_challenges').values(row).execute()
  },

  /** Single use. @param operatorId Null: of a sign-in. @returns Whether it was there and still good. */
  async takeChallenge(hash: Uint8Array, operatorId: string | null, now: number): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('operator_challenges')
      .where('hash', '=', hash)
      .where((expression) =>
        operatorId === null ? expression('operator_id', 'is', null) : expression('operator_id', '=', operatorId),
      )
      .where('expires_at', '>', now)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  async insertSession(row: OperatorSessionRow): Promise<void> {
    await db.insertInto('operator_sessions').values(row).execute()
  },

  findSession(tokenHash: Uint8Array): Promise<OperatorSessionRow | undefined> {
    return db.selectFrom('operator_sessions').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst()
  },

  async touchSession(id: string, at: number): Promise<void> {
    await db.updateTable('operator_sessions').set({ seen_at: at }).where('id', '=', id).execute()
  },

  /** Newest first. */
  sessionsOf(operatorId: string): Promise<OperatorSessionRow[]> {
    return db
      .selectFrom('operator_sessions')
      .selectAll()
      .where('operator_id', '=', operatorId)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute()
  },

  async deleteSession(operatorId: string, id: string): Promise<boolean> {
    const { numDeletedRows } = await db
      .deleteFrom('operator_sessions')
      .where('operator_id', '=', operatorId)
      .where('id', '=', id)
      .executeTakeFirst()
    return numDeletedRows > 0n
  },

  async deleteSessionByToken(tokenHash: Uint8Array): Promise<void> {
    await db.deleteFrom('operator_sessions').where('token_hash', '=', tokenHash).execute()
  },

  /** @param besides The session that stays, if any. */
  async deleteSessionsOf(operatorId: string, besides?: string): Promise<void> {
    await db
      .deleteFrom('operator_sessions')
      .where('operator_id', '=', operatorId)
      .$if(besides !== undefined, (query) => query.where('id', '<>', besides ?? ''))
      .execute()
  },

  async insertLink(row: OperatorLinkRow): Promise<void> {
    await db.insertInto('operator_links').values(row).execute()
  },

  findLink(tokenHash: Uint8Array): Promise<OperatorLinkRow | undefined> {
    return db.selectFrom('operator_links').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst()
  },

  /** Newest first. */
  listLinks(kind: OperatorLinkRow['kind']): Promise<OperatorLinkRow[]> {
    return db
      .selectFrom('operator_links')
      .selectAll()
      .where('kind', '=', kind)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute()
  },

  /** @returns The link; undefined when somebody else took it. */
  takeLink(id: string): Promise<OperatorLinkRow | undefined> {
    return db.deleteFrom('operator_links').where('id', '=', id).returningAll().executeTakeFirst()
  },

  async deleteLinks(kind: OperatorLinkRow['kind'], email?: string): Promise<void> {
    await db
      .deleteFrom('operator_links')
      .where('kind', '=', kind)
      .$if(email !== undefined, (query) => query.where('email', '=', email ?? ''))
      .execute()
  },

  /** Counts one more attempt. @returns How many there were since counting began, and when it begins anew. */
  async countAttempt(key: string, now: number, windowMs: number): Promise<{ attempts: number; until: number }> {
    return db
      .insertInto('sign_in_attempts')
      .values({ key, attempts: 1, until: now + windowMs })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet({
          attempts: sql<number>`case when sign_in_attempts.until <= ${now} then 1 else sign_in_attempts.attempts + 1 end`,
          until: sql<number>`case when sign_in_attempts.until <= ${now} then ${now + windowMs} else sign_in_attempts.until end`,
        }),
      )
      .returning(['attempts', 'until'])
      .executeTakeFirstOrThrow()
  },

  async forgetAttempts(key: string): Promise<void> {
    await db.deleteFrom('sign_in_attempts').where('key', '=', key).execute()
  },

  /** One attempt counts no longer. */
  async forgiveAttempt(key: string): Promise<void> {
    await db
      .updateTable('sign_in_attempts')
      .set((expression) => ({ attempts: expression('attempts', '-', 1) }))
      .where('key', '=', key)
      .where('attempts', '>', 0)
      .execute()
  },

  /** What no longer counts: sessions, challenges, links and attempts that have ended. */
  async deleteEnded(now: number, { seenBefore }: { seenBefore: number }) {
    await db
      .deleteFrom('operator_sessions')
      .where((expression) =>
        expression.or([expression('expires_at', '<=', now), expression('seen_at', '<=', seenBefore)]),
      )
      .execute()
    await db.deleteFrom('operator_challenges').where('expires_at', '<=', now).execute()
    await db.deleteFrom('operator_links').where('expires_at', '<=', now).execute()
    await db.deleteFrom('sign_in_attempts').where('until', '<=', now).execute()
  },
})
