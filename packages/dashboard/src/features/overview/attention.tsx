import type { Overview, OverviewAccount } from '@holdfast/sdk'
import { Link } from '@tanstack/react-router'
import { ChevronRight, CircleCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { count } from '../../lib/format.ts'
import { useProject } from '../../lib/use-project.ts'
import { AccountStatus } from '../../ui/account-status.tsx'
import { AppLogo } from '../../ui/app-logo.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Section } from '../../ui/card.tsx'
import { Empty } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

const linkClass =
  'block truncate font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent'

/** What needs somebody, the widest reach first: a refused client stops every account of its integration. */
export function Attention({ overview }: { overview: Overview }) {
  const { id: projectId } = useProject()
  const { integrations, webhookEndpoints, attention, attentionTotal, ending } = overview
  const calm = integrations.length + webhookEndpoints.length + attention.length + ending.length === 0
  return (
    <Section
      title="Needs attention"
      actions={
        attentionTotal > attention.length && (
          <Link
            to="/p/$projectId/accounts"
            params={{ projectId }}
            search={{ status: 'EXPIRED' }}
            className="text-sm text-accent hover:underline"
          >
            All {count(attentionTotal)}
          </Link>
        )
      }
      flush
    >
      {calm ? (
        <Empty icon={CircleCheck} title="Nothing needs you">
          Every account is well, every webhook arrives.
        </Empty>
      ) : (
        <ul className="divide-y divide-line">
          {integrations.map((integration) => (
            <Item
              key={integration.id}
              logo={<AppLogo app={integration.appName} />}
              mark={<Badge tone="bad">Client refused</Badge>}
            >
              <Link
                to="/p/$projectId/integrations/$integrationId"
                params={{ projectId, integrationId: integration.id }}
                className={linkClass}
              >
                {integration.name}
              </Link>
              <p className="truncate text-xs text-soft">{integration.message}</p>
            </Item>
          ))}
          {webhookEndpoints.map((endpoint) => (
            <Item key={endpoint.id} mark={<Badge tone="bad">{endpoint.disabledReason ? 'Stopped' : 'Failing'}</Badge>}>
              <Link
                to="/p/$projectId/webhooks/$endpointId"
                params={{ projectId, endpointId: endpoint.id }}
                className={linkClass}
              >
                {endpoint.url}
              </Link>
              <p className="text-xs text-soft">
                Webhook, since <Time at={endpoint.since} />
              </p>
            </Item>
          ))}
          {attention.map((account) => (
            <Account key={account.id} account={account} />
          ))}
          {ending.map((account) => (
            <Account key={account.id} account={account} ends={account.grantEndsAt} />
          ))}
        </ul>
      )}
    </Section>
  )
}

function Account({ account, ends }: { account: OverviewAccount; ends?: string | null }) {
  const { id: projectId } = useProject()
  return (
    <Item
      logo={<AppLogo app={account.appName} />}
      mark={
        ends ? (
          <Badge tone="warn">
            ends <Time at={ends} />
          </Badge>
        ) : account.status === 'ACTIVE' ? (
          <Badge tone="warn">Refresh fails</Badge>
        ) : (
          <AccountStatus status={account.status} />
        )
      }
    >
      <Link to="/p/$projectId/accounts/$accountId" params={{ projectId, accountId: account.id }} className={linkClass}>
        {account.entityId}
      </Link>
      <p className="truncate text-xs text-soft">{account.statusReason?.message ?? account.appName}</p>
    </Item>
  )
}

const Item = ({ logo, mark, children }: { logo?: ReactNode; mark: ReactNode; children: ReactNode }) => (
  <li className="relative flex items-center gap-3 px-4 py-2.5 text-sm hover:bg-hover sm:px-5">
    {logo}
    <div className="min-w-0 flex-1">{children}</div>
    {mark}
    <ChevronRight aria-hidden className="size-4 shrink-0 text-faint" />
  </li>
)
