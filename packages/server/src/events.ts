/** What can happen to a connected account or its integration, and what it means. Stable names; the wire of webhooks and of the history. */
export const eventTypes = {
  'connected_account.initiated': 'Somebody began to connect the account, or to connect it anew.',
  'connected_account.active': 'The account is connected and can be used.',
  'connected_account.failed': 'The attempt to connect ended without a connection.',
  'connected_account.expired': 'The credentials no longer work. statusReason says why and who must act.',
  'connected_account.reactivated': 'An account that had been connected before works again, with new credentials.',
  'connected_account.expiring': 'The grant ends soon and cannot be refreshed: the end user should connect again.',
  'connected_account.credentials_refreshed': 'The access token was replaced by a new one.',
  'connected_account.imported': 'The account was made from credentials that were brought along.',
  'connected_account.exported': 'The credentials were handed out for another installation, encrypted to its key.',
  'connected_account.credentials_revealed':
    'The credentials were shown to a person. `revealed` says to whom and why; it was written before they saw them.',
  'connected_account.enabled': 'The account was enabled.',
  'connected_account.disabled': 'The account was disabled: its credentials are kept but not handed out.',
  'connected_account.identity_changed': 'The account now belongs to another person or workspace at the app.',
  'connected_account.scopes_changed': 'The app grants other scopes than before.',
  'connected_account.revoked': 'The grant was given back to the app; its credentials no longer work.',
  'connected_account.integrity_failed':
    'A stored secret of the account is not what was stored there, and was not used. The log names the row.',
  'connected_account.deleted': 'The account was deleted, and its credentials with it.',
  'integration.client_rejected':
    'The app refuses the OAuth client of the integration, as the refresh of this account showed. Grants are kept; the operator must correct the client.',
  'integration.client_accepted':
    'The app takes the OAuth client of the integration again, as the refresh of this account showed.',
} as const satisfies Record<string, string>

export type EventType = keyof typeof eventTypes
export const eventTypeNames = Object.keys(eventTypes) as [EventType, ...EventType[]]

/** So frequent that a webhook endpoint gets them only when it names them. */
export const quietEventTypes: readonly string[] = ['connected_account.credentials_refreshed'] satisfies EventType[]
