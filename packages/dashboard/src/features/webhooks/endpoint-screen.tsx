import type { WebhookEndpoint } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useProject } from '../../lib/use-project.ts'
import { endpointQuery } from '../../queries/webhooks.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Card, Fact, Facts, Section } from '../../ui/card.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { Deliveries } from './deliveries.tsx'
import { EndpointActions } from './endpoint-actions.tsx'
import { EndpointState } from './endpoint-state.tsx'

export function EndpointScreen() {
  const { endpointId } = useParams({ from: '/p/$projectId/webhooks/$endpointId' })
  const { id: projectId } = useProject()
  const { data: endpoint, error, refetch } = useQuery(endpointQuery(projectId, endpointId))
  if (endpoint === undefined)
    return (
      <Page title="Webhook endpoint">
        <Card>{error ? <ErrorPanel error={error} retry={refetch} /> : <Loading label="the endpoint" />}</Card>
      </Page>
    )
  return <Endpoint endpoint={endpoint} />
}

function Endpoint({ endpoint }: { endpoint: WebhookEndpoint }) {
  const { id: projectId } = useProject()
  return (
    <Page
      title={endpoint.url}
      heading={
        <div className="min-w-0">
          <nav aria-label="Breadcrumb" className="mb-1 flex items-center gap-1 text-xs text-faint">
            <Link to="/p/$projectId/webhooks" params={{ projectId }} className="hover:text-ink">
              Webhooks
            </Link>
            <ChevronRight aria-hidden className="size-3" />
            <span>Endpoint</span>
          </nav>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="text-lg font-semibold tracking-tight">{endpoint.url}</h1>
            <EndpointState endpoint={endpoint} />
          </div>
        </div>
      }
      description={endpoint.description}
      actions={
        <>
          <ApiCallButton
            call={{
              method: 'GET',
              path: `/api/v1/webhookEndpoints/${endpoint.id}/deliveries`,
              javascript: `holdfast.webhooks.deliveries('${endpoint.id}')`,
            }}
          />
          <EndpointActions endpoint={endpoint} />
        </>
      }
    >
      {endpoint.disabledReason && (
        <Notice tone="bad" title={endpoint.disabledReason.message}>
          Enable it once it works again: what waited is sent then.
        </Notice>
      )}
      {endpoint.previousSecretUntil && (
        <Notice tone="accent">
          Messages are signed with the old secret as well. That ends <Time at={endpoint.previousSecretUntil} />.
        </Notice>
      )}
      <Section title="Endpoint">
        <Facts>
          <Fact name="Id">
            <CopyValue value={endpoint.id} label="Copy the endpoint id" />
          </Fact>
          <Fact name="Events">{endpoint.eventTypes ? endpoint.eventTypes.join(', ') : 'All, but for refreshes'}</Fact>
          <Fact name="Format">{endpoint.format === 'v1' ? 'v1, for first-generation receivers' : 'Standard'}</Fact>
          <Fact name="Added">
            <Time at={endpoint.createdAt} />
          </Fact>
        </Facts>
      </Section>
      <Deliveries endpointId={endpoint.id} />
    </Page>
  )
}
