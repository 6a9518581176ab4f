import { AppError } from '../errors.ts'
import type { AccountRow } from '../store/index.ts'
import type { AccountStatus } from './types.ts'

interface Seen {
  enabled: boolean
  status: AccountStatus
  statusReason: { message: string } | null
}

/** Why an account hands out no credentials. */
export function unusable({ enabled, status, statusReason }: Seen): AppError {
  if (!enabled) return new AppError('account_disabled', 'The connected account is disabled.')
  const why = statusReason ? ` ${statusReason.message}` : ''
  if (status === 'EXPIRED') return new AppError('reconnect_required', `The connected account has expired.${why}`)
  return new AppError('account_not_active', `The connected account is ${status}.${why}`)
}

/** @throws {AppError} not_found, account_disabled, account_not_active, reconnect_required. */
export function usable(row: AccountRow | undefined): AccountRow {
  if (!row) throw new AppError('not_found', 'There is no such connected account.')
  const { enabled, status, reason_message: message } = row
  if (status === 'ACTIVE' && enabled === 1) return row
  throw unusable({ enabled: enabled === 1, status, statusReason: message === null ? null : { message } })
}
