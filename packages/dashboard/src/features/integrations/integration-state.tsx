import type { Integration } from '@holdfast/sdk'
import { Badge } from '../../ui/badge.tsx'

export const lacksClient = ({ authScheme, simulated, clientId }: Integration): boolean =>
  authScheme === 'OAUTH2' && !simulated && !clientId

export function IntegrationState({ integration }: { integration: Integration }) {
  if (lacksClient(integration)) return <Badge tone="warn">Needs a client</Badge>
  if (!integration.enabled) return <Badge dot>Disabled</Badge>
  if (integration.simulated) return <Badge tone="accent">Simulated</Badge>
  return (
    <Badge tone="good" dot>
      Ready
    </Badge>
  )
}
