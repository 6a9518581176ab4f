import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { DatabaseKind } from '../database.ts'
import { fenceStatements } from './0005-vault.ts'

/** What an operator fills in for an integration beside the OAuth client, sealed as a whole. */
export const integrationParams = (kind: DatabaseKind): Migration => ({
  async up(db) {
    const [bytes, number] = kind === 'sqlite' ? ['blob', 'integer'] : ['bytea', 'bigint']
    for (const statement of [
      `alter table integrations add column params ${bytes}`,
      `alter table integrations add column params_version ${number} not null default 0`,
      ...fenceStatements(kind, 'integrations', 'params'),
    ])
      await sql.raw(statement).execute(db)
  },
})
