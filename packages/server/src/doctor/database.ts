import type { DatabaseFacts } from '../store/index.ts'
import { type Finding, note, ok, problem, warning } from './report.ts'

/** A process needs its pool, a connection that listens, and one for migrations. */
const connectionsPerProcess = 12

/**
 * What the facts mean.
 * @param failure Why there are none, in the store's own words, which say what to do.
 */
export function checkDatabase(facts: DatabaseFacts | undefined, failure: string | undefined): Finding[] {
  if (!facts) return [problem('database', 'The database cannot be used.', failure ?? 'See the log of the server.')]
  if (!facts.exists) return [note('database', `${facts.name} does not exist yet; the first start makes it.`)]
  return [checkServer(facts), checkTables(facts), ...(facts.kind === 'postgres' ? [checkNotifications(facts)] : [])]
}

function checkServer({ name, version, damage, roundTripMs, freeConnections }: DatabaseFacts): Finding {
  if (damage !== null)
    return problem(
      'database',
      `${name} is damaged: ${damage}.`,
      'Stop the server, keep a copy of the file, and restore the last good backup (docs/operation.md).',
    )
  const found = `${name}, ${version}${roundTripMs === null ? '' : `, answers in ${Math.ceil(roundTripMs)} ms`}.`
  if (freeConnections !== null && freeConnections < connectionsPerProcess)
    return warning(
      'database',
      `${found} It has ${Math.max(0, freeConnections)} free connections.`,
      `Raise max_connections: every process takes up to ${connectionsPerProcess}.`,
    )
  return ok('database', found)
}

function checkTables({ pending, unknown, mayMigrate }: DatabaseFacts): Finding {
  if (unknown.length > 0)
    return problem(
      'migrations',
      'A newer version of Holdfast has changed the tables.',
      'Run that version, or restore the backup from before the upgrade: there is no way back for the tables.',
      unknown,
    )
  if (pending.length === 0) return ok('migrations', 'They are those of this version.')
  if (mayMigrate) return note('migrations', 'The next start of this version changes them.', pending)
  return problem(
    'migrations',
    'The next start has to change them, and this database user may not.',
    'Give the user the right: grant create, usage on schema public to <user>, and make it the owner of the tables.',
    pending,
  )
}

const checkNotifications = ({ notifications }: DatabaseFacts): Finding =>
  notifications === null
    ? ok('notifications', 'They arrive (LISTEN/NOTIFY), so waiting requests are woken in every process.')
    : problem('notifications', 'They do not arrive (LISTEN/NOTIFY).', notifications)
