import type { ConnectedAccount } from '@holdfast/sdk'
import { Notice } from '../../ui/notice.tsx'

const actors: Record<string, string> = {
  endUser: 'Next: the user. “Reconnect” makes a link for them.',
  operator: 'Next: check the integration — client id, secret, scopes and redirect URI at the app.',
  developer: 'Next: correct what the reason names in your code, then connect again.',
  nobody: 'Nothing to do: it is tried again by itself.',
}

const tones = { ACTIVE: 'warn', INITIATED: 'accent', EXPIRED: 'bad', FAILED: 'bad' } as const

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
        <Notice tone={tones[status]} title={statusReason.message}>
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
    </>
  )
}
