import type { AccountRow } from '../store/index.ts'
import { toAccount } from './present.ts'
import type { AccountStatus } from './types.ts'

/** A receiver takes this much without question; what an app says about a person or its scopes could be longer. */
const maxBytes = 64 * 1024
const longestText = 500

/**
 * What an event says besides its type and time, as JSON: the account as the API shows it at this moment, without
 * credentials. When that is too long, `connectedAccount` loses what an app or a developer can make long, and says so with
 * `truncated`.
 */
export function eventData(
  row: AccountRow,
  previousStatus: AccountStatus | null,
  more: Readonly<Record<string, unknown>>,
): string {
  const whole = JSON.stringify({ ...describe(row, previousStatus), ...more })
  if (Buffer.byteLength(whole) <= maxBytes) return whole
  const { connectedAccount, statusReason, entityId, ...rest } = describe(row, previousStatus)
  const reason = statusReason && { ...statusReason, message: statusReason.message.slice(0, longestText) }
  const entity = entityId.slice(0, longestText)
  return JSON.stringify({
    ...rest,
    ...more,
    statusReason: reason,
    entityId: entity,
    connectedAccount: {
      ...connectedAccount,
      statusReason: reason,
      entityId: entity,
      identity: null,
      labels: [],
      requestedScopes: null,
      grantedScopes: null,
      truncated: true,
    },
  })
}

function describe(row: AccountRow, previousStatus: AccountStatus | null) {
  const app = row.app_key.toLowerCase()
  const account = toAccount(row, row.app_key)
  const { integrationId, entityId, status, statusReason } = account
  return {
    connectedAccount: {
      id: account.id,
      integrationId,
      appName: app,
      authScheme: account.authScheme,
      entityId,
      status,
      statusReason,
      enabled: account.enabled,
      verification: account.verification,
      identity: account.identity,
      labels: account.labels,
      requestedScopes: account.requestedScopes,
      grantedScopes: account.grantedScopes,
      expiresAt: account.expiresAt,
      simulated: account.simulated,
      createdAt: account.createdAt,
      updatedAt: account.updatedAt,
    },
    previousStatus,
    status,
    statusReason,
    entityId,
    integrationId,
    app,
  }
}
