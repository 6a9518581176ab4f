import type { WebhookEndpoint } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { ChevronRight, Plus, Webhook } from 'lucide-react'
import { useState } from 'react'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { endpointsQuery } from '../../queries/webhooks.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'
import { EndpointDialog } from './endpoint-dialog.tsx'
import { EndpointState } from './endpoint-state.tsx'
import { SecretDialog } from './secret-dialog.tsx'

export function WebhooksScreen() {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const navigate = useNavigate()
  const { data: endpoints, error, refetch } = useQuery(endpointsQuery(projectId))
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<WebhookEndpoint & { secret: string }>()
  const addButton = mayChange && (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden />
      Add an endpoint
    </Button>
  )
  return (
    <Page
      title="Webhooks"
      description="Your server is told of every change of an account: connected, expired, revoked, deleted."
      actions={
        <>
          <ApiCallButton
            call={{ method: 'GET', path: '/api/v1/webhookEndpoints', javascript: 'holdfast.webhooks.list()' }}
          />
          {addButton}
        </>
      }
    >
      <Card>
        {error ? (
          <ErrorPanel error={error} retry={refetch} />
        ) : endpoints === undefined ? (
          <Loading label="webhook endpoints" rows={3} />
        ) : endpoints.length === 0 ? (
          <Empty
            icon={Webhook}
            title="Nobody is told yet"
            actions={addButton}
            command={`curl -X POST ${document.baseURI}api/v1/webhookEndpoints \\
  -H "x-api-key: $HOLDFAST_API_KEY" -H 'content-type: application/json' \\
  -d '{ "url": "https://yours.example/webhooks/holdfast" }'`}
          >
            Add the address of your server. Messages are signed, sent again when they fail, and can be looked at here. A
            test event shows at once whether it works.
          </Empty>
        ) : (
          <ul className="divide-y divide-line">
            {endpoints.map((endpoint) => (
              <li key={endpoint.id} className="relative flex items-center gap-4 px-4 py-3 hover:bg-hover sm:px-5">
                <div className="min-w-0 flex-1">
                  <Link
                    to="/p/$projectId/webhooks/$endpointId"
                    params={{ projectId, endpointId: endpoint.id }}
                    className="block truncate font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
                  >
                    {endpoint.url}
                  </Link>
                  <p className="truncate text-xs text-faint">
                    {endpoint.description ||
                      (endpoint.eventTypes ? `${endpoint.eventTypes.length} event types` : 'All events')}
                    {endpoint.format === 'v1' && ' · v1 format'}
                  </p>
                </div>
                <EndpointState endpoint={endpoint} />
                <ChevronRight aria-hidden className="size-4 shrink-0 text-faint" />
              </li>
            ))}
          </ul>
        )}
      </Card>
      <EndpointDialog open={adding} onOpenChange={setAdding} onMade={setMade} />
      <SecretDialog
        made={made}
        onClose={() => {
          const endpointId = made?.id
          setMade(undefined)
          if (endpointId) void navigate({ to: '/p/$projectId/webhooks/$endpointId', params: { projectId, endpointId } })
        }}
      />
    </Page>
  )
}
