import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Activity, SearchX } from 'lucide-react'
import { useMemo } from 'react'
import { javascriptValue } from '../../lib/api-call.ts'
import { useProject } from '../../lib/use-project.ts'
import { requestsQuery } from '../../queries/requests.ts'
import type { RequestSearch } from '../../routes/search.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Checkbox } from '../../ui/checkbox.tsx'
import { Page } from '../../ui/page.tsx'
import { type Column, Rows } from '../../ui/rows.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'
import { FailureGroups } from './failure-groups.tsx'
import { RequestRow } from './request-row.tsx'

const columns: readonly Column[] = [
  { label: 'Request' },
  { label: 'Answer' },
  { label: 'Who', className: 'max-md:hidden' },
  { label: 'Took', className: 'max-lg:hidden text-right' },
  { label: 'When', className: 'max-sm:hidden text-right' },
  { label: 'Request id', hideLabel: true },
]
const template =
  'grid-cols-[minmax(0,1fr)_4rem_2rem] sm:grid-cols-[minmax(0,1fr)_4rem_5.5rem_2rem] md:grid-cols-[minmax(0,5fr)_4rem_minmax(0,3fr)_5.5rem_2rem] lg:grid-cols-[minmax(0,5fr)_4rem_minmax(0,3fr)_4.5rem_5.5rem_2rem]'

/** What was asked of the API and failed or changed something: the first place to look when code does not work. */
export function RequestsScreen() {
  const { id: projectId } = useProject()
  const search = useSearch({ from: '/p/$projectId/requests' })
  const navigate = useNavigate({ from: '/p/$projectId/requests' })
  const filter = { ...search, failed: search.show === 'all' ? undefined : (true as const) }
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    requestsQuery(projectId, filter),
  )
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data])
  const narrow = (next: RequestSearch) => void navigate({ search: { ...search, ...next }, replace: true })
  const isNarrowed = search.code !== undefined || search.account !== undefined || search.request !== undefined
  return (
    <Page
      title="Requests"
      description="What was asked of the API and failed or changed something, kept for seven days. Reads that succeed are not listed."
      actions={<ApiCallButton call={callOf(filter)} />}
    >
      <FailureGroups onChoose={({ code }) => narrow({ code: code ?? undefined, show: undefined })} />
      <search aria-label="Filter requests" className="flex flex-wrap items-center gap-2">
        <SearchField
          label="Request id"
          value={search.request ?? ''}
          onChange={(text) => narrow({ request: text.trim() || undefined, show: text ? 'all' : search.show })}
          className="w-full sm:w-80"
        />
        <Checkbox
          label="Failed ones only"
          checked={search.show !== 'all'}
          onChange={(on) => narrow({ show: on ? undefined : 'all' })}
        />
        {search.code !== undefined && (
          <Chosen label="Code" value={search.code} clear={() => narrow({ code: undefined })} />
        )}
        {search.account !== undefined && (
          <Chosen label="Account" value={search.account} clear={() => narrow({ account: undefined })} />
        )}
      </search>
      <Card>
        {error ? (
          <ErrorPanel error={error} retry={refetch} />
        ) : data === undefined ? (
          <Loading label="the requests" />
        ) : items.length === 0 ? (
          isNarrowed ? (
            <Empty
              icon={SearchX}
              title="No request is like that"
              actions={<Button onClick={() => navigate({ search: {} })}>Clear the filters</Button>}
            />
          ) : (
            <Empty
              icon={Activity}
              title={filter.failed ? 'Nothing has failed' : 'Nothing was changed yet'}
              command={`curl ${document.baseURI}api/v1/connectedAccounts/of-nobody -H "x-api-key: $HOLDFAST_API_KEY"`}
            >
              A call that is refused appears here with its reason a moment later. This one would be.
            </Empty>
          )
        ) : (
          <Rows
            label="Requests"
            columns={columns}
            template={template}
            items={items}
            rowHeight={56}
            rowKey={({ id }) => id}
            hasMore={hasNextPage}
            loadingMore={isFetchingNextPage}
            onMore={() => void fetchNextPage()}
          >
            {(request) => <RequestRow request={request} />}
          </Rows>
        )}
      </Card>
    </Page>
  )
}

const Chosen = ({ label, value, clear }: { label: string; value: string; clear: () => void }) => (
  <Button onClick={clear} aria-label={`Take the filter ${label} ${value} away`}>
    <span className="text-soft">{label}</span>
    <span className="max-w-40 truncate text-accent">{value}</span>
  </Button>
)

function callOf({ failed, code, account, request }: RequestSearch & { failed: true | undefined }) {
  const filter = { failed, code, connectedAccountId: account, requestId: request }
  return {
    method: 'GET' as const,
    path: '/api/v1/requests',
    query: { failed: failed && 'true', code, connectedAccountId: account, requestId: request },
    javascript: `holdfast.requests.list(${javascriptValue(filter)})`,
  }
}
