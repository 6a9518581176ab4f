import type { Integration } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { ChevronRight, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { schemeName } from '../../lib/app-definition.ts'
import { counted } from '../../lib/format.ts'
import { serverFor } from '../../lib/server.ts'
import { useAction } from '../../lib/use-action.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { appsQuery } from '../../queries/apps.ts'
import { integrationQuery, integrationsQuery } from '../../queries/integrations.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { AppLogo } from '../../ui/app-logo.tsx'
import { Button } from '../../ui/button.tsx'
import { Card, Fact, Facts, Section } from '../../ui/card.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { CopyValue } from '../../ui/copy-button.tsx'
import { Page } from '../../ui/page.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'
import { Switch } from '../../ui/switch.tsx'
import { toast } from '../../ui/toast.tsx'
import { ClientForm } from './client-form.tsx'
import { IntegrationState, lacksClient } from './integration-state.tsx'
import { RedirectUri } from './redirect-uri.tsx'
import { TryIt } from './try-it.tsx'

export function IntegrationScreen() {
  const { integrationId } = useParams({ from: '/p/$projectId/integrations/$integrationId' })
  const { id: projectId } = useProject()
  const { data: integration, error, refetch } = useQuery(integrationQuery(projectId, integrationId))
  if (integration === undefined)
    return (
      <Page title="Integration">
        <Card>{error ? <ErrorPanel error={error} retry={refetch} /> : <Loading label="the integration" />}</Card>
      </Page>
    )
  return <IntegrationPage integration={integration} />
}

function IntegrationPage({ integration }: { integration: Integration }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const { data: apps } = useQuery(appsQuery(projectId))
  const { data: all } = useQuery(integrationsQuery(projectId))
  const accounts = all?.find(({ id }) => id === integration.id)?._count?.connections
  const appName = apps?.find(({ key }) => key === integration.appName)?.name ?? integration.appName
  const withClient = integration.authScheme === 'OAUTH2' && !integration.simulated
  return (
    <Page
      title={integration.name}
      heading={
        <div className="min-w-0">
          <nav aria-label="Breadcrumb" className="mb-2 flex items-center gap-1 text-xs text-faint">
            <Link to="/p/$projectId/integrations" params={{ projectId }} className="hover:text-ink">
              Integrations
            </Link>
            <ChevronRight aria-hidden className="size-3" />
            <span>{appName}</span>
          </nav>
          <div className="flex items-center gap-3">
            <AppLogo app={integration.appName} name={appName} size="lg" />
            <div className="min-w-0">
              <h1 className="truncate text-xl font-semibold tracking-tight">
                {integration.isDefault ? appName : integration.name}
              </h1>
              <div className="flex flex-wrap items-center gap-2 text-sm text-soft">
                {appName} · {schemeName(integration.authScheme)}
                <IntegrationState integration={integration} />
              </div>
            </div>
          </div>
        </div>
      }
      actions={
        <>
          <ApiCallButton
            call={{
              method: 'GET',
              path: `/api/v1/integrations/${integration.id}`,
              javascript: `holdfast.integrations.get('${integration.id}')`,
            }}
          />
          {mayChange && <IntegrationActions integration={integration} accounts={accounts} />}
        </>
      }
    >
      <Section title="Integration">
        <Facts>
          <Fact name="Id">
            <CopyValue value={integration.id} label="Copy the integration id" />
          </Fact>
          <Fact name="Accounts">
            <Link
              to="/p/$projectId/accounts"
              params={{ projectId }}
              search={{ integration: integration.id }}
              className="text-accent hover:underline"
            >
              {accounts === undefined ? 'See them' : counted(accounts, 'account')}
            </Link>
          </Fact>
          <Fact name="App">
            <Link
              to="/p/$projectId/apps/$appKey"
              params={{ projectId, appKey: integration.appName }}
              className="text-accent hover:underline"
            >
              {appName}
            </Link>
          </Fact>
          {!withClient && integration.authScheme === 'OAUTH2' && (
            <Fact name="Redirect URI">
              <RedirectUri uri={integration.redirectUri} />
            </Fact>
          )}
          {integration.expectedInputFields.length > 0 && (
            <Fact name="Users are asked for">
              {integration.expectedInputFields.map(({ displayName }) => displayName).join(', ')}
            </Fact>
          )}
        </Facts>
      </Section>
      {withClient && mayChange && (
        <ClientForm
          key={integration.updatedAt}
          integration={integration}
          appName={appName}
          action={lacksClient(integration) ? 'Save and enable' : 'Save'}
          onSaved={() => toast.done('Saved')}
        />
      )}
      {mayChange && !lacksClient(integration) && integration.enabled && (
        <TryIt integration={integration} appName={appName} />
      )}
    </Page>
  )
}

function IntegrationActions({
  integration,
  accounts = 0,
}: {
  integration: Integration
  accounts?: number | undefined
}) {
  const { id: projectId } = useProject()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [deleting, setDeleting] = useState(false)
  const key = ['project', projectId, 'integrations']
  const setEnabled = useAction(
    (enabled: boolean) => serverFor(projectId).integrations.update(integration.id, { enabled }),
    { invalidates: [key] },
  )
  return (
    <>
      <span className="inline-flex items-center gap-2 text-sm text-soft">
        <Switch
          label="Enabled: users can connect through it"
          checked={integration.enabled}
          disabled={setEnabled.isPending || lacksClient(integration)}
          onChange={(on) => setEnabled.mutate(on)}
        />
        <span aria-hidden>Enabled</span>
      </span>
      <Button variant="dangerGhost" onClick={() => setDeleting(true)}>
        <Trash2 aria-hidden />
        Delete
      </Button>
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete ${integration.name}?`}
        action="Delete the integration"
        typed={accounts > 0 ? integration.name : undefined}
        onConfirm={async () => {
          await serverFor(projectId).integrations.delete(integration.id)
          await navigate({ to: '/p/$projectId/integrations', params: { projectId } })
          await queries.invalidateQueries({ queryKey: ['project', projectId] })
        }}
      >
        {accounts > 0
          ? `${counted(accounts, 'account')} go with it, and their users would have to connect again.`
          : 'It has no accounts.'}
      </ConfirmDialog>
    </>
  )
}
