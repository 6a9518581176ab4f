import { invalid } from '../errors.ts'
import type { OperatorLinkRow, OperatorRow } from '../store/index.ts'
import type { Invitation, Operator } from './types.ts'

export const toOperator = (row: OperatorRow): Operator => ({
  id: row.id,
  name: row.name,
  email: row.email,
  role: row.role,
  totpEnabled: row.totp_confirmed_at !== null,
  createdAt: new Date(row.created_at),
})

export const toInvitation = (row: OperatorLinkRow): Invitation => ({
  id: row.id,
  email: row.email ?? '',
  role: row.role,
  invitedBy: row.invited_by,
  createdAt: new Date(row.created_at),
  expiresAt: new Date(row.expires_at ?? row.created_at),
})

/** The form in which addresses are compared: what people type differs in case and in Unicode form. */
export const emailKey = (email: string): string => email.trim().normalize('NFKC').toLowerCase()

/** @throws {AppError} validation_failed. Whether mail arrives there is not our business: nothing is ever sent. */
export function checkEmail(email: string): string {
  const text = email.trim()
  if (text.length > 320 || !/^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(text))
    throw invalid({ property: 'email', message: 'is not an email address' })
  return text
}

/** @throws {AppError} validation_failed. */
export function checkName(name: string): string {
  const text = name.trim()
  if (text === '' || text.length > 200 || /\p{Cc}/u.test(text))
    throw invalid({ property: 'name', message: 'needs 1 to 200 characters on one line' })
  return text
}
