import { sql } from 'kysely'
import type { Db } from './database.ts'

/** Every column with a time up to which something holds, or at which it is to be done, as far as this machine set it. */
const deadlines: Readonly<Record<string, readonly string[]>> = {
  connected_accounts: [
    'expires_at',
    'refresh_after',
    'background_after',
    'refresh_expires_at',
    'warned_until',
    'retry_after',
    'lease_until',
  ],
  // A grace period counts from here.
  refresh_attempts: ['started_at'],
  revocations: ['due_at', 'give_up_at', 'lease_until'],
  integrations: ['probe_after'],
  connection_requests: ['expires_at'],
  connect_links: ['expires_at'],
  webhook_deliveries: ['due_at'],
  webhook_endpoints: ['previous_secret_until'],
  operator_sessions: ['expires_at'],
  operator_links: ['expires_at'],
  operator_challenges: ['expires_at'],
  sign_in_attempts: ['until'],
}

/** Moves all deadlines to earlier times, for a clock that was put back by so much. Call it inside a transaction. */
export async function pullDeadlines(db: Db, byMs: number): Promise<void> {
  for (const [table, columns] of Object.entries(deadlines)) {
    const pulled = columns.map((column) => sql`${sql.ref(column)} = ${sql.ref(column)} - ${byMs}`)
    const anySet = columns.map((column) => sql`${sql.ref(column)} is not null`)
    await sql`update ${sql.table(table)} set ${sql.join(pulled)} where ${sql.join(anySet, sql` or `)}`.execute(db)
  }
}

/** What time it is for PostgreSQL, in milliseconds. */
export async function databaseTime(db: Db): Promise<number> {
  const { rows } = await sql<{ time: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as time`.execute(db)
  return (rows[0] as { time: number }).time
}
