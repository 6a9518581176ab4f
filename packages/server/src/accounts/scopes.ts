import type { AccountRow, Queries } from '../store/index.ts'
import { recordEvent } from './changes.ts'

/** Asks for a refresh token; whether it was granted shows in whether one came, so many apps do not repeat it (OpenID Connect Core §11). */
const offlineAccess = 'offline_access'

/** Scopes that were asked for and not granted; none where the app does not say. */
export function missingScopes(requested: readonly string[] | null, granted: readonly string[] | null): string[] {
  if (requested === null || granted === null) return []
  const had = new Set(granted)
  return requested.filter((scope) => scope !== offlineAccess && !had.has(scope))
}

/**
 * Writes an event when the app grants other scopes than before; in the transaction that stores them.
 *
 * @param before The row as it was.
 * @param after The row as it is stored now.
 */
export async function recordScopeChange(
  queries: Queries,
  before: Pick<AccountRow, 'granted_scopes'>,
  after: AccountRow,
  at: Date,
): Promise<void> {
  if (before.granted_scopes === null || after.granted_scopes === null) return
  if (sorted(before.granted_scopes) === sorted(after.granted_scopes)) return
  await recordEvent(queries, after, 'connected_account.scopes_changed', at)
}

const sorted = (scopes: string) => JSON.stringify([...new Set(JSON.parse(scopes) as string[])].sort())
