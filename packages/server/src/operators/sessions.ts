import { AppError } from '../errors.ts'
import { newId, newToken, sha256 } from '../ids.ts'
import { Secret } from '../secret.ts'
import type { OperatorRow, OperatorSessionRow, Queries } from '../store/index.ts'
import type { Context } from './context.ts'
import { toOperator } from './rows.ts'
import type { NewSession, Operators, Visit } from './types.ts'

const hour = 60 * 60_000
/** A session nobody used for so long is over. */
export const idleMs = 12 * hour
/** And so is one this old, however busy it is. */
const longestMs = 7 * 24 * hour
/** How exactly the last use is known: a row is not written for every request. */
const seenEveryMs = 60_000

/**
 * Begins a session, and ends the one the browser came with: a token that was known before the sign-in is worth nothing
 * after it.
 */
export async function beginSession(
  { clock }: Pick<Context, 'clock'>,
  { operators }: Queries,
  row: OperatorRow,
  { userAgent, earlier }: Visit,
): Promise<NewSession> {
  const token = newToken()
  const now = clock.now().getTime()
  const session = {
    id: newId(),
    operator_id: row.id,
    token_hash: sha256(token),
    user_agent: userAgent.replace(/[^\x20-\x7e]/g, '').slice(0, 300),
    created_at: now,
    seen_at: now,
    expires_at: now + longestMs,
  }
  if (earlier !== undefined) await operators.deleteSessionByToken(sha256(earlier))
  await operators.insertSession(session)
  return {
    operator: toOperator(row),
    sessionId: session.id,
    token: new Secret(token),
    expiresAt: new Date(session.expires_at),
  }
}

type SessionVerbs = Pick<Operators, 'authenticate' | 'signOut' | 'sessions' | 'endSession'>

export function createSessions({ store, clock }: Context): SessionVerbs {
  const isOver = (row: OperatorSessionRow, now: number) => row.expires_at <= now || row.seen_at + idleMs <= now

  return {
    async authenticate(token) {
      const row = await store.operators.findSession(sha256(token))
      const now = clock.now().getTime()
      if (!row || isOver(row, now)) return undefined
      const operator = await store.operators.find(row.operator_id)
      if (!operator) return undefined
      if (row.seen_at + seenEveryMs <= now) await store.operators.touchSession(row.id, now)
      return { operator: toOperator(operator), sessionId: row.id }
    },

    signOut: (token) => store.operators.deleteSessionByToken(sha256(token)),

    async sessions(operatorId) {
      const now = clock.now().getTime()
      const rows = await store.operators.sessionsOf(operatorId)
      return rows
        .filter((row) => !isOver(row, now))
        .map((row) => ({
          id: row.id,
          userAgent: row.user_agent,
          createdAt: new Date(row.created_at),
          lastSeenAt: new Date(row.seen_at),
          expiresAt: new Date(Math.min(row.expires_at, row.seen_at + idleMs)),
        }))
    },

    async endSession(operatorId, sessionId) {
      if (!(await store.operators.deleteSession(operatorId, sessionId)))
        throw new AppError('not_found', 'There is no such session of yours.')
    },
  }
}
