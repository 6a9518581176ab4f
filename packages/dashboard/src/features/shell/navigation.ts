import {
  Activity,
  AppWindow,
  Blocks,
  House,
  KeyRound,
  Link2,
  type LucideIcon,
  ScrollText,
  Settings,
  Users,
  Webhook,
} from 'lucide-react'

export interface Destination {
  to:
    | '/p/$projectId'
    | '/p/$projectId/accounts'
    | '/p/$projectId/entities'
    | '/p/$projectId/integrations'
    | '/p/$projectId/apps'
    | '/p/$projectId/webhooks'
    | '/p/$projectId/api-keys'
    | '/p/$projectId/requests'
    | '/p/$projectId/audit-log'
    | '/p/$projectId/settings'
  label: string
  icon: LucideIcon
  /** Pressed after G. */
  key: string
}

export const destinations: readonly { heading: string; items: readonly Destination[] }[] = [
  {
    heading: '',
    items: [
      { to: '/p/$projectId', label: 'Overview', icon: House, key: 'o' },
      { to: '/p/$projectId/accounts', label: 'Connected accounts', icon: Link2, key: 'a' },
      { to: '/p/$projectId/entities', label: 'Entities', icon: Users, key: 'e' },
    ],
  },
  {
    heading: 'Set up',
    items: [
      { to: '/p/$projectId/integrations', label: 'Integrations', icon: Blocks, key: 'i' },
      { to: '/p/$projectId/apps', label: 'App catalog', icon: AppWindow, key: 'c' },
    ],
  },
  {
    heading: 'Developers',
    items: [
      { to: '/p/$projectId/webhooks', label: 'Webhooks', icon: Webhook, key: 'w' },
      { to: '/p/$projectId/api-keys', label: 'API keys', icon: KeyRound, key: 'k' },
      { to: '/p/$projectId/requests', label: 'Requests', icon: Activity, key: 'r' },
      { to: '/p/$projectId/audit-log', label: 'Audit log', icon: ScrollText, key: 'l' },
      { to: '/p/$projectId/settings', label: 'Settings', icon: Settings, key: 's' },
    ],
  },
]

export const allDestinations: readonly Destination[] = destinations.flatMap(({ items }) => items)
