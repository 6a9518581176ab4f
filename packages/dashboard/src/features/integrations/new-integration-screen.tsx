import type { App, AuthScheme, Integration } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { SearchX } from 'lucide-react'
import { useState } from 'react'
import { schemeName } from '../../lib/app-definition.ts'
import { serverFor } from '../../lib/server.ts'
import { useForm } from '../../lib/use-form.ts'
import { useProject } from '../../lib/use-project.ts'
import { appsQuery } from '../../queries/apps.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { AppGrid, findApps, tileClass } from '../../ui/app-grid.tsx'
import { AppLogo } from '../../ui/app-logo.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Card, Section } from '../../ui/card.tsx'
import { Field, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { Select } from '../../ui/select.tsx'
import { Empty, ErrorPanel, FormError, Loading } from '../../ui/states.tsx'
import { Steps } from '../../ui/steps.tsx'
import { ClientForm } from './client-form.tsx'
import { TryIt } from './try-it.tsx'

const steps = ['App', 'Client', 'Try it'] as const

/** Three steps: which app, as which client, does it work. The integration is made, disabled, after the first. */
export function NewIntegrationScreen() {
  const { id: projectId } = useProject()
  const { app: key, search = '' } = useSearch({ from: '/p/$projectId/integrations/new' })
  const { data: apps, error, refetch } = useQuery(appsQuery(projectId))
  const [integration, setIntegration] = useState<Integration>()
  const [ready, setReady] = useState(false)
  const app = apps?.find((one) => one.key === key)
  const step = ready ? 2 : integration ? 1 : 0
  return (
    <Page
      title="Add an integration"
      description="What your users connect through: an app, and who you are to it."
      actions={
        <ApiCallButton
          call={{
            method: 'POST',
            path: '/api/v1/integrations',
            body: { app: key ?? 'APP', clientId: '…', clientSecret: '…' },
            javascript: `holdfast.integrations.create({ app: '${key ?? 'APP'}', clientId: '…', clientSecret: '…' })`,
          }}
        />
      }
    >
      <Steps names={steps} current={step} />
      {error ? (
        <Card>
          <ErrorPanel error={error} retry={refetch} />
        </Card>
      ) : apps === undefined ? (
        <Card>
          <Loading label="the catalog" />
        </Card>
      ) : app === undefined ? (
        <ChooseApp apps={apps} search={search} />
      ) : integration === undefined ? (
        <NameIt
          app={app}
          onMade={(made) => {
            setIntegration(made)
            setReady(made.enabled)
          }}
        />
      ) : ready ? (
        <TryIt integration={integration} appName={app.name} isNew />
      ) : (
        <ClientForm
          integration={integration}
          appName={app.name}
          action="Save and enable"
          onSaved={(saved) => {
            setIntegration(saved)
            setReady(true)
          }}
        />
      )}
    </Page>
  )
}

function ChooseApp({ apps, search }: { apps: readonly App[]; search: string }) {
  const navigate = useNavigate({ from: '/p/$projectId/integrations/new' })
  const { id: projectId } = useProject()
  const found = findApps(apps, search)
  return (
    <>
      <search aria-label="Find apps">
        <SearchField
          label="Name or what it is for"
          value={search}
          onChange={(text) => navigate({ search: { search: text || undefined }, replace: true })}
          className="w-full sm:w-64"
        />
      </search>
      {found.length === 0 ? (
        <Card>
          <Empty
            icon={SearchX}
            title="No app is called that"
            actions={
              <Link to="/p/$projectId/apps/new" params={{ projectId }} className={buttonClass({ variant: 'primary' })}>
                Add your own
              </Link>
            }
          />
        </Card>
      ) : (
        <AppGrid
          apps={found}
          action={(app) => (
            <Link
              to="/p/$projectId/integrations/new"
              params={{ projectId }}
              search={{ app: app.key }}
              className={tileClass}
            >
              {app.name}
            </Link>
          )}
        />
      )}
    </>
  )
}

function NameIt({ app, onMade }: { app: App; onMade: (integration: Integration) => void }) {
  const project = useProject()
  const queries = useQueryClient()
  const [scheme, setScheme] = useState<AuthScheme>(app.auth_schemes[0]?.mode ?? 'OAUTH2')
  const [player, setPlayer] = useState<'simulator' | 'real'>(project.mode === 'test' ? 'simulator' : 'real')
  const needsClient = scheme === 'OAUTH2' && player === 'real'
  const form = useForm(async ({ name = '' }) => {
    const made = await serverFor(project.id).integrations.create({
      app: app.key,
      authScheme: scheme,
      name: name.trim() || undefined,
      enabled: !needsClient,
      ...(project.mode === 'test' && { simulated: player === 'simulator' }),
    })
    await queries.invalidateQueries({ queryKey: ['project', project.id, 'integrations'] })
    onMade(made)
  })
  return (
    <div className="max-w-2xl">
      <Section
        title={app.name}
        actions={
          <Link
            to="/p/$projectId/integrations/new"
            params={{ projectId: project.id }}
            className={buttonClass({ size: 'sm' })}
          >
            Another app
          </Link>
        }
      >
        <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
          <div className="flex items-center gap-3">
            <AppLogo app={app.key} name={app.name} size="lg" />
            <p className="text-sm text-soft">{app.description}</p>
          </div>
          {app.auth_schemes.length > 1 && (
            <Field label="Way in">
              {({ id }) => (
                <Select
                  id={id}
                  value={scheme as string}
                  choices={app.auth_schemes.map(({ mode, label }) => ({
                    value: mode as string,
                    label: label ?? schemeName(mode),
                  }))}
                  onChange={setScheme}
                />
              )}
            </Field>
          )}
          {project.mode === 'test' && (
            <Field
              label="Who plays the app"
              help="The simulator connects like the app does, without an account there. The real app needs a client of yours."
            >
              {({ id }) => (
                <Select
                  id={id}
                  value={player}
                  choices={[
                    { value: 'simulator', label: 'The simulator' },
                    { value: 'real', label: `${app.name} itself` },
                  ]}
                  onChange={setPlayer}
                />
              )}
            </Field>
          )}
          <TextField
            label="Name"
            name="name"
            optional
            placeholder={`${app.name} of Acme`}
            help="For you, in lists."
            error={form.errorOf('name')}
          />
          {scheme !== 'OAUTH2' && (
            <Notice>
              Users are asked for{' '}
              {app.auth_schemes
                .find(({ mode }) => mode === scheme)
                ?.fields.map(({ displayName }) => displayName)
                .join(', ') || 'nothing'}
              . There is nothing to register.
            </Notice>
          )}
          <FormError error={form.error} />
          <div className="flex justify-end">
            <Button type="submit" variant="primary" busy={form.busy}>
              {needsClient ? 'Go on' : 'Add the integration'}
            </Button>
          </div>
        </form>
      </Section>
    </div>
  )
}
