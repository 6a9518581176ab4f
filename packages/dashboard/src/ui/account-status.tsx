import { Badge, type Tone } from './badge.tsx'

const looks: Record<string, { tone: Tone; label: string }> = {
  ACTIVE: { tone: 'good', label: 'Active' },
  INITIATED: { tone: 'accent', label: 'Waiting' },
  EXPIRED: { tone: 'bad', label: 'Expired' },
  FAILED: { tone: 'warn', label: 'Failed' },
}

export const statusLook = (status: string): { tone: Tone; label: string } =>
  looks[status] ?? { tone: 'neutral', label: status }

/** A disabled account keeps its status, but what matters is that it hands out nothing. */
export function AccountStatus({ status, enabled = true }: { status: string; enabled?: boolean }) {
  const { tone, label } = statusLook(status)
  if (!enabled) return <Badge dot>Disabled</Badge>
  return (
    <Badge tone={tone} dot>
      {label}
    </Badge>
  )
}
