import { useInfiniteQuery } from '@tanstack/react-query'
import { Download, ScrollText } from 'lucide-react'
import { useMemo } from 'react'
import { download } from '../../lib/clipboard.ts'
import { useOperator } from '../../lib/use-project.ts'
import { actionsQuery } from '../../queries/operators.ts'
import { ApiCallButton } from '../../ui/api-call-button.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Page } from '../../ui/page.tsx'
import { Cell, type Column, Rows } from '../../ui/rows.tsx'
import { Empty, ErrorPanel, Loading } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

const columns: readonly Column[] = [
  { label: 'What' },
  { label: 'Who', className: 'max-md:hidden' },
  { label: 'Answer', className: 'max-sm:hidden' },
  { label: 'When', className: 'text-right' },
  { label: 'Request id', hideLabel: true },
]
const template =
  'grid-cols-[minmax(0,1fr)_4.5rem_2rem] sm:grid-cols-[minmax(0,1fr)_4rem_5.5rem_2rem] md:grid-cols-[minmax(0,5fr)_minmax(0,4fr)_4rem_5.5rem_2rem]'

/** Who changed what, and who looked at which secret. */
export function AuditScreen() {
  const { role } = useOperator()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    ...actionsQuery,
    enabled: role !== 'viewer',
  })
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data])
  return (
    <Page
      title="Audit log"
      description="What operators changed and which secrets they looked at, in all projects."
      actions={
        <>
          <ApiCallButton
            call={{
              method: 'GET',
              path: '/api/v1/auditLog',
              javascript: 'holdfast.operators.actions() // with the operator’s key',
            }}
          />
          <Button
            disabled={items.length === 0}
            onClick={() => download('audit-log.json', 'application/json', JSON.stringify(items, null, 2))}
          >
            <Download aria-hidden />
            Export what is shown
          </Button>
        </>
      }
    >
      <Card>
        {role === 'viewer' ? (
          <Empty icon={ScrollText} title="This is for owners and admins" />
        ) : error ? (
          <ErrorPanel error={error} retry={refetch} />
        ) : data === undefined ? (
          <Loading label="the audit log" />
        ) : items.length === 0 ? (
          <Empty icon={ScrollText} title="Nobody has changed anything yet" />
        ) : (
          <Rows
            label="Audit log"
            columns={columns}
            template={template}
            items={items}
            rowHeight={56}
            rowKey={({ id }) => id}
            hasMore={hasNextPage}
            loadingMore={isFetchingNextPage}
            onMore={() => void fetchNextPage()}
          >
            {(action) => (
              <>
                <Cell>
                  <span className="block truncate font-mono text-xs" title={action.path}>
                    {action.action}
                  </span>
                  <span className="block truncate text-xs text-faint">{action.detail ?? action.path}</span>
                </Cell>
                <Cell className="truncate text-soft max-md:hidden">{action.operator}</Cell>
                <Cell className="max-sm:hidden">
                  <Badge tone={(action.status ?? 500) < 400 ? 'good' : 'bad'}>{action.status ?? '—'}</Badge>
                </Cell>
                <Cell className="text-right text-xs text-faint">
                  <Time at={action.at} />
                </Cell>
                <Cell>
                  <CopyButton value={action.requestId} label="Copy the request id" />
                </Cell>
              </>
            )}
          </Rows>
        )}
      </Card>
    </Page>
  )
}
