import type { Db, KillSwitchRow } from './database.ts'

export type KillSwitchProgress = Pick<
  KillSwitchRow,
  'status' | 'position' | 'matched' | 'changed' | 'failed' | 'failures' | 'due_at' | 'updated_at' | 'finished_at'
>

export const killSwitchQueries = (db: Db) => ({
  async insert(row: KillSwitchRow): Promise<void> {
    await db.insertInto('kill_switches').values(row).execute()
  },

  find(projectId: string, id: string): Promise<KillSwitchRow | undefined> {
    return db
      .selectFrom('kill_switches')
      .selectAll()
      .where('project_id', '=', projectId)
      .where('id', '=', id)
      .executeTakeFirst()
  },

  /** Newest first. */
  list(projectId: string, limit: number): Promise<KillSwitchRow[]> {
    return db
      .selectFrom('kill_switches')
      .selectAll()
      .where('project_id', '=', projectId)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
  },

  /** The oldest that is due: it is this process's until `until`. Of several that ask at once one gets it. */
  async claim(now: number, until: number): Promise<KillSwitchRow | undefined> {
    const due = await db
      .selectFrom('kill_switches')
      .selectAll()
      .where('due_at', '<=', now)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst()
    if (!due) return undefined
    return db
      .updateTable('kill_switches')
      .set({ due_at: until, claim: Number(due.claim) + 1 })
      .where('id', '=', due.id)
      .where('claim', '=', due.claim)
      .returningAll()
      .executeTakeFirst()
  },

  /** Compare-and-set on the claim. @returns False when another process has it by now. */
  async progress(id: string, claim: number, progress: KillSwitchProgress): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('kill_switches')
      .set(progress)
      .where('id', '=', id)
      .where('claim', '=', claim)
      .executeTakeFirst()
    return numUpdatedRows > 0n
  },
})
