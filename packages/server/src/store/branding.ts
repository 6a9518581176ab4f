import type { BrandingRow, Db } from './database.ts'

export const brandingQueries = (db: Db) => ({
  find(projectId: string): Promise<BrandingRow | undefined> {
    return db.selectFrom('project_branding').selectAll().where('project_id', '=', projectId).executeTakeFirst()
  },

  async save(row: BrandingRow): Promise<void> {
    const { project_id, ...changes } = row
    await db
      .insertInto('project_branding')
      .values(row)
      .onConflict((conflict) => conflict.column('project_id').doUpdateSet(changes))
      .execute()
  },
})
