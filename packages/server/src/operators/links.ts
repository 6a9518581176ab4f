import { newId, newToken, sha256 } from '../ids.ts'
import { Secret } from '../secret.ts'
import type { OperatorLinkRow } from '../store/index.ts'
import type { OperatorRole } from './types.ts'

const day = 24 * 60 * 60_000
const lifetimeMs = { setup: null, invitation: 7 * day, reset: day } as const

export interface NewLink {
  kind: OperatorLinkRow['kind']
  email?: string
  role: OperatorRole
  invitedBy?: string | undefined
}

/** A link that works once. Only the hash of its token is stored. */
export function newLinkRow(
  { kind, email, role, invitedBy }: NewLink,
  at: Date,
): { row: OperatorLinkRow; token: Secret } {
  const token = newToken()
  const lifetime = lifetimeMs[kind]
  const row: OperatorLinkRow = {
    id: newId(),
    kind,
    token_hash: sha256(token),
    email: email ?? null,
    role,
    invited_by: invitedBy ?? null,
    created_at: at.getTime(),
    expires_at: lifetime === null ? null : at.getTime() + lifetime,
  }
  return { row, token: new Secret(token) }
}

/** Where the dashboard takes such a link. Behind the `#` the token is in no request and in nobody's log. */
export const linkUrl = (baseUrl: string, kind: OperatorLinkRow['kind'], token: Secret): Secret =>
  new Secret(`${baseUrl}/#/${kind === 'setup' ? 'setup' : 'invite'}/${token.reveal()}`)
