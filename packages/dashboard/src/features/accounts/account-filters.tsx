import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useProject } from '../../lib/use-project.ts'
import { appsQuery } from '../../queries/apps.ts'
import { integrationsQuery } from '../../queries/integrations.ts'
import { statusLook } from '../../ui/account-status.tsx'
import { Button } from '../../ui/button.tsx'
import { FilterMenu } from '../../ui/filter-menu.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { type AccountSearch, accountStatuses, isNarrowed, listOf } from './filter.ts'

export function AccountFilters({
  search,
  onChange,
}: {
  search: AccountSearch
  onChange: (search: AccountSearch) => void
}) {
  const { id: projectId } = useProject()
  const { data: apps } = useQuery(appsQuery(projectId))
  const { data: integrations } = useQuery(integrationsQuery(projectId))
  const used = new Set(integrations?.map(({ appName }) => appName))
  const joined = (values: string[]) => (values.length > 0 ? values.join(',') : undefined)
  return (
    <search aria-label="Filter accounts" className="flex flex-wrap items-center gap-2">
      <SearchField
        label="Name, email, entity or id"
        value={search.search ?? ''}
        onChange={(text) => onChange({ ...search, search: text || undefined })}
        className="w-full sm:w-64"
      />
      <FilterMenu
        label="Status"
        choices={accountStatuses.map((status) => ({ value: status, label: statusLook(status).label }))}
        chosen={listOf(search.status) ?? []}
        onChange={(chosen) => onChange({ ...search, status: joined(chosen) })}
      />
      <FilterMenu
        label="App"
        choices={(apps ?? []).filter(({ key }) => used.has(key)).map(({ key, name }) => ({ value: key, label: name }))}
        chosen={listOf(search.app) ?? []}
        onChange={(chosen) => onChange({ ...search, app: joined(chosen) })}
      />
      <FilterMenu
        label="Integration"
        choices={(integrations ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        chosen={listOf(search.integration) ?? []}
        onChange={(chosen) => onChange({ ...search, integration: chosen.at(-1) })}
      />
      {search.entity !== undefined && (
        <Button onClick={() => onChange({ ...search, entity: undefined })}>
          <span className="text-soft">Entity</span>
          <span className="max-w-40 truncate text-accent">{search.entity}</span>
          <X aria-label="Remove this filter" />
        </Button>
      )}
      {isNarrowed(search) && (
        <Button variant="ghost" onClick={() => onChange({})}>
          Clear all
        </Button>
      )}
    </search>
  )
}
