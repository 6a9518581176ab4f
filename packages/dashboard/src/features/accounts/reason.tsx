import type { ConnectedAccount } from '@holdfast/sdk'
import { Notice } from '../../ui/notice.tsx'

const actors: Record<string, string> = {
  endUser: 'Next: let the user connect again. “Reconnect” makes the link.',
  operator: 'Next: check the integration — client id, secret, scopes and redirect URI at the app.',
  developer: 'Next: correct what the reason names in your code, then connect again.',
  nobody: 'Nothing to do: it is tried again by itself.',
}

/** Why the account is as it is, and who can change that. Nothing when all is well. */
export function Reason({
  account: { status, statusReason, enabled, missingScopes = [] },
}: {
  account: ConnectedAccount
}) {
  return (
    <>
      {!enabled && (
        <Notice title="This account is disabled">
          It keeps its credentials and hands them to nobody until it is enabled.
        </Notice>
      )}
      {statusReason && (
        <Notice tone={status === 'ACTIVE' ? 'warn' : 'bad'} title={statusReason.message}>
          {actors[statusReason.mustAct]} <code className="font-mono text-xs text-faint">{statusReason.code}</code>
        </Notice>
      )}
      {missingScopes.length > 0 && (
        <Notice
          tone="warn"
          title={`${missingScopes.length} requested ${missingScopes.length === 1 ? 'scope was' : 'scopes were'} not granted`}
        >
          Calls that need them will be refused by the app. Reconnecting asks again.
        </Notice>
      )}
      {status === 'INITIATED' && !statusReason && (
        <Notice tone="accent" title="Waiting for the user">
          The connection has begun and is not finished. This page notices when it is.
        </Notice>
      )}
    </>
  )
}
