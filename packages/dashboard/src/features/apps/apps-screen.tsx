import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Plus, SearchX } from 'lucide-react'
import { javascriptValue } from '../../lib/api-call.ts'
import { schemeName } from '../../lib/app-definition.ts'
import { counted } from '../../lib/format.ts'
import { useMayChange, useProject } from '../../lib/use-project.ts'
import { appsQuery } from '../../queries/apps.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { AppGrid, findApps, tileClass } from '../../ui/app-grid.tsx'
import { Button, buttonClass } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { Page } from '../../ui/page.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'

export function AppsScreen() {
  const { id: projectId } = useProject()
  const mayChange = useMayChange()
  const { search = '', category, scheme } = useSearch({ from: '/p/$projectId/apps' })
  const navigate = useNavigate({ from: '/p/$projectId/apps' })
  const { data: apps, error, refetch } = useQuery(appsQuery(projectId))
  const found = findApps(apps ?? [], search).filter(
    (app) =>
      (category === undefined || app.categories.includes(category)) &&
      (scheme === undefined || app.auth_schemes.some(({ mode }) => mode === scheme)),
  )
  const categories = [...new Set(apps?.flatMap((app) => app.categories))].sort()
  const schemes = [...new Set<string>(apps?.flatMap((app) => app.auth_schemes.map(({ mode }) => mode)))]
  const narrow = (next: { search?: string; category?: string; scheme?: string }) =>
    navigate({ search: { search: search || undefined, category, scheme, ...next }, replace: true })
  return (
    <Page
      title="App catalog"
      description="What can be connected, and how each app wants to be asked."
      actions={
        <>
          <ApiCallButton
            call={{
              method: 'GET',
              path: '/api/v1/apps',
              query: { search, category, authScheme: scheme },
              javascript: `holdfast.apps.list(${javascriptValue({ search: search || undefined, category, authScheme: scheme })})`,
            }}
          />
          {mayChange && (
            <Link to="/p/$projectId/apps/new" params={{ projectId }} className={buttonClass({ variant: 'primary' })}>
              <Plus aria-hidden />
              Add your own
            </Link>
          )}
        </>
      }
    >
      <search aria-label="Find apps" className="flex flex-wrap gap-2">
        <SearchField
          label="Name or what it is for"
          value={search}
          onChange={(text) => narrow({ search: text || undefined })}
          className="w-full sm:w-64"
        />
        <FilterMenu
          label="Category"
          choices={categories.map((value) => ({ value, label: value }))}
          chosen={category ? [category] : []}
          onChange={(chosen) => narrow({ category: chosen.at(-1) })}
        />
        <FilterMenu
          label="Way in"
          choices={schemes.map((value) => ({ value, label: schemeName(value) }))}
          chosen={scheme ? [scheme] : []}
          onChange={(chosen) => narrow({ scheme: chosen.at(-1) })}
        />
      </search>
      {error ? (
        <Card>
          <ErrorPanel error={error} retry={refetch} />
        </Card>
      ) : apps === undefined ? (
        <Card>
          <Loading label="the catalog" />
        </Card>
      ) : found.length === 0 ? (
        <Card>
          <Empty
            icon={SearchX}
            title="No app is like that"
            actions={<Button onClick={() => navigate({ search: {} })}>Show all</Button>}
          >
            Any app with OAuth 2 or a key can be added: “Add your own” checks the definition while you write it.
          </Empty>
        </Card>
      ) : (
        <>
          <p role="status" className="sr-only">
            {counted(found.length, 'app')}
          </p>
          <AppGrid
            apps={found}
            action={(app) => (
              <Link to="/p/$projectId/apps/$appKey" params={{ projectId, appKey: app.key }} className={tileClass}>
                {app.name}
              </Link>
            )}
          />
        </>
      )}
    </Page>
  )
}
