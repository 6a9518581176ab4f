import type { App } from '@holdfast/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { ChevronRight, ExternalLink, Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { oauthPart, safeLink, schemeName } from '../../lib/app-definition.ts'
import { serverFor } from '../../lib/server.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { appQuery } from '../../queries/apps.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { AppLogo } from '../../ui/app-logo.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Card, Fact, Facts, Section } from '../../ui/card.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Page } from '../../ui/page.tsx'
import { SetupGuide } from '../../ui/setup-guide.tsx'
import { ErrorPanel, Loading } from '../../ui/states.tsx'

export function AppScreen() {
  const { appKey } = useParams({ from: '/p/$projectId/apps/$appKey' })
  const { id: projectId } = useProject()
  const { data: app, error, refetch } = useQuery(appQuery(projectId, appKey))
  if (app === undefined)
    return (
      <Page title="App">
        <Card>{error ? <ErrorPanel error={error} retry={refetch} /> : <Loading label="the app" />}</Card>
      </Page>
    )
  return <AppPage app={app} />
}

function AppPage({ app }: { app: App }) {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const oauth = oauthPart(app)
  const docs = safeLink(app.docs)
  return (
    <Page
      title={app.name}
      heading={
        <div className="min-w-0">
          <nav aria-label="Breadcrumb" className="mb-2 flex items-center gap-1 text-xs text-faint">
            <Link to="/p/$projectId/apps" params={{ projectId }} className="hover:text-ink">
              App catalog
            </Link>
            <ChevronRight aria-hidden className="size-3" />
            <span>{app.name}</span>
          </nav>
          <div className="flex items-center gap-3">
            <AppLogo app={app.key} name={app.name} size="lg" />
            <div>
              <h1 className="text-xl font-semibold tracking-tight">{app.name}</h1>
              <p className="text-sm text-soft">{app.description}</p>
            </div>
          </div>
        </div>
      }
      actions={
        <>
          <ApiCallButton
            call={{ method: 'GET', path: `/api/v1/apps/${app.key}`, javascript: `holdfast.apps.get('${app.key}')` }}
          />
          {mayChange && !app.builtIn && <OwnAppActions app={app} />}
          {mayChange && (
            <Link
              to="/p/$projectId/integrations/new"
              params={{ projectId }}
              search={{ app: app.key }}
              className={buttonClass({ variant: 'primary' })}
            >
              <Plus aria-hidden />
              Add an integration
            </Link>
          )}
        </>
      }
    >
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <Section title="Ways in">
            <ul className="flex flex-col gap-4">
              {app.auth_schemes.map((scheme) => (
                <li key={scheme.mode} className="text-sm">
                  <p className="flex items-center gap-2 font-medium">
                    {scheme.label ?? schemeName(scheme.mode)} <Badge>{scheme.mode}</Badge>
                  </p>
                  {scheme.fields.length > 0 && (
                    <ul className="mt-1.5 flex flex-col gap-1 border-l-2 border-line pl-3 text-soft">
                      {scheme.fields.map((field) => (
                        <li key={field.name}>
                          {field.displayName} <code className="font-mono text-xs text-faint">{field.name}</code>
                          {!field.expected_from_customer && (
                            <span className="text-xs text-faint"> · from you, once</span>
                          )}
                          {field.description && <span className="block text-xs text-faint">{field.description}</span>}
                        </li>
                      ))}
                    </ul>
                  )}
                </li>
              ))}
            </ul>
          </Section>
          {oauth && oauth.scopes.described.length > 0 && (
            <Section title="Scopes" flush>
              <ul className="divide-y divide-line text-sm">
                {oauth.scopes.described.map(({ name, description }) => (
                  <li key={name} className="flex items-start justify-between gap-3 px-4 py-2 sm:px-5">
                    <span className="min-w-0">
                      {description}
                      <code className="block font-mono text-xs text-faint">{name}</code>
                    </span>
                    {oauth.scopes.default.includes(name) && <Badge tone="accent">Default</Badge>}
                  </li>
                ))}
              </ul>
            </Section>
          )}
          {app.definition && (
            <Section title="Definition" description="The whole of what the server knows about the app.">
              <CodeBlock label="Definition as JSON" text={JSON.stringify(app.definition, null, 2)} />
            </Section>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          {oauth && <SetupGuide appName={app.name} url={oauth.setupUrl} steps={oauth.steps} />}
          <Section title="About">
            <Facts>
              <Fact name="Key">
                <code className="font-mono text-xs">{app.key}</code>
              </Fact>
              <Fact name="Categories">{app.categories.join(', ') || 'None'}</Fact>
              {docs && (
                <Fact name="Read from">
                  <a href={docs} target="_blank" rel="noreferrer" className="text-accent hover:underline">
                    {new URL(docs).host} <ExternalLink aria-hidden className="inline size-3.5" />
                  </a>
                </Fact>
              )}
              {app.documentation_doc_text && <Fact name="Good to know">{app.documentation_doc_text}</Fact>}
            </Facts>
          </Section>
        </div>
      </div>
    </Page>
  )
}

function OwnAppActions({ app }: { app: App }) {
  const { id: projectId } = useProject()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [deleting, setDeleting] = useState(false)
  return (
    <>
      <Link to="/p/$projectId/apps/new" params={{ projectId }} search={{ app: app.key }} className={buttonClass()}>
        <Pencil aria-hidden />
        Change
      </Link>
      <Button variant="dangerGhost" onClick={() => setDeleting(true)}>
        <Trash2 aria-hidden />
        Delete
      </Button>
      <ConfirmDialog
        open={deleting}
        onOpenChange={setDeleting}
        title={`Delete ${app.name}?`}
        action="Delete the app"
        onConfirm={async () => {
          await serverFor(projectId).apps.delete(app.key)
          await navigate({ to: '/p/$projectId/apps', params: { projectId } })
          await queries.invalidateQueries({ queryKey: ['project', projectId, 'apps'], exact: true })
        }}
      >
        Refused while accounts of it exist. Its integrations go with it.
      </ConfirmDialog>
    </>
  )
}
