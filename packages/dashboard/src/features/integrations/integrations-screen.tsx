import type { Integration } from '@holdfast/sdk'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Blocks, Plus, SearchX } from 'lucide-react'
import { useState } from 'react'
import { schemeName } from '../../lib/app-definition.ts'
import { counted } from '../../lib/format.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { appsQuery } from '../../queries/apps.ts'
import { integrationsQuery } from '../../queries/integrations.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { AppLogo } from '../../ui/app-logo.tsx'
import { buttonClass } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Page } from '../../ui/page.tsx'
import { Cell, type Column, Rows } from '../../ui/rows.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'
import { IntegrationState } from './integration-state.tsx'

const columns: readonly Column[] = [
  { label: 'Integration' },
  { label: 'Way in', className: 'max-md:hidden' },
  { label: 'Accounts', className: 'max-sm:hidden' },
  { label: 'State', className: 'text-right' },
]
const template =
  'grid-cols-[minmax(0,1fr)_7.5rem] sm:grid-cols-[minmax(0,1fr)_7rem_7.5rem] md:grid-cols-[minmax(0,1fr)_9rem_7rem_7.5rem]'

export function IntegrationsScreen() {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const { data: integrations, error, refetch } = useQuery(integrationsQuery(projectId))
  const { data: apps } = useQuery(appsQuery(projectId))
  const [search, setSearch] = useState('')
  const names = new Map(apps?.map(({ key, name }) => [key, name]))
  const nameOf = ({ appName }: Integration) => names.get(appName) ?? appName
  const found = (integrations ?? []).filter((one) =>
    `${one.name} ${nameOf(one)}`.toLowerCase().includes(search.toLowerCase()),
  )
  const button = mayChange && (
    <Link to="/p/$projectId/integrations/new" params={{ projectId }} className={buttonClass({ variant: 'primary' })}>
      <Plus aria-hidden />
      Add an integration
    </Link>
  )
  return (
    <Page
      title="Integrations"
      description="An app with one way in and your settings: what users connect through."
      actions={
        <>
          <ApiCallButton
            call={{ method: 'GET', path: '/api/v1/integrations', javascript: 'holdfast.integrations.list().all()' }}
          />
          {button}
        </>
      }
    >
      <search aria-label="Find integrations">
        <SearchField label="Name or app" value={search} onChange={setSearch} className="w-full sm:w-64" />
      </search>
      <Card>
        {error ? (
          <ErrorPanel error={error} retry={refetch} />
        ) : integrations === undefined ? (
          <Loading label="integrations" />
        ) : found.length === 0 ? (
          integrations.length === 0 ? (
            <Empty icon={Blocks} title="Nothing can be connected yet" actions={button}>
              Choose an app, register Holdfast there with the redirect URI it shows you, and give it the client id and
              secret.
            </Empty>
          ) : (
            <Empty icon={SearchX} title="No integration is called that" />
          )
        ) : (
          <Rows
            label="Integrations"
            columns={columns}
            template={template}
            items={found}
            rowHeight={56}
            rowKey={({ id }) => id}
            hasMore={false}
            loadingMore={false}
            onMore={() => {}}
          >
            {(integration) => (
              <>
                <Cell className="flex items-center gap-3">
                  <AppLogo app={integration.appName} name={nameOf(integration)} />
                  <span className="min-w-0">
                    <Link
                      to="/p/$projectId/integrations/$integrationId"
                      params={{ projectId, integrationId: integration.id }}
                      className="block truncate font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
                    >
                      {integration.isDefault ? nameOf(integration) : integration.name}
                    </Link>
                    <span className="block truncate text-xs text-faint">
                      <span className="md:hidden">{schemeName(integration.authScheme)} · </span>
                      {integration.isDefault ? 'Made with the project' : nameOf(integration)}
                    </span>
                  </span>
                </Cell>
                <Cell className="text-soft max-md:hidden">{schemeName(integration.authScheme)}</Cell>
                <Cell className="text-soft max-sm:hidden">
                  {counted(integration._count?.connections ?? 0, 'account')}
                </Cell>
                <Cell className="text-right">
                  <IntegrationState integration={integration} />
                </Cell>
              </>
            )}
          </Rows>
        )}
      </Card>
    </Page>
  )
}
