import type { WebhookEndpoint } from '@holdfast/sdk'
import { Badge } from '../../ui/badge.tsx'

export function EndpointState({ endpoint: { enabled, failingSince, disabledReason } }: { endpoint: WebhookEndpoint }) {
  if (disabledReason)
    return (
      <Badge tone="bad" dot>
        Stopped
      </Badge>
    )
  if (!enabled) return <Badge dot>Disabled</Badge>
  if (failingSince)
    return (
      <Badge tone="warn" dot>
        Failing
      </Badge>
    )
  return (
    <Badge tone="good" dot>
      Enabled
    </Badge>
  )
}
