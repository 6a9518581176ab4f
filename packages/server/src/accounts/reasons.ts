import { type StatusReason, type StatusReasonCode, statusReasonCodes } from './types.ts'

const messages: Record<StatusReasonCode, string> = {
  awaiting_user: 'Waiting for the person to finish connecting.',
  link_expired: 'The link was not used in time.',
  superseded: 'A newer connection request took its place.',
  access_denied: 'The person, or the app, did not allow the connection.',
  browser_mismatch: 'The connection was finished in another browser than it was started in.',
  issuer_mismatch: 'The answer did not come from the authorization server it should come from.',
  callback_mismatch: 'The answer did not belong to this connection.',
  authorization_failed: 'The app refused the authorization request.',
  code_exchange_failed: 'The app refused to exchange the authorization code for tokens.',
  client_rejected: 'The app does not accept the OAuth client of the integration.',
  provider_unavailable: 'The app did not answer properly.',
  user_mismatch: 'The person who came back from the app is not the one the connection was begun for.',
  not_confirmed: 'Your backend did not confirm in time who came back from the app.',
  no_credential: 'The app answered without a usable credential.',
  unverified: 'The app could not be reached to check the credential.',
  grant_revoked: 'The app no longer accepts the grant.',
  credential_refused: 'The app no longer accepts the credential.',
  refresh_token_missing: 'The access token ended and the app gave no refresh token.',
  refresh_outcome_unknown: 'A refresh was interrupted and the app may have replaced the refresh token.',
  identity_mismatch: 'The person signed in at the app as somebody else than before.',
  identity_unknown: 'The app did not say whose account this is, so it could not be compared with the one before.',
  revoked: 'The grant was given back to the app.',
  expiring: 'The grant ends soon and only the person can renew it.',
}

/** @param detail What the app said, already free of secrets; added to the sentence. */
export function statusReason(code: StatusReasonCode, detail?: string): StatusReason {
  return {
    code,
    message: detail ? withDetail(messages[code], detail) : messages[code],
    mustAct: statusReasonCodes[code],
  }
}

/** A detail that is no sentence of its own ends the one before it. */
function withDetail(sentence: string, detail: string): string {
  if (!/^[a-z]/.test(detail)) return `${sentence} ${detail}`
  return `${sentence.replace(/\.$/, ':')} ${detail}${/[.!?]$/.test(detail) ? '' : '.'}`
}

export const reasonColumns = (reason: StatusReason | null) => ({
  reason_code: reason?.code ?? null,
  reason_message: reason?.message ?? null,
})
