import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Background refresh, the end of refresh tokens, and integrations whose OAuth client the app refuses. */
export const refresh = (kind: 'sqlite' | 'postgres'): Migration => ({
  async up(db) {
    const number = kind === 'sqlite' ? 'integer' : 'bigint'
    const statements = [
      `alter table connected_accounts add column background_after ${number}`,
      `alter table connected_accounts add column refresh_expires_at ${number}`,
      `alter table connected_accounts add column warned_until ${number}`,
      `create index connected_accounts_background on connected_accounts (background_after)
         where status = 'ACTIVE' and enabled = 1 and background_after is not null`,
      `create index connected_accounts_refresh_end on connected_accounts (refresh_expires_at)
         where status = 'ACTIVE' and refresh_expires_at is not null`,
      'alter table integrations add column problem_code text',
      'alter table integrations add column problem_message text',
      `alter table integrations add column problem_since ${number}`,
      `alter table integrations add column probe_after ${number}`,
      'alter table refresh_attempts drop column reply',
    ]
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
})
