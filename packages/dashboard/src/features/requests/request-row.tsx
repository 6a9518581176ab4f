import type { LoggedRequest } from '@holdfast/sdk'
import { Link } from '@tanstack/react-router'
import { Badge } from '../../ui/badge.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Cell } from '../../ui/rows.tsx'
import { Time } from '../../ui/time.tsx'

export function RequestRow({ request }: { request: LoggedRequest }) {
  const { method, route, status, code, durationMs, connectedAccountId, caller } = request
  return (
    <>
      <Cell>
        <span className="block truncate font-mono text-xs" title={`${method} ${route}`}>
          {method} {route}
        </span>
        <span className="block truncate text-xs text-faint">
          {code}
          {code !== null && connectedAccountId !== null && ' · '}
          {connectedAccountId !== null && (
            <Link
              to="/p/$projectId/accounts/$accountId"
              from="/p/$projectId/requests"
              params={(params) => ({ ...params, accountId: connectedAccountId })}
              className="text-accent hover:underline"
            >
              the account
            </Link>
          )}
        </span>
      </Cell>
      <Cell>
        <Badge tone={status < 400 ? 'good' : 'bad'}>{status}</Badge>
      </Cell>
      <Cell className="truncate text-soft max-md:hidden">{caller.name ?? callers[caller.kind]}</Cell>
      <Cell className="text-right text-xs text-faint tabular-nums max-lg:hidden">{durationMs.toFixed(1)} ms</Cell>
      <Cell className="text-right text-xs text-faint max-sm:hidden">
        <Time at={request.at} />
      </Cell>
      <Cell>
        <CopyButton value={request.requestId} label="Copy the request id" />
      </Cell>
    </>
  )
}

const callers: Record<LoggedRequest['caller']['kind'], string> = {
  key: 'A key that is gone',
  operator: 'An operator',
  operatorKey: "The operator's key",
}
